//! `ledger recover`: a ledger whose branch is gone is made anew out of what is left, and says so; nothing opens by it.

mod killed;
mod plan;

use std::path::PathBuf;

use serde_json::Value;

use crate::common::desk::{Desk, Instead};
use crate::common::project::{Project, rule};
use crate::common::{Run, Sandbox};

const BRANCH: &str = "refs/heads/tidegate/ledger";

/// A project whose promotions are shown at a desk: 0.1.0 ran in `dev`, 0.1.1 runs there now.
fn shown() -> (Project, Desk) {
    let mut project = Project::released();
    let desk = Desk::start();
    desk.serves(&mut project.sandbox);
    project.run(0, &["promote", "dev"]);
    project.release("1.5.0");
    project.run(0, &["promote", "dev"]);
    project.run(0, &["lock", "qa", "--reason", "a move"]);
    (project, desk)
}

/// Takes the branch away at the remote.
fn lose(sandbox: &Sandbox) {
    let origin = sandbox.path().join("origin.git");
    sandbox.git_in(&origin, &["update-ref", "-d", BRANCH]);
}

/// A clone that has never seen the ledger.
fn newcomer(sandbox: &Sandbox) -> PathBuf {
    let folder = sandbox.path().join("newcomer");
    if !folder.exists() {
        let arguments = ["clone", "--quiet", "origin.git", "newcomer"];
        sandbox.git_in(sandbox.path(), &arguments);
        // A copy of the sandbox has an origin of its own.
        sandbox.git_in(&folder, &["remote", "set-url", "origin", "../origin.git"]);
    }
    folder
}

fn run_in(sandbox: &Sandbox, code: i32, arguments: &[&str]) -> Run {
    let folder = newcomer(sandbox);
    Run::of(sandbox.tidegate_command(&folder, arguments).output().unwrap()).exits(code)
}

fn json_in(sandbox: &Sandbox, code: i32, arguments: &[&str]) -> Value {
    run_in(sandbox, code, &[arguments, &["--output", "json"]].concat()).json()
}

fn kinds(events: &Value) -> Vec<&str> {
    let events = events.as_array().unwrap().iter();
    events.map(|event| event["type"].as_str().unwrap()).collect()
}

