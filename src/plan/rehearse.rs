//! What a rehearsal does when a gate is not open: who speaks, which check ends, and how far the clock jumps.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::config::scenario::{
    Scenario, ScriptedApproval, ScriptedCheck, ScriptedCommit, ScriptedPromotion, ScriptedRelease,
};
use crate::model::check::{Check, Conclusion};
use crate::model::duration::Duration;
use crate::model::environment::Environment;
use crate::model::name::{CommitId, EnvironmentName};
use crate::model::policy::Team;
use crate::model::verdict::Verdict;

/// What is still to come for one release.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    speeches: Vec<Speech>,
    asked: BTreeSet<EnvironmentName>,
    checks: Vec<(Timestamp, Check)>,
    promoters: BTreeMap<EnvironmentName, String>,
}

/// An approval that will be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speech {
    /// When.
    pub at: Timestamp,
    /// For which environment.
    pub environment: EnvironmentName,
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
}

impl Agenda {
    /// The agenda of a commit that was shared at `begun`.
    pub fn new(scripted: &[ScriptedCheck], commit: &CommitId, begun: Timestamp) -> Self {
        let check = |check: &ScriptedCheck| {
            let ended = Check {
                app: check.app.clone(),
                ..Check::new(&check.name, commit, check.conclusion)
            };
            (begun + check.after.signed(), ended)
        };
        Self {
            checks: scripted.iter().map(check).collect(),
            ..Self::default()
        }
    }

    /// The check results at `now`.
    pub fn checks(&self, now: Timestamp) -> Vec<Check> {
        let at = |(ends, check): &(Timestamp, Check)| match *ends <= now {
            true => check.clone(),
            false => Check {
                conclusion: Conclusion::Pending,
                ..check.clone()
            },
        };
        self.checks.iter().map(at).collect()
    }

    /// Where a gate asks for approvals for the first time, those that the scenario knows are on their way.
    pub fn asked(&mut self, verdict: &Verdict, scripted: &[ScriptedApproval]) {
        let environment = &verdict.environment;
        let mut rules = verdict.rules.iter();
        let wanting = rules.any(|rule| rule.rule == "approvals" && !rule.status.is_met());
        if !wanting || !self.asked.insert(environment.clone()) {
            return;
        }
        let speech = |approval: &ScriptedApproval| Speech {
            at: verdict.at + approval.after.signed(),
            environment: environment.clone(),
            by: approval.by.clone(),
            reason: approval.reason.clone(),
        };
        let own = scripted.iter().filter(|approval| approval.environment == *environment);
        self.speeches.extend(own.map(speech));
    }

    /// Who promotes into an environment, where it is not the one who starts the releases.
    pub fn promoter(&self, environment: &EnvironmentName) -> Option<&String> {
        self.promoters.get(environment)
    }

    /// Where the gate refuses the one who asks, the person whom the scenario knows takes over, once.
    pub fn hand_over(&mut self, verdict: &Verdict, scripted: &[ScriptedPromotion]) -> Option<String> {
        let mut rules = verdict.rules.iter();
        let access = rules.find(|rule| rule.rule == "access" && !rule.status.is_met())?;
        let own = scripted
            .iter()
            .find(|promotion| promotion.environment == verdict.environment)?;
        if self.promoters.contains_key(&verdict.environment) {
            return None;
        }
        self.promoters.insert(verdict.environment.clone(), own.by.clone());
        Some(format!("access: {}; {} takes over", access.saw, own.by))
    }

    /// The next moment at which something can change the verdict.
    pub fn next(&self, verdict: &Verdict) -> Option<Timestamp> {
        let now = verdict.at;
        let speeches = self.speeches.iter().map(|speech| speech.at.max(now));
        let rules = verdict
            .rules
            .iter()
            .filter_map(|rule| rule.next_check_at)
            .filter(|at| *at > now);
        speeches.chain(self.next_check(now)).chain(rules).min()
    }

    /// When the next check ends.
    pub fn next_check(&self, now: Timestamp) -> Option<Timestamp> {
        self.checks
            .iter()
            .map(|(ends, _)| *ends)
            .filter(|ends| *ends > now)
            .min()
    }

    /// The approvals whose time has come, each given once.
    pub fn due(&mut self, now: Timestamp) -> Vec<Speech> {
        let (due, later) = self.speeches.drain(..).partition(|speech| speech.at <= now);
        self.speeches = later;
        due
    }
}

/// A scenario for a project that brings none: checks succeed, the people whom the gates name approve, nothing fails.
pub fn assumed(
    start: Timestamp,
    actor: String,
    environments: &BTreeMap<EnvironmentName, Environment>,
    teams: &BTreeMap<String, Team>,
) -> Scenario {
    let mut checks = BTreeSet::new();
    let mut approval = Vec::new();
    let mut promotion = Vec::new();
    for (name, environment) in environments {
        checks.extend(
            environment
                .gate
                .checks
                .iter()
                .flat_map(|rule| &rule.require)
                .map(|check| (check.name().to_owned(), check.app().map(str::to_owned))),
        );
        let promoters = environment.gate.access.iter().flat_map(|access| &access.promote);
        let first = promoters.flat_map(|approver| approver.named(teams)).next();
        promotion.extend(first.map(|person| ScriptedPromotion {
            environment: name.clone(),
            by: person.clone(),
        }));
        let Some(rule) = &environment.gate.approvals else {
            continue;
        };
        let entitled: BTreeSet<&String> = rule.from.iter().flat_map(|approver| approver.named(teams)).collect();
        let people = entitled
            .into_iter()
            .filter(|person| !rule.no_self_approval || **person != actor);
        approval.extend(people.take(rule.count as usize).map(|person| ScriptedApproval {
            environment: name.clone(),
            by: person.clone(),
            after: Duration::default(),
            reason: Some("assumed by the rehearsal".to_owned()),
        }));
    }
    let check = |(name, app)| ScriptedCheck {
        name,
        app,
        after: Duration::default(),
        conclusion: Conclusion::Success,
    };
    Scenario {
        start,
        actor,
        history: Vec::new(),
        release: vec![ScriptedRelease::default()],
        check: checks.into_iter().map(check).collect(),
        approval,
        promotion,
    }
}

/// The commit that a rehearsal adds when there is nothing to release.
pub fn filler() -> ScriptedCommit {
    ScriptedCommit {
        message: "fix: a change for the rehearsal".to_owned(),
        files: BTreeMap::new(),
        tag: None,
    }
}

/// When each of the commits before the start was made: a day apart, the last a day before.
pub fn history_times(start: Timestamp, count: usize) -> Vec<Timestamp> {
    let day = |index: usize| jiff::SignedDuration::from_hours(24 * i64::try_from(count - index).unwrap_or(1));
    (0..count).map(|index| start - day(index)).collect()
}
