//! Pull requests, labels, milestones, issues and statuses on GitHub's stand-in, and merges that are real git.

use serde_json::json;
use tidegate::adapters::github::GitHub;
use tidegate::model::name::CommitId;
use tidegate::model::pull::{BranchRule, CommitStatus, Label, Milestone, Proposal, PullState, StatusState};
use tidegate::model::secret::Secret;
use tidegate::ports::pulls::{Opened, Pulls};

use crate::common::emulate::INSTALL;
use crate::common::hub::Hub;
use crate::common::pulls::Merge;
use crate::common::{self, Sandbox};
use crate::github;

fn open(sandbox: &Sandbox) -> GitHub {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let url = &sandbox.variables["GITHUB_API_URL"];
    GitHub::new(url, "octo/demo", Secret::new("token".to_owned())).unwrap()
}

fn proposal(head: &str, title: &str) -> Proposal {
    Proposal {
        head: head.to_owned(),
        base: "main".to_owned(),
        title: title.to_owned(),
        body: "Why.".to_owned(),
        draft: false,
        labels: vec!["backport 1.4".to_owned()],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_is_opened_once_and_merged_in_three_ways() {
    let mut sandbox = github::sandbox(github::CONFIG);
    if !common::has("emulate", INSTALL) {
        return;
    }
    let hub = Hub::start(&mut sandbox, None);
    let github = open(&sandbox);
    let label = Label {
        name: "backport 1.4".to_owned(),
        color: "0e8a16".to_owned(),
        description: "To be picked onto release/1.4".to_owned(),
    };
    github.keep_label(&label).await.unwrap();
    github.keep_label(&label).await.unwrap();
    assert!(github.labels().await.unwrap().contains(&label));
    for (how, parents) in [(Merge::Commit, 2), (Merge::Squash, 1), (Merge::Rebase, 1)] {
        let head = format!("topic/{how:?}");
        sandbox.git(&["switch", "--quiet", "--create", &head, "origin/main"]);
        for file in ["one", "two"] {
            sandbox.commit(
                &format!("fix: {file} by {how:?}"),
                &[(&format!("{how:?}-{file}"), "text")],
            );
        }
        sandbox.git(&["push", "--quiet", "origin", &head]);
        let title = format!("fix: {how:?}");
        let Opened::New(made) = github.open_pull(&proposal(&head, &title)).await.unwrap() else {
            panic!("it was there");
        };
        let Opened::Same(same) = github.open_pull(&proposal(&head, &title)).await.unwrap() else {
            panic!("it is opened twice");
        };
        assert_eq!(
            (same.number, same.state, same.merge_commit),
            (made.number, PullState::Open, None)
        );
        assert_eq!(same.labels, ["backport 1.4"]);
        assert_eq!(github.pulls_into("main").await.unwrap().len(), 1);
        let commits = github.pull_commits(made.number).await.unwrap();
        assert_eq!(commits.len(), 2, "{commits:?}");
        assert!(commits[0].message.starts_with("fix: one"));
        let commit = hub.extras().merge(made.number, how);
        let merged = github.pull(made.number).await.unwrap().unwrap();
        assert_eq!(merged.state, PullState::Merged);
        assert_eq!(merged.merge_commit.unwrap().as_str(), commit);
        assert_eq!(github.pulls_into("main").await.unwrap(), []);
        assert_eq!(github.pulls_from(&head).await.unwrap()[0].state, PullState::Merged);
        sandbox.git(&["fetch", "--quiet"]);
        let told = sandbox.git(&["log", "-1", "--format=%P", "origin/main"]);
        assert_eq!(told.split_whitespace().count(), parents);
    }
    let numbers: Vec<u64> = github
        .merged_with("backport 1.4")
        .await
        .unwrap()
        .iter()
        .map(|pull| pull.number)
        .collect();
    assert_eq!(numbers.len(), 3);
    github.unlabel_pull(numbers[0], "backport 1.4").await.unwrap();
    github.unlabel_pull(numbers[0], "backport 1.4").await.unwrap();
    assert_eq!(github.merged_with("backport 1.4").await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_around_pull_requests_is_kept_once() {
    let mut sandbox = github::sandbox(github::CONFIG);
    if !common::has("emulate", INSTALL) {
        return;
    }
    let hub = Hub::start(&mut sandbox, None);
    let github = open(&sandbox);
    let mut milestone = Milestone {
        title: "1.4.0".to_owned(),
        description: "The line release/1.4".to_owned(),
        open: true,
    };
    for open in [true, true, false] {
        milestone.open = open;
        github.keep_milestone(&milestone).await.unwrap();
        assert_eq!(github.milestones().await.unwrap(), [milestone.clone()]);
    }

    let issue = hub
        .api()
        .send("POST", "issues", &json!({ "title": "hold it", "labels": ["cut"] }));
    let issues = github.issues("cut").await.unwrap();
    assert_eq!(
        issues.iter().map(|one| one.number).collect::<Vec<_>>(),
        [issue["number"].as_u64().unwrap()]
    );
    let number = issues[0].number;
    for text in ["first", "first", "second"] {
        github.comment(number, "backport", text).await.unwrap();
    }
    github.comment(number, "other", "third").await.unwrap();
    let said = hub.api().get(&format!("issues/{number}/comments"));
    let said: Vec<&str> = said
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["body"].as_str().unwrap())
        .collect();
    assert_eq!(said.len(), 2);
    assert!(
        said[0].starts_with("second") && said[1].starts_with("third"),
        "{said:?}"
    );

    let commit: CommitId = sandbox.git(&["rev-parse", "origin/main"]).parse().unwrap();
    let mut status = CommitStatus {
        context: "tidegate/freeze".to_owned(),
        state: StatusState::Failure,
        description: "main is frozen".to_owned(),
    };
    for (state, count) in [
        (StatusState::Failure, 1),
        (StatusState::Failure, 1),
        (StatusState::Success, 2),
    ] {
        status.state = state;
        github.set_status(&commit, &status).await.unwrap();
        assert_eq!(
            github.status(&commit, "tidegate/freeze").await.unwrap(),
            Some(status.clone())
        );
        assert_eq!(hub.extras().statuses(commit.as_str()).len(), count);
    }
    assert_eq!(github.status(&commit, "another").await.unwrap(), None);

    assert!(!github.branch_rules("release/1.4").await.unwrap().hold());
    let required = json!({ "required_status_checks": [{ "context": "tidegate/freeze" }] });
    let rules = json!([
        { "type": "creation", "ruleset_id": 7 },
        { "type": "required_status_checks", "ruleset_id": 7, "parameters": required },
    ]);
    hub.extras().set_rules("release/1.4", rules);
    let rules = github.branch_rules("release/1.4").await.unwrap();
    assert_eq!(rules.rules[0].0, BranchRule::Creation);
    assert!(rules.hold() && rules.demand("tidegate/freeze") && !rules.demand("build"));
}
