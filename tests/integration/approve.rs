//! `approve` and `reject` through the program: bound to digest and policy, written once.

use crate::common::project::{Project, rule};

#[test]
fn approvals_open_a_gate_and_are_written_once() {
    let project = Project::released();
    let plan = project.unchanged(0, &["approve", "staging", "--actor", "qa-lead", "--dry-run"]);
    assert_eq!(
        (plan["dry_run"].as_bool(), plan["already"].as_bool()),
        (Some(true), Some(false))
    );
    assert_eq!(plan["steps"].as_array().unwrap().len(), 1);
    let run = project.run(
        0,
        &["approve", "staging", "--actor", "qa-lead", "--reason", "it is green"],
    );
    assert_eq!(run.stdout, "approved\n");
    let again = project.unchanged(0, &["approve", "staging", "--actor", "qa-lead"]);
    assert_eq!(again["already"], true);
    assert_eq!(again["counts"], true);
    let verdict = project.json(3, &["gate", "staging"]);
    let saw = rule(&verdict, "approvals")["saw"].as_str().unwrap();
    assert!(saw.starts_with("1 of 2: qa-lead (key SHA256:"), "{saw}");
    project.run(0, &["approve", "staging", "--actor", "release-manager-1"]);
    assert_eq!(project.run(0, &["gate", "staging"]).stdout, "open\n");
    assert_eq!(project.events("approved"), 2);
}

#[test]
fn a_rejection_closes_until_it_is_taken_back() {
    let project = Project::released();
    for person in ["qa-lead", "qa-1"] {
        project.run(0, &["approve", "staging", "--actor", person]);
    }
    project.run(0, &["gate", "staging"]);
    let run = project.run(
        0,
        &[
            "reject",
            "staging",
            "--actor",
            "release-manager-1",
            "--reason",
            "too early",
        ],
    );
    assert_eq!(run.stdout, "rejected\n");
    let verdict = project.json(3, &["gate", "staging"]);
    let opens = rule(&verdict, "approvals")["opens"].as_str().unwrap().to_owned();
    assert_eq!(opens, "a newer word of release-manager-1");
    project.run(0, &["approve", "staging", "--actor", "release-manager-1"]);
    project.run(0, &["gate", "staging"]);
}

#[test]
fn a_word_that_does_not_count_is_written_and_says_so() {
    let project = Project::released();
    let run = project.run(0, &["approve", "staging", "--actor", "passer-by"]);
    let why = "the gate does not count this word: its approvals do not name this person";
    assert!(run.stderr.contains(why), "{}", run.stderr);
    assert_eq!(
        project.json(0, &["approve", "staging", "--actor", "passer-by"])["counts"],
        false
    );
    let verdict = project.json(3, &["gate", "staging"]);
    let saw = rule(&verdict, "approvals")["saw"].as_str().unwrap().to_owned();
    assert!(saw.starts_with("0 of 2 (not counted: passer-by"), "{saw}");
}

#[test]
fn a_word_is_bound_to_the_release_and_to_the_policy() {
    let project = Project::released();
    for person in ["qa-lead", "qa-1"] {
        project.run(0, &["approve", "staging", "--actor", person]);
    }
    project.run(0, &["gate", "staging"]);
    project.release("1.5.0");
    project.run(3, &["gate", "staging"]);
    project.run(0, &["gate", "staging", "--release", "0.1.0"]);
    let digest = project.json(0, &["gate", "staging", "--release", "v0.1.0"])["release"]["digest"].clone();
    project.run(0, &["gate", "staging", "--digest", digest.as_str().unwrap()]);
    let file = project.sandbox.work().join("tidegate.toml");
    let wider = std::fs::read_to_string(&file)
        .unwrap()
        .replace("'qa-1'", "'qa-1', 'qa-2'");
    project
        .sandbox
        .commit("chore: one more in the team", &[("tidegate.toml", &wider)]);
    project.sandbox.git(&["push", "--quiet", "origin", "main"]);
    project.run(3, &["gate", "staging", "--release", "0.1.0"]);
}
