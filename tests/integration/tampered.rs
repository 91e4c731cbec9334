//! A ledger that was tampered with, through `gate`: whatever was done to it, the gate does not open.

use std::path::Path;

use git2::{Oid, Repository};
use serde_json::Value;
use tidegate::ledger::chain::Draft;
use tidegate::ledger::write::Writer;
use tidegate::model::event::Event;

use crate::common::project::Project;

const BRANCH: &str = "refs/heads/tidegate/ledger";

/// A project whose release runs in `dev`, so that the gate of `uat` waits for its soak alone and that of `dev` is open.
fn running() -> Project {
    let project = Project::released();
    project.run(0, &["promote", "dev"]);
    project.run(0, &["gate", "dev"]);
    project
}

fn origin(project: &Project) -> Repository {
    Repository::open_bare(project.sandbox.path().join("origin.git")).unwrap()
}

fn head(repository: &Repository) -> Oid {
    repository.refname_to_id(BRANCH).unwrap()
}

fn events(project: &Project) -> Vec<Event> {
    let lines = project.run(0, &["ledger", "export"]).stdout;
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Makes the branch anew from these events, with books and digests that fit, as whoever may push to it can.
fn written_anew(project: &Project, events: &[Event]) {
    let repository = origin(project);
    let mut writer = Writer::new(Repository::open_bare(repository.path()).unwrap(), None);
    let mut last: Option<Event> = None;
    for (number, event) in (1..).zip(events) {
        let previous = last.as_ref().map(|event| {
            let bytes = tidegate::ledger::chain::bytes(event).unwrap();
            tidegate::model::digest::Digest::of(&bytes)
        });
        let draft = Draft {
            sequence: number,
            previous,
            ..Draft::from(event)
        };
        last = Some(writer.add(draft).unwrap());
    }
    repository
        .reference(BRANCH, writer.commit().unwrap(), true, "anew")
        .unwrap();
}

/// Puts a commit with another text for its event, and with another book where one is given, on top.
fn on_top(project: &Project, text: &[u8], mode: i32) {
    let repository = origin(project);
    let commit = repository.find_commit(head(&repository)).unwrap();
    let mut root = repository.treebuilder(Some(&commit.tree().unwrap())).unwrap();
    root.insert("event.json", repository.blob(text).unwrap(), mode).unwrap();
    let tree = repository.find_tree(root.write().unwrap()).unwrap();
    let who = git2::Signature::now("maintainer", "maintainer@example.com").unwrap();
    repository
        .commit(Some(BRANCH), &who, &who, "an event", &tree, &[&commit])
        .unwrap();
}

/// The text of the last event.
fn last_text(project: &Project) -> String {
    let repository = origin(project);
    let commit = repository.find_commit(head(&repository)).unwrap();
    let blob = commit.tree().unwrap().get_name("event.json").unwrap().id();
    String::from_utf8(repository.find_blob(blob).unwrap().content().to_vec()).unwrap()
}

/// Asserts that the gate and a promotion end with 7 and say why, and that neither writes or deploys.
#[track_caller]
fn closes(project: &Project, words: &str) {
    for command in ["gate", "promote"] {
        let error = project.sandbox.json(7, &[command, "dev"]);
        assert_eq!(error["kind"], "ledger-broken", "{command}");
        let said = error["message"].as_str().unwrap();
        assert!(said.contains(words), "{command}: {said}");
    }
}

/// The gate's verdict in a clone that has never seen the ledger.
fn newcomer(project: &Project, arguments: &[&str]) -> crate::common::Run {
    let folder = project.sandbox.path().join("newcomer");
    if !folder.exists() {
        let arguments = ["clone", "--quiet", "origin.git", "newcomer"];
        project.sandbox.git_in(project.sandbox.path(), &arguments);
    }
    let output = project.sandbox.tidegate_command(&folder, arguments).output().unwrap();
    crate::common::Run::of(output)
}

/// Asserts that a clone that has never seen the ledger finds it as well, by the event that the release's tag names.
#[track_caller]
fn closes_for_a_newcomer(project: &Project) {
    let run = newcomer(project, &["gate", "dev", "--output", "json"]).exits(7);
    assert_eq!(run.json()["kind"], "ledger-broken");
}

#[test]
fn an_edited_event_closes_the_gate() {
    let project = running();
    let mut events = events(&project);
    events[0].actor = tidegate::model::actor::Actor("somebody-else".to_owned());
    written_anew(&project, &events);
    closes(&project, "the branch was rewritten");
}

#[test]
fn an_edited_last_event_closes_the_gate() {
    let project = running();
    let text = last_text(&project).replace("maintainer", "somebody-else");
    on_top(&project, text.as_bytes(), 0o100_644);
    closes(&project, "was changed by commit");
}

#[test]
fn a_dropped_event_closes_the_gate() {
    let project = running();
    let mut events = events(&project);
    events.remove(2);
    written_anew(&project, &events);
    closes(&project, "the branch was rewritten");
}

#[test]
fn reordered_events_close_the_gate() {
    let project = running();
    let mut events = events(&project);
    events.swap(3, 4);
    written_anew(&project, &events);
    closes(&project, "the branch was rewritten");
}

#[test]
fn a_ledger_cut_short_and_one_that_is_gone_close_the_gate() {
    let project = running();
    let events = events(&project);
    written_anew(&project, &events[..3]);
    closes(&project, "the branch was rewritten");
    origin(&project).find_reference(BRANCH).unwrap().delete().unwrap();
    closes(&project, "its branch tidegate/ledger is gone");
}

#[test]
fn a_merge_and_an_unrelated_root_close_the_gate() {
    let project = running();
    let repository = origin(&project);
    let who = git2::Signature::now("maintainer", "maintainer@example.com").unwrap();
    let commit = repository.find_commit(head(&repository)).unwrap();
    let main = repository.refname_to_id("refs/heads/main").unwrap();
    let main = repository.find_commit(main).unwrap();
    repository
        .commit(
            Some(BRANCH),
            &who,
            &who,
            "Merge",
            &commit.tree().unwrap(),
            &[&commit, &main],
        )
        .unwrap();
    closes(&project, "");
    repository.reference(BRANCH, main.id(), true, "another root").unwrap();
    closes(&project, "the branch was rewritten");
    closes_for_a_newcomer(&project);
}

#[test]
fn the_ledger_of_another_project_closes_the_gate() {
    let (project, other) = (running(), running());
    let from = other.sandbox.path().join("origin.git").display().to_string();
    let refspec = format!("+{BRANCH}:{BRANCH}");
    let folder = project.sandbox.path().join("origin.git");
    project.sandbox.git_in(&folder, &["fetch", "--quiet", &from, &refspec]);
    closes(&project, "the branch was rewritten");
}

#[test]
fn odd_files_close_the_gate() {
    let text = last_text(&running());
    let number = |text: &str, to: &str| {
        let line = text.lines().find(|line| line.contains("\"sequence\"")).unwrap();
        text.replacen(line, &format!("  \"sequence\": {to},"), 1)
    };
    for (odd, mode) in [
        (String::new(), 0o100_644),
        ("\u{feff}[]".to_owned(), 0o100_644),
        ("../../../etc/passwd".to_owned(), 0o120_000),
        ("[".repeat(100_000), 0o100_644),
        (number(&text, "0"), 0o100_644),
        (number(&text, "40000000"), 0o100_644),
        (number(&text, &u64::MAX.to_string()), 0o100_644),
        (number(&text, "-1"), 0o100_644),
    ] {
        let project = running();
        on_top(&project, odd.as_bytes(), mode);
        closes(&project, "");
        for command in [&["ledger", "export"][..], &["ledger", "log"], &["ledger", "verify"]] {
            newcomer(&project, command).exits(7);
        }
    }
}

#[test]
fn an_event_that_is_written_otherwise_is_found() {
    let project = running();
    let events = events(&project);
    // It can be read and its book fits, and yet it would not come back from what is exported.
    written_anew(&project, &events[..events.len() - 1]);
    let repository = origin(&project);
    let before = head(&repository);
    written_anew(&project, &events);
    let text = last_text(&project).replacen('{', "{ ", 1);
    let book = repository.find_commit(head(&repository)).unwrap().tree().unwrap();
    let mut root = repository.treebuilder(Some(&book)).unwrap();
    root.insert("event.json", repository.blob(text.as_bytes()).unwrap(), 0o100_644)
        .unwrap();
    let tree = repository.find_tree(root.write().unwrap()).unwrap();
    let who = git2::Signature::now("maintainer", "maintainer@example.com").unwrap();
    let parent = repository.find_commit(before).unwrap();
    let made = repository.commit(None, &who, &who, "x", &tree, &[&parent]).unwrap();
    repository.reference(BRANCH, made, true, "otherwise").unwrap();
    let audit: Value = newcomer(&project, &["ledger", "verify", "--output", "json"])
        .exits(7)
        .json();
    let found = audit["findings"][0]["message"].as_str().unwrap();
    assert!(found.contains("is not written as the ledger writes it"), "{found}");
}

/// Where a clone keeps its copy of the ledger.
fn copy_of(clone: &Path) -> std::path::PathBuf {
    let copies = std::fs::read_dir(clone.join(".git/tidegate/ledgers")).unwrap();
    let mut paths = copies.map(|entry| entry.unwrap().path());
    paths.find(|path| path.is_dir()).unwrap()
}

#[test]
fn a_damaged_copy_is_named_and_is_made_anew_once_it_is_removed() {
    let project = running();
    let copy = copy_of(&project.sandbox.work());
    let whole = project.sandbox.path().join("whole");
    let put = |from: &Path, to: &Path| {
        let _ = std::fs::remove_dir_all(to);
        let copied = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status();
        assert!(copied.unwrap().success());
    };
    put(&copy, &whole);
    let emptied = |name: &str| std::fs::write(copy.join(name), "").unwrap();
    let broken: [(&str, &dyn Fn()); 4] = [
        ("its HEAD is empty", &|| emptied("HEAD")),
        ("what was seen is empty", &|| emptied("refs/heads/seen")),
        ("what was seen is not there", &|| {
            std::fs::write(copy.join("refs/heads/seen"), format!("{}1\n", "0".repeat(39))).unwrap();
        }),
        ("its objects are empty", &|| {
            for folder in std::fs::read_dir(copy.join("objects")).unwrap() {
                for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
                    let file = file.unwrap().path();
                    std::fs::remove_file(&file).unwrap();
                    std::fs::write(file, "").unwrap();
                }
            }
        }),
    ];
    for (what, breaks) in broken {
        breaks();
        let error = project.unchanged(6, &["gate", "dev"]);
        let (help, message) = (error["help"].as_str().unwrap(), error["message"].as_str().unwrap());
        assert!(help.contains("remove this folder"), "{what}: {error}");
        assert!(message.contains(copy.to_str().unwrap()), "{what}: {error}");
        std::fs::remove_dir_all(&copy).unwrap();
        project.run(0, &["gate", "dev"]);
        put(&whole, &copy);
    }
}

