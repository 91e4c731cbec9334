//! The collectors of a gate's facts: one for each source, side by side. They do the I/O; the rules judge.

use std::collections::{BTreeMap, BTreeSet};

use crate::commands::subject::Subject;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::check::{Check, SameTree};
use crate::model::fact::{Fact, FactState};
use crate::model::image::ImageRepository;
use crate::model::name::EnvironmentName;
use crate::model::state::{EnvironmentState, LockState};
use crate::plan::gate::checks::lacks;
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
    let lock = lock(context, view, Some(environment), &mut observed)?;
    let ladder_lock = self::lock(context, view, None, &mut observed)?;
    let (checks, image) = tokio::join!(checks(context, environment, subject), image(context, subject));
    let (checks, same_tree) = checks?;
    let facts = Facts {
        release: subject.release.clone(),
        requested_by: subject.requested_by.clone(),
        environments,
        checks,
        same_tree,
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

/// The results of the checks on the release's commit, where a rule asks for them; and on the heads of its pull requests
/// where its own do not do.
async fn checks(context: &Context, environment: &EnvironmentName, subject: &Subject) -> Result<CheckFacts> {
    let Some(rule) = &context.settings.environment(environment)?.gate.checks else {
        return Ok((None, None));
    };
    let (commit, source) = (&subject.release.commit, context.checks.source());
    let state = context.checks.of(commit).await;
    let checks = Fact::new("checks", &source, context.clock.now(), state);
    if !lacks(rule, &checks) {
        return Ok((Some(checks), None));
    }
    let state = context.checks.of_same_tree(commit).await;
    let same_tree = Fact::new("checks-of-same-tree", source, context.clock.now(), state);
    Ok((Some(checks), Some(same_tree)))
}

type CheckFacts = (Option<Fact<Vec<Check>>>, Option<Fact<Vec<SameTree>>>);

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
