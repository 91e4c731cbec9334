//! The ledger through real git: what was done to it is found, and nothing is built on one that was tampered with.

use std::path::Path;

use git2::{Oid, Repository};
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

/// Changes the files of the ledger's branch in the origin by hand, as one commit on top.
fn on_top(sandbox: &Sandbox, change: impl FnOnce(&Path)) {
    let folder = sandbox.path().join("tamper");
    let target = folder.to_str().unwrap();
    let clone = ["clone", "--quiet", "--branch", BRANCH, "origin.git", target];
    sandbox.git_in(sandbox.path(), &clone);
    change(&folder);
    sandbox.git_in(&folder, &["add", "--all"]);
    sandbox.git_in(&folder, &["commit", "--quiet", "--message", "nothing to see"]);
    sandbox.git_in(&folder, &["push", "--quiet", "origin", BRANCH]);
}

/// Makes the branch in the origin anew, with other trees in place of those of its eight commits.
fn rewrite(sandbox: &Sandbox, change: impl FnOnce(&Repository, &mut Vec<Oid>)) {
    let repository = Repository::open_bare(sandbox.path().join("origin.git")).unwrap();
    let name = format!("refs/heads/{BRANCH}");
    let mut commit = repository.find_reference(&name).unwrap().peel_to_commit().unwrap();
    let mut trees = vec![commit.tree_id()];
    let signature = commit.author().to_owned();
    while let Ok(parent) = commit.parent(0) {
        trees.insert(0, parent.tree_id());
        commit = parent;
    }
    assert_eq!(trees.len(), 8);
    change(&repository, &mut trees);
    let mut last: Option<Oid> = None;
    for tree in trees {
        let tree = repository.find_tree(tree).unwrap();
        let parent = last.map(|last| repository.find_commit(last).unwrap());
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        last = Some(
            repository
                .commit(None, &signature, &signature, "an event", &tree, &parents)
                .unwrap(),
        );
    }
    repository.reference(&name, last.unwrap(), true, "rewritten").unwrap();
}

/// A tree with another text in its event.
fn edited(repository: &Repository, tree: Oid, from: &str, to: &str) -> Oid {
    let tree = repository.find_tree(tree).unwrap();
    let blob = tree.get_name("event.json").unwrap().id();
    let text = String::from_utf8(repository.find_blob(blob).unwrap().content().to_vec()).unwrap();
    assert!(text.contains(from), "{text}");
    let mut builder = repository.treebuilder(Some(&tree)).unwrap();
    let blob = repository.blob(text.replace(from, to).as_bytes()).unwrap();
    builder.insert("event.json", blob, 0o100_644).unwrap();
    builder.write().unwrap()
}

/// Another clone, which has never seen the ledger.
fn newcomer(sandbox: &Sandbox) -> std::path::PathBuf {
    let folder = sandbox.path().join("newcomer");
    let target = folder.to_str().unwrap();
    sandbox.git_in(sandbox.path(), &["clone", "--quiet", "origin.git", target]);
    folder
}

fn json_in(sandbox: &Sandbox, folder: &Path, code: i32, arguments: &[&str]) -> Value {
    let mut all = arguments.to_vec();
    all.extend(["--output", "json"]);
    let output = sandbox.tidegate_command(folder, &all).output().unwrap();
    crate::common::Run::of(output).exits(code).json()
}

