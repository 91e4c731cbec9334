//! What GitHub has on record about people, as it is read back.

use serde_json::{Value, json};
use tidegate::model::fact::FactState;
use tidegate::model::name::CommitId;
use tidegate::model::record::{PullRecord, PullReview, ReviewState};
use tidegate::ports::records::Records;

use crate::checks::{github, wait_for};
use crate::common::desk::{Desk, Instead};

fn commit(letter: &str) -> CommitId {
    letter.repeat(40).parse().unwrap()
}

fn account(login: &str) -> Value {
    let kind = if login.ends_with("[bot]") { "Bot" } else { "User" };
    json!({ "login": login, "type": kind })
}

fn known<T>(state: FactState<T>) -> T {
    match state {
        FactState::Known { value } => value,
        FactState::Absent => panic!("absent"),
        FactState::Forbidden { reason } | FactState::Unavailable { reason } => panic!("{reason}"),
    }
}

fn review(by: &str, state: &str, letter: &str) -> Value {
    let mut review = json!({ "user": account(by), "state": state, "commit_id": commit(letter) });
    if state != "PENDING" {
        review["submitted_at"] = "2026-03-11T10:00:00Z".into();
    }
    review
}

/// A desk with a pull request that was merged as commit `c`.
pub fn with_pull() -> Desk {
    let desk = Desk::start();
    desk.pull(7, &"c".repeat(40), &"a".repeat(40));
    let mut papers = desk.papers();
    papers.pulls[0]["commits"] = 130.into();
    papers.pulls[0]["head"]["ref"] = "topic/one & two".into();
    for number in 0..130 {
        let author = if number % 2 == 0 {
            account("developer-1")
        } else {
            account("developer-2")
        };
        let author = if number == 129 { json!({}) } else { author };
        papers
            .commits
            .push((7, json!({ "sha": number.to_string(), "author": author })));
    }
    for number in 0..101 {
        papers
            .reviews
            .push((7, review(&format!("reviewer-{number}"), "COMMENTED", "a")));
    }
    papers.reviews.push((7, review("qa-lead", "CHANGES_REQUESTED", "b")));
    papers.reviews.push((7, review("qa-lead", "APPROVED", "a")));
    papers.reviews.push((7, review("qa-1", "DISMISSED", "a")));
    papers.reviews.push((7, review("qa-1", "PENDING", "a")));
    let activity = |by: &str, after: &str| json!({ "ref": "refs/heads/topic/one & two", "after": after.repeat(40), "before": "0".repeat(40), "actor": account(by) });
    papers.activity = vec![
        activity("later", "f"),
        activity("pusher", "a"),
        activity("earlier", "a"),
    ];
    drop(papers);
    desk
}

/// Gives a desk a run with its reviews, people with their permissions, and a team.
pub fn fill(desk: &Desk) {
    desk.papers().runs.push(json!({
        "id": 70, "actor": account("developer-1"), "triggering_actor": account("dependabot[bot]"), "event": "workflow_dispatch",
        "path": ".github/workflows/approve.yml@refs/heads/main", "head_branch": "main", "head_sha": commit("c"),
        "display_title": "approve staging", "run_attempt": 1, "created_at": "2026-03-11T08:00:00Z",
        "run_started_at": "2026-03-11T09:00:00Z",
    }));
    let approval = |by: &str, state: &str, environments: &[&str]| {
        let environments: Vec<Value> = environments.iter().map(|name| json!({ "name": name })).collect();
        (
            70,
            json!({ "user": account(by), "state": state, "comment": "fine", "environments": environments }),
        )
    };
    desk.papers().approvals = vec![
        approval("qa-lead", "rejected", &["staging"]),
        approval("qa-lead", "approved", &["staging", "production"]),
        approval("qa-1", "pending", &["staging"]),
    ];
    let may = |person: &str, permission: &str, role: &str| {
        (
            person.to_owned(),
            json!({ "permission": permission, "role_name": role, "user": null }),
        )
    };
    desk.papers().permissions = vec![
        may("release-manager-1", "write", "maintain"),
        may("qa-1", "write", "our own role"),
        may("outsider", "none", ""),
    ];
    let member = |path: &str, state: &str| (path.to_owned(), state.to_owned());
    desk.papers().members = vec![member("qa/qa-1", "active"), member("qa/invited", "pending")];
}

#[test]
fn a_merged_pull_request_is_told_with_everyone_who_had_a_hand_in_it() {
    let desk = with_pull();
    wait_for(async {
        let github = github(&desk.url);
        let pulls: Vec<PullRecord> = known(github.pulls(&commit("c")).await);
        let [pull] = pulls.as_slice() else { panic!("{pulls:?}") };
        assert_eq!((pull.number, pull.author.as_str(), pull.bot), (7, "developer-1", false));
        assert_eq!(pull.merged_by.as_deref(), Some("release-manager-1"));
        assert_eq!(pull.head, commit("a"));
        assert_eq!(pull.authors, ["developer-1", "developer-2"]);
        assert_eq!(pull.last_pusher.as_deref(), Some("pusher"));
        assert_eq!(pull.reviews.len(), 104, "all pages, without the one that was not sent");
        let said = |review: &PullReview| (review.by.clone(), review.state, review.commit.clone());
        let last: Vec<_> = pull.reviews[101..].iter().map(said).collect();
        assert_eq!(
            last,
            [
                ("qa-lead".to_owned(), ReviewState::ChangesRequested, Some(commit("b"))),
                ("qa-lead".to_owned(), ReviewState::Approved, Some(commit("a"))),
                ("qa-1".to_owned(), ReviewState::Dismissed, Some(commit("a"))),
            ]
        );
        assert_eq!(known(github.pulls(&commit("d")).await), [], "none came in like that");

        // A pull request that is not merged proves nothing.
        desk.papers().pulls[0]["merged_at"] = Value::Null;
        assert_eq!(known(github.pulls(&commit("c")).await), []);
    });
    let asked = desk.asked();
    let activity = "GET activity?ref=refs%2Fheads%2Ftopic%2Fone%20%26%20two&per_page=100";
    assert!(asked.iter().any(|asked| asked == activity), "{asked:?}");
}

