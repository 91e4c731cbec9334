//! What `promote` and `rollback` share: starting, deploying, verifying and going back, each with its record.

use super::mirror;
use crate::apply::{Receipt, apply};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::environment::Environment;
use crate::model::event::EventBody;
use crate::model::evidence::Evidence;
use crate::model::name::EnvironmentName;
use crate::model::release::Release;
use crate::model::state::Attempt;
use crate::model::step::{Action, Step};
use crate::model::stream::Stream;
use crate::plan::promote;
use crate::ports::ledger::Observed;

/// Deployments into one environment.
pub struct Deploying<'a> {
    /// Settings and ports.
    pub context: &'a Context,
    /// The environment.
    pub environment: &'a EnvironmentName,
}

/// Why a deployment may start.
#[derive(Clone, Copy, Debug)]
pub enum Admission<'a> {
    /// The gate is open, as this says.
    Gate(&'a Evidence),
    /// A person takes this digest away.
    RollBack(&'a Digest),
}

/// How going back ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The release before runs again, verified.
    Done,
    /// It could not be brought back.
    Failed(String),
    /// Somebody else has written meanwhile: look again.
    Moved,
}

/// The columns of an environment, whose releases can be verified.
///
/// # Errors
/// A usage error when it has no `url`: a release there could never be seen to work, so none is deployed.
pub fn verifiable<'a>(context: &'a Context, name: &EnvironmentName) -> Result<&'a Environment> {
    let settings = context.settings.environment(name)?;
    if settings.url.is_none() {
        return Err(Error::usage(
            format!("`{name}` has no `url`, so a release there could not be verified"),
            format!(
                "add it in {}: [environment.{name}] url = \"https://…\"",
                context.settings.source
            ),
        ));
    }
    Ok(settings)
}

impl Deploying<'_> {
    /// The event that a deployment starts with.
    pub fn started(&self, release: &Release, why: Admission<'_>) -> Result<EventBody> {
        let (context, environment) = (self.context, self.environment);
        let settings = context.settings.environment(environment)?;
        // Time for the deployment, its verification, both again for a roll-back, and a minute to write.
        let once = settings.deploy.timeout.signed() + settings.verify.timeout.signed();
        let until = context.clock.now() + once * 2 + jiff::SignedDuration::from_mins(1);
        let policy = match why {
            Admission::Gate(evidence) => evidence.verdict().policy.digest.clone(),
            Admission::RollBack(_) => context.settings.policy(environment)?.digest,
        };
        let mut event = promote::started(environment, release, &policy, &context.holder, until);
        if let EventBody::DeploymentStarted {
            rollback_from,
            evidence,
            ..
        } = &mut event
        {
            match why {
                Admission::Gate(open) => *evidence = Some(Box::new(open.clone())),
                Admission::RollBack(from) => *rollback_from = Some(from.clone()),
            }
        }
        Ok(event)
    }

    /// Writes an event. `false` when what the decision rests on has moved.
    pub async fn record(&self, event: EventBody, observed: &Observed) -> Result<bool> {
        let attempt = match &self.context.mirror {
            Some(_) => self.attempt(&event).await?,
            None => None,
        };
        let action = Action::Record { event: Box::new(event) };
        let receipt = apply(self.context, &Step::new(action, ""), observed).await?;
        if let Receipt::Recorded(event) = &receipt {
            mirror::recorded(self.context, self.environment, event, attempt.as_ref()).await;
        }
        Ok(receipt != Receipt::Moved)
    }

    /// The attempt that is under way before an event.
    async fn attempt(&self, event: &EventBody) -> Result<Option<Attempt>> {
        let Stream::Environment(environment, component) = event.stream() else {
            return Ok(None);
        };
        let view = self.context.ledger.reopen().await?;
        Ok(view.environment(&environment, &component)?.state.attempt)
    }

    /// Deploys, and records how that ended.
    pub async fn deploy(&self, release: &Release, observed: &Observed) -> Result<()> {
        let answer = self.try_deploy(release).await?;
        self.record(promote::deployed(self.environment, release, answer), observed)
            .await?;
        Ok(())
    }

    /// Verifies, and records how that ended. Gives what was seen.
    pub async fn verify(&self, release: &Release, observed: &Observed) -> Result<Option<String>> {
        let answer = self.try_verify(release).await?;
        let evidence = answer.clone().ok();
        self.record(promote::verified(self.environment, release, answer), observed)
            .await?;
        Ok(evidence)
    }

    /// Brings the release before back, verifies it and records that.
    pub async fn roll_back(&self, from: &Digest, to: &Release, reason: &str, observed: &Observed) -> Result<Ending> {
        if let Err(again) = self.try_deploy(to).await? {
            return Ok(Ending::Failed(again));
        }
        if let Err(again) = self.try_verify(to).await? {
            return Ok(Ending::Failed(again));
        }
        let event = EventBody::RolledBack {
            environment: self.environment.clone(),
            from: from.clone(),
            to: to.clone(),
            reason: reason.to_owned(),
        };
        let written = self.record(event, observed).await?;
        Ok(if written { Ending::Done } else { Ending::Moved })
    }

    async fn try_deploy(&self, release: &Release) -> Result<Result<(), String>> {
        let action = Action::Deploy {
            environment: self.environment.clone(),
            release: release.clone(),
        };
        match self.apply(action).await? {
            Receipt::Failed(reason) => Ok(Err(reason)),
            _ => Ok(Ok(())),
        }
    }

    async fn try_verify(&self, release: &Release) -> Result<Result<String, String>> {
        let action = Action::Verify {
            environment: self.environment.clone(),
            release: release.clone(),
        };
        match self.apply(action).await? {
            Receipt::Seen(evidence) => Ok(Ok(evidence)),
            Receipt::Failed(reason) => Ok(Err(reason)),
            other => Err(Error::Internal(format!("a verification ended with {other:?}"))),
        }
    }

    async fn apply(&self, action: Action) -> Result<Receipt> {
        apply(self.context, &Step::new(action, ""), &Observed::new()).await
    }
}
