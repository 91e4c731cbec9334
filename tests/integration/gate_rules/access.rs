//! The rule `access`, and what people set aside: who may, and how it is proven.

use jiff::SignedDuration;
use tidegate::model::actor::Actor;
use tidegate::model::heard::{Asker, HeardOverride, HeardUnlock, Shut, Unlocker};
use tidegate::model::proof::Standing;
use tidegate::model::state::Lock;
use tidegate::model::verdict::RuleStatus::{Fail, Overridden, Pass, Unknown, Wait};
use tidegate::model::verdict::{RuleStatus, Verdict, VerdictStatus};
use tidegate::report::verdict::text;

use super::case::{Case, at, known, proven, runs, table, unavailable, unknown};

fn asks(case: &Case, by: &str, standing: Standing) -> Case {
    let by = Actor(by.to_owned());
    case.with(|facts| facts.people.asker = Some(Asker { by, standing }))
}

fn unlocked(case: &Case, by: &str, standing: Standing, until: Option<&str>) -> Case {
    let lock = Lock {
        number: 17,
        by: Actor("operator-1".to_owned()),
        at: at("2026-03-11T08:00:00Z"),
        reason: "the database is moved".to_owned(),
        until: until.map(at),
        loss: None,
    };
    let scope = "staging".to_owned();
    opened(case, Shut::Lock { scope, lock }, &[(by, standing)])
}

fn opened(case: &Case, shut: Shut, by: &[(&str, Standing)]) -> Case {
    let unlocker = |(by, standing): &(&str, Standing)| Unlocker {
        by: Actor((*by).to_owned()),
        standing: standing.clone(),
    };
    let by = by.iter().map(unlocker).collect();
    case.with(|facts| facts.people.unlocks = vec![HeardUnlock { shut, by }])
}

#[test]
fn access() {
    let open = Case::new("gate.access = { unlock = ['team:qa'] }");
    let shut = Case::new("gate.access = { promote = ['team:qa', 'permission:admin'] }");
    let by_key = || Standing::unproven("the signature is by a key that the policy does not list");
    let hold = || Shut::Hold {
        reason: "it answered 503 instead of 200".to_owned(),
    };
    let rejection = || Shut::Rejection {
        reason: "it logs passwords".to_owned(),
    };
    let words = table(
        "access",
        &[
            ("anybody promotes", open.clone(), Pass),
            (
                "one who may",
                asks(&Case::new("gate.access = { promote = ['team:qa'] }"), "qa-1", proven()),
                Pass,
            ),
            (
                "one who may not",
                asks(
                    &Case::new("gate.access = { promote = ['team:qa'] }"),
                    "developer-1",
                    proven(),
                ),
                Fail,
            ),
            ("one who is not proven", asks(&shut, "qa-1", by_key()), Fail),
            (
                "one whose proof could not be read",
                asks(&shut, "qa-1", unknown()),
                Unknown,
            ),
            (
                "one whose permission is not known",
                asks(&shut, "maintainer-1", proven()),
                Unknown,
            ),
            ("nobody asks", shut.with(|facts| facts.people.asker = None), Pass),
            ("unlocked by one who may", unlocked(&open, "qa-1", proven(), None), Pass),
            (
                "unlocked by one who may not",
                unlocked(&open, "developer-1", proven(), None),
                Fail,
            ),
            ("unlocked by a name", unlocked(&open, "qa-1", by_key(), None), Fail),
            (
                "unlocked, and nobody can tell",
                unlocked(&open, "qa-1", unknown(), None),
                Unknown,
            ),
            (
                "the lock would have ended",
                unlocked(&open, "developer-1", proven(), Some("2026-03-11T09:59:59Z")),
                Pass,
            ),
            (
                "a hold cleared by one who may not",
                opened(&open, hold(), &[("developer-1", proven())]),
                Fail,
            ),
            (
                "a rejection withdrawn by a name",
                opened(&open, rejection(), &[("qa-1", by_key())]),
                Fail,
            ),
            (
                "the same, and by one who may",
                opened(&open, rejection(), &[("qa-1", by_key()), ("qa-lead", proven())]),
                Pass,
            ),
            (
                "the same, and nobody can tell",
                opened(&open, hold(), &[("developer-1", proven()), ("qa-lead", unknown())]),
                Unknown,
            ),
        ],
    );
    insta::assert_snapshot!(words);
}

