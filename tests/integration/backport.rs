//! `backport` with git alone: what is picked, what is there already, what cannot be applied, and races.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::common::{Run, Sandbox, git_http, wire};

pub const TEXT: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n";

/// A clone with `release/1.4` at the origin, one commit behind `main`, and a fix on `main`, which is given.
pub fn sandbox() -> (Sandbox, String) {
    let sandbox = Sandbox::empty();
    sandbox.commit("feat: a", &[("a", TEXT), ("bin/run", "#!/bin/sh\n"), ("old", "old\n")]);
    sandbox.git(&["push", "--quiet", "origin", "main", "main:release/1.4"]);
    sandbox.commit("feat: b", &[("b", "b\n")]);
    let fix = sandbox.commit("fix: two", &[("a", &TEXT.replace("two", "TWO"))]);
    sandbox.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
    (sandbox, fix)
}

pub fn origin(sandbox: &Sandbox, arguments: &[&str]) -> String {
    sandbox.git_in(&sandbox.path().join("origin.git"), arguments)
}

pub fn refs(sandbox: &Sandbox) -> String {
    let list = |folder: &Path| sandbox.git_in(folder, &["for-each-ref", "--format=%(refname) %(objectname)"]);
    let objects = |folder: &Path| sandbox.git_in(folder, &["count-objects"]);
    let (work, origin) = (sandbox.work(), sandbox.path().join("origin.git"));
    format!(
        "{}\n{}\n{}\n{}",
        list(&work),
        objects(&work),
        list(&origin),
        objects(&origin)
    )
}

pub fn short(commit: &str) -> &str {
    &commit[..9]
}

#[test]
fn a_commit_is_picked_onto_a_branch_of_its_own_once() {
    let (sandbox, fix) = sandbox();
    let before = refs(&sandbox);
    let plan = sandbox.json(0, &["backport", &fix, "--to", "1.4", "--dry-run"]);
    assert_eq!(refs(&sandbox), before, "a dry run writes nothing, not even an object");
    assert_eq!(
        (
            &plan["status"],
            &plan["steps"][0]["action"],
            &plan["steps"][0]["through"]
        ),
        (&"created".into(), &"pick-branch".into(), &"git".into())
    );
    let branch = format!("backport/{}-to-1.4", short(&fix));
    let run = sandbox.tidegate(&["backport", &fix, "--to", "1.4"]).exits(0);
    assert_eq!(run.stdout, format!("{branch}\n"));
    assert_eq!(
        origin(&sandbox, &["show", &format!("{branch}:a")]),
        TEXT.replace("two", "TWO").trim()
    );
    let above = origin(&sandbox, &["rev-list", "--count", &format!("release/1.4..{branch}")]);
    assert_eq!(above, "1");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    let again = sandbox.json(0, &["backport", &fix, "--to", "release/1.4"]);
    assert_eq!(
        (&again["status"], &again["steps"]),
        (&"exists".into(), &Value::Array(vec![]))
    );
    let tip = origin(&sandbox, &["rev-parse", &branch]);
    assert_eq!(again["backports"][0]["commits"][0]["to"], tip.as_str());
    // Merged, and the branch deleted: the line about the origin tells.
    origin(&sandbox, &["update-ref", "refs/heads/release/1.4", &tip]);
    origin(&sandbox, &["branch", "--delete", "--force", &branch]);
    let merged = sandbox.json(0, &["backport", &fix, "--to", "1.4"]);
    assert_eq!(
        (&merged["status"], &merged["backports"][0]["commits"][0]["to"]),
        (&"nothing".into(), &tip.as_str().into())
    );
}

