//! The rule `approvals`: whose word counts, which word, and how it is proven.

use tidegate::model::actor::Actor;
use tidegate::model::fact::FactState;
use tidegate::model::heard::{Answer, Heard, Part};
use tidegate::model::policy::{Approver, WordSource};
use tidegate::model::proof::Standing;
use tidegate::model::verdict::RuleStatus::{Fail, Pass, Unknown};

use super::case::{Case, at, forbidden, hand, known, proven, table, unavailable, unknown};

const YES: Answer = Answer::Yes;
const NO: Answer = Answer::No;

fn word(by: &str, said: Answer) -> Heard {
    Heard {
        by: Actor(by.to_owned()),
        at: at("2026-03-11T09:00:00Z"),
        source: WordSource::Ledger,
        said,
        standing: proven(),
    }
}

/// The same word, said in another minute after nine.
fn in_minute(minute: u32, word: Heard) -> Heard {
    Heard {
        at: at(&format!("2026-03-11T09:{minute:02}:00Z")),
        ..word
    }
}

fn forged(by: &str, said: Answer, why: &str) -> Heard {
    Heard {
        standing: Standing::unproven(why),
        ..word(by, said)
    }
}

fn unread(by: &str, said: Answer) -> Heard {
    Heard {
        standing: unknown(),
        ..word(by, said)
    }
}

fn review(by: &str, said: Answer, source: WordSource) -> Heard {
    Heard {
        source,
        standing: Standing::Proven {
            how: "review of run 7".to_owned(),
        },
        ..word(by, said)
    }
}

fn case(rule: &str, words: Vec<Heard>) -> Case {
    let case = Case::new(&format!("gate.approvals = {rule}"));
    case.with(|facts| facts.people.words = known(words))
}

const TWO: &str = "{ count = 2, from = ['team:qa', 'team:developers', 'user:release-manager-1'] }";

/// Words for a rule that asks for two, each a minute after the one before.
fn two(words: Vec<Heard>) -> Case {
    let later = |(minute, word): (usize, Heard)| in_minute(minute as u32, word);
    case(TWO, words.into_iter().enumerate().map(later).collect())
}

fn said(words: &[(&str, Answer)]) -> Case {
    two(words.iter().map(|(by, said)| word(by, *said)).collect())
}

#[test]
fn words_of_people() {
    let lead = || word("qa-lead", YES);
    let words = table(
        "approvals",
        &[
            ("nobody", said(&[]), Fail),
            ("one of two", said(&[("qa-lead", YES)]), Fail),
            ("two", said(&[("qa-lead", YES), ("release-manager-1", YES)]), Pass),
            ("one person twice", said(&[("qa-lead", YES), ("qa-lead", YES)]), Fail),
            (
                "a person not entitled",
                said(&[("qa-lead", YES), ("passer-by", YES)]),
                Fail,
            ),
            (
                "a rejection",
                said(&[("qa-lead", YES), ("qa-1", YES), ("release-manager-1", NO)]),
                Fail,
            ),
            (
                "a rejection taken back",
                said(&[("qa-lead", NO), ("qa-1", YES), ("qa-lead", YES)]),
                Pass,
            ),
            (
                "an approval taken back",
                said(&[("qa-lead", YES), ("qa-1", YES), ("qa-lead", NO)]),
                Fail,
            ),
            (
                "a rejection by a person not entitled",
                said(&[("qa-lead", YES), ("qa-1", YES), ("passer-by", NO)]),
                Pass,
            ),
            (
                "a name without a proof",
                two(vec![lead(), forged("qa-1", YES, "nothing proves the name")]),
                Fail,
            ),
            (
                "a rejection without a proof",
                two(vec![
                    lead(),
                    word("qa-1", YES),
                    forged("qa-lead", NO, "nothing proves the name"),
                ]),
                Pass,
            ),
            (
                "an older yes after a no",
                case(
                    TWO,
                    vec![
                        in_minute(1, lead()),
                        in_minute(5, word("qa-1", NO)),
                        in_minute(2, word("qa-1", YES)),
                    ],
                ),
                Fail,
            ),
            (
                "nobody may look",
                said(&[]).with(|facts| facts.people.words = forbidden()),
                Unknown,
            ),
            (
                "nobody answers",
                said(&[]).with(|facts| facts.people.words = unavailable()),
                Unknown,
            ),
        ],
    );
    insta::assert_snapshot!(words);
}

#[test]
fn what_could_not_be_checked() {
    let lead = || word("qa-lead", YES);
    let words = table(
        "approvals",
        &[
            (
                "a yes that would decide",
                two(vec![lead(), unread("qa-1", YES)]),
                Unknown,
            ),
            ("a yes that would not", two(vec![unread("qa-1", YES)]), Fail),
            (
                "a yes too many",
                two(vec![lead(), word("release-manager-1", YES), unread("qa-1", YES)]),
                Pass,
            ),
            (
                "a no",
                two(vec![lead(), word("release-manager-1", YES), unread("qa-1", NO)]),
                Unknown,
            ),
            (
                "a no of somebody who counts already",
                two(vec![lead(), word("qa-1", YES), unread("qa-1", NO)]),
                Unknown,
            ),
            (
                "a yes after a no",
                two(vec![lead(), word("qa-1", NO), unread("qa-1", YES)]),
                Unknown,
            ),
            (
                "a proven yes after it",
                two(vec![lead(), unread("qa-1", NO), word("qa-1", YES)]),
                Pass,
            ),
            (
                "a proven yes that is older",
                case(
                    TWO,
                    vec![
                        lead(),
                        in_minute(5, unread("qa-1", NO)),
                        in_minute(3, word("qa-1", YES)),
                    ],
                ),
                Unknown,
            ),
        ],
    );
    insta::assert_snapshot!(words);
}