/// A gate that waits for its soak, has one approval too few and whose check results do not come.
fn closed(access: &str) -> Case {
    let rules = format!(
        "gate.soak = {{ in = 'uat3', for = '24h' }}\ngate.approvals = {{ from = ['team:qa'] }}\n\
         gate.checks = {{ require = ['test'], overridable = false }}\n{access}"
    );
    let case = Case::new(&rules).place("uat3", known(runs("1.4.0", "2026-03-11T09:00:00Z")));
    case.with(|facts| facts.checks = Some(unavailable()))
}

const BY_LEAD: &str = "gate.access = { override = ['user:qa-lead'] }";

fn aside(by: &str, rules: &[&str]) -> HeardOverride {
    HeardOverride {
        by: Actor(by.to_owned()),
        at: at("2026-03-11T09:30:00Z"),
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
        until: at("2026-03-11T13:30:00Z"),
        reason: "the fix is urgent".to_owned(),
        set_aside: vec![closed("").rule("approvals")],
        standing: proven(),
    }
}

fn set_aside(case: &Case, word: HeardOverride) -> Case {
    case.with(|facts| facts.people.overrides.push(word))
}

fn statuses(verdict: &Verdict) -> Vec<(&str, RuleStatus)> {
    let rules = verdict.rules.iter().filter(|rule| rule.status != Pass);
    rules.map(|rule| (rule.rule.as_str(), rule.status)).collect()
}

#[test]
fn overrides() {
    let case = closed(BY_LEAD);
    let all = [("soak", Wait), ("checks", Unknown), ("approvals", Fail)];
    let lead = || aside("qa-lead", &["soak", "approvals", "checks"]);
    let mut words = String::new();
    for (title, case, left) in [
        (
            "two rules, and one that nobody may set aside",
            set_aside(&case, lead()),
            vec![("soak", Overridden), ("checks", Unknown), ("approvals", Overridden)],
        ),
        (
            "by one who may not",
            set_aside(&case, aside("qa-1", &["soak"])),
            all.to_vec(),
        ),
        ("where nobody may", set_aside(&closed(""), lead()), all.to_vec()),
        (
            "not proven",
            set_aside(
                &case,
                HeardOverride {
                    standing: Standing::unproven("nothing proves the name"),
                    ..lead()
                },
            ),
            all.to_vec(),
        ),
        (
            "nobody can tell whether it is proven",
            set_aside(
                &case,
                HeardOverride {
                    standing: unknown(),
                    ..lead()
                },
            ),
            all.to_vec(),
        ),
        (
            "longer than anybody may",
            set_aside(
                &case,
                HeardOverride {
                    until: at("2026-03-14T09:30:01Z"),
                    ..lead()
                },
            ),
            all.to_vec(),
        ),
        (
            "it has ended",
            set_aside(&case, lead()).when("2026-03-11T13:30:00Z"),
            all.to_vec(),
        ),
    ] {
        let verdict = case.judge();
        assert_eq!(statuses(&verdict), left, "{title}");
        words.push_str(&format!("-- {title}\n{}\n", text(&verdict)));
    }
    insta::assert_snapshot!(words);
}

#[test]
fn an_override_opens_what_it_names_until_it_ends() {
    let case = closed(BY_LEAD).with(|facts| facts.checks = Some(known(vec![])));
    let only = Case {
        environment: closed(BY_LEAD).environment,
        ..case.clone()
    };
    let mut open = set_aside(&only, aside("qa-lead", &["soak", "approvals"]));
    open.environment.gate.checks = None;
    let verdict = open.judge();
    assert_eq!(verdict.status, VerdictStatus::Open, "{}", text(&verdict));
    let until = at("2026-03-11T13:30:00Z");
    open.now = until - SignedDuration::from_nanos(1);
    assert_eq!(open.judge().status, VerdictStatus::Open);
    open.now = until;
    assert_eq!(open.judge().status, VerdictStatus::Closed);
    assert_eq!(open.judge().overrides.len(), 1, "it is told for ever after");
}

#[test]
fn some_rules_are_never_set_aside() {
    let rules = ["image", "lock", "access"];
    let case = Case::new("gate.access = { override = ['user:qa-lead'], promote = ['team:qa'] }");
    let case = set_aside(&case, aside("qa-lead", &rules)).with(|facts| {
        facts.image = known(false);
        facts.lock = unavailable();
    });
    let expected = [("image", Fail), ("lock", Unknown), ("access", Fail)];
    assert_eq!(statuses(&case.judge()), expected);
}
