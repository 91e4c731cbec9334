//! What cannot be applied: every kind of conflict, and files that were moved, as git itself shows them.

use serde_json::Value;

use crate::backport::{TEXT, origin, sandbox, short};
use crate::backport_hub;
use crate::common::emulate::INSTALL;
use crate::common::pulls::Merge;
use crate::common::{self, Sandbox};

/// The kinds of conflict, each in a commit of its own.
#[test]
fn every_kind_of_conflict_is_told() {
    let (sandbox, _) = sandbox();
    let base = sandbox.git(&["rev-parse", "origin/release/1.4"]);
    let side = |name: &str, work: &dyn Fn()| {
        sandbox.git(&["switch", "--quiet", "--force-create", name, &base]);
        work();
        sandbox.git(&["add", "--all"]);
        sandbox.git(&["commit", "--quiet", "--message", &format!("fix: {name}")]);
        sandbox.git(&["rev-parse", "HEAD"])
    };
    let write = |path: &str, content: &[u8]| {
        let file = sandbox.work().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    };
    let remove = |path: &str| std::fs::remove_file(sandbox.work().join(path)).unwrap();
    let rename = |from: &str, to: &str| std::fs::rename(sandbox.work().join(from), sandbox.work().join(to)).unwrap();
    type Work<'a> = Box<dyn Fn() + 'a>;
    let cases: Vec<(&str, Work<'_>, Work<'_>)> = vec![
        (
            "old gone-there",
            Box::new(|| write("old", b"ours")),
            Box::new(|| remove("old")),
        ),
        (
            "old changed-there",
            Box::new(|| remove("old")),
            Box::new(|| write("old", b"theirs")),
        ),
        (
            "data kept",
            Box::new(|| write("data", &[0, 1])),
            Box::new(|| write("data", &[0, 2])),
        ),
        (
            "text content",
            Box::new(|| write("text", b"one")),
            Box::new(|| write("text", b"two")),
        ),
        (
            "two apart",
            Box::new(|| rename("a", "one")),
            Box::new(|| rename("a", "two")),
        ),
        (
            "old kept",
            Box::new(|| {
                remove("old");
                std::os::unix::fs::symlink("a", sandbox.work().join("old")).unwrap();
            }),
            Box::new(|| write("old", b"theirs")),
        ),
        (
            "old changed-there",
            Box::new(|| {
                remove("old");
                write("old/inner", b"a folder");
            }),
            Box::new(|| write("old", b"theirs")),
        ),
        (
            "new place",
            Box::new(|| write("new/inner", b"a folder")),
            Box::new(|| write("new", b"theirs")),
        ),
    ];
    for (expected, ours, theirs) in cases {
        let commit = side("commit", &ours);
        side("there", &theirs);
        sandbox.git(&["push", "--quiet", "--force", "origin", "there:release/1.4"]);
        let document = sandbox.json(7, &["backport", &commit, "--to", "1.4"]);
        let files = document["backports"][0]["conflict"]["files"].as_array().unwrap();
        let told = files
            .iter()
            .map(|file| format!("{} {}", file["path"].as_str().unwrap(), file["kind"].as_str().unwrap()));
        let told = told.collect::<Vec<_>>().join(", ");
        assert_eq!(told, expected);
    }
}

/// What one side does to a file of the branch that both start from.
fn change(sandbox: &Sandbox, branch: &str, name: &str, content: &[u8]) -> String {
    sandbox.git(&["switch", "--quiet", "--force-create", branch, "base"]);
    if name != "file" {
        sandbox.git(&["mv", "file", name]);
    }
    std::fs::write(sandbox.work().join(name), content).unwrap();
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", &format!("fix: {branch}")]);
    sandbox.git(&["rev-parse", "HEAD"])
}

/// The part of a text between conflict markers, with them.
fn marked(text: &str) -> String {
    let lines = text.lines().skip_while(|line| !line.starts_with("<<<<<<< "));
    let mut marked = String::new();
    for line in lines {
        marked.push_str(line);
        marked.push('\n');
        if line.starts_with(">>>>>>> ") {
            break;
        }
    }
    marked
}

