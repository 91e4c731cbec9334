//! `rollback` through the program: back to what was verified before, once.

use crate::common::project::Project;

/// A project where 0.1.0 and then 0.1.1 were verified in `dev`.
fn two_releases() -> Project {
    let project = Project::released();
    project.run(0, &["promote", "dev"]);
    project.release("1.5.0");
    project.run(0, &["promote", "dev"]);
    project
}

const BACK: [&str; 4] = ["rollback", "dev", "--reason", "it is slow"];

#[test]
fn it_goes_back_once_and_holds_the_digest() {
    let project = two_releases();
    let mut dry = BACK.to_vec();
    dry.push("--dry-run");
    let plan = project.unchanged(0, &dry);
    assert_eq!(
        (&plan["status"], &plan["to"]["version"]),
        (&"planned".into(), &"0.1.0".into())
    );
    assert_eq!(plan["steps"].as_array().unwrap().len(), 4);
    let run = project.run(0, &BACK);
    assert_eq!(run.stdout, "rolled-back\n");
    assert_eq!(project.deployed(), "dev 0.1.0\ndev 0.1.1\ndev 0.1.0\n");
    let again = project.unchanged(0, &BACK);
    assert_eq!(
        (&again["status"], &again["to"]["version"]),
        (&"already".into(), &"0.1.0".into())
    );
    let mut named = BACK.to_vec();
    named.extend(["--release", "0.1.1"]);
    assert_eq!(project.unchanged(0, &named)["status"], "already");
    // What was taken away does not come back; what repairs it does.
    let held = project.json(3, &["promote", "dev", "--release", "0.1.1"]);
    assert_eq!(held["status"], "closed");
    project.release("1.5.1");
    project.run(0, &["promote", "dev"]);
    assert!(project.deployed().ends_with("dev 0.1.2\n"), "{}", project.deployed());
    assert_eq!(
        project.json(0, &["ledger", "verify"])["findings"],
        serde_json::json!([])
    );
}

#[test]
fn there_must_be_something_to_go_back_to() {
    let project = Project::released();
    let nothing = project.unchanged(3, &BACK);
    assert_eq!(nothing["refusal"]["reason"], "nothing runs there");
    project.run(0, &["promote", "dev"]);
    let first = project.unchanged(3, &BACK);
    let reason = first["refusal"]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("there is no other release that was verified there"),
        "{reason}"
    );
    let mut other = BACK.to_vec();
    project.release("1.5.0");
    other.extend(["--release", "0.1.1"]);
    let elsewhere = project.unchanged(3, &other);
    let reason = elsewhere["refusal"]["reason"].as_str().unwrap();
    assert!(reason.contains("does not run there; v0.1.0"), "{reason}");
    project.run(2, &["rollback", "nowhere", "--reason", "it is slow"]);
    project.run(2, &["rollback", "dev"]);
}

#[test]
fn a_lock_refuses_it() {
    let project = two_releases();
    project.run(0, &["lock", "dev", "--reason", "evidence is kept"]);
    let refused = project.unchanged(3, &BACK);
    assert!(refused["refusal"]["help"].as_str().unwrap().contains("tidegate unlock"));
    project.run(0, &["unlock", "dev"]);
    project.run(0, &BACK);
}

#[test]
fn one_that_cannot_finish_needs_a_person_and_goes_on_afterwards() {
    let project = two_releases();
    project.health.set("dev", false);
    let run = project.run(7, &BACK);
    assert_eq!(run.stdout, "failed\n");
    // A dry run of what is left neither deploys nor records.
    let mut dry = BACK.to_vec();
    dry.push("--dry-run");
    let plan = project.unchanged(0, &dry);
    assert_eq!(
        (&plan["status"], plan["steps"].as_array().unwrap().len()),
        (&"planned".into(), 3)
    );
    project.health.set("dev", true);
    assert_eq!(project.run(0, &BACK).stdout, "rolled-back\n");
    assert_eq!(project.events("rolled-back"), 1);
}

#[test]
fn a_failed_promotion_goes_back_by_itself() {
    let project = two_releases();
    project.release("1.5.1");
    project.health.set("dev", false);
    // The release before does not answer either: a person is needed.
    assert_eq!(project.run(7, &["promote", "dev"]).stdout, "failed\n");
    let plan = project.unchanged(0, &["promote", "dev", "--dry-run"]);
    assert_eq!(
        (&plan["status"], plan["steps"].as_array().unwrap().len()),
        (&"planned".into(), 3)
    );
    project.health.set("dev", true);
    let run = project.run(3, &["promote", "dev"]);
    assert_eq!(run.stdout, "rolled-back\n");
    assert!(project.deployed().ends_with("dev 0.1.1\n"), "{}", project.deployed());
}

#[test]
fn a_freeze_binds_a_roll_back_where_the_policy_says_so() {
    let project = two_releases();
    let freeze = |more: &str| format!("gate.freeze = {{ zone = 'UTC', deny = ['2020-01-01..2099-01-01']{more} }}");
    project.rules_of_dev(&freeze(", rollback = 'blocked'"), &[]);
    let waiting = project.unchanged(4, &BACK);
    assert_eq!(waiting["status"], "waiting");
    assert_eq!(waiting["next_check_at"], "2099-01-01T00:00:00Z");
    let never = "gate.freeze = { zone = 'UTC', allow = ['2020-01-01..2020-01-02'], rollback = 'blocked' }";
    project.rules_of_dev(never, &[]);
    let refused = project.unchanged(3, &BACK);
    assert_eq!(refused["refusal"]["help"], "it takes a change of the policy");
    // It is exempt where the policy says nothing of it.
    project.rules_of_dev(&freeze(""), &[]);
    project.run(4, &["gate", "dev", "--release", "0.1.0"]);
    assert_eq!(project.run(0, &BACK).stdout, "rolled-back\n");
}
