//! `freeze` and `thaw`: in the ledger, and as statuses of pull requests on GitHub's stand-in.

use serde_json::{Value, json};
use tidegate::model::actor::Actor;
use tidegate::model::freeze::Freeze;
use tidegate::model::pull::{Pull, PullState};
use tidegate::plan::freeze::verdict;

use crate::common::emulate::INSTALL;
use crate::common::hub::Hub;
use crate::common::trip::Trip;
use crate::common::{self, Sandbox};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new("[project]\nname = \"demo\"\n");
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    sandbox
}

/// Opens a pull request from a branch of its own.
fn pull(sandbox: &Sandbox, hub: &Hub, head: &str, base: &str, labels: &[&str]) -> (u64, String) {
    sandbox.git(&["switch", "--quiet", "--create", head, "origin/main"]);
    let commit = sandbox.commit(&format!("fix: {head}"), &[(head, "text")]);
    sandbox.git(&["push", "--quiet", "origin", head]);
    sandbox.git(&["switch", "--quiet", "main"]);
    hub.receive();
    let asked = json!({ "title": format!("fix: {head}"), "head": head, "base": base });
    let made = hub.api().send("POST", "pulls", &asked);
    let number = made["number"].as_u64().unwrap();
    hub.api()
        .send("POST", &format!("issues/{number}/labels"), &json!({ "labels": labels }));
    (number, commit)
}

/// The states that a commit was given, the oldest first.
fn told(hub: &Hub, commit: &str) -> Vec<String> {
    let statuses = hub.extras().statuses(commit);
    let state = |status: &Value| {
        assert_eq!(status["context"], "tidegate/freeze");
        status["state"].as_str().unwrap().to_owned()
    };
    statuses.iter().rev().map(state).collect()
}

#[test]
fn a_frozen_branch_stands_in_the_ledger() {
    let sandbox = sandbox();
    let plan = sandbox.json(0, &["freeze", "main", "--reason", "the release", "--dry-run"]);
    assert_eq!(plan["steps"][0]["action"], "record");
    assert_eq!(plan["steps"].as_array().unwrap().len(), 1);
    let frozen = sandbox.json(0, &["freeze", "main", "--reason", "the release", "--until", "4h"]);
    assert_eq!(
        (&frozen["status"], &frozen["already"]),
        (&"frozen".into(), &false.into())
    );
    assert!(
        frozen["warnings"][0]
            .as_str()
            .unwrap()
            .contains("no token opens a forge")
    );
    let end = frozen["until"].as_str().unwrap();
    let same = ["freeze", "main", "--reason", "the release", "--until", end];
    assert_eq!(sandbox.json(0, &same)["already"], true);
    let thawed = sandbox.json(0, &["thaw", "main", "--reason", "it is out"]);
    assert_eq!(
        (&thawed["status"], &thawed["already"]),
        (&"thawed".into(), &false.into())
    );
    assert_eq!(sandbox.json(0, &["thaw", "main"])["already"], true);
    let log = sandbox.json(0, &["ledger", "log"]);
    let kinds: Vec<&str> = log["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["branch-thawed", "branch-frozen"]);
    assert_eq!(sandbox.json(0, &["ledger", "verify"])["findings"], json!([]));
}

#[test]
fn what_a_merge_queue_tests_is_told_as_well() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let mut sandbox = sandbox();
    let hub = Hub::start(&mut sandbox, None);
    let (first, _) = pull(&sandbox, &hub, "one", "main", &["freeze-exception"]);
    let (second, _) = pull(&sandbox, &hub, "two", "main", &[]);
    // A queue puts each pull request on top of those before it.
    let queue = |number: u64, below: &str| {
        sandbox.git(&["checkout", "--quiet", "--detach", below]);
        let tip = sandbox.commit(
            &format!("Merge pull request #{number}"),
            &[(&format!("{number}"), below)],
        );
        let branch = format!("gh-readonly-queue/main/pr-{number}-{below}");
        sandbox.git(&["push", "--quiet", "origin", &format!("HEAD:refs/heads/{branch}")]);
        sandbox.git(&["switch", "--quiet", "main"]);
        tip
    };
    let one = queue(first, &sandbox.git(&["rev-parse", "main"]));
    let two = queue(second, &one);
    let states = || [&one, &two].map(|tip| told(&hub, tip).last().cloned().unwrap_or_default());
    // What is asked for before there is a freeze lets all of it in.
    let document = sandbox.json(0, &["freeze"]);
    assert_eq!(states(), ["success", "success"], "{document}");
    assert_eq!(document["groups"][1]["pulls"], json!([second, first]), "{document}");
    let run = sandbox
        .tidegate(&["freeze", "main", "--reason", "the release"])
        .exits(0);
    insta::assert_snapshot!("freeze_queue", run.stderr);
    assert_eq!(states(), ["success", "failure"]);
    assert_eq!(sandbox.json(0, &["freeze"])["already"], true);
    let labels = json!({ "labels": ["freeze-exception"] });
    hub.api().send("POST", &format!("issues/{second}/labels"), &labels);
    sandbox.tidegate(&["freeze"]).exits(0);
    assert_eq!(states(), ["success", "success"]);
    // A group on top of one that nobody knows stays out.
    let unknown = queue(999, &two);
    let above = queue(first, &unknown);
    sandbox.tidegate(&["freeze"]).exits(0);
    assert_eq!(told(&hub, &unknown), ["failure"]);
    assert_eq!(told(&hub, &above), ["failure"]);
    sandbox.tidegate(&["thaw", "main"]).exits(0);
    assert_eq!(told(&hub, &above), ["failure", "success"]);
    assert_eq!(sandbox.json(0, &["freeze"])["already"], true);
}

