//! `backport` on GitHub's stand-in: pull requests merged in three ways, labels, comments, drafts and races.

use std::collections::BTreeSet;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::common::contract::{self, Contract};
use crate::common::emulate::INSTALL;
use crate::common::hub::Hub;
use crate::common::pulls::Merge;
use crate::common::{self, Run, Sandbox};

const TEXT: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n";

/// GitHub with `main`, `release/1.4` and `release/1.5`.
pub fn sandbox() -> (Sandbox, Hub) {
    let mut sandbox = lines();
    let hub = Hub::start(&mut sandbox, None);
    (sandbox, hub)
}

/// The same repository, of which no forge knows yet.
pub fn lines() -> Sandbox {
    let sandbox = Sandbox::new("[project]\nname = 'demo'\n");
    let files = [
        ("a", TEXT),
        ("bin/keep", "1\n"),
        ("bin/run", "#!/bin/sh\n"),
        ("old", "old\n"),
        ("folder/in", "1\n"),
    ];
    sandbox.commit("feat: a", &files);
    sandbox.git(&[
        "push",
        "--quiet",
        "origin",
        "main",
        "main:release/1.4",
        "main:release/1.5",
    ]);
    sandbox
}

/// Makes commits on a branch of their own, and a pull request of them with labels.
pub fn propose(sandbox: &Sandbox, hub: &Hub, title: &str, commits: &[&dyn Fn()], labels: &[&str]) -> u64 {
    sandbox.git(&["fetch", "--quiet"]);
    sandbox.git(&[
        "switch",
        "--quiet",
        "--force-create",
        title.split(' ').next().unwrap(),
        "origin/main",
    ]);
    for (number, work) in commits.iter().enumerate() {
        work();
        sandbox.git(&["add", "--all"]);
        let message = format!("fix: {title}, part {number}\n\nCo-authored-by: Second <second@example.com>");
        sandbox.git(&[
            "commit",
            "--quiet",
            "--author",
            "Octo <octo@example.com>",
            "--message",
            &message,
        ]);
    }
    sandbox.git(&["push", "--quiet", "origin", "HEAD"]);
    hub.receive();
    let head = sandbox.git(&["branch", "--show-current"]);
    let body = json!({ "title": format!("fix: {title}"), "head": head, "base": "main", "body": "" });
    let number = hub.api().send("POST", "pulls", &body)["number"].as_u64().unwrap();
    for label in labels {
        hub.api()
            .send("POST", "labels", &json!({ "name": label, "color": "0e8a16" }));
    }
    hub.api()
        .send("POST", &format!("issues/{number}/labels"), &json!({ "labels": labels }));
    number
}

pub fn write(sandbox: &Sandbox, path: &str, content: &[u8]) {
    std::fs::write(sandbox.work().join(path), content).unwrap();
}

pub fn labels(hub: &Hub, number: u64) -> Vec<String> {
    let pull = hub.api().get(&format!("pulls/{number}"));
    let mut labels: Vec<String> = names(&pull["labels"]);
    labels.sort();
    labels
}

fn names(labels: &Value) -> Vec<String> {
    let labels = labels.as_array().unwrap().iter();
    labels.map(|label| label["name"].as_str().unwrap().to_owned()).collect()
}

pub fn comments(hub: &Hub, number: u64) -> Vec<String> {
    let said = hub.api().get(&format!("issues/{number}/comments"));
    let texts = said.as_array().unwrap().iter();
    texts.map(|one| one["body"].as_str().unwrap().to_owned()).collect()
}

/// The pull requests into release branches: `HEAD -> BASE (STATE)`.
pub fn proposed(hub: &Hub) -> Vec<String> {
    let pulls = hub.api().get("pulls?state=all&per_page=100");
    let line = |pull: &Value| {
        let (head, base) = (
            pull["head"]["ref"].as_str().unwrap(),
            pull["base"]["ref"].as_str().unwrap(),
        );
        let draft = if pull["draft"] == true { " draft" } else { "" };
        format!("{head} -> {base} ({}{draft})", pull["state"].as_str().unwrap())
    };
    let mut lines: Vec<String> = pulls.as_array().unwrap().iter().map(line).collect();
    lines.retain(|line| line.starts_with("backport/"));
    lines.sort();
    lines
}

