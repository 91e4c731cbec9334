//! `cut` on GitHub's stand-in: the branch, the pull request, and what stands around them.

use std::process::Stdio;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::common::emulate::{GitHub, INSTALL};
use crate::common::hub::Hub;
use crate::common::trip::Trip;
use crate::common::{self, Run, Sandbox, wire};
use crate::cut_rules::{FILES, events, origin, sandbox};

const WHOLE: [&str; 4] = [
    "main feat: a door",
    "release/1.4 chore(release): v1.4.0-rc.1",
    "tidegate/main-1.5 chore: 1.5.0-dev comes after release/1.4",
    "v1.4.0-rc.1 chore(release): v1.4.0-rc.1",
];

fn config() -> String {
    format!("[tag]\nthrough = 'github'\n\n{FILES}")
}

/// The titles of the pull requests, the milestones and the labels of back-ports.
fn planning(hub: &Hub) -> [Vec<String>; 3] {
    let listed = |path: &str, key: &str| {
        let found = hub.api().get(path);
        let names = found
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one[key].as_str().unwrap().to_owned());
        names
            .filter(|name| path != "labels" || name.starts_with("backport"))
            .collect()
    };
    [
        listed("pulls?state=all", "title"),
        listed("milestones?state=all", "title"),
        listed("labels", "name"),
    ]
}

fn planned() -> [Vec<String>; 3] {
    ["chore: 1.5.0-dev comes after release/1.4", "1.4.0", "backport 1.4"].map(|name| vec![name.to_owned()])
}

#[test]
fn github_makes_the_branch_the_candidate_and_the_proposal_once() {
    let mut sandbox = sandbox(&config());
    if !common::has("emulate", INSTALL) {
        return;
    }
    let hub = Hub::start(&mut sandbox, None);
    let document = sandbox.json(0, &["cut", "1.4"]);
    assert_eq!(document["status"], "created");
    let through: Vec<&Value> = document["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["through"])
        .collect();
    assert_eq!(through[0], "github");
    assert_eq!(origin(&sandbox), WHOLE);
    assert_eq!(planning(&hub), planned());
    let pull = hub.api().get("pulls/1");
    let url = document["proposal"]["url"].as_str().unwrap();
    assert!(url.ends_with("/octo/demo/pull/1"), "{url}");
    assert_eq!(
        (&pull["base"]["ref"], &pull["head"]["ref"]),
        (&"main".into(), &"tidegate/main-1.5".into())
    );
    let warnings = document["warnings"].to_string();
    assert!(warnings.contains("can rewrite and delete it"), "{warnings}");
    let again = sandbox.json(0, &["cut", "1.4"]);
    assert_eq!((&again["status"], &again["steps"]), (&"exists".into(), &json!([])));
    assert_eq!(again["proposal"]["url"], url);
    // Closed by a person, it stays closed.
    hub.api().send("PATCH", "pulls/1", &json!({ "state": "closed" }));
    sandbox.git(&["push", "--quiet", "origin", "--delete", "tidegate/main-1.5"]);
    let closed = sandbox.json(0, &["cut", "1.4"]);
    assert_eq!(closed["steps"], json!([]), "{closed}");
    assert!(closed.get("proposal").is_none());
    assert_eq!(planning(&hub)[0].len(), 1);
}

#[test]
fn rules_of_github_are_told_before_anything_is_made() {
    let mut sandbox = sandbox(FILES);
    if !common::has("emulate", INSTALL) {
        return;
    }
    let hub = Hub::start(&mut sandbox, None);
    sandbox
        .variables
        .insert("GITHUB_SERVER_URL".to_owned(), "https://github.com".to_owned());
    let refused = |sandbox: &Sandbox| {
        let before = origin(sandbox);
        let said = sandbox.tidegate(&["cut", "1.4"]).exits(3).stderr;
        assert_eq!(origin(sandbox), before);
        assert_eq!(events(sandbox, "branch-cut"), 0);
        said
    };
    hub.extras()
        .set_rules("release/1.4", json!([{ "type": "creation", "ruleset_id": 7 }]));
    insta::assert_snapshot!("cut_creation_forbidden", refused(&sandbox));
    hub.extras()
        .set_rules("release/1.4", json!([{ "type": "pull_request", "ruleset_id": 7 }]));
    insta::assert_snapshot!("cut_commit_forbidden", refused(&sandbox));
    hub.extras().set_rules(
        "release/1.4",
        json!([{ "type": "non_fast_forward", "ruleset_id": 7 }, { "type": "deletion", "ruleset_id": 7 }]),
    );
    sandbox.commit("feat: not pushed", &[]);
    let commit = sandbox.git(&["rev-parse", "HEAD"]);
    insta::assert_snapshot!("cut_not_pushed", refused(&sandbox).replace(&commit, "<commit>"));
    let document = sandbox.json(0, &["cut", "1.4", "--from", "origin/main"]);
    assert!(document.get("warnings").is_none(), "{document}");
}

/// The stand-in behind what answers some requests itself, and hears of every one that was answered.
pub fn behind(
    sandbox: &mut Sandbox,
    answer: impl Fn(&str, &str) -> Option<Vec<u8>> + Send + Sync + 'static,
    heard: impl Fn(&str) + Send + Sync + 'static,
) -> Hub {
    let github = Arc::new(GitHub::start());
    let (listener, url) = wire::listen();
    let there = github.url.clone();
    wire::serve(listener, move |request| {
        let text = String::from_utf8_lossy(request);
        let (method, path) = (text.split(' ').next()?, text.split(' ').nth(1)?);
        let said = answer(method, path).or_else(|| wire::pass(&there, request));
        heard(method);
        said
    });
    Hub::through(sandbox, github, url, None)
}

/// The stand-in, which refuses requests: each as its method and how its path ends, or, for a folder, what it holds.
pub fn strict(sandbox: &mut Sandbox, refused: &'static [&'static str]) -> Hub {
    answering(
        sandbox,
        "403 Forbidden",
        "Resource not accessible by integration",
        refused,
    )
}