#[test]
fn it_is_what_git_cherry_pick_makes() {
    let (sandbox, _) = sandbox();
    sandbox.git(&["mv", "old", "new"]);
    sandbox.git(&["update-index", "--chmod=+x", "b"]);
    std::os::unix::fs::symlink("a", sandbox.work().join("link")).unwrap();
    std::fs::write(sandbox.work().join("data"), [0, 159, 146, 150]).unwrap();
    std::fs::remove_file(sandbox.work().join("bin/run")).unwrap();
    sandbox.git(&["add", "--all"]);
    sandbox.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{},sub", "1".repeat(40)),
    ]);
    let author = [
        "-c",
        "user.name=x",
        "commit",
        "--quiet",
        "--author",
        "Octo <octo@example.com>",
    ];
    let commit = |message: &str| {
        let mut arguments = author.to_vec();
        arguments.extend(["--date", "2020-01-02T03:04:05+0130", "--message", message]);
        sandbox.git(&arguments);
        sandbox.git(&["rev-parse", "HEAD"])
    };
    let messages = [
        "feat: all kinds",
        "feat: with a body\n\nbecause\n",
        "fix: with trailers\n\nbecause\n\nRefs: #1\nCo-authored-by: Second <second@example.com>",
        "fix: picked before\n\n(cherry picked from commit 1111111111111111111111111111111111111111)",
        "fix: colon\nRefs: #1",
        "fix: text that looks like it\n\nno: trailer\nbut text of two lines and more\nand more",
    ];
    let mut commits = Vec::new();
    for (number, message) in messages.iter().enumerate() {
        if number > 0 {
            sandbox.write(&[("many", &number.to_string()), (&format!("many-{number}"), "1")]);
            sandbox.git(&["add", "many", &format!("many-{number}")]);
        }
        commits.push(commit(message));
    }
    // The same by git, in a clone, moved files there too.
    sandbox.git_in(sandbox.path(), &["clone", "--quiet", "origin.git", "other"]);
    let other = sandbox.path().join("other");
    sandbox.git_in(&other, &["fetch", "--quiet", "../work", "main"]);
    sandbox.git_in(&other, &["switch", "--quiet", "release/1.4"]);
    sandbox.git_in(&other, &["mv", "a", "moved"]);
    sandbox.git_in(&other, &["commit", "--quiet", "--message", "refactor: move"]);
    sandbox.git_in(&other, &["push", "--quiet", "origin", "release/1.4"]);
    let range = format!("{}~2..{}", commits[0], commits[5]);
    sandbox.git_in(&other, &["cherry-pick", "-x", &range]);
    let run = sandbox.json(0, &["backport", &range, "--to", "1.4"]);
    let branch = run["backports"][0]["branch"].as_str().unwrap();
    let told = |folder: &Path, tip: &str| {
        let format = "--format=%T %an %ae %ad %cn%n%B";
        sandbox.git_in(
            folder,
            &["log", "--date=raw", format, &format!("origin/release/1.4..{tip}")],
        )
    };
    sandbox.git_in(&other, &["fetch", "--quiet"]);
    let (ours, theirs) = (told(&other, &format!("origin/{branch}")), told(&other, "HEAD"));
    assert_eq!(ours, theirs);
    assert!(
        ours.contains("Octo octo@example.com 1577928845 +0130 maintainer"),
        "{ours}"
    );
    assert_eq!(ours.matches("(cherry picked from commit ").count(), 8, "{ours}");
    assert_eq!(origin(&sandbox, &["fsck", "--strict"]), "");
}

#[test]
fn a_merge_brings_its_own_commits_and_no_merge() {
    let (sandbox, _) = sandbox();
    sandbox.git(&["switch", "--quiet", "--create", "topic", "HEAD~1"]);
    sandbox.commit("fix: c", &[("c", "c")]);
    sandbox.git(&["merge", "--quiet", "--no-edit", "main"]);
    sandbox.commit("fix: d", &[("d", "d")]);
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.git(&["merge", "--quiet", "--no-ff", "--message", "Merge topic", "topic"]);
    let document = sandbox.json(0, &["backport", "HEAD", "--to", "1.4"]);
    let backport = &document["backports"][0];
    assert_eq!(
        (&backport["method"], &backport["title"]),
        (&"merge".into(), &"fix: c".into())
    );
    let subjects = origin(
        &sandbox,
        &[
            "log",
            "--format=%s",
            &format!("release/1.4..{}", backport["branch"].as_str().unwrap()),
        ],
    );
    assert_eq!(subjects, "fix: d\nfix: c");
    // Picked as one by hand, it is there.
    sandbox.git(&["switch", "--quiet", "release/1.4"]);
    sandbox.git(&["cherry-pick", "-x", "-m", "1", "main"]);
    sandbox.git(&["push", "--quiet", "origin", "release/1.4"]);
    origin(
        &sandbox,
        &["branch", "--delete", "--force", backport["branch"].as_str().unwrap()],
    );
    assert_eq!(
        sandbox.json(0, &["backport", "main", "--to", "1.4"])["status"],
        "nothing"
    );
}

