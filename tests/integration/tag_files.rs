//! `tag` with what it writes beside the tag: version files and a changelog in a commit of their own, notes, floating tags.

use serde_json::Value;

use crate::common::trip::Trip;
use crate::common::{Run, Sandbox};
use crate::tag::LADDER;

const MANIFEST: &str = "[package]\nname = \"demo\" # the demo\nversion = \"0.1.0\"\n";
const LOCK: &str = "version = 4\n\n[[package]]\nname = \"demo\"\nversion = \"0.1.0\"\n";

/// A project whose manifest and changelog say the version.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&format!(
        "[project]\nname = \"demo\"\n\n[component.app]\nversion-files = [\"Cargo.toml\"]\nchangelog = \"CHANGELOG.md\"\n{LADDER}"
    ));
    sandbox.commit("feat: a door", &[("Cargo.toml", MANIFEST), ("Cargo.lock", LOCK)]);
    sandbox.git(&["tag", "v0.1.0"]);
    sandbox.commit("fix: the hinge", &[("a", "1")]);
    sandbox.git(&["push", "--quiet", "origin", "main", "v0.1.0"]);
    sandbox
}

fn read(sandbox: &Sandbox, path: &str) -> String {
    std::fs::read_to_string(sandbox.work().join(path)).unwrap()
}

