//! What holds for every set of rules and every set of facts, tried out in full.

use std::collections::BTreeMap;

use tidegate::model::actor::Actor;
use tidegate::model::check::{Check, Conclusion};
use tidegate::model::fact::{BranchTip, Fact, FactState};
use tidegate::model::heard::{Answer, Asker, Heard, HeardOverride};
use tidegate::model::policy::{Approver, WordSource};
use tidegate::model::proof::Standing;
use tidegate::model::state::{EnvironmentState, LockState};
use tidegate::model::verdict::{RuleStatus, VerdictStatus};
use tidegate::plan::gate::facts::Facts;

use super::case::{
    Case, absent, at, failed, forbidden, known, lifted, locked, proven, rejection, release, runs, unavailable, unknown,
};

const RULES: [&str; 7] = [
    "gate.previous = {}",
    "gate.soak = { in = 'qa', for = '24h' }",
    "gate.checks = { require = ['test'] }",
    "gate.approvals = { from = ['team:qa'] }",
    "gate.freeze = { zone = 'Europe/Berlin', deny = ['Fri 15:00..Mon 06:00'] }",
    "gate.branch = { from = ['main'] }",
    "gate.version = {}",
];
const PREVIOUS: usize = 1 << 0;
const SOAK: usize = 1 << 1;
const CHECKS: usize = 1 << 2;
const FREEZE: usize = 1 << 4;
const BRANCH: usize = 1 << 5;
const VERSION: usize = 1 << 6;

/// How a fact can be.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Good,
    Bad,
    Absent,
    Forbidden,
    Unavailable,
    /// Nobody looked for it; absent where there is always a fact.
    Missing,
}

/// The ways that are not good.
const WRONG: [Way; 5] = [Way::Bad, Way::Absent, Way::Forbidden, Way::Unavailable, Way::Missing];

impl Way {
    fn fact<T>(self, good: T, bad: T) -> Fact<T> {
        match self {
            Self::Good => known(good),
            Self::Bad => known(bad),
            Self::Absent | Self::Missing => absent(),
            Self::Forbidden => forbidden(),
            Self::Unavailable => unavailable(),
        }
    }

    fn looked_for<T>(self, good: T, bad: T) -> Option<Fact<T>> {
        (self != Self::Missing).then(|| self.fact(good, bad))
    }

    fn is_known(self) -> bool {
        matches!(self, Self::Good | Self::Bad)
    }
}

fn approved() -> Vec<Heard> {
    vec![Heard {
        by: Actor("qa-lead".to_owned()),
        at: at("2026-03-10T10:00:00Z"),
        source: WordSource::Ledger,
        said: Answer::Yes,
        standing: proven(),
    }]
}

fn tested(conclusion: Conclusion) -> Vec<Check> {
    vec![Check::new("test", &release("1.4.0").commit, conclusion)]
}

/// The gates of every set of rules, by the set's bits.
fn gates() -> Vec<Case> {
    let chosen = |set: usize| {
        let rules = RULES.iter().enumerate().filter(move |(bit, _)| set >> bit & 1 == 1);
        rules.map(|(_, rule)| *rule).collect::<Vec<_>>().join("\n")
    };
    let gate = |set| Case::new(&format!("after = ['qa']\n{}", chosen(set)));
    (0..1 << RULES.len()).map(gate).collect()
}

/// The facts, in this order: what every gate asks for, and then what rules ask for.
const FACTS: usize = 9;
const ALWAYS: usize = 5;
const BEFORE: usize = 5;
const TESTED: usize = 6;
const BRANCHES: usize = 7;
const TAG: usize = 8;

/// Every world in which one fact is wrong, and every one in which two are bad or unavailable. No rule rests on more.
fn worlds() -> Vec<[Way; FACTS]> {
    let mut worlds = vec![[Way::Good; FACTS]];
    for first in 0..FACTS {
        for way in WRONG {
            let mut world = [Way::Good; FACTS];
            world[first] = way;
            worlds.push(world);
            for second in first + 1..FACTS {
                let pairs = [Way::Bad, Way::Unavailable];
                worlds.extend(pairs.into_iter().filter(|_| pairs.contains(&way)).map(|other| {
                    let mut world = world;
                    world[second] = other;
                    world
                }));
            }
        }
    }
    worlds
}

