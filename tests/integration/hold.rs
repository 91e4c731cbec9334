//! `unlock ENVIRONMENT --digest` through the program: what failed there may try again, and has to be verified anew.

use crate::common::project::{Project, rule};

/// The digest of a version.
fn digest(project: &Project, version: &str) -> String {
    let run = project
        .sandbox
        .tidegate(&["gate", "qa", "--release", version, "--output", "json"]);
    run.json()["release"]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn a_first_release_that_failed_is_tried_again() {
    let project = Project::released();
    let digest = digest(&project, "0.1.0");
    project.health.set("dev", false);
    project.run(7, &["promote", "dev"]);
    project.health.set("dev", true);
    project.run(7, &["promote", "dev"]);
    let held = project.unchanged(3, &["gate", "dev"]);
    let opens = rule(&held, "held")["opens"].as_str().unwrap().to_owned();
    assert!(
        opens.starts_with(&format!("`tidegate unlock dev --digest {digest} ")),
        "{opens}"
    );
    let clear = ["unlock", "dev", "--digest", &digest, "--reason", "it was the network"];
    assert_eq!(
        project.unchanged(0, &[&clear[..], &["--dry-run"]].concat())["already"],
        false
    );
    assert_eq!(project.run(0, &clear).stdout, "cleared\n");
    assert_eq!(project.unchanged(0, &clear)["already"], true);
    // It was never verified there, so the next rung still waits for that.
    assert_eq!(rule(&project.json(3, &["gate", "uat"]), "previous")["status"], "fail");
    let saw = rule(&project.json(0, &["gate", "dev"]), "held")["saw"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(saw.contains("; cleared by maintainer at "), "{saw}");
    project.run(0, &["promote", "dev"]);
    assert_eq!(rule(&project.json(4, &["gate", "uat"]), "previous")["status"], "pass");
    assert_eq!(rule(&project.json(0, &["gate", "dev"]), "held")["saw"], "it has not");
}

#[test]
fn what_was_rolled_back_stays_out_until_it_is_cleared_and_is_held_again_when_it_fails_again() {
    let project = Project::released();
    project.run(0, &["promote", "dev"]);
    project.release("1.5.0");
    let digest = digest(&project, "0.1.1");
    let clear = ["unlock", "dev", "--digest", &digest, "--reason", "it was the network"];
    assert_eq!(
        project.unchanged(0, &clear)["already"],
        true,
        "what did not fail is not held"
    );
    project.run(0, &["promote", "dev"]);
    project.run(0, &["rollback", "dev", "--reason", "it is slow"]);
    project.run(3, &["promote", "dev"]);
    project.run(0, &clear);
    project.run(0, &["promote", "dev"]);
    assert!(project.deployed().ends_with("dev 0.1.1\n"), "{}", project.deployed());
    project.run(0, &["rollback", "dev", "--reason", "it is slow still"]);
    let held = project.unchanged(3, &["gate", "dev"]);
    assert!(
        rule(&held, "held")["saw"]
            .as_str()
            .unwrap()
            .ends_with("it is slow still")
    );
    assert_eq!(project.events("hold-cleared"), 1);
}

#[test]
fn a_failed_release_that_is_still_there_is_rolled_back_first() {
    let project = Project::released();
    project.run(0, &["promote", "dev"]);
    project.release("1.5.0");
    let digest = digest(&project, "0.1.1");
    // The release before is not seen to work either, so the roll-back does not end.
    project.health.set("dev", false);
    project.run(7, &["promote", "dev"]);
    let clear = ["unlock", "dev", "--digest", &digest, "--reason", "it was the network"];
    let refused = project.unchanged(3, &clear);
    assert_eq!(refused["held"], true);
    project.health.set("dev", true);
    project.run(3, &["promote", "dev"]);
    project.run(0, &clear);
}

#[test]
fn it_takes_an_environment_a_known_digest_and_a_reason() {
    let project = Project::released();
    let digest = digest(&project, "0.1.0");
    let unknown = format!("sha256:{}", "0".repeat(64));
    for arguments in [
        vec!["unlock", "dev", "--digest", &digest],
        vec!["unlock", "--all", "--digest", &digest, "--reason", "a reason"],
        vec!["unlock", "dev", "--digest", &unknown, "--reason", "a reason"],
        vec!["unlock", "nowhere", "--digest", &digest, "--reason", "a reason"],
        vec![
            "unlock", "dev", "--digest", &digest, "--lock", "1", "--reason", "a reason",
        ],
    ] {
        let before = project.ledger();
        project.run(2, &arguments);
        assert_eq!(project.ledger(), before, "{arguments:?}");
    }
}