pub fn origin(sandbox: &Sandbox, arguments: &[&str]) -> String {
    sandbox.git_in(&sandbox.path().join("origin.git"), arguments)
}

#[test]
fn each_way_to_merge_is_found_and_its_commits_are_brought() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let (sandbox, hub) = sandbox();
    for (how, method, count) in [
        (Merge::Commit, "merge", 2),
        (Merge::Squash, "squash", 1),
        (Merge::Rebase, "rebase", 2),
    ] {
        let title = format!("{method} it");
        let first = || write(&sandbox, &format!("{method}-1"), b"1\n");
        let second = || write(&sandbox, &format!("{method}-2"), &[0, 159, 146, 150]);
        let number = propose(&sandbox, &hub, &title, &[&first, &second], &["backport 1.4"]);
        let refused = sandbox.json(3, &["backport", &number.to_string()]);
        assert!(
            refused["backports"][0]["refusal"]["reason"]
                .as_str()
                .unwrap()
                .contains("is not merged")
        );
        hub.extras().merge(number, how);
        let document = sandbox.json(0, &["backport", &number.to_string()]);
        let backport = &document["backports"][0];
        assert_eq!(
            (&backport["status"], &backport["method"], &backport["base"]),
            (&"created".into(), &method.into(), &"release/1.4".into()),
            "{document}"
        );
        let branch = format!("backport/{number}-to-1.4");
        assert_eq!(backport["pull_request"]["title"], format!("fix: {title} [1.4]"));
        assert_eq!(
            origin(&sandbox, &["rev-list", "--count", &format!("release/1.4..{branch}")]),
            count.to_string()
        );
        // What is not the base's is the original's, to the byte.
        let files = format!("{method}-1 {method}-2");
        let mut arguments = vec!["diff", "--exit-code", "main", branch.as_str(), "--"];
        arguments.extend(files.split(' '));
        assert_eq!(origin(&sandbox, &arguments), "");
        let text = origin(&sandbox, &["log", "-1", "--format=%an%n%(trailers:only)", &branch]);
        let text = text
            .lines()
            .filter(|line| !line.starts_with("(cherry"))
            .collect::<Vec<_>>();
        if count == 2 {
            assert_eq!(
                text,
                [
                    "octo",
                    "Co-authored-by: Second <second@example.com>",
                    "Co-authored-by: Octo <octo@example.com>"
                ]
            );
        }
        assert_eq!(labels(&hub, number), ["backported 1.4"]);
        let link = backport["pull_request"]["number"].as_u64().unwrap();
        let said = comments(&hub, number);
        assert!(
            said.len() == 1 && said[0].contains(&format!("| `release/1.4` | #{link} | open |")),
            "{said:?}"
        );
        // Nothing more to do, now and when it is merged.
        let again = sandbox.json(0, &["backport", &number.to_string(), "--to", "1.4"]);
        assert_eq!(again["backports"][0]["status"], "exists");
        hub.extras().merge(link, Merge::Squash);
        let merged = sandbox.json(0, &["backport", &number.to_string(), "--to", "1.4"]);
        assert_eq!(merged["backports"][0]["status"], "merged");
        assert!(comments(&hub, number)[0].contains("merged"));
        assert_eq!(comments(&hub, number).len(), 1);
    }
}

