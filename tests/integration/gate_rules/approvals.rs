//! The rule `approvals`: whose word counts, which word, and on what.

use tidegate::model::actor::Actor;
use tidegate::model::digest::Digest;
use tidegate::model::state::{EnvironmentState, Said, SpokenWord};
use tidegate::model::verdict::RuleStatus::{Fail, Pass, Unknown};

use super::case::{Case, NOW, at, forbidden, known, policy, release, table, unavailable};

const YES: Said = Said::Approved;
const NO: Said = Said::Rejected;

fn word(by: &str, said: Said) -> SpokenWord {
    SpokenWord {
        by: Actor(by.to_owned()),
        at: at(NOW),
        digest: release("1.4.0").digest,
        policy: policy(),
        said,
        reason: None,
    }
}

fn case(rule: &str, words: Vec<SpokenWord>) -> Case {
    let state = EnvironmentState {
        words,
        ..EnvironmentState::default()
    };
    Case::new(&format!("gate.approvals = {rule}")).place("staging", known(state))
}

const TWO: &str = "{ count = 2, from = ['team:qa', 'team:developers', 'user:release-manager-1'] }";

fn two(words: &[(&str, Said)]) -> Case {
    case(TWO, words.iter().map(|(by, said)| word(by, said.clone())).collect())
}

#[test]
fn words_of_people() {
    let other_release = SpokenWord {
        digest: release("1.3.0").digest,
        ..word("qa-1", YES)
    };
    let other_policy = SpokenWord {
        policy: Digest::of(b"yesterday's policy"),
        ..word("qa-1", YES)
    };
    let aside = Said::Overridden {
        rules: vec!["approvals".to_owned()],
        until: at("2026-03-12T10:00:00Z"),
    };
    let unread = Case::new(&format!("gate.approvals = {TWO}"));
    let lead = || word("qa-lead", YES);
    let words = table(
        "approvals",
        &[
            ("nobody", two(&[]), Fail),
            ("one of two", two(&[("qa-lead", YES)]), Fail),
            ("two", two(&[("qa-lead", YES), ("release-manager-1", YES)]), Pass),
            ("one person twice", two(&[("qa-lead", YES), ("qa-lead", YES)]), Fail),
            ("the requester", two(&[("qa-lead", YES), ("developer-1", YES)]), Fail),
            (
                "a person not entitled",
                two(&[("qa-lead", YES), ("passer-by", YES)]),
                Fail,
            ),
            (
                "a rejection",
                two(&[("qa-lead", YES), ("qa-1", YES), ("release-manager-1", NO)]),
                Fail,
            ),
            (
                "a rejection taken back",
                two(&[("qa-lead", NO), ("qa-1", YES), ("qa-lead", YES)]),
                Pass,
            ),
            (
                "an approval taken back",
                two(&[("qa-lead", YES), ("qa-1", YES), ("qa-lead", NO)]),
                Fail,
            ),
            (
                "a rejection by a person not entitled",
                two(&[("qa-lead", YES), ("qa-1", YES), ("passer-by", NO)]),
                Pass,
            ),
            (
                "the requester's rejection",
                two(&[("qa-lead", YES), ("qa-1", YES), ("developer-1", NO)]),
                Fail,
            ),
            (
                "an override is no approval",
                two(&[("qa-lead", YES), ("qa-1", aside)]),
                Fail,
            ),
            ("for another release", case(TWO, vec![lead(), other_release]), Fail),
            ("under another policy", case(TWO, vec![lead(), other_policy]), Fail),
            ("nobody may look", unread.place("staging", forbidden()), Unknown),
            ("nobody answers", unread.place("staging", unavailable()), Unknown),
        ],
    );
    insta::assert_snapshot!(words);
}

#[test]
fn the_requester_counts_where_the_policy_says_so() {
    let rule = "{ from = ['team:developers'], no-self-approval = false }";
    let own = vec![word("developer-1", YES)];
    assert_eq!(case(rule, own.clone()).rule("approvals").status, Pass);
    assert_eq!(
        case("{ from = ['team:developers'] }", own).rule("approvals").status,
        Fail
    );
}

#[test]
fn a_newer_policy_asks_again() {
    let mut old = word("qa-1", NO);
    old.policy = Digest::of(b"yesterday's policy");
    let closed = case(TWO, vec![word("qa-lead", YES), word("release-manager-1", YES), old]);
    assert_eq!(closed.rule("approvals").status, Pass, "an old no does not count either");
}
