//! What `promote` and `rollback` show on GitHub: once, whatever happens in between, and never at the cost of a promotion.

mod killed;

use std::time::Duration;

use serde_json::{Value, json};
use tidegate::model::anchor::Anchor;
use tidegate::model::mirror::{ShownAttempt, ShownDeployment, ShownStatus, ShownVerdict};
use tidegate::model::verdict::VerdictStatus;
use tidegate::ports::mirror::Mirror;

use crate::checks::{github, wait_for};
use crate::common::Run;
use crate::common::desk::{Desk, Instead};
use crate::common::project::Project;

/// A released project and the desk that it is shown at.
fn project() -> (Project, Desk) {
    let mut project = Project::released();
    let desk = Desk::start();
    desk.serves(&mut project.sandbox);
    project
        .sandbox
        .variables
        .insert("GITHUB_RUN_ID".to_owned(), "70".to_owned());
    project
        .sandbox
        .variables
        .insert("GITHUB_SERVER_URL".to_owned(), "https://github.example.com".to_owned());
    (project, desk)
}

/// The last event of a kind, and the digest of its file.
fn event(project: &Project, kind: &str) -> Value {
    let log = project.json(0, &["ledger", "log"]);
    let mut events = log["events"].as_array().unwrap().iter();
    events.find(|event| event["type"] == kind).unwrap().clone()
}

#[test]
fn a_promotion_is_shown_once() {
    let (project, desk) = project();
    project.run(0, &["promote", "dev"]);
    let started = event(&project, "deployment-started");
    let number = started["sequence"].as_u64().unwrap();
    assert_eq!(
        desk.deployments(),
        [format!("dev 0.1.0 {number} in_progress, in_progress, success")]
    );
    let papers = desk.papers();
    let made = &papers.deployments[0];
    let release = &started["release"];
    assert_eq!(
        (&made["ref"], &made["task"]),
        (&release["commit"], &json!("deploy:app"))
    );
    assert_eq!(
        made["description"],
        format!("v0.1.0 ({})", &release["digest"].as_str().unwrap()[7..19])
    );
    assert_eq!(
        (&made["production_environment"], &made["transient_environment"]),
        (&json!(false), &json!(false))
    );
    let payload = &made["payload"];
    assert_eq!(
        (&payload["type"], &payload["component"]),
        (&json!("tidegate.deployment/1"), &json!("app"))
    );
    assert_eq!(payload["digest"], release["digest"]);
    assert_eq!(payload["ledger"]["sequence"], number);
    // The event after it names the digest of its file, so the anchor is what the chain holds.
    drop(papers);
    let succeeded = event(&project, "deployment-succeeded");
    assert_eq!(
        desk.papers().deployments[0]["payload"]["ledger"]["event"],
        succeeded["previous"]
    );
    let papers = desk.papers();
    let last = &papers.deployment_statuses[2].1;
    assert_eq!(last["log_url"], "https://github.example.com/octo/demo/actions/runs/70");
    assert_eq!(last["environment_url"], project.health.url("dev"));
    assert!(
        last["description"].as_str().unwrap().ends_with("/health answered 200"),
        "{last}"
    );
    let verdict = &papers.check_runs[0];
    assert_eq!(
        (&verdict["name"], &verdict["conclusion"]),
        (&json!("tidegate/dev/app"), &json!("success"))
    );
    assert_eq!(
        (&verdict["external_id"], &verdict["head_sha"]),
        (&json!("tidegate.verdict/1"), &release["commit"])
    );
    assert!(
        verdict["output"]["summary"].as_str().unwrap().contains("| image "),
        "{verdict}"
    );
    drop(papers);

    // A second run and a dry one show nothing new.
    let before = desk.deployments();
    project.run(0, &["promote", "dev"]);
    project.run(0, &["promote", "dev", "--dry-run"]);
    desk.asked();
    project.run(4, &["promote", "uat", "--dry-run"]);
    assert_eq!((desk.deployments(), desk.asked()), (before, Vec::new()));

    // Another release ends what was there; a roll-back is a deployment of its own.
    project.release("1.5.0");
    project.run(0, &["promote", "dev"]);
    project.run(0, &["rollback", "dev", "--reason", "slow"]);
    let told = desk.deployments();
    assert!(
        told[0].ends_with(" in_progress, in_progress, success, inactive"),
        "{told:?}"
    );
    assert!(
        told[1].starts_with("dev 0.1.1 ") && told[1].ends_with(" success, inactive"),
        "{told:?}"
    );
    assert!(
        told[2].starts_with("dev 0.1.0 ") && told[2].ends_with(" in_progress, success"),
        "{told:?}"
    );
    assert_eq!(told.len(), 3);
    project.run(0, &["rollback", "dev", "--reason", "slow"]);
    assert_eq!(desk.deployments(), told);
}

