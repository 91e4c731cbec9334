//! `tag` on real repositories.

use std::path::Path;
use std::process::Child;

use serde_json::Value;

use crate::common::{Run, Sandbox};

/// The smallest ladder: one environment.
pub const LADDER: &str = r#"
[environment.dev]
tier = "development"
purpose = "Integration"
data = "mock"
trigger = { on = "commit" }
access = {}
deploy = { command = ["true"] }
"#;

fn config(version: &str) -> String {
    format!("[project]\nname = \"demo\"\n\n{version}\n{LADDER}")
}

fn sandbox() -> Sandbox {
    Sandbox::new(&config(""))
}

/// Every ref of the clone and of the origin.
fn refs(sandbox: &Sandbox) -> String {
    let list = |folder: &Path| sandbox.git_in(folder, &["for-each-ref", "--format=%(refname) %(objectname)"]);
    format!(
        "{}\n--\n{}",
        list(&sandbox.work()),
        list(&sandbox.path().join("origin.git"))
    )
}

fn tags(sandbox: &Sandbox, folder: &str) -> Vec<String> {
    let listed = sandbox.git_in(&sandbox.path().join(folder), &["tag", "--list"]);
    listed.lines().map(str::to_owned).collect()
}

/// Asserts that a command ends like this and changes no ref.
fn changes_nothing(sandbox: &Sandbox, code: i32, arguments: &[&str]) -> Run {
    let before = refs(sandbox);
    let run = sandbox.tidegate(arguments).exits(code);
    assert_eq!(refs(sandbox), before);
    assert_eq!(run.stdout, "");
    run
}

#[test]
fn a_release_is_tagged_pushed_and_recorded_once() {
    let sandbox = sandbox();
    let none = sandbox.json(0, &["tag"]);
    assert_eq!(none["status"], "none");
    assert_eq!(none["schema"], "tidegate.tag/1");
    let commit = sandbox.commit("feat: a way in", &[("a", "1")]);
    assert_eq!(sandbox.tidegate(&["tag"]).exits(0).stdout, "v0.1.0\n");
    assert_eq!(sandbox.git(&["cat-file", "-t", "v0.1.0"]), "tag");
    assert_eq!(
        sandbox.git(&["tag", "--list", "--format=%(contents)", "v0.1.0"]),
        "app 0.1.0\n\nAdded\n- a way in"
    );
    assert_eq!(sandbox.git(&["rev-parse", "v0.1.0^{commit}"]), commit);
    assert_eq!(tags(&sandbox, "origin.git"), ["v0.1.0"]);
    let before = refs(&sandbox);
    let again = sandbox.json(0, &["tag"]);
    assert_eq!(
        (&again["status"], &again["tag"], &again["steps"]),
        (&"exists".into(), &"v0.1.0".into(), &Value::Array(vec![]))
    );
    assert_eq!(refs(&sandbox), before, "a second run has nothing to do");
    sandbox.commit("fix: a hinge", &[("a", "2")]);
    let next = sandbox.json(0, &["tag"]);
    assert_eq!(
        (&next["status"], &next["version"], &next["previous_tag"], &next["bump"]),
        (&"created".into(), &"0.1.1".into(), &"v0.1.0".into(), &"patch".into())
    );
    assert_eq!(
        (&next["major"], &next["minor"], &next["patch"]),
        (&0.into(), &1.into(), &1.into())
    );
    let log = sandbox.json(0, &["ledger", "log"]).to_string();
    assert_eq!(log.matches("\"tagged\"").count(), 2, "{log}");
}

#[test]
fn a_dry_run_plans_and_does_nothing() {
    let sandbox = sandbox();
    sandbox.commit("feat: a", &[]);
    let before = refs(&sandbox);
    let plan = sandbox.json(0, &["tag", "--dry-run"]);
    assert_eq!(refs(&sandbox), before);
    assert_eq!(plan["tag"], "v0.1.0");
    let actions: Vec<&str> = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["create-tag", "push-ref", "record"]);
}

#[test]
fn the_setting_below_one_is_heeded() {
    let sandbox = Sandbox::new(&config("[version]\nzero-major = \"literal\"\n"));
    sandbox.git(&["tag", "v0.4.0"]);
    sandbox.commit("feat!: a", &[]);
    assert_eq!(sandbox.tidegate(&["tag"]).exits(0).stdout, "v1.0.0\n");
}