#[test]
fn what_is_there_already_is_not_brought_again() {
    let (sandbox, fix) = sandbox();
    let status = |to: &str| sandbox.json(0, &["backport", &fix, "--to", to, "--dry-run"])["status"].clone();
    let start = |from: &str| sandbox.git(&["switch", "--quiet", "--force-create", "work", from]);
    let push = |name: &str| sandbox.git(&["push", "--quiet", "--force", "origin", &format!("work:release/{name}")]);
    start("main");
    push("2.0");
    assert_eq!(status("2.0"), "nothing", "the commit itself");
    start("origin/release/1.4");
    sandbox.git(&["cherry-pick", &fix]);
    sandbox.commit("fix: two again", &[("a", &TEXT.replace("two", "zwei"))]);
    push("2.1");
    assert_eq!(status("2.1"), "nothing", "the same patch, and changed since");
    sandbox.git(&["revert", "--no-edit", "HEAD"]);
    sandbox.git(&["revert", "--no-edit", "HEAD~2"]);
    push("2.1");
    assert_eq!(status("2.1"), "created", "it was reverted");
    sandbox.git(&["revert", "--no-edit", "HEAD"]);
    push("2.1");
    assert_eq!(status("2.1"), "nothing", "and brought back");
    start("origin/release/1.4");
    let both = TEXT.replace("two", "TWO").replace("seven", "SEVEN");
    sandbox.commit("fix: all at once", &[("a", &both)]);
    push("2.2");
    assert_eq!(status("2.2"), "nothing", "what it changes is like that");
    start("origin/release/1.4");
    push("2.3");
    assert_eq!(status("2.3"), "created");
}

#[test]
fn a_conflict_needs_a_person_and_pushes_nothing() {
    let (sandbox, fix) = sandbox();
    sandbox.git(&["switch", "--quiet", "--create", "line", "origin/release/1.4"]);
    sandbox.commit("fix: deux", &[("a", &TEXT.replace("two", "deux"))]);
    sandbox.git(&["push", "--quiet", "origin", "line:release/1.4"]);
    let before = refs(&sandbox);
    let run = sandbox.tidegate(&["backport", &fix, "--to", "1.4"]).exits(7);
    assert_eq!(refs(&sandbox), before);
    let said = run.stderr.replace(&fix, "FIX").replace(short(&fix), "FIX");
    insta::assert_snapshot!("backport_conflict", said);
    let document = sandbox.json(7, &["backport", &fix, "--to", "1.4"]);
    let file = &document["backports"][0]["conflict"]["files"][0];
    assert_eq!((&file["path"], &file["kind"]), (&"a".into(), &"content".into()));
    let hunks = format!("<<<<<<< HEAD\ndeux\n=======\nTWO\n>>>>>>> {} (fix: two)\n", short(&fix));
    assert_eq!(file["hunks"], hunks.as_str());
}

