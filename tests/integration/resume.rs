//! What waits: `gate --all` shows it, `--wait` waits for it, and `gate resume` goes on with it.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::project::Project;

const PENDING: [(&str, &str); 2] = [("build", "success"), ("test", "pending")];
const DONE: [(&str, &str); 2] = [("build", "success"), ("test", "success")];

/// A project whose `qa` waits for a check.
fn waiting() -> Project {
    let project = Project::released();
    project.run(0, &["promote", "dev"]);
    project.checks(&PENDING);
    project.run(4, &["promote", "qa"]);
    project
}

fn rows(document: &Value) -> &Vec<Value> {
    document["rows"].as_array().unwrap()
}

#[test]
fn every_gate_of_the_ladder_at_once() {
    let project = Project::released();
    project.run(0, &["promote", "dev"]);
    let all = project.unchanged(0, &["gate", "--all"]);
    let verdicts = all["verdicts"].as_array().unwrap();
    let told: Vec<(&str, &str)> = verdicts
        .iter()
        .map(|one| (one["environment"].as_str().unwrap(), one["status"].as_str().unwrap()))
        .collect();
    let wanted = [
        ("dev", "open"),
        ("production", "waiting"),
        ("qa", "undecidable"),
        ("staging", "closed"),
        ("uat", "waiting"),
    ];
    assert_eq!(told, wanted);
    let table = project.run(0, &["gate", "--all"]).stdout;
    let line = table.lines().find(|line| line.starts_with("staging")).unwrap();
    assert!(line.contains("closed") && line.contains("approvals: 0 of 2"), "{table}");
    let line = table.lines().find(|line| line.starts_with("production")).unwrap();
    assert!(line.contains("2099-01-01T00:00:00Z"), "{table}");
    project.run(2, &["gate", "--all", "dev"]);
    project.run(2, &["gate", "--all", "--record"]);
    project.run(2, &["gate"]);
}

#[test]
fn a_short_wait_ends_when_the_gate_opens_or_the_time_is_over() {
    let project = Project::released();
    project.run(0, &["lock", "dev", "--reason", "a short while", "--until", "4s"]);
    let start = Instant::now();
    project.run(0, &["promote", "dev", "--wait", "1m"]);
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "it sleeps until the time that is known"
    );
    assert_eq!(project.deployed(), "dev 0.1.0\n");
    project.checks(&PENDING);
    let start = Instant::now();
    project.run(4, &["gate", "qa", "--wait", "3s"]);
    assert!(start.elapsed() >= Duration::from_secs(2), "{:?}", start.elapsed());
    // Waiting cannot help where the time is later, and where nothing waits.
    let start = Instant::now();
    project.run(4, &["gate", "production", "--wait", "30m"]);
    project.run(3, &["gate", "staging", "--wait", "30m"]);
    assert!(start.elapsed() < Duration::from_secs(60));
    let long = project.run(2, &["gate", "qa", "--wait", "31m"]);
    assert!(long.stderr.contains("gate resume"), "{}", long.stderr);
}

#[test]
fn what_waits_goes_on_once_it_can() {
    let project = waiting();
    let again = project.unchanged(0, &["gate", "resume"]);
    let row = &rows(&again)[0];
    assert_eq!(
        (row["was"].as_str(), row["status"].as_str()),
        (Some("waiting"), Some("waiting"))
    );
    assert_eq!(row["due"], true, "when a check ends is not known");
    project.checks(&DONE);
    let listed = project.unchanged(0, &["gate", "resume", "--dry-run"]);
    assert_eq!(
        (rows(&listed)[0]["due"].as_bool(), rows(&listed)[0].get("status")),
        (Some(true), None)
    );
    let table = project.run(0, &["gate", "resume", "--dry-run"]).stdout;
    assert!(table.trim_end().ends_with(" due"), "{table}");
    let elsewhere = project.unchanged(0, &["gate", "resume", "uat"]);
    assert!(rows(&elsewhere).is_empty(), "{elsewhere}");
    project.unchanged(2, &["gate", "resume", "nowhere"]);
    let resumed = project.json(0, &["gate", "resume", "qa"]);
    assert_eq!(rows(&resumed)[0]["status"], "promoted");
    assert_eq!(project.deployed(), "dev 0.1.0\nqa 0.1.0\n");
    let after = project.unchanged(0, &["gate", "resume"]);
    assert!(rows(&after).is_empty(), "{after}");
    assert_eq!(project.run(0, &["gate", "resume"]).stderr, "nothing waits\n");
}

