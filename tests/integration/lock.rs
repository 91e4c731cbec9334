//! `lock` and `unlock` through the program.

use crate::common::project::{Project, rule};

#[test]
fn a_lock_without_an_end_closes_until_it_is_taken_away() {
    let project = Project::released();
    let plan = project.unchanged(0, &["lock", "dev", "--reason", "a move", "--dry-run"]);
    assert_eq!(plan["steps"].as_array().unwrap().len(), 1);
    assert_eq!(
        project.run(0, &["lock", "dev", "--reason", "a move"]).stdout,
        "locked\n"
    );
    assert_eq!(
        project.unchanged(0, &["lock", "dev", "--reason", "a move"])["already"],
        true
    );
    let verdict = project.unchanged(3, &["gate", "dev"]);
    assert_eq!(rule(&verdict, "lock")["opens"], "`tidegate unlock dev --lock 3`");
    project.run(3, &["promote", "dev"]);
    assert_eq!(project.deployed(), "");
    project.unchanged(0, &["unlock", "dev", "--dry-run"]);
    assert_eq!(
        project.run(0, &["unlock", "dev", "--reason", "moved"]).stdout,
        "unlocked\n"
    );
    assert_eq!(project.unchanged(0, &["unlock", "dev"])["already"], true);
    project.run(0, &["gate", "dev"]);
    assert_eq!((project.events("locked"), project.events("unlocked")), (1, 1));
}

#[test]
fn a_lock_with_an_end_makes_the_gate_wait() {
    let project = Project::released();
    let lock = project.json(0, &["lock", "dev", "--reason", "a move", "--until", "4h"]);
    let waiting = project.unchanged(4, &["gate", "dev"]);
    assert_eq!(waiting["next_check_at"], lock["until"]);
    let fixed = ["lock", "dev", "--reason", "a move", "--until", "2099-12-24T18:00:00Z"];
    assert_eq!(project.json(0, &fixed)["already"], false);
    assert_eq!(project.unchanged(0, &fixed)["already"], true);
    assert_eq!(
        project.json(4, &["gate", "dev"])["next_check_at"],
        "2099-12-24T18:00:00Z"
    );
    for when in ["soon", "2020-01-01T00:00:00Z"] {
        project.unchanged(2, &["lock", "dev", "--reason", "a move", "--until", when]);
    }
    // A lock that ends sooner takes nothing away.
    project.run(0, &["lock", "dev", "--reason", "a moment", "--until", "1h"]);
    assert_eq!(
        project.json(4, &["gate", "dev"])["next_check_at"],
        "2099-12-24T18:00:00Z"
    );
    project.run(0, &["unlock", "dev"]);
    project.run(0, &["gate", "dev"]);
    // It ends by itself.
    project.run(0, &["unlock", "dev"]);
    project.run(0, &["lock", "dev", "--reason", "a moment", "--until", "1s"]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    project.run(0, &["gate", "dev"]);
}

#[test]
fn the_ladder_is_locked_as_a_whole() {
    let project = Project::released();
    project.run(0, &["lock", "--all", "--reason", "an incident"]);
    let verdict = project.unchanged(3, &["gate", "dev"]);
    assert_eq!(rule(&verdict, "lock")["opens"], "`tidegate unlock --all --lock 3`");
    assert!(
        project
            .run(0, &["status"])
            .stderr
            .contains("the ladder is locked by maintainer")
    );
    project.run(0, &["unlock", "--all"]);
    project.run(0, &["gate", "dev"]);
}

#[test]
fn a_lock_needs_one_scope_and_a_reason() {
    let project = Project::released();
    for arguments in [
        vec!["lock", "--reason", "a move"],
        vec!["lock", "dev", "--all", "--reason", "a move"],
        vec!["lock", "dev"],
        vec!["lock", "nowhere", "--reason", "a move"],
        vec!["unlock", "nowhere"],
    ] {
        let before = project.ledger();
        project.run(2, &arguments);
        assert_eq!(project.ledger(), before);
    }
}

#[test]
fn a_lock_has_a_number_and_no_newer_one_is_taken_away_for_an_older() {
    let project = Project::released();
    let first = project.json(0, &["lock", "dev", "--reason", "a move", "--actor", "operator-1"]);
    let number = first["number"].as_u64().unwrap().to_string();
    let second = project.json(0, &["lock", "dev", "--reason", "an incident", "--actor", "operator-2"]);
    assert!(second["number"].as_u64() > first["number"].as_u64());
    let refused = project.unchanged(3, &["unlock", "dev", "--lock", &number]);
    assert_eq!(
        (&refused["locked"], &refused["number"]),
        (&true.into(), &second["number"])
    );
    let reason = refused["refusal"]["reason"].as_str().unwrap();
    assert!(
        reason.contains("by operator-2") && reason.ends_with("an incident"),
        "{reason}"
    );
    let newer = second["number"].as_u64().unwrap().to_string();
    let run = project.run(0, &["unlock", "dev", "--lock", &newer, "--reason", "it is over"]);
    assert_eq!(run.stderr, format!("dev is unlocked (lock {newer})\n"));
    assert_eq!(
        project.unchanged(0, &["unlock", "dev", "--lock", &newer])["already"],
        true
    );
    project.run(0, &["gate", "dev"]);
}