#[test]
fn the_base_is_the_highest_version_that_the_commit_reaches() {
    let sandbox = sandbox();
    sandbox.git(&["tag", "v1.0.0"]);
    sandbox.git(&["checkout", "--quiet", "-b", "later"]);
    sandbox.commit("feat: elsewhere", &[]);
    sandbox.git(&["tag", "v2.0.0"]);
    sandbox.git(&["checkout", "--quiet", "main"]);
    sandbox.commit("fix: here", &[]);
    for name in ["v1", "vnext", "v9.9", "other-v7.0.0"] {
        sandbox.git(&["tag", name]);
    }
    let run = sandbox.tidegate(&["tag"]).exits(0);
    assert_eq!(run.stdout, "v1.0.1\n");
    assert!(
        run.stderr
            .contains("ignored, because they carry no semantic version: v1, v9.9, vnext"),
        "{}",
        run.stderr
    );
}

#[test]
fn components_are_counted_apart() {
    let components = "[component.api]\npaths = [\"services/api/**\"]\n\n[component.web]\npaths = [\"services/web\"]\ntag-prefix = \"web/\"\n";
    let sandbox = Sandbox::new(&config(components));
    sandbox.commit("feat: api", &[("services/api/main", "1")]);
    assert_eq!(sandbox.tidegate(&["tag"]).exits(2).stdout, "");
    assert_eq!(
        sandbox.tidegate(&["tag", "--component", "api"]).exits(0).stdout,
        "api-v0.1.0\n"
    );
    assert_eq!(sandbox.json(0, &["tag", "--component", "web"])["status"], "none");
    sandbox.commit("fix: both", &[("services/api/main", "2"), ("services/web/main", "2")]);
    assert_eq!(
        sandbox.tidegate(&["tag", "--component", "web"]).exits(0).stdout,
        "web/0.1.0\n"
    );
    assert_eq!(
        sandbox.tidegate(&["tag", "--component", "api"]).exits(0).stdout,
        "api-v0.1.1\n"
    );
}

#[test]
fn a_version_by_hand_must_be_one_and_must_rise() {
    let sandbox = sandbox();
    sandbox.git(&["tag", "v1.2.0"]);
    sandbox.commit("fix: a", &[]);
    changes_nothing(&sandbox, 2, &["tag", "--version", "1.3"]);
    changes_nothing(&sandbox, 2, &["tag", "--version", "next"]);
    let run = changes_nothing(&sandbox, 3, &["tag", "--version", "1.2.0"]);
    assert!(run.stderr.contains("not above v1.2.0"), "{}", run.stderr);
    let document = sandbox.json(0, &["tag", "--version", "v1.3.0-rc.1"]);
    assert_eq!(
        (&document["tag"], &document["prerelease"], document.get("bump")),
        (&"v1.3.0-rc.1".into(), &"rc.1".into(), None)
    );
}

#[test]
fn a_repository_that_is_not_whole_is_an_error_with_a_way_out() {
    let shallow = sandbox();
    shallow.commit("feat: a", &[]);
    shallow.git(&["push", "--quiet", "origin", "main"]);
    let url = format!("file://{}/origin.git", shallow.path().display());
    shallow.git_in(shallow.path(), &["clone", "--quiet", "--depth", "1", &url, "shallow"]);
    let before = refs(&shallow);
    // What is missing can be fetched from nowhere.
    shallow.git_in(&shallow.path().join("shallow"), &["remote", "remove", "origin"]);
    let run = Run::of(
        shallow
            .tidegate_command(&shallow.path().join("shallow"), &["tag"])
            .output()
            .unwrap(),
    )
    .exits(2);
    assert!(run.stderr.contains("fetch-depth: 0"), "{}", run.stderr);
    assert_eq!((tags(&shallow, "shallow").len(), refs(&shallow)), (0, before));

    let bare = sandbox();
    let origin = bare.path().join("origin.git");
    std::fs::copy(bare.work().join("tidegate.toml"), origin.join("tidegate.toml")).unwrap();
    let before = refs(&bare);
    let run = Run::of(bare.tidegate_command(&origin, &["tag"]).output().unwrap()).exits(2);
    assert!(run.stderr.contains("is bare"), "{}", run.stderr);
    assert_eq!(refs(&bare), before);

    let empty = Sandbox::empty();
    empty.write(&[("tidegate.toml", &config(""))]);
    assert!(changes_nothing(&empty, 2, &["tag"]).stderr.contains("empty"));
}

