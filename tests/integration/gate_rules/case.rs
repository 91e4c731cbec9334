//! One question to a gate: rules as `tidegate.toml` writes them, facts, a time, and the answer in words.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tidegate::ledger::chain::Draft;
use tidegate::ledger::projection::{initial, project};
use tidegate::model::actor::{Actor, Holder};
use tidegate::model::digest::Digest;
use tidegate::model::environment::Environment;
use tidegate::model::event::EventBody;
use tidegate::model::fact::{Fact, FactState};
use tidegate::model::heard::{Asker, Involved, Part, People};
use tidegate::model::name::EnvironmentName;
use tidegate::model::policy::Team;
use tidegate::model::proof::Standing;
use tidegate::model::release::Release;
use tidegate::model::state::{EnvironmentState, Failure, Lifted, Lock, LockState, Rejection, Residence, StreamState};
use tidegate::model::stream::Stream;
use tidegate::model::verdict::{PolicyRef, RuleOutcome, RuleStatus, Verdict};
use tidegate::plan::gate::facts::{Facts, Policy};
use tidegate::plan::gate::verdict::judge;
use tidegate::plan::promote::{deployed, started, verified};
use tidegate::report::verdict::text;

/// A Wednesday.
pub const NOW: &str = "2026-03-11T10:00:00Z";

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn known<T>(value: T) -> Fact<T> {
    Fact::known("a fact", "the ledger", at(NOW), value)
}

pub fn forbidden<T>() -> Fact<T> {
    let reason = "the token may not read it".to_owned();
    Fact::new("a fact", "the ledger", at(NOW), FactState::Forbidden { reason })
}

pub fn unavailable<T>() -> Fact<T> {
    let reason = "no answer".to_owned();
    Fact::new("a fact", "the ledger", at(NOW), FactState::Unavailable { reason })
}

pub fn absent<T>() -> Fact<T> {
    Fact::new("a fact", "the ledger", at(NOW), FactState::Absent)
}

/// The release of a version; each has a digest of its own.
pub fn release(version: &str) -> Release {
    Release {
        component: "app".parse().unwrap(),
        version: version.parse().unwrap(),
        tag: format!("v{version}"),
        commit: "c0ffee".repeat(7)[..40].parse().unwrap(),
        digest: Digest::of(version.as_bytes()),
        image: "registry.example.com/demo/app".to_owned(),
    }
}

/// An environment in which a version runs, verified since that time.
pub fn runs(version: &str, since: &str) -> EnvironmentState {
    let residence = Residence {
        release: release(version),
        deployed_at: at(since),
        verified_at: Some(at(since)),
    };
    EnvironmentState {
        current: Some(residence.clone()),
        verified: vec![residence],
        ..EnvironmentState::default()
    }
}

/// An environment after these events, each with its time.
pub fn after(events: Vec<(&str, EventBody)>) -> EnvironmentState {
    let mut state = initial(&Stream::Environment("qa".parse().unwrap(), "app".parse().unwrap()));
    for (index, (time, body)) in events.into_iter().enumerate() {
        let event = Draft {
            sequence: index as u64 + 1,
            previous: None,
            at: at(time),
            actor: Actor("operator-1".to_owned()),
            body,
        };
        state = project(state, &event);
    }
    match state {
        StreamState::Environment(state) => *state,
        other => panic!("{other:?}"),
    }
}

/// The events of a deployment of a version: it starts, it is carried out, it is verified.
pub fn deployment(version: &str) -> [EventBody; 3] {
    let (environment, release): (EnvironmentName, _) = ("qa".parse().unwrap(), release(version));
    let holder = Holder {
        clone: "a clone".to_owned(),
        run: None,
        attempt: None,
    };
    [
        started(&environment, &release, &policy(), &holder, at("2099-01-01T00:00:00Z")),
        deployed(&environment, &release, Ok(())),
        verified(&environment, &release, Ok("it answered 200".to_owned())),
    ]
}

/// The same where the release 1.4.0 has failed.
pub fn failed(mut state: EnvironmentState) -> EnvironmentState {
    let failure = Failure {
        at: at("2026-03-11T09:00:00Z"),
        reason: "it answered 503 instead of 200".to_owned(),
        cleared: Vec::new(),
    };
    state.failures.insert(release("1.4.0").digest, failure);
    state
}

/// A person's word that opens something.
pub fn lifted() -> Lifted {
    Lifted {
        by: Actor("operator-2".to_owned()),
        at: at("2026-03-11T09:30:00Z"),
        reason: Some("it was the network".to_owned()),
        proof: None,
    }
}

/// A rejection everywhere.
pub fn rejection(withdrawn: Vec<Lifted>) -> Rejection {
    Rejection {
        by: Actor("operator-1".to_owned()),
        at: at("2026-03-11T09:00:00Z"),
        reason: "it logs passwords".to_owned(),
        withdrawn,
    }
}