#[test]
fn locks_that_a_killed_git_has_left_are_taken_away() {
    let project = running();
    let copy = copy_of(&project.sandbox.work());
    let seen = || std::fs::read_to_string(copy.join("refs/heads/seen")).unwrap_or_default();
    let leave = |name: &str| {
        let file = std::fs::File::create(copy.join(name)).unwrap();
        let hour = std::time::Duration::from_secs(3600);
        file.set_modified(std::time::SystemTime::now() - hour).unwrap();
    };
    leave("refs/heads/seen.lock");
    leave("packed-refs.lock");
    project.run(0, &["lock", "qa", "--reason", "a move"]);
    assert_eq!(seen().trim(), project.ledger());
    // The first fetch was killed.
    std::fs::remove_dir_all(&copy).unwrap();
    Repository::init_bare(&copy).unwrap();
    leave("shallow.lock");
    project.run(0, &["gate", "dev"]);
    assert_eq!(seen().trim(), project.ledger());
}

#[test]
fn a_remote_that_says_nothing_is_given_up() {
    let project = running();
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/origin.git", deaf.local_addr().unwrap());
    project.sandbox.git(&["remote", "set-url", "origin", &url]);
    let mut command = project
        .sandbox
        .tidegate_command(&project.sandbox.work(), &["status", "--output", "json"]);
    command.env("GIT_HTTP_LOW_SPEED_TIME", "1");
    let run = crate::common::Run::of(command.output().unwrap()).exits(6);
    assert!(
        run.json()["message"].as_str().unwrap().contains("too slow"),
        "{}",
        run.stdout
    );
}

