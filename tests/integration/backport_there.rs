//! What counts as there, by git's own merges and reverts: to `backport`, `cut status` and `hotfix --check` alike.

use serde_json::Value;

use crate::common::Sandbox;
use crate::tag::LADDER;

const TEXT: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n";

/// A line 1.4, and a fix on `main`, which is given.
fn sandbox() -> (Sandbox, String) {
    let sandbox = Sandbox::new(&format!("[project]\nname = \"demo\"\n\n{LADDER}"));
    sandbox.commit("feat: a", &[("a", TEXT)]);
    sandbox.git(&["push", "--quiet", "origin", "main", "main:release/1.4"]);
    let fix = sandbox.commit("fix: two", &[("a", &TEXT.replace("two", "TWO"))]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    (sandbox, fix)
}

fn lists(sandbox: &Sandbox, list: &str) -> Vec<String> {
    let status = sandbox.json(0, &["cut", "status"]);
    let lacked = status["lines"][0][list].as_array().unwrap().iter();
    lacked.map(|one| one["subject"].as_str().unwrap().to_owned()).collect()
}

/// The fixes that `cut status` wants on the line.
fn wanted(sandbox: &Sandbox) -> Vec<String> {
    lists(sandbox, "unported")
}

fn on_line(sandbox: &Sandbox, work: &dyn Fn()) {
    sandbox.git(&["fetch", "--quiet"]);
    sandbox.git(&["switch", "--quiet", "--force-create", "line", "origin/release/1.4"]);
    work();
    sandbox.git(&["push", "--quiet", "origin", "line:release/1.4"]);
}

/// Takes the last commit of the line back, with the words of git.
fn take_back(sandbox: &Sandbox, short: bool) {
    let is_merge = sandbox
        .git(&["log", "-1", "--format=%P", "origin/release/1.4"])
        .contains(' ');
    let reference = format!("revert.reference={short}");
    let mut arguments = vec!["-c", &reference, "revert", "--no-edit"];
    arguments.extend(if is_merge { &["-m", "1"][..] } else { &[] });
    arguments.push("HEAD");
    on_line(sandbox, &|| _ = sandbox.git(&arguments));
}

fn status(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let arguments = [&["backport"], arguments, &["--to", "1.4", "--dry-run"]].concat();
    let document = sandbox.json(0, &arguments);
    let backport = &document["backports"][0];
    serde_json::json!([backport["status"], backport.get("branch")])
}

#[test]
fn what_was_merged_and_taken_back_is_not_there_until_it_is_brought_back() {
    let (prepared, fix) = sandbox();
    let made = prepared.json(0, &["backport", &fix, "--to", "1.4"]);
    let branch = made["backports"][0]["branch"].as_str().unwrap();
    let (head, again) = (format!("origin/{branch}"), format!("{branch}-2"));
    let squashed = format!("fix: two [1.4] (#9)\n\n(cherry picked from commit {fix})");
    let merged = ["merge", "--quiet", "--no-ff", "--no-edit", &head];
    let forward = ["merge", "--quiet", "--ff-only", &head];
    let squash = [
        &["merge", "--quiet", "--squash", &head][..],
        &["commit", "--quiet", "--message", &squashed],
    ];
    let ways: [(&str, &[&[&str]], &str); 3] = [
        ("merged", &[&merged], "merged"),
        ("fast-forward", &[&forward], "merged"),
        ("squashed", &squash, "exists"),
    ];
    for ((what, commands, left), short) in ways.iter().zip([false, true, false]) {
        let sandbox = prepared.copy();
        assert_eq!(wanted(&sandbox), ["fix: two"], "{what}");
        on_line(&sandbox, &|| {
            commands.iter().for_each(|command| _ = sandbox.git(command))
        });
        assert_eq!(wanted(&sandbox), [""; 0], "{what}");
        assert_eq!(status(&sandbox, &[&fix, "--again"])[0], "nothing", "{what}");
        take_back(&sandbox, short);
        assert_eq!(wanted(&sandbox), ["fix: two"], "{what} and taken back");
        assert_eq!(status(&sandbox, &[&fix]), serde_json::json!([left, branch]), "{what}");
        let next = if *left == "merged" {
            serde_json::json!(["created", again])
        } else {
            serde_json::json!(["exists", branch])
        };
        assert_eq!(status(&sandbox, &[&fix, "--again"]), next, "{what}");
        if *left == "merged" {
            // It waits under its new name, with and without the flag.
            sandbox.json(0, &["backport", &fix, "--to", "1.4", "--again"]);
            for arguments in [&[fix.as_str(), "--again"][..], &[fix.as_str()]] {
                assert_eq!(
                    status(&sandbox, arguments),
                    serde_json::json!(["exists", again]),
                    "{what}"
                );
            }
        }
        take_back(&sandbox, false);
        assert_eq!(wanted(&sandbox), [""; 0], "{what} and brought back");
    }
}

#[test]
fn a_topic_that_both_merged_is_gone_where_its_merge_was_taken_back() {
    let (sandbox, _) = sandbox();
    sandbox.git(&["switch", "--quiet", "--create", "topic", "origin/release/1.4"]);
    sandbox.commit("fix: b", &[("b", "1\n")]);
    sandbox.commit("fix: c", &[("c", "1\n")]);
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.git(&["merge", "--quiet", "--no-ff", "--message", "Merge topic", "topic"]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    on_line(&sandbox, &|| {
        _ = sandbox.git(&["merge", "--quiet", "--no-ff", "--no-edit", "topic"])
    });
    assert_eq!(status(&sandbox, &["origin/main"])[0], "nothing");
    take_back(&sandbox, false);
    let plan = sandbox.json(0, &["backport", "origin/main", "--to", "1.4", "--dry-run"]);
    assert_eq!(plan["steps"][0]["commits"].as_array().map(Vec::len), Some(2), "{plan}");
    take_back(&sandbox, false);
    assert_eq!(status(&sandbox, &["origin/main"])[0], "nothing");
}

#[test]
fn what_is_lacked_is_told_by_what_stands_and_changes_something() {
    let (sandbox, fix) = sandbox();
    let empty = sandbox.commit("fix: nothing at all", &[]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    assert_eq!(wanted(&sandbox), ["fix: two"], "an empty one has nothing to bring");
    assert_eq!(status(&sandbox, &[&empty])[0], "nothing");
    // On the line a merge brings a fix and an empty one, and is taken back.
    on_line(&sandbox, &|| {
        sandbox.git(&["switch", "--quiet", "--force-create", "own"]);
        sandbox.commit("fix: own", &[("own", "1\n")]);
        sandbox.commit("fix: own, and empty", &[]);
        sandbox.git(&["switch", "--quiet", "line"]);
        sandbox.git(&["merge", "--quiet", "--no-ff", "--message", "Merge own", "own"]);
    });
    assert_eq!(lists(&sandbox, "missing"), ["fix: own"]);
    take_back(&sandbox, false);
    assert_eq!(lists(&sandbox, "missing"), [""; 0]);
    // Picked without -x, and resolved by hand: its subject, author and date tell.
    on_line(&sandbox, &|| {
        sandbox.commit("fix: deux", &[("a", &TEXT.replace("two", "deux"))]);
        let mut pick = sandbox.command("git", &sandbox.work());
        assert!(!pick.args(["cherry-pick", &fix]).output().unwrap().status.success());
        sandbox.write(&[("a", &TEXT.replace("two", "TWO, deux"))]);
        sandbox.git(&["add", "a"]);
        sandbox.git(&["-c", "core.editor=true", "cherry-pick", "--continue"]);
    });
    assert_eq!(wanted(&sandbox), [""; 0]);
    assert_eq!(status(&sandbox, &[&fix])[0], "nothing");
    take_back(&sandbox, false);
    assert_eq!(wanted(&sandbox), ["fix: two"]);
}

#[test]
fn a_hotfix_is_red_again_when_main_takes_it_back() {
    for merges in [true, false] {
        let (sandbox, _) = sandbox();
        sandbox.git(&["tag", "v1.4.0", "origin/release/1.4"]);
        sandbox.git(&["push", "--quiet", "--tags", "origin"]);
        sandbox.tidegate(&["hotfix", "1.4.1"]).exits(0);
        sandbox.git(&["fetch", "--quiet"]);
        sandbox.git(&["switch", "--quiet", "--create", "hotfix/1.4.1", "origin/hotfix/1.4.1"]);
        let fix = sandbox.commit("fix: seven", &[("a", &TEXT.replace("seven", "SEVEN"))]);
        sandbox.git(&["push", "--quiet", "origin", "hotfix/1.4.1"]);
        let check = |code: i32| {
            sandbox.git(&["push", "--quiet", "origin", "main"]);
            sandbox.tidegate(&["hotfix", "1.4.1", "--check"]).exits(code);
        };
        if merges {
            sandbox.git(&["switch", "--quiet", "main"]);
        } else {
            sandbox.git(&["switch", "--quiet", "--create", "forward", "main"]);
            sandbox.git(&["cherry-pick", "-x", &fix]);
            sandbox.git(&["switch", "--quiet", "main"]);
        }
        let topic = if merges { "hotfix/1.4.1" } else { "forward" };
        check(3);
        sandbox.git(&["merge", "--quiet", "--no-ff", "--no-edit", topic]);
        check(0);
        sandbox.git(&["revert", "--no-edit", "-m", "1", "HEAD"]);
        check(3);
        sandbox.git(&["revert", "--no-edit", "HEAD"]);
        check(0);
    }
}