/// The branch and the tags of the origin, the files of the branch, and what the ledger says was tagged.
fn end(sandbox: &Sandbox) -> (Vec<String>, Vec<String>, Vec<String>) {
    let origin = sandbox.path().join("origin.git");
    let lines =
        |arguments: &[&str]| -> Vec<String> { sandbox.git_in(&origin, arguments).lines().map(str::to_owned).collect() };
    let log = sandbox.json(0, &["ledger", "log"]);
    let events = log["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["type"] == "tagged");
    let tagged = events.map(|event| event["tag"].as_str().unwrap().to_owned()).collect();
    let history = lines(&["log", "--format=%s%d", "main"]);
    let files = ["Cargo.toml", "Cargo.lock", "CHANGELOG.md"];
    let files = files
        .iter()
        .flat_map(|file| lines(&["show", &format!("main:{file}")]))
        .collect();
    (history, files, tagged)
}

/// How many events of a kind the ledger has.
fn events(sandbox: &Sandbox, kind: &str) -> usize {
    let log = sandbox.json(0, &["ledger", "log"]);
    log["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["type"] == kind)
        .count()
}

#[test]
fn files_say_the_version_in_a_commit_of_their_own() {
    let sandbox = sandbox();
    let parent = sandbox.git(&["rev-parse", "HEAD"]);
    let plan = sandbox.json(0, &["tag", "--dry-run"]);
    assert_eq!(
        (&plan["status"], &plan["tag"], &plan["steps"][0]["action"]),
        (&"created".into(), &"v0.1.1".into(), &"commit-release".into())
    );
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), parent);
    let document = sandbox.json(0, &["tag"]);
    assert_eq!(
        (
            &document["status"],
            &document["tag"],
            &document["previous_tag"],
            &document["bump"]
        ),
        (&"created".into(), &"v0.1.1".into(), &"v0.1.0".into(), &"patch".into())
    );
    assert!(
        document["explanation"]
            .as_str()
            .unwrap()
            .contains("`fix` asks for a patch"),
        "{document}"
    );
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    assert_eq!(document["commit"], head.as_str());
    assert_eq!(sandbox.git(&["rev-parse", "HEAD^"]), parent, "on the very commit");
    assert_eq!(sandbox.git(&["rev-parse", "v0.1.1^{commit}"]), head);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(read(&sandbox, "Cargo.toml"), MANIFEST.replace("0.1.0", "0.1.1"));
    assert_eq!(read(&sandbox, "Cargo.lock"), LOCK.replace("0.1.0", "0.1.1"));
    let changelog = read(&sandbox, "CHANGELOG.md");
    assert!(
        changelog.contains("\n## 0.1.1 - 20") && changelog.contains("### Fixed\n\n- the hinge ("),
        "{changelog}"
    );
    let (history, _, tagged) = end(&sandbox);
    assert_eq!(history[0], "chore(release): v0.1.1 (HEAD -> main, tag: v0.1.1)");
    assert_eq!(tagged, ["v0.1.1"]);
    let again = sandbox.json(0, &["tag"]);
    assert_eq!(
        (&again["status"], &again["steps"]),
        (&"exists".into(), &Value::Array(vec![]))
    );
    sandbox.commit("feat: a window", &[("b", "1")]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    assert_eq!(
        sandbox.tidegate(&["tag", "--version", "1.0.0"]).exits(0).stdout,
        "v1.0.0\n"
    );
    let changelog = read(&sandbox, "CHANGELOG.md");
    assert!(
        changelog.find("## 1.0.0 - ") < changelog.find("## 0.1.1 - "),
        "{changelog}"
    );
}

#[test]
fn a_release_with_a_commit_is_killed_at_every_step_and_comes_to_the_same_end() {
    let mut prepared = sandbox();
    let trip = Trip::new(&mut prepared);
    trip.wire_origin(&prepared);
    prepared
        .variables
        .insert("GIT_COMMITTER_DATE".to_owned(), "2026-03-04T05:06:07Z".to_owned());
    prepared
        .variables
        .insert("GIT_AUTHOR_DATE".to_owned(), "2026-03-04T05:06:07Z".to_owned());
    let start = prepared.git(&["rev-parse", "HEAD"]);
    let run = |sandbox: &Sandbox, at: usize| trip.kill(sandbox.tidegate_command(&sandbox.work(), &["tag"]), at);
    let whole = prepared.copy();
    run(&whole, 0).exits(0);
    let (expected, wires) = (end(&whole), trip.wires());
    assert_eq!(wires, 4, "the branch with the tag, and the record");
    for wire in 1..=wires {
        for fresh in [false, true] {
            let sandbox = prepared.copy();
            assert_eq!(run(&sandbox, wire).code, -1, "killed at wire {wire}");
            let refs = || sandbox.git(&["for-each-ref", "refs/tags", "refs/heads"]);
            let before = refs();
            let plan = sandbox.json(0, &["tag", "--dry-run"]);
            assert_eq!(
                (&plan["tag"], refs()),
                (&"v0.1.1".into(), before),
                "a dry run changes nothing"
            );
            if fresh {
                // The next run is another clone at the same commit, as on a runner.
                std::fs::remove_dir_all(sandbox.work()).unwrap();
                sandbox.git_in(sandbox.path(), &["clone", "--quiet", "origin.git", "work"]);
                sandbox.git(&["checkout", "--quiet", "-B", "main", &start]);
            }
            run(&sandbox, 0).exits(0);
            assert_eq!(end(&sandbox), expected, "killed at wire {wire}, another clone: {fresh}");
        }
    }
}

#[test]
fn a_branch_that_went_on_keeps_its_commits_and_refuses() {
    let sandbox = sandbox();
    let ours = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.git_in(sandbox.path(), &["clone", "--quiet", "origin.git", "other"]);
    let other = sandbox.path().join("other");
    sandbox.git_in(
        &other,
        &["commit", "--quiet", "--allow-empty", "--message", "fix: theirs"],
    );
    sandbox.git_in(&other, &["push", "--quiet", "origin", "main"]);
    let theirs = sandbox.git_in(&other, &["rev-parse", "HEAD"]);
    let run = sandbox.tidegate(&["tag"]).exits(3);
    assert!(
        run.stderr.contains(&ours) && run.stderr.contains(&theirs),
        "{}",
        run.stderr
    );
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), ours);
    assert_eq!(sandbox.git(&["tag", "--list"]), "v0.1.0");
    sandbox.git(&["checkout", "--quiet", "--detach"]);
    let detached = sandbox.tidegate(&["tag"]).exits(3);
    assert!(
        detached.stderr.contains("no branch is checked out"),
        "{}",
        detached.stderr
    );
}

#[test]
fn a_commit_that_is_not_pushed_yet_is_pushed_first() {
    let sandbox = sandbox();
    sandbox.commit("fix: more", &[]);
    let run = sandbox.tidegate(&["tag"]).exits(3);
    assert!(run.stderr.contains("`git push origin main`"), "{}", run.stderr);
}