/// The facts of a world.
fn facts(world: [Way; FACTS]) -> Facts {
    let [image, own, lock, ladder, rejected, before, checks, branches, tag] = world;
    let old = "2026-03-01T10:00:00Z";
    let commit = release("1.4.0").commit;
    let other = "decade".repeat(7)[..40].parse().unwrap();
    let on = |holds| {
        vec![BranchTip {
            name: "main".to_owned(),
            tip: commit.clone(),
            holds,
        }]
    };
    Case::new("")
        .with(|facts| {
            facts.people.words = own.looked_for(approved(), Vec::new()).unwrap_or_else(absent);
            facts.image = image.fact(true, false);
            facts.lock = lock.fact(LockState::default(), locked(None));
            facts.ladder_lock = ladder.fact(LockState::default(), locked(None));
            facts.rejection = rejected.fact(None, Some(rejection(Vec::new())));
            facts.checks = checks.looked_for(tested(Conclusion::Success), tested(Conclusion::Failure));
            facts.branches = branches.looked_for(on(true), on(false));
            facts.tag = tag.looked_for(Some(commit.clone()), Some(other));
            let places = [
                (
                    "staging",
                    own.looked_for(EnvironmentState::default(), failed(EnvironmentState::default())),
                ),
                ("qa", before.looked_for(runs("1.4.0", old), EnvironmentState::default())),
            ];
            for (name, fact) in places {
                let name = name.parse().unwrap();
                match fact {
                    Some(fact) => facts.environments.insert(name, fact),
                    None => facts.environments.remove(&name),
                };
            }
        })
        .facts
}

/// The facts that a gate with this set of rules needs.
fn needed(set: usize, world: [Way; FACTS]) -> Vec<Way> {
    let mut needed = world[..ALWAYS].to_vec();
    for (rules, fact) in [
        (PREVIOUS | SOAK, BEFORE),
        (CHECKS, TESTED),
        (BRANCH, BRANCHES),
        (VERSION, TAG),
    ] {
        if set & rules != 0 {
            needed.push(world[fact]);
        }
    }
    needed
}

#[test]
fn what_cannot_be_known_never_opens_and_a_rule_more_never_opens() {
    let gates = gates();
    let (mut open, mut shut) = (0, 0);
    for now in ["2026-03-11T10:00:00Z", "2026-03-14T10:00:00Z"] {
        for world in worlds() {
            let facts = facts(world);
            let answers: Vec<bool> = gates
                .iter()
                .map(|gate| gate.judge_on(&facts, at(now)).status == VerdictStatus::Open)
                .collect();
            for (set, is_open) in answers.iter().enumerate() {
                let needed = needed(set, world);
                if needed.iter().any(|way| !way.is_known()) {
                    assert!(!is_open, "a needed fact is not known, rules {set:07b}");
                }
                let good = needed.iter().all(|way| *way == Way::Good);
                let frozen = set & FREEZE != 0 && now.starts_with("2026-03-14");
                assert_eq!(
                    *is_open,
                    good && !frozen,
                    "open means that all is well, rules {set:07b}"
                );
                for bit in 0..RULES.len() {
                    let more = set | 1 << bit;
                    assert!(*is_open || !answers[more], "rule {bit} opens what {set:07b} shuts");
                }
                if *is_open { open += 1 } else { shut += 1 }
            }
        }
    }
    assert!(open > 0 && shut > 0, "{open} open, {shut} shut");
}

#[test]
fn a_person_less_or_a_word_less_opens_nothing() {
    // What a person has lifted opens; the same facts without that word do not.
    let gate = Case::new("");
    let cleared = |with| {
        let mut state = failed(EnvironmentState::default());
        if let Some(failure) = state.failures.values_mut().next() {
            failure.cleared = with;
        }
        gate.place("staging", known(state))
    };
    let withdrawn = |with| gate.with(|facts| facts.rejection = known(Some(rejection(with))));
    for (lifted, held) in [
        (cleared(vec![lifted()]), cleared(Vec::new())),
        (withdrawn(vec![lifted()]), withdrawn(Vec::new())),
    ] {
        assert_eq!(lifted.judge().status, VerdictStatus::Open);
        assert_eq!(held.judge().status, VerdictStatus::Closed);
    }
}

/// The ways in which a word, a membership, the hands and the asker can be known.
fn standings() -> [Standing; 3] {
    [proven(), Standing::unproven("nothing proves the name"), unknown()]
}

