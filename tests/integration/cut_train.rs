//! `cut --if-due`: trains that leave by a schedule.

use serde_json::{Value, json};

use crate::common::Sandbox;
use crate::cut_rules::{events, origin, sandbox};

/// A train that leaves at midnight, from so many days on.
fn train(days: i64, more: &str) -> String {
    let since = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).date() + jiff::Span::new().days(days);
    format!("[cut]\n{more}\ntrain = {{ cron = '0 0 * * *', zone = 'UTC', since = '{since}' }}\n")
}

fn if_due(sandbox: &Sandbox, code: i32) -> Value {
    sandbox.json(code, &["cut", "--if-due"])
}

#[test]
fn a_train_cuts_the_next_line_once() {
    let sandbox = sandbox(&train(-3, ""));
    sandbox.git(&["switch", "--quiet", "--create", "elsewhere"]);
    let first = if_due(&sandbox, 0);
    assert_eq!(
        (&first["status"], &first["branch"]),
        (&"created".into(), &"release/0.1".into())
    );
    assert_eq!(first["commit"], sandbox.git(&["rev-parse", "origin/main"]));
    assert_eq!(first["candidate"], "v0.1.0-rc.1");
    let next: jiff::Timestamp = first["next_check_at"].as_str().unwrap().parse().unwrap();
    assert!(next > jiff::Timestamp::now());
    let again = if_due(&sandbox, 0);
    assert_eq!(
        (&again["status"], &again["next_check_at"]),
        (&"not-due".into(), &first["next_check_at"])
    );
    assert_eq!(events(&sandbox, "branch-cut"), 1);
}

#[test]
fn what_a_killed_run_has_begun_is_finished() {
    let sandbox = sandbox(&train(-3, ""));
    // The branch came to the remote, and no more.
    sandbox.git(&["push", "--quiet", "origin", "main:refs/heads/release/0.1"]);
    let there = sandbox.git(&["rev-parse", "main"]);
    sandbox.commit("feat: later", &[]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let document = if_due(&sandbox, 0);
    assert_eq!(
        (&document["status"], &document["commit"]),
        (&"exists".into(), &there.as_str().into())
    );
    // The branch was recorded, and the candidate is missing.
    sandbox.git(&["push", "--quiet", "origin", "--delete", "v0.1.0-rc.1"]);
    sandbox.git(&["tag", "--delete", "v0.1.0-rc.1"]);
    let document = if_due(&sandbox, 0);
    assert_eq!(
        (&document["status"], &document["candidate"]),
        (&"exists".into(), &"v0.1.0-rc.1".into())
    );
    assert_eq!(if_due(&sandbox, 0)["status"], "not-due");
}

#[test]
fn a_project_without_a_ledger_is_warned() {
    let sandbox = Sandbox::new("[project]\nname = 'demo'\n");
    let warnings = sandbox.json(0, &["cut", "1.4"])["warnings"].to_string();
    assert!(
        warnings.contains("`tag` does not know that the line was cut"),
        "{warnings}"
    );
}

#[test]
fn nothing_leaves_before_its_time_or_empty_or_red() {
    let early = sandbox(&train(2, ""));
    let document = if_due(&early, 0);
    assert_eq!(
        (&document["status"], &document["branch"]),
        (&"not-due".into(), &"".into())
    );
    assert_eq!(origin(&early).len(), 1);
    let empty = sandbox(&train(-3, ""));
    empty.git(&["tag", "v1.0.0"]);
    empty.git(&["push", "--quiet", "origin", "v1.0.0"]);
    assert_eq!(if_due(&empty, 0)["status"], "nothing");
    // A fix is the reason for a line as well, and none is cut that has a version.
    empty.commit("fix: a hinge", &[]);
    empty.git(&["push", "--quiet", "origin", "main"]);
    assert_eq!(if_due(&empty, 0)["branch"], "release/1.1");
    let red = sandbox(&train(-3, "checks = { require = ['build'] }"));
    let commit = red.git(&["rev-parse", "HEAD"]);
    let check = |conclusion: &str| {
        let check = json!({ "checks": [{ "name": "build", "commit": commit, "conclusion": conclusion }] });
        red.write(&[(".tidegate/checks.json", &check.to_string())]);
    };
    check("pending");
    assert_eq!(if_due(&red, 4)["status"], "waiting");
    check("success");
    assert_eq!(if_due(&red, 0)["status"], "created");
    let none = sandbox("");
    let said = none.tidegate(&["cut", "--if-due"]).exits(2).stderr;
    assert!(said.contains("has no train"), "{said}");
}