#[test]
fn a_file_that_was_moved_conflicts_where_it_is_now() {
    let (sandbox, _) = sandbox();
    let (ours, theirs) = (TEXT.replace("two", "deux"), TEXT.replace("two", "TWO"));
    let binary = |byte: u8| {
        let lines = (0..200).map(|number| format!("\0 record {number}\n"));
        [lines.collect::<String>().as_bytes(), &[byte; 20]].concat()
    };
    let text = |text: &str| text.as_bytes().to_vec();
    type Side<'a> = (&'a str, Vec<u8>);
    type Case<'a> = (&'a str, Vec<u8>, Side<'a>, Side<'a>, &'a str, Option<&'a str>, &'a str);
    let cases: [Case<'_>; 7] = [
        (
            "on the line",
            text(TEXT),
            ("moved", text(&ours)),
            ("file", text(&theirs)),
            "content",
            Some("file"),
            "moved",
        ),
        (
            "on main",
            text(TEXT),
            ("file", text(&ours)),
            ("moved", text(&theirs)),
            "content",
            None,
            "moved",
        ),
        (
            "on both",
            text(TEXT),
            ("moved", text(&ours)),
            ("moved", text(&theirs)),
            "content",
            None,
            "moved",
        ),
        (
            "apart",
            text(TEXT),
            ("there", text(&ours)),
            ("here", text(&theirs)),
            "apart",
            Some("here"),
            "there",
        ),
        (
            "apart, unchanged",
            text(TEXT),
            ("there", text(TEXT)),
            ("here", text(TEXT)),
            "apart",
            Some("here"),
            "there",
        ),
        (
            "no text, on the line",
            binary(1),
            ("moved", binary(2)),
            ("file", binary(3)),
            "kept",
            Some("file"),
            "moved",
        ),
        (
            "no text, on main",
            binary(1),
            ("file", binary(2)),
            ("moved", binary(3)),
            "kept",
            None,
            "moved",
        ),
    ];
    for (what, before, ours, theirs, kind, other, path) in cases {
        sandbox.git(&["switch", "--quiet", "--force-create", "base", "main"]);
        std::fs::write(sandbox.work().join("file"), before).unwrap();
        sandbox.git(&["add", "file"]);
        sandbox.git(&["commit", "--quiet", "--message", "feat: a file"]);
        let commit = change(&sandbox, "commit", theirs.0, &theirs.1);
        change(&sandbox, "line", ours.0, &ours.1);
        sandbox.git(&["push", "--quiet", "--force", "origin", "line:release/1.4"]);
        let document = sandbox.json(7, &["backport", &commit, "--to", "1.4"]);
        let files = document["backports"][0]["conflict"]["files"].as_array().unwrap();
        assert_eq!(files.len(), 1, "{what}: {files:?}");
        let file = &files[0];
        let told = (
            file["path"].as_str(),
            file["kind"].as_str(),
            file.get("other_path").and_then(Value::as_str),
        );
        assert_eq!(told, (Some(path), Some(kind), other), "{what}");
        let hunks = file.get("hunks").and_then(Value::as_str).unwrap_or_default();
        let mut pick = sandbox.command("git", &sandbox.work());
        let stopped = pick.args(["cherry-pick", "-x", &commit]).output().unwrap();
        assert!(!stopped.status.success(), "{what}");
        let by_git = std::fs::read(sandbox.work().join(path)).unwrap();
        let by_git = marked(&String::from_utf8_lossy(&by_git))
            .replace(&sandbox.git(&["rev-parse", "--short", &commit]), short(&commit));
        if kind != "apart" {
            assert_eq!(hunks, by_git, "{what}");
        }
        assert_eq!(!hunks.is_empty(), kind == "content" || what == "apart", "{what}");
        sandbox.git(&["reset", "--quiet", "--hard"]);
        sandbox.git(&["clean", "--quiet", "--force"]);
    }
}

#[test]
fn a_draft_holds_the_conflict_of_a_moved_file() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let (sandbox, hub) = backport_hub::sandbox();
    let work = || backport_hub::write(&sandbox, "a", TEXT.replace("two", "TWO").as_bytes());
    let number = backport_hub::propose(&sandbox, &hub, "move it", &[&work], &["backport 1.4"]);
    hub.extras().merge(number, Merge::Squash);
    sandbox.git(&["switch", "--quiet", "--force-create", "line", "origin/release/1.4"]);
    sandbox.git(&["mv", "a", "moved"]);
    sandbox.commit("refactor: move", &[("moved", &TEXT.replace("two", "deux"))]);
    sandbox.git(&["push", "--quiet", "origin", "line:release/1.4"]);
    let document = sandbox.json(7, &["backport", "--label"]);
    let branch = document["backports"][0]["branch"].as_str().unwrap();
    let files = origin(&sandbox, &["diff", "--name-only", "release/1.4", branch]);
    assert_eq!(files, "moved", "and no file that the line has moved");
    let text = origin(&sandbox, &["show", &format!("{branch}:moved")]);
    assert!(
        marked(&text).starts_with("<<<<<<< HEAD:moved\ndeux\n=======\nTWO\n>>>>>>> "),
        "{text}"
    );
    let pull = hub
        .api()
        .get(&format!("pulls/{}", document["backports"][0]["pull_request"]["number"]));
    let said = pull["body"].as_str().unwrap();
    assert!(
        said.contains("- moved: both changed the same lines; in the commit it is a\n"),
        "{said}"
    );
    assert!(said.contains(&marked(&text)), "{said}");
}