#[test]
fn a_failed_promotion_is_shown_with_what_runs_instead() {
    let (project, desk) = project();
    project.run(0, &["promote", "dev"]);
    project.release("1.5.0");
    project.health.set("dev", false);
    project.run(7, &["promote", "dev"]);
    project.health.set("dev", true);
    project.run(3, &["promote", "dev"]);
    let told = desk.deployments();
    assert!(told[0].ends_with(" success, inactive"), "{told:?}");
    assert!(
        told[1].starts_with("dev 0.1.1 ") && told[1].ends_with(" in_progress, failure"),
        "{told:?}"
    );
    assert!(
        told[2].starts_with("dev 0.1.0 ") && told[2].ends_with(" success"),
        "{told:?}"
    );
    let papers = desk.papers();
    let mut own = papers.deployment_statuses.iter().filter(|(of, _)| *of == 3);
    let words = own.next().unwrap().1["description"].clone();
    let words = words.as_str().unwrap();
    assert!(
        words.starts_with("it runs again in place of ") && words.chars().count() <= 140,
        "{words}"
    );
}

#[test]
fn a_verdict_is_a_check_or_a_status_and_is_made_anew_when_it_changes() {
    let (project, desk) = project();
    for (environment, code) in [("uat", 3), ("uat", 3), ("production", 4)] {
        project.run(code, &["promote", environment]);
    }
    let conclusions = |desk: &Desk| {
        let papers = desk.papers();
        let line = |run: &Value| {
            format!(
                "{} {} {}",
                run["name"].as_str().unwrap(),
                run["status"].as_str().unwrap(),
                run["conclusion"]
            )
        };
        papers.check_runs.iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(
        conclusions(&desk)[..1],
        [r#"tidegate/uat/app completed "failure""#],
        "the same verdict is not made twice"
    );
    assert!(conclusions(&desk).contains(&"tidegate/production/app in_progress null".to_owned()));
    assert_eq!(
        conclusions(&desk)
            .iter()
            .filter(|line| line.starts_with("tidegate/uat"))
            .count(),
        1
    );

    // A token that may make no check runs makes statuses.
    desk.instead("POST check-runs", Instead::Refuse(403));
    let run = project.run(3, &["promote", "qa"]);
    assert!(!run.stderr.contains("not shown"), "{}", run.stderr);
    project.run(3, &["promote", "qa"]);
    let papers = desk.papers();
    assert_eq!(papers.statuses.len(), 1, "once");
    let status = &papers.statuses[0];
    assert_eq!(
        (&status["context"], &status["state"]),
        (&json!("tidegate/qa/app"), &json!("failure"))
    );
    assert!(
        status["description"]
            .as_str()
            .unwrap()
            .starts_with("qa is closed for v0.1.0"),
        "{status}"
    );
    assert_eq!(
        status["target_url"],
        "https://github.example.com/octo/demo/actions/runs/70"
    );
}

#[test]
fn a_mirror_that_fails_costs_no_promotion() {
    for (begin, instead, expected) in [
        ("", Instead::Refuse(500), 1),
        ("", Instead::HangUp, 1),
        // Both the deployments and the verdicts are forbidden, each told once.
        ("", Instead::Refuse(403), 2),
        ("POST deployments", Instead::Refuse(422), 1),
        ("POST deployments/", Instead::Refuse(404), 1),
    ] {
        let (project, desk) = project();
        desk.instead(begin, instead);
        let run = project.run(0, &["promote", "dev"]);
        assert_eq!(run.stdout, "promoted\n");
        let told: Vec<&str> = run
            .stderr
            .lines()
            .filter(|line| line.contains("is not shown on GitHub"))
            .collect();
        assert_eq!(told.len(), expected, "{begin} {instead:?}: {}", run.stderr);
        assert!(
            told.iter()
                .all(|line| line.contains("WARN") && line.contains("the ledger has it: ")),
            "{told:?}"
        );
        if instead == Instead::Refuse(403) {
            assert!(
                run.stderr.contains("the token needs `deployments: write`"),
                "{}",
                run.stderr
            );
            assert!(
                run.stderr.contains("`checks: write` or `statuses: write`"),
                "{}",
                run.stderr
            );
        }
        project.json(0, &["ledger", "verify"]);
        // What is half shown is made whole by the next run; nothing is made up.
        desk.papers().instead.clear();
        project.run(0, &["promote", "dev"]);
        let whole: Vec<bool> = desk
            .deployments()
            .iter()
            .map(|told| told.ends_with(" success"))
            .collect();
        let expected: &[bool] = if begin == "POST deployments/" { &[true] } else { &[] };
        assert_eq!(whole, expected, "{begin} {instead:?}");
    }
}

#[test]
fn one_that_does_not_answer_is_given_up() {
    let desk = Desk::start();
    desk.instead("", Instead::Silence);
    wait_for(async {
        let github = github(&desk.url).with_patience(Duration::from_millis(300));
        let begin = std::time::Instant::now();
        for _ in 0..3 {
            github.deployment(&deployment()).await;
            github.verdict(&verdict()).await;
        }
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    });
    assert_eq!(desk.asked().len(), 1, "nothing more is tried");
}

pub fn deployment() -> ShownDeployment {
    let release = crate::gate_rules::case::release("1.4.0");
    let anchor = Anchor {
        sequence: 12,
        event: release.digest.clone(),
    };
    ShownDeployment {
        environment: "production".parse().unwrap(),
        release,
        attempt: ShownAttempt::Number(12, anchor),
        status: ShownStatus::InProgress,
        description: "it is being deployed".to_owned(),
        url: None,
        production: true,
    }
}

pub fn verdict() -> ShownVerdict {
    ShownVerdict {
        name: "tidegate/production/app".to_owned(),
        commit: deployment().release.commit,
        status: VerdictStatus::Open,
        title: "open".to_owned(),
        summary: "open".to_owned(),
    }
}

#[test]
fn the_anchors_are_those_of_our_deployments() {
    let desk = Desk::start();
    let (shown, mut components) = (deployment(), Vec::new());
    for number in 0..130 {
        let mut one = shown.clone();
        let ShownAttempt::Number(attempt, anchor) = &mut one.attempt else {
            panic!()
        };
        (*attempt, anchor.sequence) = (number, number);
        components.push(one);
    }
    wait_for(async {
        for one in &components {
            github(&desk.url).deployment(one).await;
        }
        add_others(&desk);
        let anchors = github(&desk.url).anchors().await.unwrap();
        let sequences: Vec<u64> = anchors.iter().map(|anchor| anchor.anchor.sequence).collect();
        assert_eq!(sequences, (0..130).rev().collect::<Vec<u64>>());
        assert_eq!(anchors[0].anchor.event, shown.release.digest);
        desk.instead("GET deployments", Instead::Refuse(403));
        let error = github(&desk.url).anchors().await.unwrap_err().to_string();
        assert!(error.contains("the token needs `deployments: read`"), "{error}");
    });
}

/// Deployments of others, one that is wrong, and one of ours whose payload comes as text.
fn add_others(desk: &Desk) {
    let mut papers = desk.papers();
    let text = papers.deployments[3]["payload"].to_string();
    papers.deployments[3]["payload"] = text.into();
    let wrong = json!({ "type": "tidegate.deployment/1" });
    for payload in [json!({}), json!(""), json!({ "type": "other" }), json!("{"), wrong] {
        let other = json!({ "id": 1000, "payload": payload, "environment": "dev", "task": "deploy" });
        papers.deployments.push(other);
    }
}

#[test]
fn a_ledger_that_was_cut_short_is_found_by_its_deployments() {
    let (project, desk) = project();
    project.run(0, &["promote", "dev"]);
    let run = project.run(0, &["ledger", "verify"]);
    assert!(run.stderr.contains("anchors outside of it: 1"), "{}", run.stderr);
    // A clone that has never seen it.
    project
        .sandbox
        .git_in(project.sandbox.path(), &["clone", "--quiet", "origin.git", "other"]);
    let origin = project.sandbox.path().join("origin.git");
    project.sandbox.git_in(
        &origin,
        &["update-ref", "refs/heads/tidegate/ledger", "tidegate/ledger~3"],
    );
    let verify = || {
        let folder = project.sandbox.path().join("other");
        Run::of(
            project
                .sandbox
                .tidegate_command(&folder, &["ledger", "verify"])
                .output()
                .unwrap(),
        )
    };
    let broken = verify().exits(7);
    assert!(broken.stderr.contains("deployment 1 on GitHub"), "{}", broken.stderr);
    desk.instead("GET deployments", Instead::Refuse(403));
    let unseen = verify().exits(0);
    assert!(
        unseen
            .stderr
            .contains("the events that deployments name are not checked"),
        "{}",
        unseen.stderr
    );
}
