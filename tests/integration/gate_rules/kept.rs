//! The verdicts that an environment remembers: one for each digest, the newest, until they are of no use any more.

use tidegate::model::event::EventBody;
use tidegate::model::evidence::Evidence;
use tidegate::model::verdict::VerdictStatus;

use super::case::{Case, NOW, after, at, deployment, known, locked, release};

/// A verdict on a version: closed by a lock without an end, waiting for one with an end.
fn judged(version: &str, until: Option<&str>) -> (&'static str, EventBody) {
    let case = Case::new("").with(|facts| {
        facts.release = release(version);
        facts.lock = known(locked(until));
    });
    let evidence = Box::new(Evidence::new(case.judge(), case.facts));
    (NOW, EventBody::Judged { evidence })
}

#[test]
fn an_event_reads_as_it_was_written() {
    let (_, body) = judged("1.4.0", Some("2026-03-11T12:00:00Z"));
    let text = serde_json::to_string(&body).unwrap();
    assert_eq!(serde_json::from_str::<EventBody>(&text).unwrap(), body);
    assert!(text.starts_with(r#"{"type":"judged","evidence":{"_type":"https://in-toto.io/Statement/v1","#));
}

#[test]
fn the_last_word_on_a_digest_is_remembered() {
    let until = "2026-03-11T12:00:00Z";
    let state = after(vec![judged("1.4.0", None), judged("1.4.0", Some(until))]);
    let last = &state.verdicts[&release("1.4.0").digest];
    assert_eq!((state.verdicts.len(), last.event), (1, 2));
    assert_eq!(last.answer.status, VerdictStatus::Waiting);
    assert_eq!(last.answer.next_check_at, Some(at(until)));
    assert_eq!(last.answer.unmet[0].rule, "lock");
}

#[test]
fn the_newest_twenty_until_a_higher_version_is_verified() {
    let versions: Vec<String> = (0..24).map(|minor| format!("1.{minor}.0")).collect();
    let mut events: Vec<_> = versions.iter().map(|version| judged(version, None)).collect();
    let full = after(events.clone());
    let kept = |from: usize| {
        let mut digests: Vec<_> = versions[from..].iter().map(|version| release(version).digest).collect();
        digests.sort();
        digests
    };
    assert_eq!(full.verdicts.into_keys().collect::<Vec<_>>(), kept(4));
    events.extend(deployment("1.21.0").map(|event| (NOW, event)));
    assert_eq!(after(events).verdicts.into_keys().collect::<Vec<_>>(), kept(22));
}