/// What `ledger verify` finds in a clone that has never seen the ledger, as sequence, kind and words.
fn findings(sandbox: &Sandbox) -> Vec<(Option<u64>, String, String)> {
    let audit = json_in(sandbox, &newcomer(sandbox), 7, &["ledger", "verify"]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let found = audit["findings"].as_array().unwrap().iter();
    found
        .map(|finding| {
            (
                finding["sequence"].as_u64(),
                text(&finding["kind"]),
                text(&finding["message"]),
            )
        })
        .collect()
}

/// Asserts that such a finding is among them.
#[track_caller]
fn finds(sandbox: &Sandbox, sequence: Option<u64>, kind: &str, words: &str) {
    let found = findings(sandbox);
    let is = |(number, of, message): &(Option<u64>, String, String)| {
        *number == sequence && of == kind && message.contains(words)
    };
    assert!(found.iter().any(is), "{found:#?}");
}

/// Asserts that nothing is done on the ledger in the clone that has seen it, and gives the words.
#[track_caller]
fn closes(sandbox: &Sandbox) -> String {
    let refs = || sandbox.git_in(&sandbox.path().join("origin.git"), &["for-each-ref"]);
    let before = refs();
    let mut words = String::new();
    for arguments in [
        &["unlock", "qa"][..],
        &["lock", "dev", "--reason", "third"],
        &["status"],
    ] {
        let error = sandbox.json(7, arguments);
        assert_eq!(error["kind"], "ledger-broken");
        assert!(error["help"].as_str().unwrap().contains("tidegate ledger verify"));
        words = error["message"].as_str().unwrap().to_owned();
    }
    assert_eq!(refs(), before, "nothing was written");
    sandbox.json(7, &["ledger", "verify"]);
    words
}

#[test]
fn a_whole_ledger_verifies_and_is_read_back() {
    let sandbox = kept();
    let audit = sandbox.json(0, &["ledger", "verify"]);
    assert_eq!(audit["events"], 8);
    let log = sandbox.json(0, &["ledger", "log", "-n", "3"]);
    let kinds = |log: &Value| -> Vec<String> {
        let events = log["events"].as_array().unwrap().iter();
        events.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(kinds(&log), ["unlocked", "locked", "locked"]);
    let all = json_in(&sandbox, &newcomer(&sandbox), 0, &["ledger", "log"]);
    assert_eq!(kinds(&all).len(), 8);
    let origin = sandbox.path().join("origin.git");
    let files = sandbox.git_in(&origin, &["ls-tree", "-r", "--name-only", BRANCH]);
    let streams = files.lines().filter(|line| line.starts_with("book/streams/")).count();
    assert_eq!((streams, files.lines().count()), (3, 5), "{files}");
    assert_eq!(
        sandbox.git_in(&origin, &["rev-list", "--count", BRANCH]),
        "8",
        "one commit an event"
    );
}

#[test]
fn a_changed_event_is_named() {
    let sandbox = kept();
    rewrite(&sandbox, |repository, trees| {
        trees[2] = edited(repository, trees[2], "first", "friendly")
    });
    finds(
        &sandbox,
        Some(3),
        "changed",
        "event 3 (locked) was changed after it was written",
    );
    assert!(closes(&sandbox).contains("the branch was rewritten: event 8"));
}

#[test]
fn the_last_event_is_bound_as_well() {
    let sandbox = kept();
    on_top(&sandbox, |folder| {
        let file = folder.join("event.json");
        let text = std::fs::read_to_string(&file).unwrap();
        let other = text.replace("\"actor\": \"maintainer\"", "\"actor\": \"somebody-else\"");
        std::fs::write(file, other).unwrap();
    });
    finds(&sandbox, Some(8), "changed", "event 8 (unlocked) was changed by commit");
    assert!(closes(&sandbox).contains("event 8 (unlocked) was changed by commit"));
}

#[test]
fn a_removed_event_is_named() {
    let sandbox = kept();
    rewrite(&sandbox, |_, trees| {
        trees.remove(4);
    });
    finds(&sandbox, Some(5), "removed", "event 5 was removed");
    assert!(closes(&sandbox).contains("rewritten"));
}

#[test]
fn reordered_events_are_named() {
    let sandbox = kept();
    rewrite(&sandbox, |_, trees| trees.swap(2, 3));
    finds(&sandbox, Some(3), "reordered", "event 3");
    assert!(closes(&sandbox).contains("rewritten"));
}

#[test]
fn a_ledger_cut_short_is_noticed_by_who_has_seen_more() {
    let sandbox = kept();
    rewrite(&sandbox, |_, trees| trees.truncate(7));
    assert!(closes(&sandbox).contains("event 8"));
    let audit = sandbox.json(7, &["ledger", "verify"]);
    let words = audit["findings"][0]["message"].as_str().unwrap();
    assert!(words.contains("which this clone names, is not in it"), "{words}");
}

#[test]
fn a_ledger_that_is_gone_is_no_empty_one() {
    let sandbox = kept();
    let name = format!("refs/heads/{BRANCH}");
    sandbox.git_in(&sandbox.path().join("origin.git"), &["update-ref", "-d", &name]);
    assert!(closes(&sandbox).contains("its branch tidegate/ledger is gone"));
}

#[test]
fn a_changed_state_closes_the_way_before_anything_is_done() {
    let sandbox = kept();
    on_top(&sandbox, |folder| {
        for file in crate::common::files_under(&folder.join("book"), "json") {
            let text = std::fs::read_to_string(&file).unwrap();
            std::fs::write(file, text.replace("second", "nothing")).unwrap();
        }
    });
    finds(&sandbox, None, "state", "the book is not what event 8 left behind");
    closes(&sandbox);
    let newcomer = sandbox.path().join("newcomer");
    let error = json_in(&sandbox, &newcomer, 7, &["unlock", "dev"]);
    assert_eq!(
        error["kind"], "ledger-broken",
        "it is found by who has never seen the ledger too"
    );
}

#[test]
fn a_state_that_no_event_accounts_for_is_named() {
    let sandbox = kept();
    // The book is changed and the next event names the changed one, as a forger would do it.
    rewrite(&sandbox, |repository, trees| {
        let tree = repository.find_tree(trees[7]).unwrap();
        let book = repository.find_tree(tree.get_name("book").unwrap().id()).unwrap();
        let mut update = git2::build::TreeUpdateBuilder::new();
        let blob = repository.blob(b"{}").unwrap();
        update.upsert("streams/00/locks+uat.json", blob, git2::FileMode::Blob);
        let forged = update.create_updated(repository, &book).unwrap();
        let told = edited(repository, trees[7], &book.id().to_string(), &forged.to_string());
        let mut builder = repository
            .treebuilder(Some(&repository.find_tree(told).unwrap()))
            .unwrap();
        builder.insert("book", forged, 0o040_000).unwrap();
        trees[7] = builder.write().unwrap();
    });
    finds(&sandbox, Some(8), "state", "event 8 does not leave the book of commit");
}

/// The objects of that kind in a clone's copy of the ledger.
fn copied(sandbox: &Sandbox, clone: &Path, kind: &str) -> usize {
    let folder = clone.join(".git/tidegate/ledgers");
    let copies: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let copy = copies.iter().find(|path| path.is_dir()).unwrap();
    let arguments = ["cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"];
    sandbox
        .git_in(copy, &arguments)
        .lines()
        .filter(|line| *line == kind)
        .count()
}

#[test]
fn a_newcomer_reads_what_is_asked_and_no_more() {
    let sandbox = kept();
    let origin = sandbox.path().join("origin.git");
    sandbox.git_in(&origin, &["config", "uploadpack.allowFilter", "true"]);
    let newcomer = newcomer(&sandbox);
    json_in(&sandbox, &newcomer, 0, &["lock", "qa", "--reason", "third"]);
    assert_eq!(copied(&sandbox, &newcomer, "commit"), 2, "the last one and its own");
    // The event, the page of the chain and the lock's state before it, and the same three after it.
    assert_eq!(copied(&sandbox, &newcomer, "blob"), 6);
    sandbox.tidegate(&["lock", "dev", "--reason", "fourth"]).exits(0);
    json_in(&sandbox, &newcomer, 0, &["unlock", "dev"]);
    assert_eq!(
        copied(&sandbox, &newcomer, "commit"),
        4,
        "it is brought forward commit by commit"
    );
    assert_eq!(sandbox.json(0, &["ledger", "verify"])["events"], 11);
}

#[test]
fn a_server_that_gives_no_single_files_gives_the_last_commit() {
    let sandbox = kept();
    let origin = sandbox.path().join("origin.git");
    sandbox.git_in(&origin, &["config", "uploadpack.allowFilter", "true"]);
    let newcomer = newcomer(&sandbox);
    // Its first protocol gives what a ref leads to and nothing else (gitprotocol-capabilities(5)).
    sandbox.git_in(&newcomer, &["config", "protocol.version", "0"]);
    json_in(&sandbox, &newcomer, 0, &["lock", "qa", "--reason", "third"]);
    assert_eq!(copied(&sandbox, &newcomer, "commit"), 2);
}

#[test]
fn the_settings_of_the_clone_reach_the_remote() {
    let sandbox = kept();
    sandbox.git(&["remote", "set-url", "origin", "short:origin.git"]);
    sandbox.git(&["config", "url.../.insteadOf", "short:"]);
    sandbox.tidegate(&["unlock", "qa"]).exits(0);
}

/// A sandbox whose ledger has four events of a release, the tag of which names the second.
fn tagged() -> Sandbox {
    let sandbox = Sandbox::new(&CONFIG.replace(
        "[environment.dev]",
        "[component.app]\nimage = \"oci:../registry\"\n\n[environment.dev]",
    ));
    sandbox.commit("feat: first", &[("first.txt", "first")]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    for round in ["first", "second"] {
        sandbox.tidegate(&["lock", "dev", "--reason", round]).exits(0);
    }
    sandbox.tidegate(&["tag"]).exits(0);
    let image = crate::common::fixture("quckchat").join("images/1.4.0");
    sandbox.tidegate(&["push", image.to_str().unwrap()]).exits(0);
    sandbox
}

#[test]
fn a_tag_names_the_end_of_the_ledger_and_finds_one_that_was_made_anew() {
    let sandbox = tagged();
    let message = sandbox.git(&["tag", "--list", "--format=%(contents)", "v0.1.0"]);
    assert!(message.contains("\nTidegate-Ledger: 2 sha256:"), "{message}");
    assert_eq!(sandbox.json(0, &["ledger", "verify"])["anchors"], 1);
    // A ledger that holds together in itself and has the release, but was begun anew.
    let other = newcomer(&sandbox);
    let name = format!("refs/heads/{BRANCH}");
    sandbox.git_in(&sandbox.path().join("origin.git"), &["update-ref", "-d", &name]);
    let image = crate::common::fixture("quckchat").join("images/1.4.0");
    for arguments in [
        &["lock", "dev", "--reason", "other"][..],
        &["lock", "qa", "--reason", "other"],
    ] {
        json_in(&sandbox, &other, 0, arguments);
    }
    json_in(&sandbox, &other, 0, &["tag"]);
    json_in(&sandbox, &other, 0, &["push", image.to_str().unwrap()]);
    let audit = json_in(&sandbox, &other, 7, &["ledger", "verify"]);
    let words = audit["findings"][0]["message"].as_str().unwrap();
    assert!(words.contains("which tag v0.1.0 names, is not in it"), "{words}");
    assert_eq!(audit["findings"].as_array().unwrap().len(), 1);
    for command in ["gate", "approve", "reject"] {
        let error = json_in(&sandbox, &other, 7, &[command, "dev"]);
        assert_eq!(error["kind"], "ledger-broken", "{command}");
    }
}

#[test]
fn a_lost_ledger_is_brought_back_byte_by_byte() {
    let sandbox = kept();
    let origin = sandbox.path().join("origin.git");
    let name = format!("refs/heads/{BRANCH}");
    let commit = sandbox.git_in(&origin, &["rev-parse", &name]);
    let lines = sandbox.tidegate(&["ledger", "export"]).exits(0).stdout;
    assert_eq!(lines.lines().count(), 8);
    let file = sandbox.path().join("events.jsonl");
    std::fs::write(&file, &lines).unwrap();
    let import = ["ledger", "import", file.to_str().unwrap()];
    assert_eq!(sandbox.json(0, &import)["restored"], 0, "nothing is missing");
    for kept in ["", "~3"] {
        match kept {
            "" => sandbox.git_in(&origin, &["update-ref", "-d", &name]),
            back => sandbox.git_in(&origin, &["update-ref", &name, &format!("{name}{back}")]),
        };
        closes(&sandbox);
        let restored = if kept.is_empty() { 8 } else { 3 };
        assert_eq!(sandbox.json(0, &import)["restored"], restored);
        assert_eq!(
            sandbox.git_in(&origin, &["rev-parse", &name]),
            commit,
            "the very same commits"
        );
        sandbox.tidegate(&["status"]).exits(0);
    }
    sandbox.json(0, &["ledger", "verify"]);
}

#[test]
fn events_that_were_changed_are_not_brought_back() {
    let sandbox = kept();
    let lines = sandbox.tidegate(&["ledger", "export"]).exits(0).stdout;
    let file = sandbox.path().join("events.jsonl");
    let import = ["ledger", "import", file.to_str().unwrap()];
    std::fs::write(&file, lines.lines().take(7).collect::<Vec<_>>().join("\n")).unwrap();
    let refusal = sandbox.json(3, &import)["refusal"]["reason"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(refusal.contains("the ledger goes on to event 8"), "{refusal}");
    let origin = sandbox.path().join("origin.git");
    sandbox.git_in(&origin, &["update-ref", "-d", &format!("refs/heads/{BRANCH}")]);
    let forged = lines.replacen("first", "friendly", 1);
    let swapped = {
        let mut all: Vec<&str> = lines.lines().collect();
        all.swap(3, 4);
        all.join("\n")
    };
    let dropped = lines.lines().skip(1).collect::<Vec<_>>().join("\n");
    for (text, event) in [(forged, 1), (swapped, 5), (dropped, 2)] {
        std::fs::write(&file, text).unwrap();
        let refusal = sandbox.json(3, &import)["refusal"]["reason"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(refusal.contains(&format!("event {event} of the file")), "{refusal}");
    }
    std::fs::write(&file, "{}\n").unwrap();
    let error = sandbox.json(2, &import);
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("events.jsonl:1: this is no event")
    );
    assert_eq!(
        sandbox.git_in(&origin, &["for-each-ref", "refs/heads/tidegate"]),
        "",
        "nothing was written"
    );
}

#[test]
fn a_kept_file_of_another_project_changes_nothing() {
    let sandbox = kept();
    let other = Sandbox::new(CONFIG);
    other.tidegate(&["lock", "qa", "--reason", "elsewhere"]).exits(0);
    let file = sandbox.path().join("other.jsonl");
    std::fs::write(&file, other.tidegate(&["ledger", "export"]).exits(0).stdout).unwrap();
    sandbox.json(3, &["ledger", "import", file.to_str().unwrap()]);
    assert_eq!(sandbox.json(0, &["ledger", "verify"])["events"], 8);
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