#[test]
fn tags_and_deployments_make_a_ledger_that_opens_nothing_by_itself() {
    let (project, desk) = shown();
    let sandbox = &project.sandbox;
    lose(sandbox);
    let plan = json_in(sandbox, 0, &["ledger", "recover", "--dry-run"]);
    assert_eq!((&plan["status"], &plan["kept"]), (&"planned".into(), &0.into()));
    assert_eq!(project.ledger(), "", "a dry run writes nothing");
    let document = json_in(sandbox, 0, &["ledger", "recover"]);
    assert_eq!(document["status"], "recovered");
    assert_eq!(document["events"], plan["events"]);
    assert_eq!(
        kinds(&document["events"]),
        [
            "recovered",
            "version-recovered",
            "version-recovered",
            "deployment-recovered",
            "deployment-recovered"
        ]
    );
    // Each says where it was found, and when by GitHub's clock.
    let (loss, first) = (&document["events"][0], &document["events"][3]);
    assert_eq!(loss["known"]["place"], "deployment 2 on GitHub");
    let papers = desk.papers();
    assert_eq!(loss["known"]["anchor"], papers.deployments[1]["payload"]["ledger"]);
    assert_eq!(first["from"]["address"], papers.deployments[0]["url"]);
    assert_eq!(first["from"]["at"], papers.deployments[0]["created_at"]);
    assert_eq!(first["began_at"], papers.deployments[0]["created_at"]);
    let status = |index: usize| papers.deployment_statuses[index].1["created_at"].clone();
    assert_eq!(first["outcome"]["outcome"], "verified");
    assert_eq!(first["outcome"]["at"], status(2));
    let last = document["events"][4]["outcome"].clone();
    assert_eq!((last["at"].is_string(), last.get("until")), (true, None));
    drop(papers);

    // It goes on beyond every number that may have been given, and holds together.
    let log = json_in(sandbox, 0, &["ledger", "log"]);
    let numbers: Vec<u64> = log["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["sequence"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers.len(), 5);
    let known = loss["known"]["anchor"]["sequence"].as_u64().unwrap();
    assert!(numbers[4] > known + 1000, "{numbers:?}");
    assert_eq!(numbers, (numbers[4]..numbers[4] + 5).rev().collect::<Vec<u64>>());

    // Until a person who may says that it goes on, everything is shut, and `verify` asks for that.
    let audit = json_in(sandbox, 7, &["ledger", "verify"]);
    let findings = audit["findings"].as_array().unwrap();
    assert_eq!((findings.len(), &findings[0]["kind"]), (1, &"recovered".into()));
    assert_eq!(
        audit["lost"].as_array().unwrap().len(),
        3,
        "two deployments and a tag: {audit}"
    );
    let verdict = json_in(sandbox, 3, &["gate", "dev"]);
    let saw = rule(&verdict, "lock")["saw"].as_str().unwrap();
    assert!(saw.contains("the ledger was recovered"), "{saw}");
    assert_eq!(
        rule(&verdict, "lock")["opens"],
        format!("`tidegate unlock --all --lock {}`", numbers[4])
    );

    // The clone that has seen the lost one goes on refusing until it is told.
    project.run(7, &["gate", "dev"]);
    let told = project.json(0, &["ledger", "recover"]);
    assert_eq!((&told["status"], &told["forgotten"]), (&"there".into(), &true.into()));
    project.run(3, &["gate", "dev"]);
    let again = project.json(0, &["ledger", "recover"]);
    assert_eq!(
        (&again["status"], &again["forgotten"]),
        (&"there".into(), &false.into())
    );

    project.run(0, &["unlock", "--all", "--reason", "0.1.1 runs in dev"]);
    let audit = project.run(0, &["ledger", "verify"]);
    assert!(
        audit.stderr.contains("which tag v0.1.1 names, was lost"),
        "{}",
        audit.stderr
    );
    let waiting = project.json(4, &["gate", "uat"]);
    let next = waiting["next_check_at"]
        .as_str()
        .unwrap()
        .parse::<jiff::Timestamp>()
        .unwrap();
    let verified: jiff::Timestamp = last["at"].as_str().unwrap().parse().unwrap();
    assert_eq!(
        next,
        verified + jiff::SignedDuration::from_hours(24),
        "soak counts from GitHub's time"
    );
    let deployed = project.deployed();
    project.run(0, &["promote", "dev"]);
    assert_eq!(project.deployed(), deployed, "it runs there");
    // 0.1.0 is known to have worked there: it can be gone back to.
    let back = project.json(0, &["rollback", "dev", "--reason", "slow", "--dry-run"]);
    assert_eq!(back["to"]["version"], "0.1.0");

    // Who asked for it is not known, so nobody's approval is known to be another's.
    for person in ["qa-lead", "release-manager-1"] {
        project.run(0, &["approve", "staging", "--actor", person]);
    }
    let verdict = project.json(5, &["gate", "staging"]);
    let saw = rule(&verdict, "approvals")["saw"].as_str().unwrap();
    assert!(saw.contains("who asked for 0.1.1 was lost with the ledger"), "{saw}");
    let version = project.release("1.5.1");
    for person in ["qa-lead", "release-manager-1"] {
        project.run(0, &["approve", "staging", "--actor", person]);
    }
    assert_eq!(project.json(0, &["gate", "staging"])["release"]["version"], version);
}

#[test]
fn a_recovered_ledger_is_exported_lost_and_brought_back_like_any_other() {
    let (project, _desk) = shown();
    let sandbox = &project.sandbox;
    lose(sandbox);
    json_in(sandbox, 0, &["ledger", "recover"]);
    json_in(sandbox, 0, &["lock", "uat", "--reason", "after it"]);
    let (commit, lines) = (project.ledger(), run_in(sandbox, 0, &["ledger", "export"]).stdout);
    assert_eq!(lines.lines().count(), 6);
    let file = sandbox.path().join("events.jsonl");
    std::fs::write(&file, &lines).unwrap();
    let import = ["ledger", "import", file.to_str().unwrap()];
    assert_eq!(json_in(sandbox, 0, &import)["restored"], 0);
    for kept in ["", "~2"] {
        let origin = sandbox.path().join("origin.git");
        match kept {
            "" => lose(sandbox),
            back => drop(sandbox.git_in(&origin, &["update-ref", BRANCH, &format!("{BRANCH}{back}")])),
        }
        let restored = json_in(sandbox, 0, &import)["restored"].as_u64().unwrap();
        assert_eq!(restored, if kept.is_empty() { 6 } else { 2 });
        assert_eq!(project.ledger(), commit);
    }
    // A stream's events are found on both sides of the numbers that are free.
    let log = json_in(sandbox, 0, &["ledger", "log", "--environment", "dev"]);
    assert_eq!(kinds(&log["events"]), ["deployment-recovered", "deployment-recovered"]);
}

#[test]
fn a_whole_copy_is_better_than_pieces() {
    let (project, _desk) = shown();
    let audit = project.json(0, &["ledger", "verify"]);
    let (events, before) = (audit["events"].as_u64().unwrap(), project.ledger());
    // A clone that has seen only a part: it knows more of the first release than GitHub does.
    let sandbox = &project.sandbox;
    json_in(sandbox, 0, &["ledger", "verify"]);
    project.release("1.5.1");
    project.run(0, &["promote", "dev"]);
    lose(sandbox);
    let document = json_in(sandbox, 0, &["ledger", "recover"]);
    assert_eq!(document["kept"], events);
    assert_eq!(
        kinds(&document["events"]),
        ["recovered", "version-recovered", "deployment-recovered"]
    );
    assert_eq!(document["events"][0]["after"], events);
    assert_eq!(document["events"][2]["release"]["version"], "0.1.2");
    let origin = sandbox.path().join("origin.git");
    assert_eq!(
        sandbox.git_in(&origin, &["rev-parse", &format!("{BRANCH}~3")]),
        before,
        "what was kept is in its place, byte by byte"
    );
    json_in(sandbox, 0, &["unlock", "--all", "--reason", "0.1.2 runs in dev"]);
    let audit = json_in(sandbox, 0, &["ledger", "verify"]);
    assert_eq!(audit["lost"].as_array().unwrap().len(), 1, "the deployment: {audit}");
    let log = json_in(sandbox, 0, &["ledger", "log", "--limit", "100"]);
    assert_eq!(log["events"].as_array().unwrap().len() as u64, events + 4);
    let log = json_in(sandbox, 0, &["ledger", "log", "--limit", "5"]);
    assert_eq!(kinds(&log["events"])[4], "locked", "the last that was kept");
    let verdict = json_in(sandbox, 3, &["gate", "qa"]);
    assert_eq!(rule(&verdict, "lock")["status"], "fail", "the lock of qa was kept");
    // The clone that has seen what was lost is told so, and forgets it.
    project.run(7, &["status"]);
    assert_eq!(project.json(0, &["ledger", "recover"])["forgotten"], true);
    project.run(0, &["status"]);
}

#[test]
fn a_copy_of_another_ledger_is_not_used() {
    let (project, desk) = shown();
    project.json(0, &["ledger", "verify"]);
    let other = format!("sha256:{}", "0".repeat(64));
    desk.papers().deployments[0]["payload"]["ledger"]["event"] = other.into();
    lose(&project.sandbox);
    let document = project.json(0, &["ledger", "recover"]);
    assert_eq!(document["kept"], 0);
    let left_out = document["left_out"][0].as_str().unwrap();
    assert!(
        left_out.contains("another event than deployment 1 on GitHub names"),
        "{left_out}"
    );
    assert_eq!(document["forgotten"], true);
}

#[test]
fn a_ledger_that_is_there_is_left_alone() {
    let (project, _desk) = shown();
    let document = project.unchanged(0, &["ledger", "recover"]);
    assert_eq!(
        (&document["status"], &document["forgotten"]),
        (&"there".into(), &false.into())
    );
    // One that was cut short is found, and is not taken for one that was recovered.
    let origin = project.sandbox.path().join("origin.git");
    project
        .sandbox
        .git_in(&origin, &["update-ref", BRANCH, &format!("{BRANCH}~2")]);
    let document = project.unchanged(0, &["ledger", "recover"]);
    assert_eq!(document["forgotten"], false);
    project.run(7, &["gate", "dev"]);
}

#[test]
fn half_of_what_is_left_does_not_pass_for_all_of_it() {
    let (project, desk) = shown();
    lose(&project.sandbox);
    desk.instead("GET deployments", Instead::Refuse(403));
    let error = json_in(&project.sandbox, 6, &["ledger", "recover"]);
    assert!(error["help"].as_str().unwrap().contains("deployments: read"), "{error}");
    assert_eq!(project.ledger(), "");
    desk.papers().instead.clear();
    desk.instead("GET deployments/2/statuses", Instead::Refuse(500));
    json_in(&project.sandbox, 6, &["ledger", "recover"]);
    assert_eq!(project.ledger(), "");
}

#[test]
fn without_github_the_tags_are_left_and_an_image_is_bound_again_by_push() {
    let project = Project::released();
    let sandbox = &project.sandbox;
    lose(sandbox);
    let document = json_in(sandbox, 0, &["ledger", "recover"]);
    assert_eq!(kinds(&document["events"]), ["recovered", "version-recovered"]);
    assert!(
        document["left_out"][0].as_str().unwrap().contains("there is no token"),
        "{document}"
    );
    let layout = crate::common::fixture("quckchat")
        .join("images/1.4.0")
        .display()
        .to_string();
    json_in(sandbox, 0, &["push", &layout, "--release", "0.1.0"]);
    json_in(sandbox, 0, &["unlock", "--all", "--reason", "looked"]);
    json_in(sandbox, 0, &["promote", "dev"]);
    // Whoever pushes again did not ask for the version, and who did is not known.
    for person in ["qa-lead", "release-manager-1"] {
        json_in(sandbox, 0, &["approve", "staging", "--actor", person]);
    }
    json_in(sandbox, 5, &["gate", "staging"]);
}

#[test]
fn where_nothing_was_there_is_nothing_to_recover() {
    let project = Project::new();
    let document = project.json(3, &["ledger", "recover"]);
    assert!(
        document["refusal"]["reason"]
            .as_str()
            .unwrap()
            .contains("nothing is left"),
        "{document}"
    );
    assert_eq!(project.ledger(), "");
}

#[test]
fn without_a_remote_the_repository_itself_remembers() {
    let project = Project::released();
    let sandbox = &project.sandbox;
    sandbox.git(&["remote", "remove", "origin"]);
    for environment in ["dev", "qa"] {
        sandbox.json(0, &["lock", environment, "--reason", "alone"]);
    }
    sandbox.git(&["update-ref", "-d", BRANCH]);
    sandbox.json(7, &["status"]);
    let document = sandbox.json(0, &["ledger", "recover"]);
    assert_eq!(
        (&document["kept"], &document["status"]),
        (&2.into(), &"recovered".into())
    );
    sandbox.json(0, &["unlock", "--all", "--reason", "it is the same"]);
    assert_eq!(sandbox.json(0, &["ledger", "verify"])["events"], 5);
}

#[test]
fn only_whoever_may_unlock_everywhere_lets_a_recovered_ledger_go_on() {
    let (project, _desk) = shown();
    let sandbox = &project.sandbox;
    project.rules_of_dev("gate.access = { unlock = ['user:release-manager-1'] }", &[]);
    lose(sandbox);
    json_in(sandbox, 0, &["ledger", "recover"]);
    // Somebody else, and somebody who only says that he is the one.
    run_in(sandbox, 0, &["unlock", "--all", "--reason", "trust me"]);
    json_in(sandbox, 7, &["ledger", "verify"]);
    let folder = newcomer(sandbox);
    let mut posing = sandbox.tidegate_command(&folder, &["unlock", "--all", "--actor", "release-manager-1"]);
    posing.env("GIT_CONFIG_COUNT", "0");
    Run::of(posing.output().unwrap()).exits(0);
    json_in(sandbox, 7, &["ledger", "verify"]);
    json_in(sandbox, 3, &["gate", "dev"]);
    run_in(sandbox, 0, &["unlock", "--all", "--actor", "release-manager-1"]);
    json_in(sandbox, 0, &["ledger", "verify"]);
    json_in(sandbox, 0, &["gate", "dev"]);
    // A later lock of the ladder is no reason to doubt the recovery again.
    run_in(sandbox, 0, &["lock", "--all", "--reason", "an incident"]);
    json_in(sandbox, 0, &["ledger", "verify"]);
}

#[test]
fn an_anchor_that_turns_up_later_is_of_the_lost_history_or_shows_another_one() {
    let (project, desk) = shown();
    let sandbox = &project.sandbox;
    lose(sandbox);
    json_in(sandbox, 0, &["ledger", "recover"]);
    run_in(sandbox, 0, &["unlock", "--all"]);
    let other = format!("sha256:{}", "0".repeat(64));
    let known = desk.papers().deployments[1]["payload"]["ledger"]["sequence"]
        .as_u64()
        .unwrap();
    let verify = |code: i32, number: u64| {
        let anchor = format!("{number} {other}");
        json_in(sandbox, code, &["ledger", "verify", "--anchor", &anchor])
    };
    for lost in [1, known + 5] {
        let audit = verify(0, lost);
        let words = audit["lost"][0].as_str().unwrap();
        assert!(
            words.contains("which --anchor names, was lost: maintainer recovered"),
            "{words}"
        );
    }
    let audit = verify(7, known);
    assert_eq!(audit["findings"][0]["kind"], "rewritten", "two events of one number");
    let last = json_in(sandbox, 0, &["ledger", "log", "-n", "1"])["events"][0]["sequence"]
        .as_u64()
        .unwrap();
    verify(7, last);
    verify(7, last + 1);
}
