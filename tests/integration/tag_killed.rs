//! `tag`, killed at every step and run again, and raced fifty times.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::common::trip::Trip;
use crate::common::{Run, Sandbox};
use crate::tag::LADDER;

/// The tags of the origin with what they lead to, and the tags that the ledger has.
fn end(sandbox: &Sandbox) -> (String, Vec<String>) {
    let format = "--format=%(refname) %(*objectname) %(contents:subject)";
    let there = sandbox.git_in(
        &sandbox.path().join("origin.git"),
        &["for-each-ref", format, "refs/tags"],
    );
    sandbox.json(0, &["ledger", "verify"]);
    let log = sandbox.json(0, &["ledger", "log"]);
    let events = log["events"].as_array().unwrap().iter();
    let tagged = events.filter(|event| event["type"] == "tagged");
    (
        there,
        tagged.map(|event| event["tag"].as_str().unwrap().to_owned()).collect(),
    )
}

#[test]
fn killed_at_every_step_and_run_again_it_comes_to_the_same_end() {
    let mut prepared = Sandbox::new(&format!(
        "[project]\nname = \"demo\"\n\n[component.api]\npaths = [\"api\"]\n\n[component.web]\npaths = [\"web\"]\n\n{LADDER}"
    ));
    prepared.commit("feat: a door", &[("api/a", "1"), ("web/a", "1")]);
    prepared.git(&["push", "--quiet", "origin", "main"]);
    let trip = Trip::new(&mut prepared);
    trip.wire_origin(&prepared);
    let run =
        |sandbox: &Sandbox, at: usize| trip.kill(sandbox.tidegate_command(&sandbox.work(), &["tag", "--all"]), at);
    let whole = prepared.copy();
    run(&whole, 0).exits(0);
    let (expected, wires) = (end(&whole), trip.wires());
    assert_eq!(expected.1, ["web-v0.1.0", "api-v0.1.0"]);
    assert_eq!(wires, 8, "a tag and a record of each component, two wires each");
    for wire in 1..=wires {
        let sandbox = prepared.copy();
        assert_eq!(run(&sandbox, wire).code, -1, "killed at wire {wire}");
        run(&sandbox, 0).exits(0);
        assert_eq!(end(&sandbox), expected, "killed at wire {wire}");
        let again: Value = sandbox.json(0, &["tag", "--all"]);
        assert!(
            again["components"]
                .as_array()
                .unwrap()
                .iter()
                .all(|one| one["status"] == "exists"),
            "{again}"
        );
    }
}