#[test]
fn nothing_unproven_opens_and_nothing_unknown_opens() {
    let gate = Case::new(
        "gate.approvals = { count = 2, from = ['team:qa', 'permission:admin'] }\ngate.access = { promote = ['team:qa', 'permission:admin'] }",
    );
    let permission: Approver = "permission:admin".parse().unwrap();
    let memberships = || [known(true), known(false), forbidden(), unavailable(), absent()].map(|fact| fact.state);
    let hands = || [known(Vec::new()), forbidden(), unavailable(), absent()];
    let (mut open, mut shut) = (0, 0);
    for first in standings() {
        for second in standings() {
            for asker in standings() {
                for member in memberships() {
                    for hand in hands() {
                        let word = |by: &str, standing: &Standing| Heard {
                            by: Actor(by.to_owned()),
                            at: at("2026-03-10T10:00:00Z"),
                            source: WordSource::Ledger,
                            said: Answer::Yes,
                            standing: standing.clone(),
                        };
                        let case = gate.with(|facts| {
                            facts.people.words = known(vec![word("qa-1", &first), word("admin-1", &second)]);
                            facts.people.involved = hand.clone();
                            facts.people.asker = Some(Asker {
                                by: Actor("admin-1".to_owned()),
                                standing: asker.clone(),
                            });
                            let people = BTreeMap::from([("admin-1".to_owned(), member.clone())]);
                            facts.people.members.insert(permission.clone(), people);
                        });
                        let is_proven = |standing: &Standing| matches!(standing, Standing::Proven { .. });
                        let good = [&first, &second, &asker].into_iter().all(is_proven)
                            && matches!(member, FactState::Known { value: true })
                            && matches!(hand.state, FactState::Known { .. });
                        let is_open = case.judge().status == VerdictStatus::Open;
                        assert_eq!(
                            is_open, good,
                            "{first:?} {second:?} {asker:?} {member:?} {:?}",
                            hand.state
                        );
                        if is_open {
                            open += 1
                        } else {
                            shut += 1
                        }
                        let no = Heard {
                            said: Answer::No,
                            ..word("qa-lead", &unknown())
                        };
                        let more = case.with(|facts| {
                            facts.people.words = known(vec![word("qa-1", &first), word("admin-1", &second), no]);
                        });
                        assert_ne!(
                            more.judge().status,
                            VerdictStatus::Open,
                            "a no that could not be checked"
                        );
                    }
                }
            }
        }
    }
    assert!(open > 0 && shut > 0, "{open} open, {shut} shut");
}

#[test]
fn an_override_opens_what_it_names_and_nothing_more() {
    let permission: Approver = "permission:admin".parse().unwrap();
    let rules = [&RULES[..], &["gate.access = { override = ['permission:admin'] }"]].concat();
    let gate = Case::new(&format!("after = ['qa']\n{}", rules.join("\n")));
    let names = ["previous", "soak", "checks", "approvals", "freeze", "branch", "version"];
    let never = ["image", "rejected", "lock"];
    let frozen = at("2026-03-14T10:00:00Z");
    let (mut open, mut shut) = (0, 0);
    // Everything that can be set aside is wrong; and the same with one more that never can.
    let mut worlds = Vec::new();
    for way in WRONG {
        let mut world = [way; FACTS];
        world[..ALWAYS].fill(Way::Good);
        worlds.push(world);
        for fact in [0, 2, 3, 4] {
            let mut worse = world;
            worse[fact] = way;
            worlds.push(worse);
        }
    }
    for world in worlds {
        let facts = facts(world);
        let before = gate.judge_on(&facts, frozen);
        assert_ne!(before.status, VerdictStatus::Open);
        for set in 0..1 << names.len() {
            let named = names.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1);
            let named: Vec<String> = named
                .map(|(_, name)| (*name).to_owned())
                .chain(never.map(str::to_owned))
                .collect();
            for (standing, member, hours) in [
                (proven(), known(true), 4),
                (proven(), known(true), 100),
                (proven(), known(true), -1),
                (proven(), known(false), 4),
                (proven(), forbidden(), 4),
                (proven(), unavailable(), 4),
                (proven(), absent(), 4),
                (unknown(), known(true), 4),
                (Standing::unproven("nothing proves the name"), known(true), 4),
            ] {
                let counts = matches!(standing, Standing::Proven { .. })
                    && matches!(member.state, FactState::Known { value: true })
                    && hours == 4;
                let mut facts = facts.clone();
                let people = BTreeMap::from([("admin-1".to_owned(), member.state)]);
                facts.people.members.insert(permission.clone(), people);
                facts.people.overrides.push(HeardOverride {
                    by: Actor("admin-1".to_owned()),
                    // One that lasts too long says that it begins later.
                    at: if hours == 100 {
                        at("2026-03-18T10:00:00Z")
                    } else {
                        at("2026-03-14T08:00:00Z")
                    },
                    rules: named.clone(),
                    until: frozen + jiff::SignedDuration::from_hours(hours),
                    reason: "the fix is urgent".to_owned(),
                    set_aside: Vec::new(),
                    standing,
                });
                let after = gate.judge_on(&facts, frozen);
                for (one, other) in before.rules.iter().zip(&after.rules) {
                    let is_named = names.contains(&one.rule.as_str()) && named.contains(&one.rule);
                    let aside = counts && is_named && !matches!(one.status, RuleStatus::Pass);
                    let expected = if aside { RuleStatus::Overridden } else { one.status };
                    assert_eq!(other.status, expected, "{} with {named:?}", one.rule);
                }
                let is_open = after.status == VerdictStatus::Open;
                let all_met = after
                    .rules
                    .iter()
                    .all(|rule| matches!(rule.status, RuleStatus::Pass | RuleStatus::Overridden));
                assert_eq!(is_open, all_met);
                if is_open { open += 1 } else { shut += 1 }
            }
        }
    }
    assert!(open > 0 && shut > 0, "{open} open, {shut} shut");
}
