//! The desk, which stands in for GitHub where `emulate` lacks something, is held against GitHub's own description of its
//! API: each answer that it gives, and each request that is made of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;
use tidegate::model::fact::FactState;
use tidegate::model::mirror::ShownStatus;
use tidegate::model::name::CommitId;
use tidegate::model::verdict::VerdictStatus;
use tidegate::ports::checks::Checks as _;
use tidegate::ports::mirror::Mirror as _;
use tidegate::ports::records::Records as _;

use crate::checks::{github, wait_for};
use crate::common::contract::{self, Call, Contract, DESK_CALLS};
use crate::common::description::Description;
use crate::common::desk::{Desk, Instead};
use crate::common::emulate::send;
use crate::mirror::{deployment, verdict};
use crate::records::{fill, with_pull};

fn is_known<T: std::fmt::Debug>(state: FactState<T>) {
    assert!(matches!(state, FactState::Known { .. }), "{state:?}");
}

#[test]
fn no_request_and_no_answer_violates_the_description() {
    if !contract::is_there() {
        return;
    }
    let desk = with_pull();
    fill(&desk);
    let contract = Contract::of_desk(&desk);
    desk.papers().description = Some(Arc::new(Description::load()));
    let [commit, head]: [CommitId; 2] = ["c", "a"].map(|letter| letter.repeat(40).parse().unwrap());
    for state in ["success", "pending", "error"] {
        desk.status(commit.as_str(), ("qa-1", "User"), "ci", state);
    }
    for (status, conclusion) in [
        ("queued", None),
        ("completed", Some("success")),
        ("completed", Some("timed_out")),
    ] {
        desk.check(head.as_str(), "github-actions", "build", status, conclusion);
    }
    let trees = [&commit, &head].map(|commit| (commit.to_string(), "1".repeat(40)));
    desk.papers().trees = trees.to_vec();
    wait_for(async {
        let github = github(&contract.url);
        is_known(github.of(&head).await);
        is_known(github.of(&commit).await);
        let same_tree = github.of_same_tree(&commit).await;
        assert!(
            matches!(&same_tree, FactState::Known { value } if value.len() == 1),
            "{same_tree:?}"
        );

        is_known(github.run("70", 1).await);
        is_known(github.run_reviews("70").await);
        is_known(github.pulls(&commit).await);
        is_known(github.permission("qa-1").await);
        is_known(github.is_member("octo/qa", "qa-1").await);
        is_known(github.is_member("octo/qa", "nobody").await);

        let mut shown = deployment();
        for status in [ShownStatus::InProgress, ShownStatus::Success, ShownStatus::Failure] {
            shown.status = status;
            shown.url = Some("https://example.com".to_owned());
            github.deployment(&shown).await;
        }
        assert_eq!(github.anchors().await.unwrap().len(), 1);
        let found = github.deployments().await.unwrap();
        assert_eq!((found.len(), found[0].statuses.len()), (1, 3));
        let statuses = [
            VerdictStatus::Open,
            VerdictStatus::Waiting,
            VerdictStatus::Undecidable,
            VerdictStatus::Closed,
        ];
        for status in statuses {
            let mut shown = verdict();
            shown.status = status;
            github.verdict(&shown).await;
        }
        desk.instead("POST check-runs", Instead::Refuse(403));
        for status in statuses {
            let mut shown = verdict();
            shown.status = status;
            github.verdict(&shown).await;
        }
    });
    assert_eq!(contract.violations(), [""; 0]);
    let papers = desk.papers();
    assert_eq!(papers.deployment_statuses.len(), 3);
    // The last verdict is the one that a check run shows already.
    assert_eq!((papers.check_runs.len(), papers.statuses.len()), (3 + 4, 3 + 3));
    let listed: BTreeSet<Call> = DESK_CALLS
        .iter()
        .map(|(method, path)| ((*method).into(), (*path).into()))
        .collect();
    assert_eq!(contract.calls(), listed);
}

#[test]
fn a_wrong_answer_is_told() {
    if !contract::is_there() {
        return;
    }
    let desk = Desk::start();
    let contract = Contract::of_desk(&desk);
    let commit = "c".repeat(40);
    desk.status(&commit, ("qa-1", "User"), "ci", "success");
    let address = format!("{}/repos/octo/demo/commits/{commit}/statuses", contract.url);
    send("GET", &address, "");
    let violations = contract.violations();
    assert!(violations.iter().any(|told| told.contains("node_id")), "{violations:?}");
    desk.papers().description = Some(Arc::new(Description::load()));
    send("GET", &address, "");
    assert_eq!(contract.violations(), [""; 0], "filled up, it is right");
    desk.papers().statuses[0]["id"] = json!("one");
    send("GET", &address, "");
    let violations = contract.violations();
    assert!(violations.iter().any(|told| told.contains("integer")), "{violations:?}");
}