#[test]
fn those_who_had_a_hand_in_it() {
    let both = || vec![word("qa-lead", YES), word("qa-1", YES)];
    let of = |name: &str, part| {
        let hands = vec![hand(name, part)];
        two(both()).with(|facts| facts.people.involved = known(hands))
    };
    let unread = two(both()).with(|facts| facts.people.involved = unavailable());
    let own = case(
        "{ count = 2, from = ['team:qa'], no-self-approval = false }",
        vec![word("qa-lead", YES), word("qa-1", YES)],
    );
    let rejects = two(vec![word("qa-lead", YES), word("qa-1", YES), word("developer-1", NO)]);
    let words = table(
        "approvals",
        &[
            ("who asked for it", of("qa-1", Part::Requester), Fail),
            ("who wrote it", of("qa-1", Part::Author), Fail),
            (
                "who wrote it, by a login in other letters",
                of("QA-1", Part::Author),
                Fail,
            ),
            ("who pushed last", of("qa-lead", Part::Pusher), Fail),
            ("nobody knows who", unread, Unknown),
            ("their no counts", rejects, Fail),
            (
                "where the policy lets them",
                own.with(|facts| facts.people.involved = known(vec![hand("qa-1", Part::Requester)])),
                Pass,
            ),
            (
                "where the policy lets them and nobody knows who",
                own.with(|facts| facts.people.involved = forbidden()),
                Pass,
            ),
        ],
    );
    insta::assert_snapshot!(words);
}

#[test]
fn sources() {
    use WordSource::{PullRequest, RunReview};
    let from =
        |sources: &str, words: Vec<Heard>| case(&format!("{{ from = ['team:qa'], sources = [{sources}] }}"), words);
    let usual = |words| case("{ from = ['team:qa'] }", words);
    let pull = |words| from("'pull-request'", words);
    let words = table(
        "approvals",
        &[
            ("a review of the run", usual(vec![review("qa-1", YES, RunReview)]), Pass),
            (
                "a review of the pull request, unasked",
                usual(vec![review("qa-1", YES, PullRequest)]),
                Fail,
            ),
            (
                "a review of the pull request",
                pull(vec![review("qa-1", YES, PullRequest)]),
                Pass,
            ),
            ("the ledger, unasked", pull(vec![word("qa-1", YES)]), Fail),
            (
                "a dismissed no revives no yes",
                pull(vec![
                    review("qa-1", YES, PullRequest),
                    review("qa-1", NO, PullRequest),
                    review("qa-1", Answer::Withdrawn, PullRequest),
                ]),
                Fail,
            ),
            (
                "a no in one source",
                usual(vec![word("qa-1", YES), review("qa-1", NO, RunReview)]),
                Fail,
            ),
        ],
    );
    insta::assert_snapshot!(words);
}

#[test]
fn those_whom_the_forge_knows() {
    let ask = |rule: &str, approver: &str, answer: FactState<bool>| {
        let approver: Approver = approver.parse().unwrap();
        case(rule, vec![word("maintainer-1", YES)]).with(|facts| {
            let people = [("maintainer-1".to_owned(), answer)].into();
            facts.people.members.insert(approver, people);
        })
    };
    let permission = |answer| ask("{ from = ['permission:maintain'] }", "permission:maintain", answer);
    let team = |answer| ask("{ from = ['team:managers'] }", "team:managers", answer);
    let reason = || "no answer".to_owned();
    let narrowed = |list: &str| {
        let rules = format!("gate.approvals = {{ from = ['team:qa'] }}\ngate.access = {{ approve = ['{list}'] }}");
        Case::new(&rules).with(|facts| facts.people.words = known(vec![word("qa-1", YES)]))
    };
    let words = table(
        "approvals",
        &[
            ("a permission", permission(FactState::Known { value: true }), Pass),
            ("none", permission(FactState::Known { value: false }), Fail),
            (
                "nobody may look",
                permission(FactState::Forbidden { reason: reason() }),
                Unknown,
            ),
            (
                "nobody looked",
                case("{ from = ['permission:write'] }", vec![word("maintainer-1", YES)]),
                Unknown,
            ),
            ("a member", team(FactState::Known { value: true }), Pass),
            ("no member", team(FactState::Absent), Fail),
            (
                "nobody answers",
                team(FactState::Unavailable { reason: reason() }),
                Unknown,
            ),
            ("narrowed to them", narrowed("user:qa-1"), Pass),
            ("narrowed to others", narrowed("user:qa-lead"), Fail),
        ],
    );
    insta::assert_snapshot!(words);
}