#[test]
fn every_kind_of_file_comes_through_the_api_as_it_is() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let (sandbox, hub) = sandbox();
    let work = || {
        let path = |name: &str| sandbox.work().join(name);
        write(&sandbox, "a", TEXT.replace("two", "TWO").as_bytes());
        write(&sandbox, "data", &[0, 159, 146, 150]);
        write(&sandbox, "latin", &[b'a', 0xe4, b'\n']);
        std::fs::remove_file(path("bin/run")).unwrap();
        std::fs::remove_file(path("old")).unwrap();
        std::fs::create_dir(path("old")).unwrap();
        write(&sandbox, "old/inner", b"a folder\n");
        std::fs::remove_dir_all(path("folder")).unwrap();
        write(&sandbox, "folder", b"a file\n");
        std::os::unix::fs::symlink("a", path("link")).unwrap();
        write(&sandbox, "tool", b"#!/bin/sh\n");
        sandbox.git(&["add", "tool"]);
        sandbox.git(&["update-index", "--chmod=+x", "tool"]);
        std::fs::set_permissions(path("tool"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    };
    let number = propose(&sandbox, &hub, "kinds of files", &[&work], &["backport 1.4"]);
    hub.extras().merge(number, Merge::Rebase);
    // The target has another line of the same file changed: its text is merged anew.
    sandbox.git(&["switch", "--quiet", "--force-create", "line", "origin/release/1.4"]);
    sandbox.commit("fix: seven", &[("a", &TEXT.replace("seven", "SEVEN"))]);
    sandbox.git(&["push", "--quiet", "origin", "line:release/1.4"]);
    sandbox.json(0, &["backport", "--label"]);
    sandbox.git(&["fetch", "--quiet"]);
    sandbox.git(&["cherry-pick", "-x", "origin/main"]);
    let branch = format!("origin/backport/{number}-to-1.4");
    assert_eq!(
        sandbox.git(&["rev-parse", &format!("{branch}^{{tree}}")]),
        sandbox.git(&["rev-parse", "HEAD^{tree}"])
    );
}

#[test]
fn a_conflict_is_a_draft_until_a_person_has_finished_it() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let (sandbox, hub) = sandbox();
    let fine = || write(&sandbox, "fine", b"fine\n");
    let two = || write(&sandbox, "a", TEXT.replace("two", "TWO").as_bytes());
    let left = || write(&sandbox, "left", b"left\n");
    let number = propose(
        &sandbox,
        &hub,
        "two words",
        &[&fine, &two, &left],
        &["backport 1.4", "backport 1.5"],
    );
    hub.extras().merge(number, Merge::Rebase);
    sandbox.git(&["switch", "--quiet", "--force-create", "line", "origin/release/1.4"]);
    sandbox.commit("fix: deux", &[("a", &TEXT.replace("two", "deux"))]);
    sandbox.git(&["push", "--quiet", "origin", "line:release/1.4"]);

    let run = sandbox.tidegate(&["backport", "--label"]).exits(7);
    let branch = format!("backport/{number}-to-1.4");
    assert_eq!(
        proposed(&hub),
        [
            format!("{branch} -> release/1.4 (open draft)"),
            format!("backport/{number}-to-1.5 -> release/1.5 (open)"),
        ]
    );
    let subjects = origin(&sandbox, &["log", "--format=%s", &format!("release/1.4..{branch}")]);
    assert_eq!(
        subjects,
        "fix: two words, part 1 (conflicts, not resolved)\nfix: two words, part 0"
    );
    assert!(origin(&sandbox, &["show", &format!("{branch}:a")]).contains("<<<<<<< HEAD\ndeux\n=======\nTWO\n>>>>>>> "));
    assert_eq!(
        labels(&hub, number),
        ["backport 1.4", "backport-conflict", "backported 1.5"]
    );
    let pulls = hub.api().get("pulls?state=all&per_page=100");
    let draft = pulls
        .as_array()
        .unwrap()
        .iter()
        .find(|pull| pull["head"]["ref"] == branch.as_str())
        .unwrap()
        .clone();
    let plain = |text: &str| {
        let commits = sandbox.git(&["log", "--reverse", "--format=%H", "origin/main~3..origin/main"]);
        let mut text = text.replace(hub_url(&sandbox), "http://hub");
        for (place, commit) in commits.lines().enumerate() {
            text = text
                .replace(commit, &format!("COMMIT-{place}"))
                .replace(&commit[..9], &format!("C-{place}"));
        }
        text
    };
    sandbox.git(&["fetch", "--quiet"]);
    insta::assert_snapshot!("backport_draft", plain(draft["body"].as_str().unwrap()));
    insta::assert_snapshot!("backport_comment", comments(&hub, number)[0]);
    insta::assert_snapshot!("backport_conflict_on_github", plain(&run.stderr));

    // Asked again: the same, and nothing twice.
    sandbox.json(7, &["backport", "--label"]);
    assert_eq!((proposed(&hub).len(), comments(&hub, number).len()), (2, 1));
    // A person does what the text says.
    sandbox.git(&["switch", "--quiet", &branch]);
    sandbox.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let commits = sandbox.git(&["log", "--reverse", "--format=%H", "origin/main~2..origin/main"]);
    let mut commits = commits.lines();
    let stopped = sandbox
        .command("git", &sandbox.work())
        .args(["cherry-pick", "-x", commits.next().unwrap()])
        .output()
        .unwrap();
    assert!(!stopped.status.success());
    write(&sandbox, "a", TEXT.replace("two", "DEUX").as_bytes());
    sandbox.git(&["add", "a"]);
    sandbox.git(&["-c", "core.editor=true", "cherry-pick", "--continue"]);
    sandbox.git(&["cherry-pick", "-x", commits.next().unwrap()]);
    sandbox.git(&["push", "--quiet", "--force-with-lease", "origin", &branch]);
    hub.api().send(
        "PATCH",
        &format!("pulls/{}", draft["number"]),
        &json!({ "draft": false }),
    );
    let document = sandbox.json(0, &["backport", "--label"]);
    assert_eq!(document["backports"][0]["status"], "exists", "{document}");
    assert_eq!(labels(&hub, number), ["backported 1.4", "backported 1.5"]);
    let said = comments(&hub, number);
    assert!(said.len() == 1 && said[0].matches("| open |").count() == 2, "{said:?}");
}