#[test]
fn every_open_pull_request_is_told() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let mut sandbox = sandbox();
    let hub = Hub::start(&mut sandbox, None);
    let (plain, first) = pull(&sandbox, &hub, "one", "main", &[]);
    let (_, second) = pull(&sandbox, &hub, "two", "main", &["Freeze-Exception"]);
    sandbox.git(&["push", "--quiet", "origin", "main:refs/heads/release/1.4"]);
    let (_, elsewhere) = pull(&sandbox, &hub, "three", "release/1.4", &[]);

    let freeze = [
        "freeze",
        "main",
        "--reason",
        "the release",
        "--until",
        "2099-01-01T00:00:00Z",
    ];
    let run = sandbox.tidegate(&freeze).exits(0);
    insta::assert_snapshot!("freeze_told", run.stderr);
    assert_eq!(
        (told(&hub, &first), told(&hub, &second)),
        (vec!["failure".to_owned()], vec!["success".to_owned()])
    );
    assert!(told(&hub, &elsewhere).is_empty());
    let again = sandbox.json(0, &freeze);
    assert_eq!((&again["already"], &again["steps"]), (&true.into(), &json!([])));

    // The label that people set is heard at the next look, and so is a branch that was never frozen.
    let labels = json!({ "labels": ["freeze-exception"] });
    hub.api().send("POST", &format!("issues/{plain}/labels"), &labels);
    let one = sandbox.json(0, &["freeze", "--pull", &plain.to_string()]);
    assert_eq!(
        (&one["status"], &one["pulls"][0]["state"]),
        (&"told".into(), &"success".into())
    );
    let all = sandbox.json(0, &["freeze"]);
    assert_eq!(all["pulls"].as_array().unwrap().len(), 3);
    assert_eq!(
        (told(&hub, &first), told(&hub, &elsewhere)),
        (
            vec!["failure".to_owned(), "success".to_owned()],
            vec!["success".to_owned()]
        )
    );
    assert_eq!(sandbox.json(0, &["freeze"])["already"], true);
    let unknown = sandbox.json(2, &["freeze", "--pull", "999"]);
    assert!(unknown.to_string().contains("there is no pull request 999"));

    // A rule that demands the status silences the warning.
    let required = json!({ "required_status_checks": [{ "context": "tidegate/freeze" }] });
    let rules = json!([{ "type": "required_status_checks", "ruleset_id": 1, "parameters": required }]);
    hub.extras().set_rules("main", rules);
    let other = sandbox.json(0, &["freeze", "main", "--reason", "another", "--allow-label", "urgent"]);
    assert_eq!(other.get("warnings"), None);
    assert_eq!(
        told(&hub, &first).last().unwrap(),
        "failure",
        "the label of the freeze before lets nothing in"
    );
    sandbox.tidegate(&["thaw", "main"]).exits(0);
    assert_eq!(
        (
            told(&hub, &first).last().unwrap().as_str(),
            told(&hub, &second).last().unwrap().as_str()
        ),
        ("success", "success")
    );
}

