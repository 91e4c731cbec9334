//! Words that open what was shut, where the policy names people for them: a word of somebody else, or of a mere name, opens
//! nothing, and takes nothing away from the word of one who may.

use serde_json::Value;

use crate::common::project::{Project, rule};

/// A released project in whose environment `dev` the team `qa` promotes and opens.
fn guarded() -> Project {
    let project = Project::released();
    let path = project.sandbox.work().join("tidegate.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let named = "[environment.dev]\ngate.access = { promote = ['team:qa'], unlock = ['team:qa'] }";
    let rules = text.replace("[environment.dev]", named);
    project
        .sandbox
        .commit("chore: say who may", &[("tidegate.toml", &rules)]);
    project.sandbox.git(&["push", "--quiet", "origin", "main"]);
    project
}

fn by<'a>(actor: &'a str, arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &["--actor", actor]].concat()
}

/// What the rule `access` of `dev` saw.
fn access(project: &Project, exit: i32) -> String {
    let verdict: Value = project.json(exit, &by("qa-1", &["gate", "dev"]));
    rule(&verdict, "access")["saw"].as_str().unwrap().to_owned()
}

/// Runs it as a passer-by: it is written, and the command says that it does not count.
fn in_vain(project: &Project, arguments: &[&str]) {
    let run = project.run(0, &by("passer-by", arguments));
    let told = "the gate does not count this: the policy of dev names others for it";
    assert!(run.stderr.contains(told), "{}", run.stderr);
}

#[test]
fn no_lock_vanishes_behind_a_newer_one() {
    let project = guarded();
    let lock = |reason, more: &[&str]| {
        let arguments = [&["lock", "dev", "--reason", reason], more].concat();
        project.run(0, &by("passer-by", &arguments));
    };
    lock("the database is moved", &[]);
    in_vain(&project, &["unlock", "dev"]);
    lock("a pretext", &["--until", "1h"]);
    in_vain(&project, &["unlock", "dev"]);
    assert!(access(&project, 3).contains("(the database is moved)"));
    project.run(0, &by("qa-1", &["unlock", "dev"]));
    assert!(access(&project, 0).contains("qa-1 may take the lock of dev away (the database is moved)"));
    // Nor does the word of one who may.
    lock("a pretext again", &["--until", "1h"]);
    in_vain(&project, &["unlock", "dev"]);
    let saw = access(&project, 3);
    assert!(
        saw.starts_with("passer-by may not take the lock of dev away (a pretext again)"),
        "{saw}"
    );
    assert!(
        saw.contains("qa-1 may take the lock of dev away (the database is moved)"),
        "{saw}"
    );
    project.run(0, &by("qa-lead", &["unlock", "dev"]));
    access(&project, 0);
}

#[test]
fn a_rejection_is_withdrawn_by_those_who_may() {
    let project = guarded();
    let no = ["reject", "--all", "--release", "0.1.0", "--reason", "it logs passwords"];
    let back = [&no[..], &["--withdraw"]].concat();
    project.run(0, &by("passer-by", &no));
    in_vain(&project, &back);
    assert!(access(&project, 3).starts_with("passer-by may not withdraw the rejection of "));
    let run = project.run(0, &by("qa-1", &back));
    assert!(!run.stderr.contains("does not count"), "{}", run.stderr);
    access(&project, 0);
    assert_eq!(project.unchanged(0, &by("passer-by", &back))["already"], true);
}

#[test]
fn a_hold_is_cleared_by_those_who_may() {
    let project = guarded();
    let verdict = project.json(0, &by("qa-1", &["gate", "dev"]));
    let digest = verdict["release"]["digest"].as_str().unwrap().to_owned();
    project.health.set("dev", false);
    project.run(7, &by("qa-1", &["promote", "dev"]));
    project.run(7, &by("qa-1", &["promote", "dev"]));
    project.health.set("dev", true);
    let clear = ["unlock", "dev", "--digest", &digest, "--reason", "it was the network"];
    in_vain(&project, &clear);
    assert!(access(&project, 3).starts_with("passer-by may not let "));
    project.run(0, &by("qa-1", &clear));
    assert_eq!(project.unchanged(0, &by("qa-1", &clear))["already"], true);
    project.run(0, &by("qa-1", &["promote", "dev"]));
}

#[test]
fn a_roll_back_takes_one_who_may_promote_and_trusts_no_other_word() {
    let project = guarded();
    project.run(0, &by("qa-1", &["promote", "dev"]));
    project.release("1.5.0");
    project.run(0, &by("qa-1", &["promote", "dev"]));
    let back = ["rollback", "dev", "--reason", "it is slow"];
    let refused = project.unchanged(3, &by("passer-by", &back));
    assert_eq!(
        refused["refusal"]["reason"],
        "passer-by may not promote or roll back here"
    );
    let no = ["reject", "--all", "--release", "0.1.0", "--reason", "it logs passwords"];
    let withdraw = [&no[..], &["--withdraw"]].concat();
    project.run(0, &by("passer-by", &no));
    in_vain(&project, &withdraw);
    let refused = project.unchanged(3, &by("qa-1", &back));
    let reason = refused["refusal"]["reason"].as_str().unwrap();
    assert!(reason.ends_with("is not rejected"), "{reason}");
    project.run(0, &by("qa-1", &withdraw));
    project.run(0, &["lock", "dev", "--reason", "a move"]);
    in_vain(&project, &["unlock", "dev"]);
    let refused = project.unchanged(3, &by("qa-1", &back));
    let reason = refused["refusal"]["reason"].as_str().unwrap();
    assert!(reason.ends_with(": a move"), "{reason}");
    project.run(0, &by("qa-1", &["unlock", "dev"]));
    project.run(0, &by("qa-1", &back));
    assert!(project.deployed().ends_with("dev 0.1.0\n"), "{}", project.deployed());
}