#[test]
fn changes_that_are_not_committed_are_refused() {
    let sandbox = sandbox();
    sandbox.commit("feat: a", &[("a", "1")]);
    sandbox.write(&[("a", "2"), ("untracked", "1")]);
    let run = changes_nothing(&sandbox, 3, &["tag"]);
    assert!(run.stderr.contains("differ from the commit: a\n"), "{}", run.stderr);
    assert_eq!(sandbox.tidegate(&["tag", "--allow-dirty"]).exits(0).stdout, "v0.1.0\n");
}

#[test]
fn a_tag_on_another_commit_is_refused_with_both() {
    let sandbox = sandbox();
    let first = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.git(&["checkout", "--quiet", "-b", "side"]);
    let side = sandbox.commit("feat: theirs", &[]);
    sandbox.git(&["tag", "v0.1.0"]);
    sandbox.git(&["push", "--quiet", "origin", "v0.1.0"]);
    sandbox.git(&["checkout", "--quiet", "main"]);
    let ours = sandbox.commit("feat: ours", &[]);
    let run = changes_nothing(&sandbox, 3, &["tag"]);
    assert!(
        run.stderr.contains(&side) && run.stderr.contains(&ours),
        "{}",
        run.stderr
    );
    // The tag here and the tag there differ: neither is a base to count from.
    sandbox.git(&["tag", "--force", "v0.1.0", &first]);
    let run = changes_nothing(&sandbox, 3, &["tag"]);
    assert!(
        run.stderr.contains(&side) && run.stderr.contains(&first),
        "{}",
        run.stderr
    );
}

#[test]
fn the_tagger_is_the_one_git_names() {
    let mut sandbox = sandbox();
    let tagger = |sandbox: &Sandbox, tag: &str| {
        let format = "--format=%(taggername) %(taggeremail) %(taggerdate:iso-strict)";
        sandbox.git(&["tag", "--list", format, tag])
    };
    let date = "2026-03-04T05:06:07-03:30";
    sandbox
        .variables
        .insert("GIT_COMMITTER_DATE".to_owned(), date.to_owned());
    sandbox.commit("feat: a", &[]);
    sandbox.tidegate(&["tag"]).exits(0);
    assert_eq!(
        tagger(&sandbox, "v0.1.0"),
        format!("maintainer <maintainer@example.com> {date}")
    );
    sandbox.commit("fix: b", &[]);
    sandbox.variables.insert("GIT_COMMITTER_NAME".to_owned(), String::new());
    sandbox.tidegate(&["tag"]).exits(0);
    assert!(tagger(&sandbox, "v0.1.1").starts_with("tidegate <tidegate@localhost> "));
}

#[test]
fn what_a_killed_run_left_is_finished() {
    let sandbox = sandbox();
    sandbox.commit("feat: a", &[]);
    // Killed before the push: the tag is here alone.
    sandbox.git(&["tag", "--annotate", "--message", "app 0.1.0", "v0.1.0"]);
    let document = sandbox.json(0, &["tag"]);
    assert_eq!(
        (&document["status"], &document["bump"]),
        (&"exists".into(), &"minor".into())
    );
    assert_eq!(tags(&sandbox, "origin.git"), ["v0.1.0"]);
    // Killed before the record: the tag is everywhere.
    sandbox.commit("fix: a", &[]);
    sandbox.git(&["tag", "--annotate", "--message", "app 0.1.1", "v0.1.1"]);
    sandbox.git(&["push", "--quiet", "origin", "v0.1.1"]);
    assert_eq!(sandbox.tidegate(&["tag"]).exits(0).stdout, "v0.1.1\n");
    let log = sandbox.json(0, &["ledger", "log"]).to_string();
    assert_eq!(log.matches("\"tagged\"").count(), 2, "{log}");
}

#[test]
fn a_remote_that_cannot_be_reached_leaves_nothing_behind() {
    let sandbox = sandbox();
    sandbox.commit("feat: a", &[]);
    sandbox.git(&["remote", "set-url", "origin", "../gone.git"]);
    changes_nothing(&sandbox, 6, &["tag"]);
}

#[test]
fn a_repository_without_a_remote_is_tagged_too() {
    let sandbox = sandbox();
    sandbox.git(&["remote", "remove", "origin"]);
    sandbox.commit("feat: a", &[]);
    assert_eq!(sandbox.tidegate(&["tag"]).exits(0).stdout, "v0.1.0\n");
    assert_eq!(sandbox.json(0, &["tag"])["steps"], Value::Array(vec![]));
}

