//! The rule `freeze`: windows in Berlin, over the clock change of March 2026, and the time when they end.

use tidegate::model::verdict::RuleStatus::{Fail, Pass, Wait};
use tidegate::model::verdict::VerdictStatus;

use super::case::{Case, at, table};

fn freeze(windows: &str) -> Case {
    Case::new(&format!("gate.freeze = {{ zone = 'Europe/Berlin', {windows} }}"))
}

/// Asserts the time at which a waiting gate says to ask again, and that it is open then and shut right before.
fn opens(case: &Case, now: &str, then: &str) {
    let verdict = case.when(now).judge();
    assert_eq!(verdict.status, VerdictStatus::Waiting, "{now}");
    assert_eq!(verdict.next_check_at, Some(at(then)), "{now}");
    assert_eq!(case.when(then).judge().status, VerdictStatus::Open, "{then}");
    let mut before = case.clone();
    before.now = at(then) - jiff::SignedDuration::from_secs(1);
    assert_eq!(before.judge().status, VerdictStatus::Waiting, "a second before {then}");
}

#[test]
fn windows() {
    let weekend = freeze("deny = ['Fri 15:00..Mon 06:00']");
    let hours = freeze("allow = ['Tue 09:00..Tue 16:00', 'Thu 09:00..Thu 16:00']");
    let both = freeze("deny = ['2026-03-12..2026-03-13'], allow = ['Thu 09:00..Thu 16:00']");
    let past = freeze("allow = ['2026-01-05..2026-01-09']");
    let words = table(
        "freeze",
        &[
            ("a Wednesday", weekend.clone(), Pass),
            (
                "Friday, a second before three",
                weekend.when("2026-03-13T13:59:59Z"),
                Pass,
            ),
            ("Friday at three", weekend.when("2026-03-13T14:00:00Z"), Wait),
            ("Monday at six", weekend.when("2026-03-16T05:00:00Z"), Pass),
            ("within an allowed window", hours.when("2026-03-12T08:00:00Z"), Pass),
            ("between allowed windows", hours.clone(), Wait),
            (
                "a denied day wins over an allowed hour",
                both.when("2026-03-12T10:00:00Z"),
                Wait,
            ),
            ("no window comes any more", past, Fail),
        ],
    );
    insta::assert_snapshot!(words);
}

#[test]
fn the_weekend_of_the_clock_change() {
    let weekend = freeze("deny = ['Fri 15:00..Mon 06:00']");
    // Before: one hour ahead of UTC. After: two.
    opens(&weekend, "2026-03-20T14:00:00Z", "2026-03-23T05:00:00Z");
    opens(&weekend, "2026-03-27T14:00:00Z", "2026-03-30T04:00:00Z");
    opens(&weekend, "2026-03-29T01:00:00Z", "2026-03-30T04:00:00Z");
    opens(&weekend, "2026-04-03T13:00:00Z", "2026-04-06T04:00:00Z");
    assert_eq!(weekend.when("2026-04-03T12:59:59Z").judge().status, VerdictStatus::Open);
    // From two to three o'clock there is no 02:30 that night; the window that would start there denies at its widest.
    let night = freeze("deny = ['Sun 02:30..Sun 05:00']");
    opens(&night, "2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z");
}

#[test]
fn allowed_windows_name_their_next_start() {
    let hours = freeze("allow = ['Tue 09:00..Tue 16:00', 'Thu 09:00..Thu 16:00']");
    opens(&hours, "2026-03-11T10:00:00Z", "2026-03-12T08:00:00Z");
    opens(&hours, "2026-03-12T15:00:00Z", "2026-03-17T08:00:00Z");
    // The Tuesday after the clock change.
    opens(&hours, "2026-03-26T15:00:00Z", "2026-03-31T07:00:00Z");
}

#[test]
fn windows_that_follow_each_other_end_together() {
    let chain = freeze("deny = ['Fri 15:00..Mon 06:00', 'Mon 06:00..Mon 08:00', '2026-03-16T07:00..2026-03-17']");
    opens(&chain, "2026-03-14T12:00:00Z", "2026-03-16T23:00:00Z");
    let both = freeze("deny = ['2026-03-12..2026-03-13'], allow = ['Thu 09:00..Thu 16:00']");
    opens(&both, "2026-03-12T10:00:00Z", "2026-03-19T08:00:00Z");
}