#[test]
fn two_taggers_leave_one_tag_fifty_times_in_a_row() {
    let sandbox = Sandbox::empty();
    sandbox.commit("feat: a", &[("a", "0")]);
    sandbox.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
    sandbox.git_in(sandbox.path(), &["clone", "--quiet", "origin.git", "other"]);
    let (work, other) = (sandbox.work(), sandbox.path().join("other"));
    for round in 1..=50 {
        // In even rounds both tag one commit, in odd ones each its own; the loser of those follows the winner.
        sandbox.commit("fix: ours", &[("a", &round.to_string())]);
        if round % 2 == 0 {
            sandbox.git(&["push", "--quiet", "--force", "origin", "main"]);
            sandbox.git_in(&other, &["fetch", "--quiet"]);
            sandbox.git_in(&other, &["reset", "--quiet", "--hard", "origin/main"]);
        } else {
            sandbox.git_in(
                &other,
                &["commit", "--quiet", "--allow-empty", "--message", "fix: theirs"],
            );
        }
        let start = |folder: &Path| {
            let mut command = sandbox.tidegate_command(folder, &["tag"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let children = [start(&work), start(&other)];
        let runs = children.map(|child| Run::of(child.wait_with_output().unwrap()));
        let mut codes = runs.each_ref().map(|run| run.code);
        codes.sort_unstable();
        assert_eq!(
            codes,
            if round % 2 == 0 { [0, 0] } else { [0, 3] },
            "round {round}: {runs:?}"
        );
        let listed = sandbox.git_in(&sandbox.path().join("origin.git"), &["tag", "--list"]);
        assert_eq!(listed.lines().count(), round, "one tag a round: {listed}");
        if runs[0].code != 0 {
            sandbox.git(&["fetch", "--quiet", "--tags"]);
            sandbox.git(&["reset", "--quiet", "--hard", runs[1].stdout.trim()]);
        }
        sandbox.git(&["push", "--quiet", "--force", "origin", "main"]);
        sandbox.git_in(&other, &["fetch", "--quiet", "--tags"]);
        sandbox.git_in(&other, &["reset", "--quiet", "--hard", "origin/main"]);
    }
}

#[test]
fn nothing_is_counted_from_a_tag_that_a_killed_run_left_behind() {
    for files in [
        &[][..],
        &[
            ("tidegate.toml", "[component.app]\nversion-files = ['VERSION']\n"),
            ("VERSION", "0.0.0\n"),
        ],
    ] {
        let mut sandbox = Sandbox::empty();
        sandbox.commit("feat: a", files);
        sandbox.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
        let trip = Trip::new(&mut sandbox);
        trip.wire_origin(&sandbox);
        let run = |at: usize| trip.kill(sandbox.tidegate_command(&sandbox.work(), &["tag"]), at);
        assert_eq!(run(1).code, -1);
        assert_eq!(sandbox.git(&["tag", "--list"]), "v0.1.0", "killed before the push");
        let tip = sandbox.commit("fix: b", &[("b", "1")]);
        std::fs::write(trip.folder().join("at"), "0").unwrap();
        sandbox.git(&["push", "--quiet", "origin", "main"]);
        let plan = sandbox.json(0, &["tag", "--dry-run"]);
        assert_eq!((&plan["tag"], plan.get("previous_tag")), (&"v0.1.0".into(), None));
        assert_eq!(run(0).exits(0).stdout, "v0.1.0\n", "nobody has seen the first one");
        let above = sandbox.git(&["rev-list", "--count", &format!("{tip}..v0.1.0")]);
        assert_eq!(above, if files.is_empty() { "0" } else { "1" });
        assert_eq!(sandbox.git(&["for-each-ref", "refs/tidegate"]), "", "no mark is left");
    }
}

#[test]
fn a_run_after_the_push_of_a_releases_commit_lets_the_branch_follow() {
    let mut sandbox = Sandbox::new("[component.app]\nversion-files = ['VERSION']\n");
    sandbox.commit("feat: a", &[("VERSION", "0.0.0\n")]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let trip = Trip::new(&mut sandbox);
    trip.wire_origin(&sandbox);
    let run = |at: usize| trip.kill(sandbox.tidegate_command(&sandbox.work(), &["tag"]), at);
    assert_eq!(run(2).code, -1, "killed after the push");
    run(0).exits(0);
    assert_eq!(
        sandbox.git(&["rev-parse", "HEAD"]),
        sandbox.git(&["rev-parse", "v0.1.0^{commit}"])
    );
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    let branches = sandbox.git_in(
        &sandbox.path().join("origin.git"),
        &["branch", "--list", "--format=%(refname:short)"],
    );
    assert_eq!(branches, "main", "without environments no ledger is kept");
}

#[test]
fn a_persons_own_tag_is_never_taken_for_one_that_was_left_behind() {
    let mut sandbox = Sandbox::empty();
    sandbox.commit("feat: a", &[("a", "1")]);
    sandbox.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
    let trip = Trip::new(&mut sandbox);
    trip.wire_origin(&sandbox);
    let run = |at: usize| trip.kill(sandbox.tidegate_command(&sandbox.work(), &["tag"]), at);
    assert_eq!(run(1).code, -1);
    sandbox.git(&["tag", "--delete", "v0.1.0"]);
    sandbox.git(&["tag", "--annotate", "--message", "my own", "v0.1.0"]);
    let own = sandbox.git(&["rev-parse", "v0.1.0"]);
    sandbox.commit("fix: b", &[("b", "1")]);
    assert_eq!(run(0).exits(0).stdout, "v0.1.1\n");
    assert_eq!(sandbox.git(&["rev-parse", "v0.1.0"]), own);
    assert_eq!(sandbox.git(&["for-each-ref", "refs/tidegate"]), "", "no mark is left");
    // A tag that could not be signed leaves no mark.
    let config = "[tag]\nkind = 'signed'\n";
    sandbox.commit("fix: c", &[("tidegate.toml", config)]);
    sandbox.git(&["config", "gpg.format", "ssh"]);
    sandbox.git(&["config", "user.signingkey", "/none"]);
    assert_eq!(run(0).code, 6);
    assert_eq!(sandbox.git(&["for-each-ref", "refs/tidegate"]), "");
}

#[test]
fn a_killed_run_gives_way_to_who_took_its_version_meanwhile() {
    let mut sandbox = Sandbox::empty();
    sandbox.commit("feat: a", &[("a", "1")]);
    sandbox.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
    sandbox.git_in(sandbox.path(), &["clone", "--quiet", "origin.git", "other"]);
    let trip = Trip::new(&mut sandbox);
    trip.wire_origin(&sandbox);
    let run = |at: usize| trip.kill(sandbox.tidegate_command(&sandbox.work(), &["tag"]), at);
    assert_eq!(run(1).code, -1);
    std::fs::write(trip.folder().join("at"), "0").unwrap();
    let other = sandbox.path().join("other");
    sandbox.git_in(&other, &["commit", "--quiet", "--allow-empty", "--message", "fix: b"]);
    sandbox.git_in(&other, &["push", "--quiet", "origin", "main"]);
    assert_eq!(
        Run::of(sandbox.tidegate_command(&other, &["tag"]).output().unwrap())
            .exits(0)
            .stdout,
        "v0.1.0\n"
    );
    sandbox.git(&["pull", "--quiet", "--no-tags"]);
    let marks = || sandbox.git(&["for-each-ref", "refs/tidegate"]);
    assert!(!marks().is_empty());
    sandbox.tidegate(&["tag", "--dry-run"]).exits(0);
    assert!(!marks().is_empty(), "a dry run changes nothing");
    assert_eq!(sandbox.json(0, &["tag"])["status"], "exists");
    assert_eq!(marks(), "");
}

#[test]
fn files_follow_a_branch_that_a_killed_run_has_moved() {
    let mut sandbox = Sandbox::new("[component.app]\nversion-files = ['VERSION']\n");
    sandbox.commit("feat: a", &[("VERSION", "0.0.0\n")]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let programs = sandbox.path().join("programs");
    std::fs::create_dir(&programs).unwrap();
    let path = std::env::var("PATH").unwrap();
    let real = std::env::split_paths(&path)
        .map(|folder| folder.join("git"))
        .find(|file| file.is_file());
    let script = format!(
        "#!/bin/sh\ncase \" $* \" in *\" checkout \"*) kill -9 $PPID; exit 1;; esac\nexec {} \"$@\"\n",
        real.unwrap().display()
    );
    std::fs::write(programs.join("git"), script).unwrap();
    std::fs::set_permissions(
        programs.join("git"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    sandbox
        .variables
        .insert("PATH".to_owned(), format!("{}:{path}", programs.display()));
    assert_eq!(sandbox.tidegate(&["tag"]).code, -1);
    sandbox.variables.insert("PATH".to_owned(), path);
    assert_ne!(
        sandbox.git(&["status", "--porcelain"]),
        "",
        "the branch has moved, its files have not"
    );
    assert_eq!(sandbox.json(0, &["tag"])["status"], "exists");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(sandbox.git(&["for-each-ref", "refs/tidegate"]), "");
}
