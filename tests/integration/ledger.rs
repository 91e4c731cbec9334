//! The ledger through real git: what was done to it is found, and nothing is built on one that was tampered with.

use serde_json::Value;

use crate::common::Sandbox;

const CONFIG: &str = r#"
[project]
name = "kept"

[environment.dev]
tier = "development"
purpose = "Integration"
data = "synthetic"
trigger = { on = "commit" }
access = {}
deploy = { command = ["true"] }

[environment.qa]
tier = "testing"
purpose = "Quality assurance"
data = "test"
after = ["dev"]
trigger = { on = "manual" }
access = {}
deploy = { command = ["true"] }
"#;

const BRANCH: &str = "tidegate/ledger";

/// A ledger of eight events: locks of two environments and of the ladder.
fn kept() -> Sandbox {
    let sandbox = Sandbox::new(CONFIG);
    for round in ["first", "second"] {
        sandbox.tidegate(&["lock", "dev", "--reason", round]).exits(0);
        sandbox.tidegate(&["lock", "qa", "--reason", round]).exits(0);
        sandbox.tidegate(&["lock", "--all", "--reason", round]).exits(0);
        sandbox.tidegate(&["unlock", "--all"]).exits(0);
    }
    sandbox
}

/// Changes the files of the ledger's branch in the origin by hand, as one commit.
fn tamper(sandbox: &Sandbox, change: impl FnOnce(&dyn Fn(&str) -> std::path::PathBuf)) {
    let folder = sandbox.path().join("tamper");
    let target = folder.to_str().unwrap();
    sandbox.git_in(
        sandbox.path(),
        &["clone", "--quiet", "--branch", BRANCH, "origin.git", target],
    );
    change(&|path| folder.join(path));
    sandbox.git_in(&folder, &["add", "--all"]);
    sandbox.git_in(&folder, &["commit", "--quiet", "--message", "nothing to see"]);
    sandbox.git_in(&folder, &["push", "--quiet", "origin", BRANCH]);
}

fn event(number: u64) -> String {
    format!("events/000000/{number:09}.json")
}

/// The findings of `ledger verify`, as sequence and kind.
fn findings(sandbox: &Sandbox) -> Vec<(Option<u64>, String)> {
    let audit = sandbox.json(7, &["ledger", "verify"]);
    let found = audit["findings"].as_array().unwrap().iter();
    found
        .map(|finding| {
            (
                finding["sequence"].as_u64(),
                finding["kind"].as_str().unwrap().to_owned(),
            )
        })
        .collect()
}

#[test]
fn a_whole_ledger_verifies_and_is_read_back() {
    let sandbox = kept();
    let audit = sandbox.json(0, &["ledger", "verify"]);
    assert_eq!(audit["events"], 8);
    let log = sandbox.json(0, &["ledger", "log", "-n", "3"]);
    let kinds: Vec<&str> = log["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["unlocked", "locked", "locked"]);
    let files = sandbox.git(&["ls-tree", "-r", "--name-only", "origin/tidegate/ledger"]);
    assert_eq!(
        files.lines().filter(|line| line.starts_with("events/")).count(),
        8,
        "one file an event"
    );
}

#[test]
fn a_changed_event_is_named() {
    let sandbox = kept();
    tamper(&sandbox, |path| {
        let file = path(&event(3));
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, text.replace("first", "friendly")).unwrap();
    });
    assert_eq!(findings(&sandbox), [(Some(3), "changed".to_owned())]);
    let run = sandbox.tidegate(&["ledger", "verify"]).exits(7);
    assert!(
        run.stderr.contains("event 3 (locked) was changed after it was written"),
        "{}",
        run.stderr
    );
}

#[test]
fn the_last_event_is_bound_as_well() {
    let sandbox = kept();
    tamper(&sandbox, |path| {
        let file = path(&event(8));
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(
            file,
            text.replace("\"actor\": \"maintainer\"", "\"actor\": \"somebody-else\""),
        )
        .unwrap();
    });
    assert_eq!(findings(&sandbox), [(Some(8), "changed".to_owned())]);
}

#[test]
fn a_removed_event_is_named() {
    let sandbox = kept();
    tamper(&sandbox, |path| std::fs::remove_file(path(&event(5))).unwrap());
    assert_eq!(findings(&sandbox), [(Some(5), "removed".to_owned())]);
}

#[test]
fn a_ledger_cut_short_is_noticed() {
    let sandbox = kept();
    tamper(&sandbox, |path| {
        let last: Value = serde_json::from_slice(&std::fs::read(path(&event(8))).unwrap()).unwrap();
        std::fs::remove_file(path(&event(8))).unwrap();
        let head = serde_json::json!({ "sequence": 7, "event": last["previous"] });
        std::fs::write(path("head.json"), head.to_string()).unwrap();
    });
    assert!(
        findings(&sandbox).contains(&(Some(8), "removed".to_owned())),
        "git's history still has it"
    );
}

#[test]
fn reordered_events_are_named() {
    let sandbox = kept();
    tamper(&sandbox, |path| {
        std::fs::rename(path(&event(3)), path("aside")).unwrap();
        std::fs::rename(path(&event(4)), path(&event(3))).unwrap();
        std::fs::rename(path("aside"), path(&event(4))).unwrap();
    });
    let found = findings(&sandbox);
    assert!(found.contains(&(Some(3), "reordered".to_owned())), "{found:?}");
    assert!(found.contains(&(Some(4), "reordered".to_owned())), "{found:?}");
}

#[test]
fn a_changed_state_closes_the_way_before_anything_is_done() {
    let sandbox = kept();
    tamper(&sandbox, |path| {
        let file = path("streams/locks/dev.json");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, text.replace("second", "nothing")).unwrap();
    });
    let before = sandbox.git_in(&sandbox.path().join("origin.git"), &["for-each-ref"]);
    for arguments in [&["unlock", "dev"][..], &["lock", "dev", "--reason", "third"]] {
        let error = sandbox.json(7, arguments);
        assert_eq!(error["kind"], "ledger-broken");
        assert!(error["help"].as_str().unwrap().contains("tidegate ledger verify"));
    }
    assert_eq!(
        sandbox.git_in(&sandbox.path().join("origin.git"), &["for-each-ref"]),
        before,
        "nothing was written"
    );
    assert_eq!(findings(&sandbox), [(None, "state".to_owned())]);
}

#[test]
fn one_environment_is_read_without_the_whole_history() {
    let sandbox = kept();
    // The events of others are gone: who asks about `qa` does not notice, since its own part holds.
    tamper(&sandbox, |path| {
        for number in [1, 3, 4] {
            std::fs::remove_file(path(&event(number))).unwrap();
        }
    });
    sandbox.tidegate(&["unlock", "qa"]).exits(0);
    sandbox.json(7, &["ledger", "verify"]);
}

#[test]
fn without_a_remote_the_repository_keeps_it() {
    let sandbox = Sandbox::new(CONFIG);
    sandbox.git(&["remote", "remove", "origin"]);
    sandbox.tidegate(&["lock", "dev", "--reason", "alone"]).exits(0);
    let audit = sandbox.json(0, &["ledger", "verify"]);
    assert_eq!(audit["events"], 1);
    sandbox.git(&["rev-parse", "--verify", "refs/heads/tidegate/ledger"]);
}

#[test]
fn a_remote_that_is_not_there_is_no_empty_ledger() {
    let sandbox = kept();
    sandbox.git(&["remote", "set-url", "origin", "../nowhere.git"]);
    let error = sandbox.json(6, &["lock", "dev", "--reason", "alone"]);
    assert_eq!(error["kind"], "outside");
}