/// A lock without an end, or with one.
pub fn locked(until: Option<&str>) -> LockState {
    LockState {
        locks: vec![Lock {
            number: 17,
            by: Actor("operator-1".to_owned()),
            at: at("2026-03-11T08:00:00Z"),
            reason: "the database is moved".to_owned(),
            until: until.map(at),
            loss: None,
        }],
        unlocks: Vec::new(),
    }
}

/// A name that had a hand in the release.
pub fn hand(name: &str, part: Part) -> Involved {
    Involved {
        name: name.to_owned(),
        part,
    }
}

/// It is proven who said it.
pub fn proven() -> Standing {
    Standing::Proven {
        how: "key SHA256:abc".to_owned(),
    }
}

/// It could not be found out who said it.
pub fn unknown() -> Standing {
    Standing::Unknown {
        why: "run 12 could not be read: no answer".to_owned(),
    }
}

/// The policy that is in force.
pub fn policy() -> Digest {
    Digest::of(b"the policy")
}

/// One question to the gate of `staging` about the release 1.4.0.
#[derive(Clone)]
pub struct Case {
    pub environment: Environment,
    pub facts: Facts,
    pub now: Timestamp,
}

impl Case {
    /// A question under these rules, where nothing has happened yet.
    pub fn new(rules: &str) -> Self {
        let columns = "tier = 'pre-production'\npurpose = 'Validation'\ndata = 'clone'\naccess = {}\n\
                       trigger = { on = 'release' }\ndeploy = { command = ['true'] }\n";
        let environment = toml::from_str(&format!("{columns}{rules}")).unwrap();
        let names = ["staging", "qa", "uat1", "uat2", "uat3"];
        let empty = |name: &&str| (name.parse().unwrap(), known(EnvironmentState::default()));
        Self {
            environment,
            facts: Facts {
                release: release("1.4.0"),
                environments: names.iter().map(empty).collect(),
                hotfix: None,
                checks: None,
                branches: None,
                tag: None,
                rejection: known(None),
                same_tree: Some(known(Vec::new())),
                lock: known(LockState::default()),
                ladder_lock: known(LockState::default()),
                image: known(true),
                people: People {
                    words: known(Vec::new()),
                    overrides: Vec::new(),
                    involved: known(vec![hand("developer-1", Part::Requester)]),
                    members: BTreeMap::new(),
                    asker: Some(Asker {
                        by: Actor("developer-1".to_owned()),
                        standing: proven(),
                    }),
                    unlocks: Vec::new(),
                },
            },
            now: at(NOW),
        }
    }

    /// The same question with other facts.
    pub fn with(&self, change: impl FnOnce(&mut Facts)) -> Self {
        let mut other = self.clone();
        change(&mut other.facts);
        other
    }

    /// The same question where this is what is known of an environment.
    pub fn place(&self, name: &str, fact: Fact<EnvironmentState>) -> Self {
        self.with(|facts| {
            facts.environments.insert(name.parse().unwrap(), fact);
        })
    }

    /// The same question at another time.
    pub fn when(&self, now: &str) -> Self {
        let mut other = self.clone();
        other.now = at(now);
        other
    }

    pub fn judge(&self) -> Verdict {
        self.judge_on(&self.facts, self.now)
    }

    /// The answer of this gate to other facts at another time.
    pub fn judge_on(&self, facts: &Facts, now: Timestamp) -> Verdict {
        let name: EnvironmentName = "staging".parse().unwrap();
        let team = |members: &[&str], github: Option<&str>| Team {
            title: None,
            members: members.iter().map(|name| (*name).to_owned()).collect(),
            github: github.map(str::to_owned),
        };
        let teams = BTreeMap::from([
            ("qa".to_owned(), team(&["qa-lead", "qa-1"], None)),
            ("developers".to_owned(), team(&["developer-1"], None)),
            ("managers".to_owned(), team(&["manager-1"], Some("acme/managers"))),
        ]);
        let policy = Policy {
            name: &name,
            environment: &self.environment,
            teams,
            reference: PolicyRef {
                digest: policy(),
                source: "origin/main".to_owned(),
                commit: None,
            },
        };
        judge(&policy, facts, now)
    }

    /// What one rule said.
    pub fn rule(&self, name: &str) -> RuleOutcome {
        let rules = self.judge().rules;
        rules.into_iter().find(|rule| rule.rule == name).unwrap()
    }
}

/// Asserts what a rule answers in each case, and gives the verdicts in words, one after the other.
pub fn table(rule: &str, cases: &[(&str, Case, RuleStatus)]) -> String {
    let mut words = String::new();
    for (title, case, status) in cases {
        let outcome = case.rule(rule);
        assert_eq!(outcome.status, *status, "{rule}, {title}: {outcome:?}");
        let passes = matches!(status, RuleStatus::Pass);
        assert_eq!(
            outcome.opens.is_empty(),
            passes,
            "{rule}, {title}: what is shut says who opens it"
        );
        words.push_str(&format!("-- {title}\n{}\n", text(&case.judge())));
    }
    words
}
