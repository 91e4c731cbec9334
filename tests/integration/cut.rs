//! `cut` on real repositories.

use serde_json::Value;

use crate::common::{Run, Sandbox};
use crate::tag::LADDER;

fn sandbox(cut: &str) -> Sandbox {
    Sandbox::new(&format!("[project]\nname = \"demo\"\n\n{cut}\n{LADDER}"))
}

fn refs(sandbox: &Sandbox) -> String {
    let list =
        |folder: &std::path::Path| sandbox.git_in(folder, &["for-each-ref", "--format=%(refname) %(objectname)"]);
    format!(
        "{}\n--\n{}",
        list(&sandbox.work()),
        list(&sandbox.path().join("origin.git"))
    )
}

fn changes_nothing(sandbox: &Sandbox, code: i32, arguments: &[&str]) -> Run {
    let before = refs(sandbox);
    let run = sandbox.tidegate(arguments).exits(code);
    assert_eq!(refs(sandbox), before);
    run
}

#[test]
fn a_branch_is_cut_pushed_and_recorded_once() {
    let sandbox = sandbox("");
    let commit = sandbox.commit("feat: a", &[]);
    let plan = sandbox.json(0, &["cut", "1.4", "--dry-run"]);
    let actions: Vec<&str> = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["share-branch", "record", "create-tag", "push-ref", "record"]);
    assert_eq!(sandbox.git(&["branch", "--list", "release/*"]), "");
    let run = sandbox.tidegate(&["cut", "1.4"]).exits(0);
    assert_eq!(run.stdout, "release/1.4\n");
    assert_eq!(
        sandbox.git_in(&sandbox.path().join("origin.git"), &["rev-parse", "release/1.4"]),
        commit
    );
    // Main goes on, the branch too: it was cut where it was cut.
    sandbox.commit("feat: b", &[]);
    let again = sandbox.json(0, &["cut", "1.4"]);
    assert_eq!(
        (&again["status"], &again["commit"]),
        (&"exists".into(), &commit.as_str().into())
    );
    assert_eq!(again["steps"], Value::Array(vec![]));
    sandbox.git(&["checkout", "--quiet", "release/1.4"]);
    sandbox.commit("fix: c", &[]);
    sandbox.git(&["push", "--quiet", "origin", "release/1.4"]);
    assert_eq!(sandbox.json(0, &["cut", "1.4", "--from", &commit])["status"], "exists");
    let log = sandbox.json(0, &["ledger", "log"]).to_string();
    assert_eq!(log.matches("\"branch-cut\"").count(), 1, "{log}");
}

#[test]
fn a_branch_elsewhere_is_refused_with_both_commits() {
    let sandbox = sandbox("");
    let first = sandbox.git(&["rev-parse", "HEAD"]);
    let second = sandbox.commit("feat: a", &[]);
    sandbox.git(&["push", "--quiet", "origin", "HEAD~1:refs/heads/release/1.4"]);
    let run = changes_nothing(&sandbox, 3, &["cut", "1.4"]);
    assert!(
        run.stderr.contains(&first) && run.stderr.contains(&second),
        "{}",
        run.stderr
    );
    assert_eq!(run.stdout, "");
    // Given its commit, the branch that somebody made is taken as cut there.
    assert_eq!(sandbox.json(0, &["cut", "1.4", "--from", &first])["status"], "exists");
    changes_nothing(&sandbox, 3, &["cut", "1.4", "--from", &second]);
}

#[test]
fn what_a_killed_run_left_is_finished() {
    let sandbox = sandbox("");
    let commit = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.git(&["branch", "release/2.0"]);
    assert_eq!(sandbox.tidegate(&["cut", "2.0"]).exits(0).stdout, "release/2.0\n");
    assert_eq!(
        sandbox.git_in(&sandbox.path().join("origin.git"), &["rev-parse", "release/2.0"]),
        commit
    );
}

#[test]
fn the_name_follows_the_template() {
    let sandbox = sandbox("[cut]\nbranch = \"stable-{{{major}}}.{{{minor}}}\"\n");
    assert_eq!(sandbox.tidegate(&["cut", "1.4"]).exits(0).stdout, "stable-1.4\n");
}

#[test]
fn bad_input_changes_nothing() {
    let sandbox = sandbox("");
    for line in ["1", "1.4.0", "v1.4", "1.x", "01.4", "1.4-rc"] {
        let run = changes_nothing(&sandbox, 2, &["cut", line]);
        assert!(run.stderr.contains("such as 1.4"), "{}", run.stderr);
    }
    changes_nothing(&sandbox, 2, &["cut", "1.4", "--from", "nothing"]);
    sandbox.write(&[("tidegate.toml", &format!("[project]\nname = \"other\"\n{LADDER}"))]);
    changes_nothing(&sandbox, 3, &["cut", "1.4"]);
    let url = format!("file://{}/origin.git", sandbox.path().display());
    sandbox.git(&["checkout", "--quiet", "."]);
    sandbox.commit("feat: a", &[]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    sandbox.git_in(sandbox.path(), &["clone", "--quiet", "--depth", "1", &url, "shallow"]);
    sandbox.git_in(&sandbox.path().join("shallow"), &["remote", "remove", "origin"]);
    let run = Run::of(
        sandbox
            .tidegate_command(&sandbox.path().join("shallow"), &["cut", "1.4"])
            .output()
            .unwrap(),
    );
    assert!(run.exits(2).stderr.contains("git fetch --unshallow"));
}

#[test]
fn two_clones_at_once_leave_one_branch() {
    for round in 0..3 {
        let sandbox = sandbox("");
        sandbox.git_in(sandbox.path(), &["clone", "--quiet", "origin.git", "other"]);
        // In odd rounds each cuts at a commit of its own.
        if round % 2 == 1 {
            sandbox.commit("feat: ours", &[]);
        }
        let start = |folder: &str| {
            let mut command = sandbox.tidegate_command(&sandbox.path().join(folder), &["cut", "1.4"]);
            command
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped());
            command.spawn().unwrap()
        };
        let children = [start("work"), start("other")];
        let runs = children.map(|child| Run::of(child.wait_with_output().unwrap()));
        let mut codes = runs.each_ref().map(|run| run.code);
        codes.sort_unstable();
        if round % 2 == 1 && codes == [0, 0] {
            // The second began after the first had ended: it finds the branch in the ledger.
            let already = runs.iter().filter(|run| run.stderr.contains("already")).count();
            assert_eq!(already, 1, "{runs:?}");
        } else {
            assert_eq!(codes, if round % 2 == 1 { [0, 3] } else { [0, 0] }, "{runs:?}");
        }
        let there = sandbox.git_in(&sandbox.path().join("origin.git"), &["rev-parse", "release/1.4"]);
        for (folder, run) in ["work", "other"].iter().zip(&runs) {
            let folder = sandbox.path().join(folder);
            let here = sandbox.git_in(
                &folder,
                &["for-each-ref", "--format=%(objectname)", "refs/heads/release"],
            );
            assert!(
                here.is_empty() || here == there,
                "the loser keeps no branch of its own: {run:?}"
            );
        }
        let log = sandbox.json(0, &["ledger", "log"]).to_string();
        assert_eq!(log.matches("\"branch-cut\"").count(), 1, "{log}");
    }
}
