//! What holds for every set of rules and every set of facts, tried out in full.

use tidegate::model::actor::Actor;
use tidegate::model::check::{Check, Conclusion};
use tidegate::model::fact::Fact;
use tidegate::model::state::{EnvironmentState, Lock, LockState, Said, SpokenWord};
use tidegate::model::verdict::VerdictStatus;
use tidegate::plan::gate::facts::Facts;

use super::case::{Case, at, failed, forbidden, known, policy, release, runs, unavailable};

const RULES: [&str; 5] = [
    "gate.previous = {}",
    "gate.soak = { in = 'qa', for = '24h' }",
    "gate.checks = { require = ['test'] }",
    "gate.approvals = { from = ['team:qa'] }",
    "gate.freeze = { zone = 'Europe/Berlin', deny = ['Fri 15:00..Mon 06:00'] }",
];
const PREVIOUS: usize = 1 << 0;
const SOAK: usize = 1 << 1;
const CHECKS: usize = 1 << 2;
const FREEZE: usize = 1 << 4;

/// How a fact can be.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Good,
    Bad,
    Forbidden,
    Unavailable,
}

const WAYS: [Way; 4] = [Way::Good, Way::Bad, Way::Forbidden, Way::Unavailable];

impl Way {
    fn fact<T>(self, good: T, bad: T) -> Fact<T> {
        match self {
            Self::Good => known(good),
            Self::Bad => known(bad),
            Self::Forbidden => forbidden(),
            Self::Unavailable => unavailable(),
        }
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

fn locked() -> LockState {
    LockState {
        lock: Some(Lock {
            by: Actor("operator-1".to_owned()),
            at: at("2026-03-10T10:00:00Z"),
            reason: "a reason".to_owned(),
            until: None,
        }),
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

/// Calls with every way in which these five facts can be: image, this environment, the one before, lock, checks.
fn every_world(mut judge: impl FnMut([Way; 5])) {
    for world in 0..WAYS.len().pow(5) {
        judge(std::array::from_fn(|fact| {
            WAYS[world / WAYS.len().pow(fact as u32) % WAYS.len()]
        }));
    }
}

/// The facts of a world.
fn facts([image, own, before, lock, checks]: [Way; 5]) -> Facts {
    let old = "2026-03-01T10:00:00Z";
    let case = Case::new("").with(|facts| {
        facts.image = image.fact(true, false);
        facts.lock = lock.fact(LockState::default(), locked());
        facts.checks = Some(checks.fact(tested(Conclusion::Success), tested(Conclusion::Failure)));
    });
    case.place("staging", own.fact(approved(), failed(EnvironmentState::default())))
        .place("qa", before.fact(runs("1.4.0", old), EnvironmentState::default()))
        .facts
}

#[test]
fn what_cannot_be_known_never_opens_and_a_rule_more_never_opens() {
    let gates = gates();
    let (mut open, mut shut) = (0, 0);
    for now in ["2026-03-11T10:00:00Z", "2026-03-14T10:00:00Z"] {
        every_world(|world| {
            let [image, own, before, lock, checks] = world;
            let facts = facts(world);
            let answers: Vec<bool> = gates
                .iter()
                .map(|gate| gate.judge_on(&facts, at(now)).status == VerdictStatus::Open)
                .collect();
            for (set, is_open) in answers.iter().enumerate() {
                let mut needed = vec![image, own, lock];
                if set & (PREVIOUS | SOAK) != 0 {
                    needed.push(before);
                }
                if set & CHECKS != 0 {
                    needed.push(checks);
                }
                if needed.iter().any(|way| !way.is_known()) {
                    assert!(!is_open, "a needed fact is not known, rules {set:05b}");
                }
                let good = needed.iter().all(|way| *way == Way::Good);
                let frozen = set & FREEZE != 0 && now.starts_with("2026-03-14");
                assert_eq!(
                    *is_open,
                    good && !frozen,
                    "open means that all is well, rules {set:05b}"
                );
                for bit in 0..RULES.len() {
                    let more = set | 1 << bit;
                    assert!(*is_open || !answers[more], "rule {bit} opens what {set:05b} shuts");
                }
                if *is_open { open += 1 } else { shut += 1 }
            }
        });
    }
    assert!(open > 0 && shut > 0, "{open} open, {shut} shut");
}