#[test]
fn many_components_bring_their_commits_one_on_the_other() {
    let sandbox = Sandbox::new(&format!(
        "[project]\nname = \"demo\"\n\n[component.api]\npaths = [\"api\"]\nversion-files = [\"api/VERSION\"]\n\n[component.lib]\npaths = [\"lib\"]\nversion-files = [\"lib/VERSION\"]\n\n[component.web]\npaths = [\"web\"]\n{LADDER}"
    ));
    let target = sandbox.commit(
        "feat: all",
        &[("api/VERSION", "0.0.0\n"), ("lib/VERSION", "0.0.0\n"), ("web/a", "1")],
    );
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let document = sandbox.json(0, &["tag", "--all"]);
    let statuses = document["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["status"].clone());
    assert_eq!(
        Value::Array(statuses.collect()),
        serde_json::json!(["created", "created", "created"])
    );
    let history = sandbox.git(&["log", "--format=%s", "origin/main"]);
    assert_eq!(
        history,
        "chore(release): lib-v0.1.0\nchore(release): api-v0.1.0\nfeat: all\nchore: set up"
    );
    let commit = |tag: &str| sandbox.git(&["rev-parse", &format!("{tag}^{{commit}}")]);
    assert_eq!(
        commit("web-v0.1.0"),
        target,
        "what brings no commit is tagged where it was"
    );
    assert_eq!(commit("lib-v0.1.0"), sandbox.git(&["rev-parse", "HEAD"]));
    assert_eq!(
        (read(&sandbox, "api/VERSION"), read(&sandbox, "lib/VERSION")),
        ("0.1.0\n".into(), "0.1.0\n".into())
    );
    assert_eq!(events(&sandbox, "tagged"), 3);
    let again = sandbox.json(0, &["tag", "--all"]);
    let none = again["components"]
        .as_array()
        .unwrap()
        .iter()
        .all(|one| one["status"] != "created");
    assert!(none, "{again}");
}

#[test]
fn a_version_file_that_cannot_be_set_refuses_the_release() {
    let sandbox = sandbox();
    sandbox.commit(
        "fix: broken",
        &[("Cargo.toml", "[package]\nname = \"demo\"\nversion = \n")],
    );
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let run = sandbox.tidegate(&["tag"]).exits(3);
    assert!(run.stderr.contains("Cargo.toml:3"), "{}", run.stderr);
    sandbox.commit("fix: gone", &[]);
    sandbox.git(&["rm", "--quiet", "Cargo.toml"]);
    sandbox.git(&["commit", "--quiet", "--amend", "--no-edit"]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let run = sandbox.tidegate(&["tag"]).exits(3);
    assert!(
        run.stderr.contains("Cargo.toml: there is no such file"),
        "{}",
        run.stderr
    );
    assert_eq!(sandbox.git(&["tag", "--list"]), "v0.1.0");
}

#[test]
fn a_repository_without_a_remote_gets_the_commit_too() {
    let sandbox = sandbox();
    sandbox.git(&["remote", "remove", "origin"]);
    assert_eq!(sandbox.tidegate(&["tag"]).exits(0).stdout, "v0.1.1\n");
    assert_eq!(
        sandbox.git(&["log", "--format=%s %D", "-1"]),
        "chore(release): v0.1.1 HEAD -> main, tag: v0.1.1"
    );
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
}

#[test]
fn floating_tags_follow_the_newest_stable_version_and_never_go_back() {
    let sandbox = Sandbox::new(&format!(
        "[project]\nname = \"demo\"\n\n[tag]\nfloating = [\"major\", \"minor\"]\n{LADDER}"
    ));
    sandbox.git(&["tag", "v1.4.0"]);
    sandbox.git(&["branch", "release/1.4"]);
    let there = |tag: &str| {
        let origin = sandbox.path().join("origin.git");
        let listed = sandbox.git_in(
            &origin,
            &["for-each-ref", "--format=%(objectname)", &format!("refs/tags/{tag}")],
        );
        assert_eq!(
            listed,
            sandbox.git(&["rev-parse", &format!("{tag}^{{commit}}")]),
            "here as there"
        );
        listed
    };
    let first = sandbox.commit("feat: a", &[]);
    sandbox.tidegate(&["tag"]).exits(0);
    assert_eq!((there("v1"), there("v1.5")), (first.clone(), first));
    let second = sandbox.commit("fix: b", &[]);
    let run = sandbox.tidegate(&["tag"]).exits(0);
    assert!(
        !run.stderr.contains("ignored"),
        "floating tags are meant: {}",
        run.stderr
    );
    assert_eq!((there("v1"), there("v1.5")), (second.clone(), second.clone()));
    sandbox.commit("feat: c", &[]);
    sandbox.tidegate(&["tag", "--channel", "rc"]).exits(0);
    assert_eq!(there("v1"), second, "a candidate moves none");
    sandbox.git(&["checkout", "--quiet", "release/1.4"]);
    let patch = sandbox.commit("fix: d", &[]);
    sandbox.tidegate(&["tag"]).exits(0);
    assert_eq!((there("v1"), there("v1.4")), (second, patch.clone()));
    // Killed before the move: the same command makes up for it.
    sandbox.git(&["push", "--quiet", "origin", ":refs/tags/v1.4"]);
    sandbox.git(&["tag", "--delete", "v1.4"]);
    let again = sandbox.json(0, &["tag"]);
    assert_eq!(
        (&again["status"], &again["steps"][0]["action"]),
        (&"exists".into(), &"move-tag".into())
    );
    assert_eq!(there("v1.4"), patch);
}

#[test]
fn notes_are_told_by_the_teams_own_template() {
    let sandbox = Sandbox::new(&format!(
        "[project]\nname = \"demo\"\n\n[notes]\ntemplate = \"notes.j2\"\nsections = [{{ title = \"New\", types = [\"feat\"] }}]\n{LADDER}"
    ));
    let template = "{{{ version }}} of {{{ component }}}\n{{% for section in sections %}}\n{{{ section.title }}}: {{{ section.changes | length }}}\n{{% endfor %}}\n";
    sandbox.commit("feat: <b>a door</b> for @everyone", &[("notes.j2", template)]);
    sandbox.commit("fix: b", &[]);
    let file = sandbox.path().join("notes.md");
    let document = sandbox.json(0, &["tag", "--notes", file.to_str().unwrap()]);
    assert_eq!(document["notes_file"], file.display().to_string());
    let notes = std::fs::read_to_string(&file).unwrap();
    assert_eq!(notes, "0.1.0 of app\nNew: 1\n");
    assert_eq!(document["notes"], notes.as_str());
    sandbox.commit("fix: c", &[("notes.j2", "\n{{{ nothing }}}\n")]);
    let run = sandbox.tidegate(&["tag"]).exits(2);
    assert!(
        run.stderr.contains("notes.j2") && run.stderr.contains("line 2"),
        "{}",
        run.stderr
    );
    assert_eq!(sandbox.git(&["tag", "--list"]), "v0.1.0");
}

#[test]
fn tags_are_made_as_the_configuration_says() {
    let sandbox = Sandbox::new(&format!(
        "[project]\nname = \"demo\"\n\n[tag]\nkind = \"lightweight\"\n{LADDER}"
    ));
    sandbox.commit("feat: a", &[]);
    sandbox.tidegate(&["tag"]).exits(0);
    assert_eq!(sandbox.git(&["cat-file", "-t", "v0.1.0"]), "commit");
}

#[test]
fn a_shallow_clone_is_made_whole_before_it_is_counted() {
    let sandbox = sandbox();
    sandbox.commit("feat: a window", &[("b", "1")]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let url = format!("file://{}/origin.git", sandbox.path().display());
    for (name, how) in [
        ("shallow", "--depth=1"),
        ("blobless", "--filter=blob:none"),
        ("treeless", "--filter=tree:0"),
    ] {
        sandbox.git_in(
            &sandbox.path().join("origin.git"),
            &["config", "uploadpack.allowFilter", "true"],
        );
        sandbox.git_in(sandbox.path(), &["clone", "--quiet", how, "--no-tags", &url, name]);
        let folder = sandbox.path().join(name);
        let arguments = ["tag", "--dry-run", "--output", "json"];
        let run = Run::of(sandbox.tidegate_command(&folder, &arguments).output().unwrap())
            .exits(0)
            .json();
        assert_eq!(
            (&run["tag"], &run["previous_tag"]),
            (&"v0.1.1".into(), &"v0.1.0".into()),
            "{name}"
        );
    }
}

#[test]
fn a_link_is_no_file_to_write_into() {
    let sandbox = Sandbox::new("[component.app]\nchangelog = \"CHANGELOG.md\"\n");
    sandbox.write(&[("docs/C.md", "# Changes\n")]);
    std::os::unix::fs::symlink("docs/C.md", sandbox.work().join("CHANGELOG.md")).unwrap();
    sandbox.commit("feat: a", &[]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    for arguments in [&["tag"][..], &["tag", "--dry-run"]] {
        let run = sandbox.tidegate(arguments).exits(2);
        assert!(run.stderr.contains("CHANGELOG.md is no plain file"), "{}", run.stderr);
    }
}
