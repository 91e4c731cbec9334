//! A roll-back that a person asks for: what to go back to, whether that is allowed now, and what comes next.

use jiff::Timestamp;

use super::gate::freeze;
use super::promote::may_take_over;
use crate::model::actor::Holder;
use crate::model::digest::Digest;
use crate::model::environment::Environment;
use crate::model::event::EventBody;
use crate::model::name::EnvironmentName;
use crate::model::policy::RollbackFreeze;
use crate::model::refusal::Refusal;
use crate::model::release::Release;
use crate::model::state::{ComponentState, EnvironmentState, Lock};
use crate::model::step::{Action, Step};
use crate::model::verdict::{RuleOutcome, RuleStatus};

/// Where a roll-back stands.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The environment's columns and rules.
    pub environment: &'a Environment,
    /// The environment, as the ledger tells.
    pub state: &'a EnvironmentState,
    /// The component, as the ledger tells.
    pub component: &'a ComponentState,
    /// The release to take away, where the person names one.
    pub unwanted: Option<&'a Digest>,
    /// A lock of the environment or of the ladder that holds, by the policy.
    pub lock: Option<&'a Lock>,
    /// This run.
    pub holder: &'a Holder,
    /// The present moment.
    pub now: Timestamp,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Record that it starts.
    Start {
        /// What is taken away.
        from: Digest,
        /// What is brought back.
        to: Box<Release>,
    },
    /// Deploy, verify and record.
    Finish {
        /// What is taken away.
        from: Digest,
        /// What is brought back.
        to: Box<Release>,
    },
    /// Nothing: it was taken away before, and this runs again.
    Already(Box<Release>),
    /// Nothing yet.
    Wait {
        /// Why.
        reason: String,
        /// When to ask again.
        until: Option<Timestamp>,
    },
    /// Nothing.
    Refuse(Refusal),
}

/// What comes next for a roll-back.
pub fn next(situation: &Situation<'_>) -> Next {
    let (state, now) = (situation.state, situation.now);
    if let Some(attempt) = &state.attempt {
        if !may_take_over(attempt, situation.holder, now) {
            let reason = format!("{} is deploying {} here", attempt.actor, attempt.release);
            return Next::Wait {
                reason,
                until: Some(attempt.until),
            };
        }
        if let Some(from) = &attempt.rollback_from {
            return Next::Finish {
                from: from.clone(),
                to: Box::new(attempt.release.clone()),
            };
        }
    }
    if let Some(settled) = settled(situation) {
        return settled;
    }
    if let Some(lock) = situation.lock {
        let reason = format!(
            "it was locked by {} at {} (lock {}): {}",
            lock.by, lock.at, lock.number, lock.reason
        );
        return Next::Refuse(Refusal::new(reason, "take the lock away with `tidegate unlock` first"));
    }
    if let Some(rule) = frozen(situation.environment, now) {
        return match rule.status {
            RuleStatus::Wait => Next::Wait {
                reason: rule.saw,
                until: rule.next_check_at,
            },
            _ => Next::Refuse(Refusal::new(rule.saw, format!("it takes {}", rule.opens))),
        };
    }
    let from = match (&state.attempt, &state.current) {
        (Some(attempt), _) => &attempt.release.digest,
        (None, Some(current)) => &current.release.digest,
        (None, None) => {
            return Next::Refuse(Refusal::new("nothing runs there", "promote a release into it first"));
        }
    };
    match state.rollback_target(from, situation.component) {
        Some(to) => Next::Start {
            from: from.clone(),
            to: Box::new(to.clone()),
        },
        None => Next::Refuse(Refusal::new(
            "there is no other release that was verified there, has not failed there since and is not rejected",
            "promote a newer release that repairs it",
        )),
    }
}

/// Whether there is nothing left to take away, so that a second run never goes further down than the first.
fn settled(situation: &Situation<'_>) -> Option<Next> {
    let state = situation.state;
    let current = state.current.as_ref().filter(|_| state.attempt.is_none())?;
    let running = &current.release;
    match (situation.unwanted, &state.rolled_back_from) {
        (None, Some(_)) => Some(Next::Already(Box::new(running.clone()))),
        (Some(unwanted), _) if *unwanted != running.digest => Some(if state.failures.contains_key(unwanted) {
            Next::Already(Box::new(running.clone()))
        } else {
            Next::Refuse(Refusal::new(
                format!("{} does not run there; {running} does", unwanted.short()),
                "name the release that is to be taken away, or none for the one that runs",
            ))
        }),
        _ => None,
    }
}

fn frozen(environment: &Environment, now: Timestamp) -> Option<RuleOutcome> {
    let freeze = environment.gate.freeze.as_ref();
    let binding = freeze.filter(|freeze| freeze.rollback == RollbackFreeze::Blocked)?;
    let outcome = freeze::judge(binding, now);
    (outcome.status != RuleStatus::Pass).then_some(outcome)
}

/// Everything that a roll-back without trouble does from the start, for a dry run.
pub fn outline(
    environment: &EnvironmentName,
    from: &Digest,
    to: &Release,
    start: EventBody,
    reason: &str,
) -> Vec<Step> {
    let mut steps = vec![Step::new(record(start), "others see who is at work")];
    steps.extend(finish(environment, from, to, reason));
    steps
}

/// What is left of a roll-back that was started, for a dry run.
pub fn finish(environment: &EnvironmentName, from: &Digest, to: &Release, reason: &str) -> Vec<Step> {
    let end = EventBody::RolledBack {
        environment: environment.clone(),
        from: from.clone(),
        to: to.clone(),
        reason: reason.to_owned(),
    };
    let deploy = Action::Deploy {
        environment: environment.clone(),
        release: to.clone(),
    };
    let verify = Action::Verify {
        environment: environment.clone(),
        release: to.clone(),
    };
    vec![
        Step::new(deploy, "it was the last to be verified there"),
        Step::new(verify, "a roll-back counts once it was seen to work"),
        Step::new(record(end), "the digest that was taken away does not come back"),
    ]
}

fn record(event: EventBody) -> Action {
    Action::Record { event: Box::new(event) }
}
