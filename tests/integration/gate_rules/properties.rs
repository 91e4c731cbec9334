//! What holds for every set of rules and every set of facts, tried out in full.

use tidegate::model::actor::Actor;
use tidegate::model::check::{Check, Conclusion};
use tidegate::model::fact::{BranchTip, Fact};
use tidegate::model::state::{EnvironmentState, LockState, Said, SpokenWord};
use tidegate::model::verdict::VerdictStatus;
use tidegate::plan::gate::facts::Facts;

use super::case::{
    Case, absent, at, failed, forbidden, known, lifted, locked, policy, rejection, release, runs, unavailable,
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

fn approved() -> EnvironmentState {
    let word = SpokenWord {
        by: Actor("qa-lead".to_owned()),
        at: at("2026-03-10T10:00:00Z"),
        digest: release("1.4.0").digest,
        policy: policy(),
        said: Said::Approved,
        reason: None,
    };
    EnvironmentState {
        words: vec![word],
        ..EnvironmentState::default()
    }
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
            facts.image = image.fact(true, false);
            facts.lock = lock.fact(LockState::default(), locked(None));
            facts.ladder_lock = ladder.fact(LockState::default(), locked(None));
            facts.rejection = rejected.fact(None, Some(rejection(None)));
            facts.checks = checks.looked_for(tested(Conclusion::Success), tested(Conclusion::Failure));
            facts.branches = branches.looked_for(on(true), on(false));
            facts.tag = tag.looked_for(Some(commit.clone()), Some(other));
            let places = [
                (
                    "staging",
                    own.looked_for(approved(), failed(EnvironmentState::default())),
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
        (cleared(Some(lifted())), cleared(None)),
        (withdrawn(Some(lifted())), withdrawn(None)),
    ] {
        assert_eq!(lifted.judge().status, VerdictStatus::Open);
        assert_eq!(held.judge().status, VerdictStatus::Closed);
    }
}
