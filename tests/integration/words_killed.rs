//! People's words, killed at every git command and said again: each is written once, none is lost, and the gate answers
//! as after a run that nobody killed.

use serde_json::Value;

use crate::common::Sandbox;
use crate::common::project::Project;
use crate::common::trip::Trip;

/// A word, the kind of event that it leaves, and the environment whose gate it is heard in.
struct Word<'a> {
    arguments: &'a [&'a str],
    kind: &'a str,
    environment: &'a str,
}

/// What the ledger tells, oldest first, without times; it must hold.
fn story(sandbox: &Sandbox) -> Vec<String> {
    sandbox.json(0, &["ledger", "verify"]);
    let log = sandbox.json(0, &["ledger", "log"]);
    let told = |event: &Value| {
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        format!(
            "{} {} {} {}",
            text("type"),
            text("stream"),
            text("actor"),
            text("reason")
        )
    };
    let mut story: Vec<String> = log["events"].as_array().unwrap().iter().map(told).collect();
    story.reverse();
    story
}

/// The verdict of an environment's gate: its answer, and that of each rule.
fn verdict(sandbox: &Sandbox, environment: &str) -> Vec<String> {
    let output = sandbox.tidegate(&["gate", environment, "--output", "json"]);
    let verdict = output.json();
    let line = |rule: &Value| format!("{}: {}", rule["rule"], rule["status"]);
    let rules = verdict["rules"].as_array().unwrap().iter().map(line);
    std::iter::once(verdict["status"].to_string()).chain(rules).collect()
}

/// Says a word that is killed at each wire, and again after that.
fn killed_everywhere(mut project: Project, word: &Word<'_>) {
    let trip = Trip::new(&mut project.sandbox);
    trip.wire_git(&mut project.sandbox);
    let prepared = &project.sandbox;
    let say = |sandbox: &Sandbox, at: usize| trip.kill(sandbox.tidegate_command(&sandbox.work(), word.arguments), at);
    let (before, shut) = (story(prepared), verdict(prepared, word.environment));
    let whole = prepared.copy();
    say(&whole, 0).exits(0);
    let wires = trip.wires();
    let (expected, open) = (story(&whole), verdict(&whole, word.environment));
    assert_eq!(expected.len(), before.len() + 1, "one event: {expected:?}");
    assert!(expected.last().unwrap().starts_with(word.kind), "{expected:?}");
    assert_ne!(shut, open, "the gate hears it");
    assert!(wires >= 4, "the policy, a look, a push and its answer: {wires}");
    for wire in 1..=wires {
        let sandbox = prepared.copy();
        assert_eq!(say(&sandbox, wire).code, -1, "killed at wire {wire} of {wires}");
        say(&sandbox, 0).exits(0);
        assert_eq!(story(&sandbox), expected, "killed at wire {wire}");
        assert_eq!(verdict(&sandbox, word.environment), open, "killed at wire {wire}");
    }
}

/// A project whose release runs in `dev`, and whose gates name who may override.
fn project() -> Project {
    let project = Project::released();
    let path = project.sandbox.work().join("tidegate.toml");
    let rules = std::fs::read_to_string(path).unwrap().replace(
        "gate.approvals = { count = 2",
        "gate.access = { override = ['user:release-manager-1'] }\ngate.approvals = { count = 1",
    );
    project
        .sandbox
        .commit("chore: say who may", &[("tidegate.toml", &rules)]);
    project.sandbox.git(&["push", "--quiet", "origin", "main"]);
    project.run(0, &["promote", "dev"]);
    project
}

fn digest(project: &Project, environment: &str) -> String {
    let run = project.sandbox.tidegate(&["gate", environment, "--output", "json"]);
    run.json()["release"]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn an_approval() {
    let arguments = ["approve", "staging", "--actor", "qa-lead", "--reason", "it is green"];
    let word = Word {
        arguments: &arguments,
        kind: "approved",
        environment: "staging",
    };
    killed_everywhere(project(), &word);
}

#[test]
fn a_rejection() {
    let arguments = ["reject", "staging", "--actor", "qa-lead", "--reason", "it is slow"];
    let word = Word {
        arguments: &arguments,
        kind: "rejected",
        environment: "staging",
    };
    let project = project();
    project.run(0, &["approve", "staging", "--actor", "qa-lead"]);
    killed_everywhere(project, &word);
}

#[test]
fn a_rejection_everywhere() {
    let arguments = ["reject", "--all", "--release", "0.1.0", "--reason", "it leaks"];
    let word = Word {
        arguments: &arguments,
        kind: "rejected-everywhere",
        environment: "dev",
    };
    killed_everywhere(project(), &word);
}

#[test]
fn a_rejection_that_is_withdrawn() {
    let project = project();
    let everywhere = ["reject", "--all", "--release", "0.1.0", "--reason", "it leaks"];
    project.run(0, &everywhere);
    let arguments = [
        "reject",
        "--all",
        "--release",
        "0.1.0",
        "--reason",
        "it does not",
        "--withdraw",
    ];
    let word = Word {
        arguments: &arguments,
        kind: "rejection-withdrawn",
        environment: "dev",
    };
    killed_everywhere(project, &word);
}

#[test]
fn a_lock() {
    let arguments = ["lock", "dev", "--reason", "a move", "--until", "2099-01-01T00:00:00Z"];
    let word = Word {
        arguments: &arguments,
        kind: "locked",
        environment: "dev",
    };
    killed_everywhere(project(), &word);
}

#[test]
fn a_lock_of_the_ladder_that_is_taken_away() {
    let project = project();
    project.run(0, &["lock", "--all", "--reason", "an incident"]);
    let arguments = ["unlock", "--all", "--reason", "it is over"];
    let word = Word {
        arguments: &arguments,
        kind: "unlocked",
        environment: "dev",
    };
    killed_everywhere(project, &word);
}

#[test]
fn an_override() {
    let project = project();
    let digest = digest(&project, "staging");
    let told = "--reason urgent --expires 4h --actor release-manager-1";
    let mut arguments = vec!["override", "staging", "--digest", &digest, "--rules", "approvals"];
    arguments.extend(told.split(' '));
    let word = Word {
        arguments: &arguments,
        kind: "overridden",
        environment: "staging",
    };
    killed_everywhere(project, &word);
}

#[test]
fn a_hold_that_is_cleared() {
    let project = project();
    project.release("1.5.0");
    project.health.set("dev", false);
    project.run(7, &["promote", "dev"]);
    project.health.set("dev", true);
    project.run(3, &["promote", "dev"]);
    let digest = digest(&project, "dev");
    let arguments = ["unlock", "dev", "--digest", &digest, "--reason", "it was the network"];
    let word = Word {
        arguments: &arguments,
        kind: "hold-cleared",
        environment: "dev",
    };
    killed_everywhere(project, &word);
}
