//! `cut --sync` on real repositories, plain and on GitHub.

use std::process::Stdio;

use serde_json::json;

use crate::common::emulate::INSTALL;
use crate::common::hub::Hub;
use crate::common::steady::steady;
use crate::common::trip::Trip;
use crate::common::{self, Run, Sandbox};
use crate::tag::LADDER;

/// A repository with a branch 1.4 and a main that has gone on.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&format!("[project]\nname = \"demo\"\n\n{LADDER}"));
    sandbox.git(&["push", "--quiet", "origin", "HEAD:refs/heads/release/1.4"]);
    sandbox.commit("feat: a", &[("a", "1")]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    sandbox
}

fn there(sandbox: &Sandbox, branch: &str) -> String {
    sandbox.git_in(&sandbox.path().join("origin.git"), &["rev-parse", branch])
}

#[test]
fn the_branch_follows_until_it_has_a_commit_of_its_own() {
    let sandbox = sandbox();
    let before = there(&sandbox, "release/1.4");
    let plan = sandbox.json(0, &["cut", "1.4", "--sync", "--dry-run"]);
    assert_eq!(plan["steps"][0]["action"], "advance-branch");
    assert_eq!(there(&sandbox, "release/1.4"), before);
    let moved = sandbox.json(0, &["cut", "1.4", "--sync"]);
    assert_eq!(
        (&moved["status"], &moved["from"]),
        (&"moved".into(), &before.as_str().into())
    );
    assert_eq!(there(&sandbox, "release/1.4"), there(&sandbox, "main"));
    assert_eq!(sandbox.json(0, &["cut", "1.4", "--sync"])["status"], "current");
    sandbox.git(&["fetch", "--quiet"]);
    sandbox.git(&["switch", "--quiet", "--create", "release/1.4", "origin/release/1.4"]);
    sandbox.commit("fix: its own", &[("b", "1")]);
    sandbox.git(&["push", "--quiet", "origin", "release/1.4"]);
    let own = there(&sandbox, "release/1.4");
    let run = sandbox.tidegate(&["cut", "1.4", "--sync"]).exits(0);
    insta::assert_snapshot!("cut_sync_diverged", steady(&run.stderr));
    assert_eq!(there(&sandbox, "release/1.4"), own);
}

#[test]
fn it_ends_with_the_final_version() {
    let sandbox = sandbox();
    let before = there(&sandbox, "release/1.4");
    sandbox.git(&["tag", "v1.4.0-rc.1", &before]);
    sandbox.git(&["push", "--quiet", "--tags", "origin"]);
    assert_eq!(
        sandbox.json(0, &["cut", "1.4", "--sync", "--dry-run"])["status"],
        "moved"
    );
    sandbox.git(&["tag", "v1.4.0", &before]);
    sandbox.git(&["push", "--quiet", "--tags", "origin"]);
    let run = sandbox.tidegate(&["cut", "1.4", "--sync"]).exits(0);
    insta::assert_snapshot!("cut_sync_final", steady(&run.stderr));
    assert_eq!(sandbox.json(0, &["cut", "1.4", "--sync"])["status"], "ended");
    assert_eq!(there(&sandbox, "release/1.4"), before);
}

#[test]
fn a_branch_that_is_not_there_is_refused() {
    let run = sandbox().tidegate(&["cut", "1.5", "--sync"]).exits(3);
    insta::assert_snapshot!("cut_sync_no_branch", steady(&run.stderr));
}

#[test]
fn a_lock_of_the_ladder_pauses_it() {
    let sandbox = sandbox();
    let before = there(&sandbox, "release/1.4");
    sandbox.tidegate(&["lock", "--all", "--reason", "an incident"]).exits(0);
    let run = sandbox.tidegate(&["cut", "1.4", "--sync"]).exits(4);
    insta::assert_snapshot!("cut_sync_locked", steady(&run.stderr));
    assert_eq!(there(&sandbox, "release/1.4"), before);
    sandbox.tidegate(&["unlock", "--all"]).exits(0);
    assert_eq!(sandbox.json(0, &["cut", "1.4", "--sync"])["status"], "moved");
}

#[test]
fn a_freeze_of_the_branch_pauses_it() {
    let sandbox = sandbox();
    sandbox
        .tidegate(&["freeze", "release/1.4", "--reason", "the audit"])
        .exits(0);
    let run = sandbox.tidegate(&["cut", "1.4", "--sync"]).exits(4);
    insta::assert_snapshot!("cut_sync_frozen", steady(&run.stderr));
    sandbox.tidegate(&["thaw", "release/1.4"]).exits(0);
    assert_eq!(sandbox.json(0, &["cut", "1.4", "--sync"])["status"], "moved");
}

