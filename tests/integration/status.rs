//! `status` through the program: what runs where, and what keeps the next release out.

use serde_json::Value;

use crate::common::project::Project;

fn row<'a>(status: &'a Value, environment: &str) -> &'a Value {
    let rows = status["rows"].as_array().unwrap();
    rows.iter().find(|row| row["environment"] == environment).unwrap()
}

#[test]
fn it_shows_every_rung_and_what_blocks_it() {
    let project = Project::released();
    project.run(0, &["promote", "dev"]);
    project.release("1.5.0");
    let status = project.unchanged(0, &["status"]);
    assert_eq!(status["schema"], "tidegate.status/1");
    assert_eq!(status["rows"].as_array().unwrap().len(), 5);
    let dev = row(&status, "dev");
    assert_eq!(
        (&dev["current"]["version"], &dev["candidate"]["version"]),
        (&"0.1.0".into(), &"0.1.1".into())
    );
    assert_eq!(
        (&dev["gate"], &dev["blocked_by"]),
        (&"open".into(), &Value::Array(vec![]))
    );
    let staging = row(&status, "staging");
    assert_eq!(staging.get("current"), None);
    assert_eq!(staging["blocked_by"][0]["rule"], "approvals");
    let run = project.run(0, &["status", "--component", "app"]);
    assert!(run.stdout.starts_with("environment "), "{}", run.stdout);
    let line = run.stdout.lines().find(|line| line.starts_with("staging")).unwrap();
    assert!(line.ends_with("0.1.1 waits for approvals: 0 of 2"), "{line}");
    project.run(2, &["status", "--component", "nothing"]);
}

#[test]
fn it_shows_locks_and_writes_a_summary() {
    let mut project = Project::released();
    project.run(0, &["lock", "dev", "--reason", "a move"]);
    let summary = project.sandbox.path().join("summary.md");
    let variable = ("GITHUB_STEP_SUMMARY".to_owned(), summary.display().to_string());
    project.sandbox.variables.extend([variable]);
    let status = project.json(0, &["status"]);
    assert_eq!(row(&status, "dev")["lock"]["reason"], "a move");
    assert_eq!(row(&status, "qa").get("lock"), None);
    let told = std::fs::read_to_string(&summary).unwrap();
    assert!(
        told.starts_with("### demo at ") && told.contains("maintainer: a move"),
        "{told}"
    );
}

#[test]
fn a_project_without_a_release_has_rows_too() {
    let status = Project::new().json(0, &["status"]);
    assert_eq!(status["rows"].as_array().unwrap().len(), 5);
    assert_eq!(status["rows"][0].get("candidate"), None);
}
