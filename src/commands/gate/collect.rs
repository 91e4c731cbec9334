//! The collectors of a gate's facts: one for each source, side by side. They do the I/O; the rules judge.

use std::collections::{BTreeMap, BTreeSet};

use crate::commands::subject::Subject;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::fact::{Check, Fact, FactState};
use crate::model::image::ImageRepository;
use crate::model::name::EnvironmentName;
use crate::model::state::{EnvironmentState, LockState, Rejection};
use crate::plan::gate::facts::Facts;
use crate::ports::ledger::{Observed, View};

/// Looks for every fact that the environment's gate judges by. Gives what was read of the ledger for it as well.
///
/// # Errors
/// The ledger cannot be read or does not hold. A source outside that does not answer is a fact, not an error.
pub async fn facts(
    context: &Context,
    view: &dyn View,
    environment: &EnvironmentName,
    subject: &Subject,
) -> Result<(Facts, Observed)> {
    let mut observed = subject.observed.clone();
    let environments = environments(context, view, environment, subject, &mut observed)?;
    let rejection = rejection(context, view, subject, &mut observed)?;
    let lock = lock(context, view, Some(environment), &mut observed)?;
    let ladder_lock = self::lock(context, view, None, &mut observed)?;
    let (checks, image) = tokio::join!(checks(context, environment, subject), image(context, subject));
    let facts = Facts {
        release: subject.release.clone(),
        requested_by: subject.requested_by.clone(),
        environments,
        checks: checks?,
        rejection,
        lock,
        ladder_lock,
        image,
    };
    Ok((facts, observed))
}

/// The component in this environment and in every one that a rule names.
fn environments(
    context: &Context,
    view: &dyn View,
    environment: &EnvironmentName,
    subject: &Subject,
    observed: &mut Observed,
) -> Result<BTreeMap<EnvironmentName, Fact<EnvironmentState>>> {
    let settings = context.settings.environment(environment)?;
    let mut named: BTreeSet<EnvironmentName> = settings.after.names().cloned().collect();
    named.insert(environment.clone());
    named.extend(settings.gate.soak.as_ref().map(|soak| soak.environment.clone()));
    let (source, now) = (context.ledger.source(), context.clock.now());
    let mut environments = BTreeMap::new();
    for name in named {
        let read = view.environment(&name, &subject.component.name)?;
        let fact = Fact::known(read.stream.to_string(), source.as_str(), now, read.state);
        observed.insert(read.stream, read.sequence);
        environments.insert(name, fact);
    }
    Ok(environments)
}

/// What was said about the digest for every environment.
fn rejection(
    context: &Context,
    view: &dyn View,
    subject: &Subject,
    observed: &mut Observed,
) -> Result<Fact<Option<Rejection>>> {
    let read = view.component(&subject.component.name)?;
    let rejection = read.state.rejections.get(&subject.release.digest).cloned();
    let id = format!("{}/rejections/{}", read.stream, subject.release.digest);
    observed.insert(read.stream, read.sequence);
    Ok(Fact::known(id, context.ledger.source(), context.clock.now(), rejection))
}

/// The lock of an environment, or with none that of the ladder.
fn lock(
    context: &Context,
    view: &dyn View,
    scope: Option<&EnvironmentName>,
    observed: &mut Observed,
) -> Result<Fact<LockState>> {
    let read = view.lock(scope)?;
    let id = read.stream.to_string();
    observed.insert(read.stream, read.sequence);
    Ok(Fact::known(
        id,
        context.ledger.source(),
        context.clock.now(),
        read.state,
    ))
}

/// The results of the checks on the release's commit, where a rule asks for them.
async fn checks(
    context: &Context,
    environment: &EnvironmentName,
    subject: &Subject,
) -> Result<Option<Fact<Vec<Check>>>> {
    if context.settings.environment(environment)?.gate.checks.is_none() {
        return Ok(None);
    }
    let state = context.checks.of(&subject.release.commit).await;
    let (source, now) = (context.checks.source(), context.clock.now());
    Ok(Some(Fact::new("checks", source, now, state)))
}

/// Whether the registry has the image.
async fn image(context: &Context, subject: &Subject) -> Fact<bool> {
    let asked = async {
        let repository: ImageRepository = subject.release.image.parse()?;
        let registry = context.registries.open(&repository)?;
        registry.manifest(subject.release.digest.as_str()).await
    };
    let state = match asked.await {
        Ok(found) => FactState::Known { value: found.is_some() },
        Err(Error::Outside {
            cause,
            retryable: false,
            ..
        }) => FactState::Forbidden { reason: cause },
        Err(error) => FactState::Unavailable {
            reason: error.to_string(),
        },
    };
    Fact::new("image", subject.release.image.clone(), context.clock.now(), state)
}