#[test]
fn what_a_pull_request_does_not_tell() {
    let desk = with_pull();
    wait_for(async {
        let github = github(&desk.url);
        let pusher = async || known(github.pulls(&commit("c")).await)[0].last_pusher.clone();
        // A fork's activity is its own, and that of a repository is not for every token.
        desk.papers().pulls[0]["head"]["repo"] = json!({ "full_name": "fork/demo" });
        assert_eq!(pusher().await, None);
        desk.papers().pulls[0]["head"]["repo"] = Value::Null;
        assert_eq!(pusher().await, None);
        desk.papers().pulls[0]["head"]["repo"] = json!({ "full_name": "Octo/Demo" });
        assert_eq!(pusher().await.as_deref(), Some("pusher"));
        desk.instead("GET activity", Instead::Refuse(403));
        assert_eq!(pusher().await, None);
        // Authors that are not listed may be among those who approve.
        desk.papers().pulls[0]["commits"] = 300.into();
        let reason = "GitHub does not tell all of the 300 commits of pull request 7".to_owned();
        assert_eq!(github.pulls(&commit("c")).await, FactState::Unavailable { reason });
        desk.instead("GET pulls/7/reviews", Instead::Refuse(403));
        let reason = "the reviews of a pull request: GitHub answered 403: the desk is closed; the token needs \
                      `pull-requests: read`"
            .to_owned();
        assert_eq!(github.pulls(&commit("c")).await, FactState::Forbidden { reason });
    });
}

#[test]
fn a_run_is_told_with_the_one_who_set_it_off_last() {
    let desk = Desk::start();
    fill(&desk);
    wait_for(async {
        let github = github(&desk.url);
        let run = known(github.run("70", 1).await);
        assert_eq!((run.id, run.actor.as_str(), run.bot), (70, "dependabot[bot]", true));
        assert_eq!(run.workflow, ".github/workflows/approve.yml");
        assert_eq!((run.branch.as_deref(), run.commit), (Some("main"), commit("c")));
        assert_eq!(
            (run.event.as_str(), run.title.as_str()),
            ("workflow_dispatch", "approve staging")
        );
        assert_eq!(run.started_at.to_string(), "2026-03-11T09:00:00Z");
        assert!(
            !matches!(github.run("70", 2).await, FactState::Known { .. }),
            "an attempt that was never made"
        );
        let reviews = known(github.run_reviews("70").await);
        let told: Vec<_> = reviews
            .iter()
            .map(|review| (review.by.as_str(), review.approved, review.environments.len()))
            .collect();
        assert_eq!(told, [("qa-lead", false, 1), ("qa-lead", true, 2)]);

        // Whatever is typed stays one part of the address.
        desk.asked();
        let wrong = github.run("70/../../collaborators?x", 1).await;
        assert!(matches!(wrong, FactState::Forbidden { .. }), "{wrong:?}");
        assert_eq!(
            desk.asked(),
            ["GET actions/runs/70%2F..%2F..%2Fcollaborators%3Fx/attempts/1"]
        );
        desk.instead("GET actions", Instead::Refuse(500));
        assert!(matches!(github.run("70", 1).await, FactState::Unavailable { .. }));
    });
}

#[test]
fn what_a_person_may_and_where_they_belong() {
    let desk = Desk::start();
    fill(&desk);
    wait_for(async {
        let github = github(&desk.url);
        for (person, expected) in [
            ("release-manager-1", "maintain"),
            ("qa-1", "write"),
            ("outsider", "none"),
            ("nobody/at all", "none"),
        ] {
            assert_eq!(known(github.permission(person).await), expected, "{person}");
        }
        for (person, expected) in [("qa-1", true), ("invited", false), ("outsider", false)] {
            assert_eq!(known(github.is_member("octo/qa", person).await), expected, "{person}");
        }
        // A team that is not seen says nothing about its members.
        let unseen = github.is_member("octo/secret", "qa-1").await;
        let FactState::Forbidden { reason } = unseen else {
            panic!("{unseen:?}")
        };
        assert!(reason.contains("`members: read`"), "{reason}");
        assert!(matches!(
            github.is_member("qa", "qa-1").await,
            FactState::Unavailable { .. }
        ));
        desk.instead("GET collaborators", Instead::Refuse(403));
        assert!(matches!(github.permission("qa-1").await, FactState::Forbidden { .. }));
    });
}