#[test]
fn killed_at_every_request_and_run_again_all_is_told() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let freeze = ["freeze", "main", "--reason", "the release"];
    let before = sandbox();
    let prepared = |at: usize| {
        let mut sandbox = before.copy();
        let trip = Trip::new(&mut sandbox);
        trip.wire_origin(&sandbox);
        let hub = Hub::start(&mut sandbox, Some(&trip));
        let (_, commit) = pull(&sandbox, &hub, "one", "main", &[]);
        let run = trip.kill(sandbox.tidegate_command(&sandbox.work(), &freeze), at);
        (sandbox, hub, trip, commit, run)
    };
    let (_sandbox, _hub, trip, _, run) = prepared(0);
    run.exits(0);
    let wires = trip.wires();
    assert!(wires >= 12, "{wires}");
    Trip::at_each(wires, |wire| {
        let (sandbox, hub, trip, commit, run) = prepared(wire);
        assert_eq!(run.code, -1, "killed at wire {wire}");
        for _ in 0..2 {
            trip.kill(sandbox.tidegate_command(&sandbox.work(), &freeze), 0)
                .exits(0);
            assert_eq!(told(&hub, &commit), ["failure"], "killed at wire {wire}");
            let log = sandbox.json(0, &["ledger", "log"]).to_string();
            assert_eq!(log.matches("\"branch-frozen\"").count(), 1, "killed at wire {wire}");
            assert_eq!(hub.api().get("labels/freeze-exception")["color"], "d93f0b");
        }
    });
}

#[test]
fn what_is_told_fits_and_keeps_the_label() {
    let at = |text: &str| text.parse().unwrap();
    let mut freeze = Freeze {
        number: 1,
        by: Actor("maintainer".to_owned()),
        at: at("2026-03-03T12:00:00Z"),
        reason: "r".repeat(300),
        until: Some(at("2026-03-04T12:00:00Z")),
        label: "freeze-exception".to_owned(),
        thawed: None,
    };
    let pull = Pull {
        number: 1,
        url: String::new(),
        title: String::new(),
        state: PullState::Open,
        draft: false,
        base: "main".to_owned(),
        head: "topic".to_owned(),
        head_commit: "a".repeat(40).parse().unwrap(),
        merge_commit: None,
        labels: Vec::new(),
    };
    let description = verdict(&pull, Some(&freeze)).description;
    assert_eq!(description.chars().count(), 140);
    assert!(
        description.ends_with("…; the label freeze-exception lets it in"),
        "{description}"
    );
    freeze.label = "l".repeat(300);
    assert_eq!(verdict(&pull, Some(&freeze)).description.chars().count(), 140);
    let holds = |freeze: &Freeze, text: &str| freeze.holds(at(text));
    assert!(holds(&freeze, "2026-03-04T11:59:59Z") && !holds(&freeze, "2026-03-04T12:00:00Z"));
    freeze.thawed = Some(Actor("maintainer".to_owned()));
    assert!(!holds(&freeze, "2026-03-03T12:00:00Z"));
}