#[test]
fn what_cannot_be_for_one_target_can_be_for_another() {
    let (sandbox, fix) = sandbox();
    sandbox.git(&["push", "--quiet", "origin", "origin/release/1.4:refs/heads/stable"]);
    let document = sandbox.json(3, &["backport", &fix, "--to", "9.9", "--to", "stable"]);
    let statuses: Vec<&Value> = document["backports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["status"])
        .collect();
    assert_eq!(statuses, ["refused", "created"]);
    assert_eq!(
        document["backports"][1]["branch"],
        format!("backport/{}-to-stable", short(&fix))
    );
}

#[test]
fn names_follow_the_templates_and_the_components() {
    let (sandbox, fix) = sandbox();
    let config = "[cut]\nbranch = '{{{component}}}-{{{major}}}.{{{minor}}}'\n\n[component.api]\npaths = ['api']\n\n[component.web]\npaths = ['web']\n";
    sandbox.write(&[("tidegate.toml", config)]);
    sandbox.git(&["push", "--quiet", "origin", "origin/release/1.4:refs/heads/web-1.4"]);
    let run = sandbox.tidegate(&["backport", &fix, "--to", "1.4"]).exits(2);
    assert!(
        run.stderr.contains("api-1.4, web-1.4") && run.stderr.contains("--component"),
        "{}",
        run.stderr
    );
    let document = sandbox.json(0, &["backport", &fix, "--to", "1.4", "--component", "web"]);
    let branch = format!("backport/{}-to-web-1.4", short(&fix));
    assert_eq!(document["backports"][0]["branch"], branch.as_str());
    assert_eq!(
        sandbox.json(0, &["backport", &fix, "--to", "web-1.4"])["status"],
        "exists"
    );
}

#[test]
fn two_at_once_leave_one_branch() {
    for _ in 0..5 {
        let (sandbox, fix) = sandbox();
        sandbox.git_in(sandbox.path(), &["clone", "--quiet", "origin.git", "other"]);
        let start = |folder: &str| {
            let folder = sandbox.path().join(folder);
            let mut command = sandbox.tidegate_command(&folder, &["backport", &fix, "--to", "1.4"]);
            // Two committers make two commits.
            command.env("GIT_COMMITTER_NAME", folder.file_name().unwrap());
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let children = [start("work"), start("other")];
        let runs = children.map(|child| Run::of(child.wait_with_output().unwrap()).exits(0));
        assert_eq!(runs[0].stdout, runs[1].stdout);
        let waits = runs.iter().filter(|run| run.stderr.contains("waits already")).count();
        assert_eq!(waits, 1, "{runs:?}");
        let listed = origin(&sandbox, &["for-each-ref", "refs/heads/backport"]);
        assert_eq!(listed.lines().count(), 1, "{listed}");
    }
}

#[test]
fn a_partial_clone_fetches_what_it_needs() {
    let (sandbox, fix) = sandbox();
    let bare = sandbox.path().join("origin.git");
    for key in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
        sandbox.git_in(&bare, &["config", key, "true"]);
    }
    for filter in ["blob:none", "tree:0"] {
        let (url, folder) = (format!("file://{}", bare.display()), filter.replace(':', "-"));
        let filter = format!("--filter={filter}");
        sandbox.git_in(
            sandbox.path(),
            &["clone", "--quiet", "--no-checkout", &filter, &url, &folder],
        );
        let folder = sandbox.path().join(folder);
        let run = sandbox
            .tidegate_command(&folder, &["backport", &fix, "--to", "1.4"])
            .output()
            .unwrap();
        let run = Run::of(run).exits(0);
        let branch = run.stdout.trim();
        assert_eq!(
            origin(&sandbox, &["show", &format!("{branch}:a")]),
            TEXT.replace("two", "TWO").trim()
        );
        origin(&sandbox, &["branch", "--delete", "--force", branch]);
    }
}

#[test]
fn a_remote_behind_smart_http_gets_it_too() {
    let (sandbox, fix) = sandbox();
    let (root, bare) = (sandbox.path().to_owned(), sandbox.path().join("origin.git"));
    sandbox.git_in(&bare, &["config", "http.receivepack", "true"]);
    let (listener, url) = wire::listen();
    wire::serve(listener, move |request| {
        git_http::answer(&root, request, |password| password == "secret")
    });
    let address = format!("{}/origin.git", url.replace("http://", "http://octo:secret@"));
    sandbox.git_in(sandbox.path(), &["clone", "--quiet", &address, "other"]);
    let other = sandbox.path().join("other");
    let run = || {
        Run::of(
            sandbox
                .tidegate_command(&other, &["backport", &fix, "--to", "1.4"])
                .output()
                .unwrap(),
        )
    };
    let branch = run().exits(0).stdout;
    assert_eq!(
        origin(
            &sandbox,
            &["rev-list", "--count", &format!("release/1.4..{}", branch.trim())]
        ),
        "1"
    );
    assert!(run().exits(0).stderr.contains("waits already"));
}

#[test]
fn a_repository_without_a_remote_keeps_it_to_itself() {
    let (sandbox, fix) = sandbox();
    sandbox.git(&["branch", "release/1.4", "origin/release/1.4"]);
    sandbox.git(&["remote", "remove", "origin"]);
    let run = sandbox.tidegate(&["backport", &fix, "--to", "1.4"]).exits(0);
    let branch = run.stdout.trim();
    assert_eq!(
        sandbox.git(&["rev-list", "--count", &format!("release/1.4..{branch}")]),
        "1"
    );
    assert_eq!(sandbox.json(0, &["backport", &fix, "--to", "1.4"])["status"], "exists");
}
