//! `reject --all` through the program: a digest that no environment lets in, until the no is withdrawn.

use crate::common::project::{Project, rule};

const NO: [&str; 7] = [
    "reject",
    "--all",
    "--release",
    "0.1.0",
    "--reason",
    "it logs passwords",
    "--quiet",
];

#[test]
fn a_rejection_closes_every_gate_until_it_is_withdrawn() {
    let project = Project::released();
    project.unchanged(0, &[&NO[..], &["--dry-run"]].concat());
    assert_eq!(
        project.run(0, &[&NO[..], &["--actor", "passer-by"]].concat()).stdout,
        "rejected\n"
    );
    assert_eq!(project.unchanged(0, &NO)["already"], true);
    for environment in ["dev", "qa", "staging"] {
        let verdict = project.unchanged(3, &["gate", environment]);
        let saw = rule(&verdict, "rejected")["saw"].as_str().unwrap().to_owned();
        assert!(saw.starts_with("passer-by rejected it at "), "{saw}");
    }
    project.run(3, &["promote", "dev"]);
    assert_eq!(project.deployed(), "");
    let back = [&NO[..], &["--withdraw"]].concat();
    project.unchanged(0, &[&back[..], &["--dry-run"]].concat());
    assert_eq!(project.run(0, &back).stdout, "withdrawn\n");
    assert_eq!(project.unchanged(0, &back)["already"], true);
    let verdict = project.json(0, &["gate", "dev"]);
    let saw = rule(&verdict, "rejected")["saw"].as_str().unwrap().to_owned();
    assert!(saw.contains("withdrawn by maintainer"), "{saw}");
    project.run(0, &["promote", "dev"]);
    assert_eq!(
        (
            project.events("rejected-everywhere"),
            project.events("rejection-withdrawn")
        ),
        (1, 1)
    );
}

#[test]
fn another_release_enters_and_no_roll_back_brings_a_rejected_one_back() {
    let project = Project::released();
    project.run(0, &["promote", "dev"]);
    project.run(0, &NO);
    project.release("1.5.0");
    project.run(0, &["promote", "dev"]);
    let refused = project.unchanged(3, &["rollback", "dev", "--reason", "it is slow"]);
    let reason = refused["refusal"]["reason"].as_str().unwrap();
    assert!(reason.ends_with("is not rejected"), "{reason}");
    project.run(0, &[&NO[..], &["--withdraw"]].concat());
    project.run(0, &["rollback", "dev", "--reason", "it is slow"]);
    assert!(project.deployed().ends_with("dev 0.1.0\n"), "{}", project.deployed());
}

#[test]
fn a_failing_release_is_not_rolled_back_to_a_rejected_one() {
    let project = Project::released();
    project.run(0, &["promote", "dev"]);
    project.run(0, &NO);
    project.release("1.5.0");
    project.health.set("dev", false);
    project.run(7, &["promote", "dev"]);
    assert!(!project.deployed().ends_with("dev 0.1.0\n"), "{}", project.deployed());
}

#[test]
fn it_takes_a_release_a_reason_and_one_scope() {
    let project = Project::released();
    for arguments in [
        vec!["reject", "--all", "--reason", "a reason"],
        vec!["reject", "--all", "--release", "0.1.0"],
        vec!["reject", "dev", "--all", "--release", "0.1.0", "--reason", "a reason"],
        vec!["reject", "dev", "--withdraw", "--reason", "a reason"],
        vec!["reject", "--all", "--release", "9.9.9", "--reason", "a reason"],
        vec!["reject", "--reason", "a reason"],
    ] {
        let before = project.ledger();
        project.run(2, &arguments);
        assert_eq!(project.ledger(), before, "{arguments:?}");
    }
}