#[test]
fn a_push_that_is_turned_down_takes_the_tag_back() {
    let sandbox = sandbox();
    sandbox.commit("feat: a", &[]);
    let hook = sandbox.path().join("origin.git/hooks/update");
    std::fs::write(
        &hook,
        "#!/bin/sh\ncase $1 in refs/tags/*) echo no tags today >&2; exit 1;; esac\n",
    )
    .unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let run = sandbox.tidegate(&["tag"]).exits(3);
    assert!(
        run.stderr
            .contains("the remote refuses refs/tags/v0.1.0: no tags today"),
        "{}",
        run.stderr
    );
    assert!(tags(&sandbox, "work").is_empty());
    std::fs::remove_file(&hook).unwrap();
    assert_eq!(sandbox.tidegate(&["tag"]).exits(0).stdout, "v0.1.0\n");
}

#[test]
fn two_clones_at_once_leave_one_tag() {
    for round in 0..5 {
        let sandbox = sandbox();
        let base = sandbox.git(&["rev-parse", "HEAD"]);
        // In even rounds both tag one commit, in odd ones each its own.
        sandbox.commit("feat: ours", &[("a", "1")]);
        sandbox.git(&["push", "--quiet", "origin", "main"]);
        sandbox.git_in(sandbox.path(), &["clone", "--quiet", "origin.git", "other"]);
        let other = sandbox.path().join("other");
        if round % 2 == 1 {
            sandbox.git_in(&other, &["reset", "--quiet", "--hard", &base]);
            sandbox.git_in(
                &other,
                &["commit", "--quiet", "--allow-empty", "--message", "feat: theirs"],
            );
        }
        let start = |folder: &Path| -> Child {
            let mut command = sandbox.tidegate_command(folder, &["tag"]);
            command
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped());
            command.spawn().unwrap()
        };
        let children = [start(&sandbox.work()), start(&other)];
        let runs = children.map(|child| Run::of(child.wait_with_output().unwrap()));
        let mut codes = runs.each_ref().map(|run| run.code);
        codes.sort_unstable();
        assert_eq!(codes, if round % 2 == 1 { [0, 3] } else { [0, 0] }, "{runs:?}");
        assert_eq!(tags(&sandbox, "origin.git"), ["v0.1.0"]);
        let there = sandbox.git_in(&sandbox.path().join("origin.git"), &["rev-parse", "v0.1.0"]);
        for (folder, run) in ["work", "other"].iter().zip(&runs) {
            let folder = sandbox.path().join(folder);
            assert_eq!(
                sandbox.git_in(&folder, &["rev-parse", "v0.1.0"]),
                there,
                "the loser has the winner's tag: {run:?}"
            );
        }
        let log = sandbox.json(0, &["ledger", "log"]).to_string();
        assert_eq!(log.matches("\"tagged\"").count(), 1, "{log}");
    }
}

#[test]
fn a_tag_that_leads_nowhere_and_notes_into_a_folder_are_told() {
    let sandbox = sandbox();
    let folder = sandbox.tidegate(&["tag", "--notes", "."]).exits(2);
    assert!(folder.stderr.contains("it is a folder"), "{}", folder.stderr);
    let object = "1".repeat(40);
    std::fs::write(sandbox.work().join(".git/refs/tags/v9.9.9"), format!("{object}\n")).unwrap();
    sandbox.git(&["remote", "remove", "origin"]);
    let run = sandbox.tidegate(&["tag"]).exits(2);
    assert!(run.stderr.contains("git tag --delete v9.9.9"), "{}", run.stderr);
}

#[test]
fn what_others_wrote_moves_no_cursor_and_turns_no_line() {
    let sandbox = sandbox();
    sandbox.commit("feat: a\u{202e}door", &[]);
    let plan = sandbox.tidegate(&["tag", "--dry-run", "--output", "json"]).exits(0);
    assert!(plan.stdout.contains('\u{202e}'), "programs read the true text");
    assert!(plan.stderr.contains("adoor"), "{}", plan.stderr);
    let hook = sandbox.path().join("origin.git/hooks/pre-receive");
    std::fs::write(&hook, "#!/bin/sh\nprintf '\\033[2Jgone\\007' >&2\nexit 1\n").unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let refused = sandbox.tidegate(&["tag"]).exits(3);
    assert!(refused.stderr.contains("[2Jgone"), "{}", refused.stderr);
    sandbox.git(&["remote", "set-url", "origin", "ext::printf \u{1b}[2J >&2"]);
    let failed = sandbox.tidegate(&["tag"]).exits(6);
    for run in [&plan, &refused, &failed] {
        let shown = |letter: char| letter != '\n' && (letter.is_control() || letter == '\u{202e}');
        assert!(!run.stderr.contains(shown), "{:?}", run.stderr);
    }
}
