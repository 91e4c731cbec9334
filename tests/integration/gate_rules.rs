//! Every rule of a gate as a pure function: what it answers, and in which words.

mod access;
mod approvals;
mod branch;
mod calendar;
pub mod case;
mod checks;
mod clock_changes;
mod freeze;
mod hotfix;
mod kept;
mod properties;
mod soak;
mod version;

use tidegate::model::state::EnvironmentState;
use tidegate::model::verdict::RuleStatus::{Fail, Pass, Unknown, Wait};
use tidegate::model::verdict::VerdictStatus;

use self::case::{
    Case, absent, at, failed, forbidden, known, lifted, locked, rejection, release, runs, table, unavailable,
};

#[test]
fn image() {
    let case = Case::new("");
    let image = |fact| case.with(|facts| facts.image = fact);
    let words = table(
        "image",
        &[
            ("it is there", image(known(true)), Pass),
            ("it is gone", image(known(false)), Fail),
            ("nobody may look", image(forbidden()), Unknown),
            ("nobody answers", image(unavailable()), Unknown),
            ("nobody knows", image(absent()), Unknown),
        ],
    );
    insta::assert_snapshot!(words);
}

#[test]
fn held() {
    let case = Case::new("");
    let other_failed = failed(EnvironmentState::default());
    let mut cleared = other_failed.clone();
    for failure in cleared.failures.values_mut() {
        failure.cleared = vec![lifted()];
    }
    let words = table(
        "held",
        &[
            ("a first time", case.clone(), Pass),
            ("it failed here", case.place("staging", known(other_failed)), Fail),
            ("a person has cleared it", case.place("staging", known(cleared)), Pass),
            ("nobody may look", case.place("staging", forbidden()), Unknown),
            ("nobody answers", case.place("staging", unavailable()), Unknown),
        ],
    );
    insta::assert_snapshot!(words);
    let other = case
        .place("staging", known(failed(EnvironmentState::default())))
        .with(|facts| facts.release = release("1.4.1"));
    assert_eq!(other.rule("held").status, Pass, "another digest is not held");
}

#[test]
fn rejected() {
    let case = Case::new("");
    let said = |fact| case.with(|facts| facts.rejection = fact);
    let words = table(
        "rejected",
        &[
            ("nobody said no", case.clone(), Pass),
            ("somebody did", said(known(Some(rejection(Vec::new())))), Fail),
            ("it was withdrawn", said(known(Some(rejection(vec![lifted()])))), Pass),
            ("nobody may look", said(forbidden()), Unknown),
            ("nobody answers", said(unavailable()), Unknown),
            ("nobody knows", said(absent()), Unknown),
        ],
    );
    insta::assert_snapshot!(words);
}

#[test]
fn lock() {
    let case = Case::new("");
    let lock = |until: Option<&str>| known(locked(until));
    let here = |fact| case.with(|facts| facts.lock = fact);
    let above = |case: &Case, fact| case.with(|facts| facts.ladder_lock = fact);
    let early = Some("2026-03-11T12:00:00Z");
    let late = Some("2026-03-11T18:00:00Z");
    let both = above(&here(lock(early)), lock(late));
    let words = table(
        "lock",
        &[
            ("none", case.clone(), Pass),
            ("it has ended", here(lock(Some("2026-03-11T10:00:00Z"))), Pass),
            ("it ends", here(lock(early)), Wait),
            ("a person ends it", here(lock(None)), Fail),
            ("the ladder, with an end", above(&case, lock(late)), Wait),
            ("both, with ends", both.clone(), Wait),
            ("both, one without an end", above(&here(lock(early)), lock(None)), Fail),
            ("nobody may look", here(forbidden()), Unknown),
            ("the ladder's does not answer", above(&case, unavailable()), Unknown),
            (
                "it ends, and the ladder's does not answer",
                above(&here(lock(early)), unavailable()),
                Fail,
            ),
        ],
    );
    insta::assert_snapshot!(words);
    assert_eq!(
        both.judge().next_check_at,
        late.map(at),
        "the later end is the next time worth asking"
    );
}

#[test]
fn previous() {
    let since = "2026-03-11T09:00:00Z";
    let all = Case::new("after = ['qa']\ngate.previous = {}");
    let mixed = Case::new("after = { all = ['uat3'], any = ['uat1', 'uat2'] }\ngate.previous = {}");
    let here = |case: &Case, name: &str| case.place(name, known(runs("1.4.0", since)));
    let mut replaced = runs("1.5.0", since);
    replaced.stays.insert(release("1.4.0").digest, "3h".parse().unwrap());
    let mut deployed = runs("1.4.0", since);
    deployed.current.as_mut().unwrap().verified_at = None;
    let both = here(&here(&mixed, "uat3"), "uat2");
    let two = Case::new("after = { any = ['uat1', 'uat2', 'uat3'], at-least = 2 }\ngate.previous = {}");
    let three = Case::new("after = { any = ['uat1', 'uat2', 'uat3'], at-least = 3 }\ngate.previous = {}");
    let words = table(
        "previous",
        &[
            ("never there", all.clone(), Fail),
            ("verified there", here(&all, "qa"), Pass),
            ("deployed there, not verified", all.place("qa", known(deployed)), Fail),
            ("verified and replaced", all.place("qa", known(replaced.clone())), Pass),
            (
                "verified and then failed",
                all.place("qa", known(failed(replaced))),
                Fail,
            ),
            (
                "another release runs there",
                all.place("qa", known(runs("1.5.0", since))),
                Fail,
            ),
            ("nobody may look", all.place("qa", forbidden()), Unknown),
            ("mixed: nowhere", mixed.clone(), Fail),
            ("mixed: the one of all", here(&mixed, "uat3"), Fail),
            ("mixed: one of any", here(&mixed, "uat1"), Fail),
            ("mixed: both", both.clone(), Pass),
            (
                "mixed: one of any does not answer",
                both.place("uat1", unavailable()),
                Unknown,
            ),
            ("two of three: nowhere", two.clone(), Fail),
            ("two of three: one", here(&two, "uat2"), Fail),
            ("two of three: two", here(&here(&two, "uat2"), "uat3"), Pass),
            (
                "two of three: all",
                here(&here(&here(&two, "uat1"), "uat2"), "uat3"),
                Pass,
            ),
            (
                "two of three: one may not be read",
                here(&two, "uat2").place("uat1", forbidden()),
                Unknown,
            ),
            ("three of three: two", here(&here(&three, "uat2"), "uat3"), Fail),
        ],
    );
    insta::assert_snapshot!(words);
    let unseen = all.with(|facts| facts.environments.clear());
    assert_eq!(
        unseen.rule("previous").status,
        Unknown,
        "what was not looked for is not known"
    );
}

#[test]
fn the_worst_rule_decides() {
    let case = Case::new("gate.soak = { in = 'uat3', for = '24h' }");
    let waiting = case.place("uat3", known(runs("1.4.0", "2026-03-11T09:00:00Z")));
    let undecidable = waiting.with(|facts| facts.image = unavailable());
    let closed = undecidable.place("staging", known(failed(EnvironmentState::default())));
    for (case, status) in [
        (&waiting, VerdictStatus::Waiting),
        (&undecidable, VerdictStatus::Undecidable),
        (&closed, VerdictStatus::Closed),
    ] {
        let verdict = case.judge();
        assert_eq!(verdict.status, status);
        assert_eq!(
            verdict.next_check_at.is_some(),
            status == VerdictStatus::Waiting,
            "a time is named where time alone opens it"
        );
    }
}
