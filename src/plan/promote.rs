//! A promotion, one step at a time: what the ledger says decides what comes next, so that a killed run goes on.

use crate::model::actor::Holder;
use crate::model::digest::Digest;
use crate::model::event::{EventBody, Phase};
use crate::model::name::EnvironmentName;
use crate::model::release::Release;
use crate::model::state::{Attempt, ComponentState, EnvironmentState, Progress};
use crate::model::step::{Action, Step};
use jiff::Timestamp;

/// Where a promotion stands.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The release that is promoted.
    pub release: &'a Release,
    /// The environment, as the ledger tells.
    pub state: &'a EnvironmentState,
    /// The component, as the ledger tells.
    pub component: &'a ComponentState,
    /// This run.
    pub holder: &'a Holder,
    /// The present moment.
    pub now: Timestamp,
    /// Whether the gate has let this run in.
    pub admitted: bool,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Ask the gate.
    Judge,
    /// Record that the deployment starts.
    Start,
    /// Deploy the release.
    Deploy,
    /// Verify it.
    Verify,
    /// Go back to this release, for that reason.
    RollBack {
        /// The release that was verified before.
        to: Box<Release>,
        /// Why.
        reason: String,
    },
    /// Nothing: the release runs here, verified.
    Done,
    /// Nothing: it failed, and there is no release to go back to.
    Stranded {
        /// Why it failed.
        reason: String,
    },
    /// Nothing yet: another run is at work here.
    Busy(Box<Attempt>),
}

/// What comes next for a promotion.
pub fn next(situation: &Situation<'_>) -> Next {
    let (state, digest) = (situation.state, &situation.release.digest);
    let attempt = state.attempt.as_ref();
    if let Some(other) = attempt.filter(|attempt| !may_take_over(attempt, situation.holder, situation.now)) {
        return Next::Busy(Box::new(other.clone()));
    }
    let Some(own) = attempt.filter(|attempt| attempt.release.digest == *digest && attempt.rollback_from.is_none())
    else {
        return match state.verified_since(digest) {
            Some(_) if attempt.is_none() => Next::Done,
            _ if situation.admitted => Next::Start,
            _ => Next::Judge,
        };
    };
    match &own.progress {
        Progress::Started if situation.admitted => Next::Deploy,
        Progress::Started => Next::Judge,
        Progress::Deployed => Next::Verify,
        Progress::Failed { reason, .. } => match state.rollback_target(digest, situation.component) {
            Some(to) => Next::RollBack {
                to: Box::new(to.clone()),
                reason: reason.clone(),
            },
            None => Next::Stranded { reason: reason.clone() },
        },
    }
}

/// Whether the run that started an attempt cannot be at work any more. The caller holds the clone's own lock for this
/// environment, so an attempt of the same clone has ended; so has an earlier attempt of the same workflow run.
pub fn may_take_over(attempt: &Attempt, holder: &Holder, now: Timestamp) -> bool {
    let same_clone = attempt.holder.clone == holder.clone;
    let same_run = holder.run.is_some() && attempt.holder.run == holder.run && attempt.holder.attempt < holder.attempt;
    same_clone || same_run || attempt.until <= now
}

/// The event that a deployment starts with.
pub fn started(
    environment: &EnvironmentName,
    release: &Release,
    policy: &Digest,
    holder: &Holder,
    until: Timestamp,
) -> EventBody {
    EventBody::DeploymentStarted {
        environment: environment.clone(),
        release: release.clone(),
        policy: policy.clone(),
        holder: holder.clone(),
        until,
        rollback_from: None,
        evidence: None,
    }
}

/// The event that follows the target's answer.
pub fn deployed(environment: &EnvironmentName, release: &Release, answer: Result<(), String>) -> EventBody {
    match answer {
        Ok(()) => EventBody::DeploymentSucceeded {
            environment: environment.clone(),
            component: release.component.clone(),
            digest: release.digest.clone(),
        },
        Err(reason) => failed(environment, release, Phase::Deploy, reason),
    }
}

/// The event that follows a verification.
pub fn verified(environment: &EnvironmentName, release: &Release, answer: Result<String, String>) -> EventBody {
    match answer {
        Ok(saw) => EventBody::Verified {
            environment: environment.clone(),
            component: release.component.clone(),
            digest: release.digest.clone(),
            saw,
        },
        Err(reason) => failed(environment, release, Phase::Verify, reason),
    }
}

fn failed(environment: &EnvironmentName, release: &Release, during: Phase, reason: String) -> EventBody {
    EventBody::DeploymentFailed {
        environment: environment.clone(),
        component: release.component.clone(),
        digest: release.digest.clone(),
        during,
        reason,
    }
}

/// Everything that a promotion without trouble does from the start, for a dry run.
pub fn outline(environment: &EnvironmentName, release: &Release, start: EventBody) -> Vec<Step> {
    let deploy = Action::Deploy {
        environment: environment.clone(),
        release: release.clone(),
    };
    let mut steps = vec![
        Step::new(record(start), "the gate is open; others see who is at work"),
        Step::new(deploy, "the release is named by digest"),
        Step::new(
            record(deployed(environment, release, Ok(()))),
            "what runs here has changed",
        ),
    ];
    steps.extend(verification(environment, release));
    steps
}

/// What is left of a promotion whose release is deployed, for a dry run.
pub fn verification(environment: &EnvironmentName, release: &Release) -> Vec<Step> {
    let verify = Action::Verify {
        environment: environment.clone(),
        release: release.clone(),
    };
    let evidence = "what the environment will answer".to_owned();
    vec![
        Step::new(verify, "a deployment counts once it was seen to work"),
        Step::new(
            record(verified(environment, release, Ok(evidence))),
            "the next rung asks for it",
        ),
    ]
}

fn record(event: EventBody) -> Action {
    Action::Record { event: Box::new(event) }
}
