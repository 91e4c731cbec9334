//! Which rules a hotfix meets: those for one, or the gate's own, by where it was made and who opened it.

use tidegate::model::actor::Actor;
use tidegate::model::fact::FactState;
use tidegate::model::heard::{HeardHotfix, Unlocker};
use tidegate::model::proof::Standing;
use tidegate::model::verdict::RuleStatus::{Fail, Pass, Unknown, Wait};

use super::case::{Case, after, deployment, known, proven, release, runs, table, unknown};
use tidegate::model::state::EnvironmentState;

/// The release 1.4.1, with 1.4.0's digest in `qa` since that time.
fn case(access: &str, since: &str, by: &[(&str, Standing)], made: bool) -> Case {
    let rules = "gate.soak = { in = 'qa', for = '24h' }\nhotfix.soak = { in = 'qa', for = '1h' }\n";
    let opened = by.iter().map(|(by, standing)| Unlocker {
        by: Actor((*by).to_owned()),
        standing: standing.clone(),
    });
    let heard = HeardHotfix {
        version: "1.4.1".parse().unwrap(),
        branch: "hotfix/1.4.1".to_owned(),
        made,
        opened: opened.collect(),
        members: [(
            "team:managers".parse().unwrap(),
            [(
                "ann".to_owned(),
                FactState::Unavailable {
                    reason: "no answer".to_owned(),
                },
            )]
            .into(),
        )]
        .into(),
    };
    Case::new(&format!("{rules}{access}"))
        .place("qa", known(runs("1.4.1", since)))
        .with(|facts| {
            facts.release = release("1.4.1");
            facts.hotfix = Some(known(heard));
        })
}

#[test]
fn hotfix() {
    const NAMES: &str = "gate.access = { hotfix = ['team:qa'] }";
    const MANAGERS: &str = "gate.access = { hotfix = ['team:managers'] }";
    const HOURS: &str = "2026-03-11T08:00:00Z";
    const MINUTES: &str = "2026-03-11T09:50:00Z";
    const DAYS: &str = "2026-03-01T08:00:00Z";
    let lead = || ("qa-lead", proven());
    let stranger = || ("developer-1", proven());
    let by_key = || Standing::unproven("nothing proves the name");
    let gone = |case: Case| case.place("qa", known(EnvironmentState::default()));
    // Two hours there, and then another release.
    let left = |case: Case| {
        let first = deployment("1.4.1").map(|event| (HOURS, event));
        let second = deployment("1.5.0").map(|event| ("2026-03-11T09:55:00Z", event));
        let qa = after(first.into_iter().chain(second).collect());
        case.place("qa", known(qa))
    };
    let words = table(
        "soak",
        &[
            ("anybody's", case("", HOURS, &[], true), Pass),
            ("too early for one too", case("", MINUTES, &[], true), Wait),
            ("of one who may", case(NAMES, HOURS, &[lead()], true), Pass),
            (
                "and of one who may not",
                case(NAMES, HOURS, &[stranger(), lead()], true),
                Pass,
            ),
            ("of one who may not", case(NAMES, HOURS, &[stranger()], true), Wait),
            (
                "who may not, and nothing runs",
                gone(case(NAMES, HOURS, &[stranger()], true)),
                Fail,
            ),
            ("a bare name", case(NAMES, HOURS, &[("qa-lead", by_key())], true), Wait),
            ("met by any release", case(NAMES, DAYS, &[stranger()], true), Pass),
            ("not made on its branch", case("", HOURS, &[], false), Wait),
            (
                "not known whose, and time will tell",
                case(MANAGERS, HOURS, &[("ann", proven())], true),
                Wait,
            ),
            (
                "not known whose",
                left(case(MANAGERS, HOURS, &[("ann", proven())], true)),
                Unknown,
            ),
            (
                "not known whose, and shut for a hotfix too",
                gone(case(MANAGERS, HOURS, &[("ann", proven())], true)),
                Fail,
            ),
            (
                "not known whether proven",
                left(case(NAMES, HOURS, &[("qa-1", unknown())], true)),
                Unknown,
            ),
        ],
    );
    insta::assert_snapshot!(words);
}

#[test]
fn no_word_makes_a_gate_shorter_that_has_no_rules_for_a_hotfix() {
    let mut case = case("", "2026-03-11T08:00:00Z", &[], true);
    case.environment.hotfix = Default::default();
    let told = case.rule("soak");
    assert_eq!(
        (told.status, told.needs.as_str()),
        (Wait, "1 d verified in qa without a break")
    );
}