fn hub_url(sandbox: &Sandbox) -> &str {
    &sandbox.variables["GITHUB_API_URL"]
}

#[test]
fn no_request_violates_the_description() {
    if !contract::is_there() {
        return;
    }
    let (mut sandbox, hub) = sandbox();
    let latin = |line: &str, to: &[u8]| {
        let text = TEXT.replace(line, "LINE");
        let (before, after) = text.split_once("LINE").unwrap();
        [before.as_bytes(), to, after.as_bytes()].concat()
    };
    let own = || write(&sandbox, "a", &latin("two", &[0xe4]));
    let number = propose(&sandbox, &hub, "latin letters", &[&own], &["backport 1.4"]);
    hub.extras().merge(number, Merge::Commit);
    let more = || write(&sandbox, "b", b"b\n");
    let number = propose(&sandbox, &hub, "more letters", &[&more], &["backport 1.5"]);
    hub.extras().merge(number, Merge::Squash);
    sandbox.git(&["switch", "--quiet", "--force-create", "line", "origin/release/1.4"]);
    write(&sandbox, "a", &latin("seven", &[0xf6]));
    sandbox.git(&["commit", "--quiet", "--all", "--message", "fix: seven"]);
    sandbox.git(&["push", "--quiet", "origin", "line:release/1.4"]);
    let contract = Contract::of_hub(hub_url(&sandbox), contract::BACKPORT_CALLS);
    sandbox
        .variables
        .insert("GITHUB_API_URL".to_owned(), contract.url.clone());
    let document = sandbox.json(0, &["backport", "--label"]);
    assert_eq!(document["status"], "created", "{document}");
    let made = document["backports"][0]["pull_request"]["number"].as_u64().unwrap();
    hub.extras().merge(made, Merge::Commit);
    assert_eq!(sandbox.json(0, &["backport", "1", "--to", "1.4"])["status"], "merged");
    assert_eq!(contract.violations(), [""; 0]);
    let listed = contract::BACKPORT_CALLS.iter();
    let listed: BTreeSet<contract::Call> = listed
        .map(|(method, path)| ((*method).into(), (*path).into()))
        .collect();
    assert_eq!(contract.calls(), listed);
}