/// The same with an answer of its own.
pub fn answering(
    sandbox: &mut Sandbox,
    status: &'static str,
    message: &'static str,
    refused: &'static [&'static str],
) -> Hub {
    let refuse = move |method: &str, path: &str| {
        let path = path.split('?').next().unwrap_or(path);
        let is_it = |one: &&str| {
            one.split_once(' ').is_some_and(|(its, end)| {
                its == method && (path.ends_with(end) || end.ends_with('/') && path.contains(end))
            })
        };
        let said = json!({ "message": message }).to_string();
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}",
            said.len()
        );
        let refused = refused.iter().any(is_it);
        refused.then(|| format!("{head}\r\n\r\n{said}").into_bytes())
    };
    behind(sandbox, refuse, |_| {})
}

#[test]
fn what_a_token_may_not_do_around_the_branch_is_a_warning() {
    let mut sandbox = sandbox(FILES);
    if !common::has("emulate", INSTALL) {
        return;
    }
    let hub = strict(&mut sandbox, &["POST /milestones", "POST /labels", "POST /pulls"]);
    let document = sandbox.json(0, &["cut", "1.4"]);
    assert_eq!(document["status"], "created");
    let warnings = document["warnings"].to_string();
    for words in [
        "keep the milestone 1.4.0",
        "keep the label `backport 1.4`",
        "main is not raised to 1.5.0-dev",
    ] {
        assert!(warnings.contains(words), "{words} in {warnings}");
    }
    assert_eq!(planning(&hub)[0].len(), 0);
    assert_eq!(origin(&sandbox), WHOLE);
}

#[test]
fn two_at_once_on_github_leave_one_of_each() {
    let mut sandbox = sandbox(&config());
    if !common::has("emulate", INSTALL) {
        return;
    }
    let hub = Hub::start(&mut sandbox, None);
    sandbox.git_in(sandbox.path(), &["clone", "--quiet", "origin.git", "other"]);
    let start = |folder: &str| {
        let mut command = sandbox.tidegate_command(&sandbox.path().join(folder), &["cut", "1.4"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children = [start("work"), start("other")];
    let runs = children.map(|child| Run::of(child.wait_with_output().unwrap()));
    assert!(runs.iter().all(|run| run.code == 0), "{runs:?}");
    assert_eq!(origin(&sandbox), WHOLE, "{runs:?}");
    assert_eq!(planning(&hub), planned(), "{runs:?}");
    for kind in ["branch-cut", "tagged", "proposed"] {
        assert_eq!(events(&sandbox, kind), 1, "{kind}: {runs:?}");
    }
}

#[test]
fn killed_after_every_change_and_run_again_there_is_one_of_each() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let before = sandbox(&config());
    let prepared = |at: usize| {
        let mut sandbox = before.copy();
        let trip = Trip::new(&mut sandbox);
        trip.wire_origin(&sandbox);
        let wire = trip.clone();
        let changed = move |method: &str| {
            if method != "GET" {
                wire.pass();
            }
        };
        let hub = behind(&mut sandbox, |_, _| None, changed);
        let run = trip.kill(sandbox.tidegate_command(&sandbox.work(), &["cut", "1.4"]), at);
        (sandbox, hub, trip, run)
    };
    let (whole, hub, trip, run) = prepared(0);
    run.exits(0);
    assert_eq!(
        (origin(&whole), planning(&hub)),
        (WHOLE.map(str::to_owned).to_vec(), planned())
    );
    let wires = trip.wires();
    assert!(
        wires >= 18,
        "what GitHub makes, and the pushes of three records, two wires each: {wires}"
    );
    Trip::at_each(wires, |wire| {
        let (sandbox, hub, trip, run) = prepared(wire);
        assert_eq!(run.code, -1, "killed at wire {wire}");
        trip.kill(sandbox.tidegate_command(&sandbox.work(), &["cut", "1.4"]), 0)
            .exits(0);
        assert_eq!(origin(&sandbox), WHOLE, "killed at wire {wire}");
        assert_eq!(planning(&hub), planned(), "killed at wire {wire}");
        for kind in ["branch-cut", "tagged", "proposed"] {
            assert_eq!(events(&sandbox, kind), 1, "{kind}: killed at wire {wire}");
        }
    });
}
