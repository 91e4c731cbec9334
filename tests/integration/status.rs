//! `status` through the program: what runs where, and what keeps the next release out.

use serde_json::Value;

use crate::common::project::Project;

/// The first row of an environment.
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

#[test]
fn many_components_are_judged_by_the_ledger_alone() {
    let project = Project::released();
    let file = project.sandbox.work().join("tidegate.toml");
    let config = std::fs::read_to_string(file).unwrap();
    let two = config.replace(
        "[component.app]",
        "[component.other]\nimage = 'oci:../other'\n[component.app]\ntag-prefix = 'v'",
    );
    project
        .sandbox
        .commit("chore: another component", &[("tidegate.toml", &two)]);
    project.sandbox.git(&["push", "--quiet", "origin", "main"]);
    // Nobody can tell any more whether the image is there.
    std::fs::remove_dir_all(project.sandbox.path().join("registry")).unwrap();
    let status = project.json(0, &["status"]);
    assert_eq!(
        (status["rows"].as_array().unwrap().len(), &status["glanced"]),
        (10, &true.into())
    );
    assert_eq!(row(&status, "dev")["gate"], "open");
    let run = project.run(0, &["status"]);
    assert!(run.stderr.contains("as far as the ledger tells"), "{}", run.stderr);
    assert!(run.stdout.contains("app dev"), "{}", run.stdout);
    let one = project.json(0, &["status", "--component", "app"]);
    assert_eq!(one["glanced"], false);
    assert_eq!(row(&one, "dev")["blocked_by"][0]["rule"], "image");
}

#[test]
fn it_tells_how_long_and_until_when_and_prints_markdown() {
    let project = Project::released();
    project.run(0, &["promote", "dev"]);
    let status = project.json(0, &["status"]);
    assert!(row(&status, "dev")["verified_for"].is_string());
    assert_eq!(
        row(&status, "production")["freeze"]["next_check_at"],
        "2099-01-01T00:00:00Z"
    );
    assert_eq!(row(&status, "dev").get("freeze"), None);
    let table = project.run(0, &["status", "--output", "markdown"]).stdout;
    assert!(table.starts_with("### demo at "), "{table}");
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let production = table
        .lines()
        .map(cells)
        .find(|cells| cells.get(1).is_some_and(|cell| cell == "production"));
    assert_eq!(production.unwrap()[7], "until 2099-01-01T00:00:00Z");
}

#[test]
fn it_tells_what_was_said_to_whoever_asked_last() {
    let project = Project::released();
    let before = project.json(0, &["status"]);
    assert_eq!(row(&before, "staging").get("asked"), None, "nobody has asked");
    project.run(3, &["promote", "staging"]);
    let status = project.unchanged(0, &["status"]);
    let asked = &row(&status, "staging")["asked"];
    assert_eq!(
        (&asked["status"], &asked["unmet"][0]["rule"]),
        (&"closed".into(), &"approvals".into())
    );
    let told = project.run(0, &["status"]).stdout;
    let line = told.lines().find(|line| line.starts_with("staging")).unwrap();
    let at = asked["at"].as_str().unwrap();
    assert!(
        line.ends_with(&format!("waits for approvals: 0 of 2; closed when asked at {at}")),
        "{line}"
    );
}

#[test]
fn the_log_tells_what_let_a_release_in() {
    let project = Project::released();
    project.run(0, &["promote", "dev"]);
    let log = project.run(0, &["ledger", "log"]).stdout;
    let line = log.lines().find(|line| line.contains("deployment-started")).unwrap();
    assert!(line.ends_with("): open, 4 rules met"), "{line}");
}