#[test]
fn what_is_not_due_is_left_alone() {
    let project = Project::released();
    project.run(4, &["promote", "production"]);
    let listed = project.unchanged(0, &["gate", "resume"]);
    let row = &rows(&listed)[0];
    assert_eq!((row["due"].as_bool(), row.get("status")), (Some(false), None));
    assert_eq!(row["next_check_at"], "2099-01-01T00:00:00Z");
    let table = project.run(0, &["gate", "resume"]).stdout;
    assert!(table.contains("not-yet"), "{table}");
}

#[test]
fn one_that_fails_is_told_and_the_next_one_goes_on() {
    let project = waiting();
    // `uat` waits for a stay of a day; `production` for 2099; `qa` is closed now.
    project.run(4, &["promote", "uat"]);
    project.checks(&[("build", "success"), ("test", "failure")]);
    let told = project.json(3, &["gate", "resume"]);
    let ended: Vec<(&str, u64)> = rows(&told)
        .iter()
        .map(|row| (row["environment"].as_str().unwrap(), row["exit_code"].as_u64().unwrap()))
        .collect();
    assert_eq!(ended, [("qa", 3), ("uat", 0)]);
    // What is closed needs somebody, and waits no more.
    let after = project.unchanged(0, &["gate", "resume"]);
    assert_eq!(rows(&after).len(), 1);
}

#[test]
fn what_could_not_be_decided_is_not_forgotten() {
    let project = waiting();
    project.sandbox.write(&[(".tidegate/checks.json", "no JSON")]);
    let told = project.json(5, &["gate", "resume"]);
    assert_eq!(rows(&told)[0]["status"], "undecidable");
    project.unchanged(5, &["gate", "resume"]);
    project.checks(&DONE);
    assert_eq!(rows(&project.json(0, &["gate", "resume"]))[0]["status"], "promoted");
}

#[test]
fn what_a_newer_release_has_overtaken_waits_no_more() {
    let project = waiting();
    project.release("1.5.0");
    project.checks(&DONE);
    project.run(0, &["promote", "dev"]);
    project.run(0, &["promote", "qa"]);
    let deployed = project.deployed();
    let after = project.unchanged(0, &["gate", "resume"]);
    assert!(rows(&after).is_empty(), "{after}");
    assert!(
        deployed.ends_with("qa 0.1.1\n") || deployed.ends_with("qa 0.2.0\n"),
        "{deployed}"
    );
}

/// What a workflow reads of the list: the environments for its matrix.
fn environments(project: &mut Project, actor: &str) -> String {
    let file = project.sandbox.path().join("output");
    let _ = std::fs::remove_file(&file);
    let variable = ("GITHUB_OUTPUT".to_owned(), file.display().to_string());
    project.sandbox.variables.extend([variable]);
    project.run(0, &["gate", "resume", "--dry-run", "--actor", actor]);
    project.sandbox.variables.remove("GITHUB_OUTPUT");
    let text = std::fs::read_to_string(file).unwrap();
    let line = text
        .lines()
        .skip_while(|line| !line.starts_with("environments<<"))
        .nth(1);
    line.unwrap().to_owned()
}

#[test]
fn what_somebody_else_must_promote_is_left_for_them() {
    let mut project = waiting();
    assert_eq!(environments(&mut project, "maintainer"), "[\"qa\"]");
    project.checks(&DONE);
    let file = project.sandbox.work().join("tidegate.toml");
    let text = std::fs::read_to_string(file).unwrap();
    let rule = "gate.checks = { require = ['build', 'test'] }";
    let guarded = text.replace(rule, &format!("{rule}\ngate.access = {{ promote = ['user:qa-lead'] }}"));
    project
        .sandbox
        .commit("chore: say who may", &[("tidegate.toml", &guarded)]);
    project.sandbox.git(&["push", "--quiet", "origin", "main"]);
    assert_eq!(environments(&mut project, "maintainer"), "[]");
    assert_eq!(environments(&mut project, "qa-lead"), "[\"qa\"]");
    let left = project.unchanged(0, &["gate", "resume", "--actor", "maintainer"]);
    assert_eq!(
        (rows(&left)[0]["may"].as_bool(), rows(&left)[0].get("status")),
        (Some(false), None)
    );
    let table = project.run(0, &["gate", "resume", "--actor", "maintainer"]).stdout;
    assert!(table.contains("not-yours"), "{table}");
    let resumed = project.json(0, &["gate", "resume", "--actor", "qa-lead"]);
    assert_eq!(rows(&resumed)[0]["status"], "promoted", "it still waited");
}
