//! What a lost ledger's tags and deployments come to: a table, and the state that it leaves behind.

use jiff::Timestamp;
use tidegate::ledger::chain::Draft;
use tidegate::ledger::projection::{initial, project};
use tidegate::model::actor::Actor;
use tidegate::model::anchor::Anchor;
use tidegate::model::digest::Digest;
use tidegate::model::event::EventBody;
use tidegate::model::recovery::{FoundDeployment, FoundState, FoundStatus, FoundTag, Origin, Outcome};
use tidegate::model::state::{EnvironmentState, StreamState};
use tidegate::plan::recover::{Found, recover};

use crate::gate_rules::case::release;

/// So many minutes after the first of March.
fn minute(minutes: i64) -> Timestamp {
    let begin: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    begin + jiff::SignedDuration::from_mins(minutes)
}

fn deployment(number: u64, version: &str, made: i64, statuses: &[(FoundState, i64)]) -> FoundDeployment {
    let status = |(state, at): &(FoundState, i64)| FoundStatus {
        state: *state,
        at: minute(*at),
        words: "it is slow".to_owned(),
    };
    FoundDeployment {
        origin: Origin {
            place: format!("deployment {number} on GitHub"),
            address: None,
            at: Some(minute(made)),
            anchor: Some(Anchor {
                sequence: number,
                event: Digest::of(b"an event"),
            }),
        },
        environment: "dev".parse().unwrap(),
        release: release(version),
        attempt: number,
        made_at: minute(made),
        statuses: statuses.iter().map(status).collect(),
    }
}

fn recovered(deployments: Vec<FoundDeployment>) -> Vec<EventBody> {
    recover(&Found {
        deployments,
        ..Found::default()
    })
}

fn outcome(statuses: &[(FoundState, i64)]) -> Outcome {
    let events = recovered(vec![deployment(3, "1.4.0", 0, statuses)]);
    let Some(EventBody::DeploymentRecovered { outcome, .. }) = events.last() else {
        panic!("{events:?}")
    };
    outcome.clone()
}

#[test]
fn a_deployment_counts_as_far_as_its_statuses_prove() {
    use FoundState::{Failure, Inactive, Other, Success};
    let verified = |at, until: Option<i64>| Outcome::Verified {
        at: minute(at),
        until: until.map(minute),
    };
    let failed = |at| Outcome::Failed {
        at: minute(at),
        reason: "it is slow".to_owned(),
    };
    for (statuses, expected) in [
        (&[][..], Outcome::Unknown),
        (&[(Other, 1)], Outcome::Unknown),
        (&[(Other, 1), (Inactive, 2)], Outcome::Unknown),
        (&[(Other, 1), (Success, 2)], verified(2, None)),
        (&[(Other, 1), (Success, 2), (Inactive, 9)], verified(2, Some(9))),
        (&[(Success, 2), (Inactive, 9), (Inactive, 12)], verified(2, Some(9))),
        (&[(Success, 2), (Inactive, 9), (Success, 12)], verified(12, None)),
        (&[(Other, 1), (Failure, 2)], failed(2)),
        (&[(Other, 1), (Success, 2), (Failure, 5)], failed(5)),
        (&[(Failure, 2), (Inactive, 5)], failed(2)),
        // It was verified, and then something was under way again.
        (&[(Success, 2), (Other, 5)], Outcome::Unknown),
        // Times that do not follow each other.
        (&[(Other, 5), (Success, 2)], Outcome::Unknown),
        (&[(Success, -1)], Outcome::Unknown),
    ] {
        assert_eq!(outcome(statuses), expected, "{statuses:?}");
    }
}

#[test]
fn a_version_with_two_images_has_none() {
    let mut other = deployment(5, "1.4.0", 5, &[]);
    other.release.digest = Digest::of(b"another image");
    let events = recovered(vec![deployment(3, "1.4.0", 0, &[]), other]);
    let EventBody::VersionRecovered { release, .. } = &events[1] else {
        panic!("{events:?}")
    };
    assert_eq!(*release, None);
    assert_eq!(events.len(), 4);
}

#[test]
fn a_tag_alone_gives_a_version_without_an_image() {
    let tag = FoundTag {
        component: "app".parse().unwrap(),
        version: "1.4.0".parse().unwrap(),
        tag: "v1.4.0".to_owned(),
        commit: "a".repeat(40).parse().unwrap(),
        anchor: None,
    };
    let events = recover(&Found {
        tags: vec![tag],
        ..Found::default()
    });
    let EventBody::Recovered { loss } = &events[0] else {
        panic!("{events:?}")
    };
    assert_eq!((loss.after, &loss.known), (0, &None));
    let EventBody::VersionRecovered { release, from, .. } = &events[1] else {
        panic!("{events:?}")
    };
    assert_eq!((release, from[0].place.as_str()), (&None, "tag v1.4.0"));
}

/// What deployments leave behind of an environment.
fn state(deployments: Vec<FoundDeployment>) -> EnvironmentState {
    let events = recovered(deployments);
    let own = events.iter().filter(|event| event.kind() == "deployment-recovered");
    let mut state: Option<StreamState> = None;
    for body in own {
        let before = state.unwrap_or_else(|| initial(&body.stream()));
        let draft = Draft {
            sequence: 1_025,
            previous: None,
            at: minute(10_000),
            actor: Actor("operator-1".to_owned()),
            body: body.clone(),
        };
        state = Some(project(before, &draft));
    }
    let Some(StreamState::Environment(state)) = state else {
        panic!("there is none")
    };
    *state
}

#[test]
fn stays_are_as_long_as_github_says_and_what_was_under_way_is_not_verified() {
    use FoundState::{Failure, Inactive, Other, Success};
    let first = deployment(3, "1.4.0", 0, &[(Other, 1), (Success, 10), (Inactive, 100)]);
    let second = |statuses: &[(FoundState, i64)]| deployment(7, "1.5.0", 90, statuses);
    let digests = [release("1.4.0").digest, release("1.5.0").digest];
    let now = minute(300);

    let ran = state(vec![first.clone(), second(&[(Success, 99)])]);
    assert_eq!(ran.verified_since(&digests[1]), Some(minute(99)));
    assert_eq!(ran.longest_stay(&digests[0], now).to_string(), "1 h 30 min");

    // The next one began before GitHub was told that the first was over: from then on it did not run alone.
    let cut = deployment(3, "1.4.0", 0, &[(Success, 10)]);
    let begun = state(vec![cut, second(&[(Other, 91)])]);
    assert_eq!(begun.longest_stay(&digests[0], now).to_string(), "1 h 20 min");
    assert_eq!(begun.verified_since(&digests[0]), None);
    assert!(!begun.was_verified(&digests[1]));

    let failed = state(vec![first, second(&[(Other, 91), (Failure, 95)])]);
    assert_eq!(failed.failures[&digests[1]].at, minute(95));
    assert_eq!(failed.verified_since(&digests[0]), None);
}
