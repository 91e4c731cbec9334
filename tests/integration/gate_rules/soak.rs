//! The rule `soak`: how long a digest has run somewhere, and what ends and what keeps that stay.

use tidegate::model::verdict::RuleStatus::{Fail, Pass, Unknown, Wait};
use tidegate::model::verdict::VerdictStatus;

use super::case::{Case, after, at, deployment, failed, forbidden, known, release, runs, table, unavailable};

#[test]
fn words() {
    let case = Case::new("gate.soak = { in = 'uat3', for = '24h' }");
    let stays = |fact| case.place("uat3", fact);
    let mut replaced = runs("1.5.0", "2026-03-11T09:00:00Z");
    let digest = release("1.4.0").digest;
    replaced.stays.insert(digest.clone(), "23h 59min".parse().unwrap());
    let mut long = replaced.clone();
    long.stays.insert(digest.clone(), "24h".parse().unwrap());
    let mut again = runs("1.4.0", "2026-03-11T04:00:00Z");
    again.stays.insert(digest, "23h".parse().unwrap());
    let waits = stays(known(runs("1.4.0", "2026-03-10T10:00:01Z")));
    let words = table(
        "soak",
        &[
            (
                "to the second",
                stays(known(runs("1.4.0", "2026-03-10T10:00:00Z"))),
                Pass,
            ),
            ("a second short", waits.clone(), Wait),
            ("long enough, then replaced", stays(known(long.clone())), Pass),
            ("replaced too early", stays(known(replaced)), Fail),
            ("long enough, then it failed", stays(known(failed(long.clone()))), Fail),
            ("two stays are not added up", stays(known(again)), Wait),
            ("never there", case.clone(), Fail),
            ("nobody may look", stays(forbidden()), Unknown),
            ("nobody answers", stays(unavailable()), Unknown),
        ],
    );
    insta::assert_snapshot!(words);
    assert_eq!(waits.judge().status, VerdictStatus::Waiting);
    assert_eq!(waits.judge().next_check_at, Some(at("2026-03-11T10:00:01Z")));
}

#[test]
fn a_deployment_of_the_same_digest_again_ends_the_stay_and_keeps_it() {
    let case = Case::new("gate.soak = { in = 'qa', for = '24h' }");
    let [started, deployed, verified] = deployment("1.4.0");
    let first = vec![
        ("2026-03-01T00:00:00Z", started.clone()),
        ("2026-03-01T00:01:00Z", deployed.clone()),
        ("2026-03-01T00:02:00Z", verified.clone()),
        ("2026-03-01T10:02:00Z", started),
    ];
    let asked = |events, now| case.place("qa", known(after(events))).when(now).rule("soak");
    let again = asked(first.clone(), "2026-03-01T10:03:00Z");
    assert_eq!(
        (again.status, again.saw.as_str()),
        (Wait, "10 h of 1 d, and it is being deployed in qa")
    );
    let mut second = first;
    second.extend([("2026-03-01T10:03:00Z", deployed), ("2026-03-01T10:04:00Z", verified)]);
    let early = asked(second.clone(), "2026-03-01T15:14:00Z");
    assert_eq!(
        (early.status, early.saw.as_str()),
        (Wait, "5 h 10 min of 1 d (an earlier stay: 10 h)")
    );
    assert_eq!(
        early.next_check_at,
        Some(at("2026-03-02T10:04:00Z")),
        "the new stay counts from its verification"
    );
    assert_eq!(asked(second.clone(), "2026-03-02T10:04:00Z").status, Pass);
    // Once it is completed, nothing that comes after it takes it away.
    let [started, deployed, verified] = deployment("1.5.0");
    second.extend([
        ("2026-03-02T10:04:00Z", started),
        ("2026-03-02T10:05:00Z", deployed),
        ("2026-03-02T10:06:00Z", verified),
    ]);
    let replaced = asked(second, "2026-03-09T00:00:00Z");
    assert_eq!((replaced.status, replaced.saw.as_str()), (Pass, "1 d of 1 d"));
}