#[test]
fn branches_beside_the_ledger_are_left_alone() {
    let project = running();
    let repository = origin(&project);
    let main = repository.refname_to_id("refs/heads/main").unwrap();
    repository
        .reference("refs/heads/tidegate/ledger-of-old", main, false, "beside")
        .unwrap();
    newcomer(&project, &["gate", "dev"]).exits(0);
    let copy = Repository::open_bare(copy_of(&project.sandbox.path().join("newcomer"))).unwrap();
    assert!(copy.find_commit(main).is_err());
}

#[test]
fn a_push_whose_answer_is_lost_is_not_written_twice() {
    let project = running();
    // The first push comes through, somebody else writes on top of it, and the answer never comes.
    let folder = project.sandbox.path().join("bin");
    std::fs::create_dir(&folder).unwrap();
    let real = crate::common::found("git").unwrap();
    let other = project.sandbox.path().join("other");
    project
        .sandbox
        .git_in(project.sandbox.path(), &["clone", "--quiet", "origin.git", "other"]);
    let script = format!(
        "#!/bin/sh\n'{git}' \"$@\"\nended=$?\ncase \" $* \" in *' push '*)\n\
         if mkdir '{once}' 2>/dev/null; then unset GIT_DIR GIT_CONFIG_COUNT; cd '{other}'; '{tidegate}' lock qa --reason between >&2; exit 1; fi\n\
         esac\nexit $ended\n",
        git = real.display(),
        once = project.sandbox.path().join("once").display(),
        other = other.display(),
        tidegate = env!("CARGO_BIN_EXE_tidegate"),
    );
    let file = folder.join("git");
    std::fs::write(&file, script).unwrap();
    let made = std::process::Command::new("chmod")
        .arg("+x")
        .arg(&file)
        .status()
        .unwrap();
    assert!(made.success());
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let before = project.events("locked");
    let mut command = project.sandbox.tidegate_command(
        &project.sandbox.work(),
        &["lock", "uat", "--reason", "once", "--output", "json"],
    );
    let run = crate::common::Run::of(command.env("PATH", path).output().unwrap()).exits(0);
    assert_eq!(run.json()["already"], false, "it is this run that has locked");
    assert_eq!(project.events("locked"), before + 2, "mine and the one between");
    project.run(0, &["ledger", "verify"]);
}