#[test]
fn without_a_remote_the_local_branch_moves_and_its_files_follow() {
    let sandbox = sandbox();
    sandbox.git(&["remote", "remove", "origin"]);
    sandbox.git(&["branch", "release/1.4", "HEAD~1"]);
    assert_eq!(sandbox.json(0, &["cut", "1.4", "--sync"])["status"], "moved");
    assert_eq!(
        sandbox.git(&["rev-parse", "release/1.4"]),
        sandbox.git(&["rev-parse", "main"])
    );
    sandbox.commit("feat: b", &[("b", "1")]);
    sandbox.git(&["switch", "--quiet", "release/1.4"]);
    sandbox.write(&[("b", "in the way")]);
    let run = sandbox.tidegate(&["cut", "1.4", "--sync"]).exits(2);
    assert!(
        run.stderr.contains("is checked out and cannot be moved"),
        "{}",
        run.stderr
    );
    std::fs::remove_file(sandbox.work().join("b")).unwrap();
    sandbox.tidegate(&["cut", "1.4", "--sync"]).exits(0);
    assert_eq!(std::fs::read_to_string(sandbox.work().join("b")).unwrap(), "1");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn killed_at_every_step_and_run_again_it_comes_to_the_same_end() {
    let mut prepared = sandbox();
    let trip = Trip::new(&mut prepared);
    trip.wire_origin(&prepared);
    let run = |sandbox: &Sandbox, at: usize| {
        trip.kill(sandbox.tidegate_command(&sandbox.work(), &["cut", "1.4", "--sync"]), at)
    };
    run(&prepared.copy(), 0).exits(0);
    let wires = trip.wires();
    assert_eq!(wires, 2, "before and after the push");
    for wire in 1..=wires {
        let sandbox = prepared.copy();
        assert_eq!(run(&sandbox, wire).code, -1, "killed at wire {wire}");
        run(&sandbox, 0).exits(0);
        assert_eq!(there(&sandbox, "release/1.4"), there(&sandbox, "main"), "wire {wire}");
    }
}

#[test]
fn killed_at_every_request_on_github_it_comes_to_the_same_end() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let before = sandbox();
    let prepared = |at: usize| {
        let mut sandbox = before.copy();
        let trip = Trip::new(&mut sandbox);
        let hub = Hub::start(&mut sandbox, Some(&trip));
        let run = trip.kill(sandbox.tidegate_command(&sandbox.work(), &["cut", "1.4", "--sync"]), at);
        (sandbox, hub, trip, run)
    };
    let (sandbox, _hub, trip, run) = prepared(0);
    run.exits(0);
    assert_eq!(there(&sandbox, "release/1.4"), there(&sandbox, "main"));
    let wires = trip.wires();
    assert_eq!(wires, 4, "before and after the issues are read and the branch is moved");
    Trip::at_each(wires, |wire| {
        let (sandbox, _hub, trip, run) = prepared(wire);
        assert_eq!(run.code, -1, "killed at wire {wire}");
        let command = sandbox.tidegate_command(&sandbox.work(), &["cut", "1.4", "--sync"]);
        trip.kill(command, 0).exits(0);
        assert_eq!(there(&sandbox, "release/1.4"), there(&sandbox, "main"), "wire {wire}");
        assert_eq!(
            sandbox.json(0, &["cut", "1.4", "--sync"])["status"],
            "current",
            "wire {wire}"
        );
    });
}

#[test]
fn two_at_once_move_it_once() {
    let sandbox = sandbox();
    sandbox.git_in(sandbox.path(), &["clone", "--quiet", "origin.git", "other"]);
    let start = |folder: &str| {
        let folder = sandbox.path().join(folder);
        let mut command = sandbox.tidegate_command(&folder, &["cut", "1.4", "--sync"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children = [start("work"), start("other")];
    for child in children {
        Run::of(child.wait_with_output().unwrap()).exits(0);
    }
    assert_eq!(there(&sandbox, "release/1.4"), there(&sandbox, "main"));
}

#[test]
fn on_github_the_api_moves_it_and_an_open_issue_pauses_it() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let mut sandbox = sandbox();
    let hub = Hub::start(&mut sandbox, None);
    let issue = json!({ "title": "hold the train", "labels": ["cut"] });
    let number = hub.api().send("POST", "issues", &issue)["number"].as_u64().unwrap();
    let run = sandbox.tidegate(&["cut", "1.4", "--sync"]).exits(4);
    insta::assert_snapshot!("cut_sync_issue", steady(&run.stderr));
    hub.api()
        .send("PATCH", &format!("issues/{number}"), &json!({ "state": "closed" }));
    let moved = sandbox.json(0, &["cut", "1.4", "--sync"]);
    assert_eq!(moved["steps"][0]["through"], "github");
    assert_eq!(there(&sandbox, "release/1.4"), there(&sandbox, "main"));
}

#[test]
fn it_moves_to_the_newest_green_commit() {
    let checks = "[cut]\nchecks = { require = [\"build\"] }\n";
    let sandbox = Sandbox::new(&format!("[project]\nname = \"demo\"\n\n{checks}\n{LADDER}"));
    sandbox.git(&["push", "--quiet", "origin", "HEAD:refs/heads/release/1.4"]);
    let green = sandbox.commit("feat: a", &[("a", "1")]);
    let red = sandbox.commit("feat: b", &[("b", "1")]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let results = |results: &[(&str, &str)]| {
        let check = |(commit, conclusion): &(&str, &str)| json!({ "name": "build", "commit": commit, "conclusion": conclusion });
        let checks: Vec<_> = results.iter().map(check).collect();
        sandbox.write(&[(".tidegate/checks.json", &json!({ "checks": checks }).to_string())]);
    };
    results(&[(&green, "pending"), (&red, "failure")]);
    let run = sandbox.tidegate(&["cut", "1.4", "--sync"]).exits(4);
    insta::assert_snapshot!("cut_sync_red", steady(&run.stderr));
    results(&[(&green, "success"), (&red, "failure")]);
    assert_eq!(sandbox.json(0, &["cut", "1.4", "--sync"])["commit"], green.as_str());
    assert_eq!(there(&sandbox, "release/1.4"), green);
    assert_eq!(sandbox.json(4, &["cut", "1.4", "--sync"])["status"], "paused");
}