#[test]
fn one_that_a_person_closed_is_made_again_only_when_asked() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let (sandbox, hub) = sandbox();
    let work = || write(&sandbox, "c", b"c\n");
    let number = propose(&sandbox, &hub, "close it", &[&work], &[]);
    hub.extras().merge(number, Merge::Squash);
    let number = number.to_string();
    let none = sandbox.json(0, &["backport", &number]);
    assert_eq!(
        (&none["status"], &none["backports"]),
        (&"nothing".into(), &json!([])),
        "no label asks for it"
    );
    assert_eq!(sandbox.json(0, &["backport", "--label"])["backports"], json!([]));
    let missing = sandbox.json(3, &["backport", &number, "--to", "9.9"]);
    let reason = missing["backports"][0]["refusal"]["reason"].as_str().unwrap();
    assert_eq!(reason, "there is no branch release/9.9");
    sandbox.json(0, &["backport", &number, "--to", "1.4"]);
    let opened = hub.api().get("pulls?state=open&per_page=100")[0]["number"]
        .as_u64()
        .unwrap();
    hub.api()
        .send("PATCH", &format!("pulls/{opened}"), &json!({ "state": "closed" }));
    let closed = sandbox.tidegate(&["backport", &number, "--to", "1.4"]).exits(3);
    assert!(closed.stderr.contains("was closed without being merged") && closed.stderr.contains("--again"));
    let again = sandbox.json(0, &["backport", &number, "--to", "1.4", "--again"]);
    assert_eq!(again["backports"][0]["branch"], format!("backport/{number}-to-1.4-2"));
    for arguments in [&["--again"][..], &[]] {
        let arguments = [&["backport", &number, "--to", "1.4"], arguments].concat();
        assert_eq!(sandbox.json(0, &arguments)["backports"][0]["status"], "exists");
    }
    assert_eq!(proposed(&hub).len(), 2);
}

#[test]
fn commits_are_brought_by_pull_requests_too() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let (sandbox, hub) = sandbox();
    let fix = sandbox.commit("fix: c", &[("c", "c\n")]);
    let refused = sandbox.json(3, &["backport", &fix, "--to", "1.4"]);
    let reason = refused["backports"][0]["refusal"]["reason"].as_str().unwrap();
    assert_eq!(reason, format!("{fix} is on no branch of the remote"));
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let plan = sandbox.json(0, &["backport", &fix, "--to", "1.4", "--dry-run"]);
    let steps: Vec<&str> = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        (steps.as_slice(), proposed(&hub).len()),
        (&["pick-branch", "open-pull"][..], 0)
    );
    let document = sandbox.json(0, &["backport", &fix, "--to", "1.4"]);
    assert_eq!(document["status"], "created");
    assert_eq!(
        proposed(&hub),
        [format!("backport/{}-to-1.4 -> release/1.4 (open)", &fix[..9])]
    );
}

#[test]
fn two_at_once_leave_one_branch_and_one_pull_request() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let (sandbox, hub) = sandbox();
    sandbox.git_in(sandbox.path(), &["clone", "--quiet", "origin.git", "other"]);
    for round in 0..3 {
        let work = || write(&sandbox, "c", round.to_string().as_bytes());
        let number = propose(&sandbox, &hub, &format!("race-{round} it"), &[&work], &["backport 1.4"]);
        hub.extras().merge(number, Merge::Squash);
        let start = |folder: &str| {
            let folder = sandbox.path().join(folder);
            let mut command = sandbox.tidegate_command(&folder, &["backport", &number.to_string(), "--to", "1.4"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let children = [start("work"), start("other")];
        let runs = children.map(|child| Run::of(child.wait_with_output().unwrap()).exits(0));
        assert_eq!(runs[0].stdout, runs[1].stdout);
        let there = proposed(&hub);
        assert_eq!(there.len(), round + 1, "{there:?}");
        let link = runs[0].stdout.trim().rsplit('/').next().unwrap().parse().unwrap();
        hub.extras().merge(link, Merge::Commit);
    }
}
