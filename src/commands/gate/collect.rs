//! The collectors of a gate's facts: one for each source, side by side. They do the I/O; the rules judge.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::StreamExt as _;

use super::hotfix;
use super::people::{self, Asking};
use crate::commands::subject::Subject;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::check::{Check, SameTree};
use crate::model::fact::{BranchTip, Fact, FactState};
use crate::model::image::ImageRepository;
use crate::model::name::{CommitId, EnvironmentName};
use crate::model::policy::{BranchRule, Checks, VersionRule};
use crate::model::state::{EnvironmentState, LockState, Rejection};
use crate::plan::gate::checks::lacks;
use crate::plan::gate::facts::Facts;
use crate::ports::ledger::{Observed, View};

/// How long the registry or git's remote may take for one fact; GitHub's adapter has a time of its own. Commits that a
/// branch's history lacks here may have to be fetched within it.
const PATIENCE: Duration = Duration::from_secs(120);

/// The rules that rest on what is outside of the clone and the ledger.
pub const OUTSIDE: [&str; 4] = ["image", "checks", "branch", "version"];

/// Looks for every fact that the environment's gate judges by. Gives what was read of the ledger for it as well.
///
/// # Errors
/// The ledger cannot be read or does not hold. A source outside that does not answer is a fact, not an error.
pub async fn facts(
    context: &Context,
    view: &dyn View,
    environment: &EnvironmentName,
    subject: &Subject,
    asking: Asking,
) -> Result<(Facts, Observed)> {
    let (subject, hotfix) = &hotfix::trusted(context, environment, subject).await?;
    let mut observed = subject.observed.clone();
    let environments = environments(context, view, environment, subject, &mut observed)?;
    let rejection = rejection(context, view, subject, &mut observed)?;
    let lock = lock(context, view, Some(environment), &mut observed)?;
    let ladder_lock = self::lock(context, view, None, &mut observed)?;
    let (here, rejected, lock_state, ladder_state) = (
        known(environments.get(environment)),
        known(Some(&rejection)),
        known(Some(&lock)),
        known(Some(&ladder_lock)),
    );
    let locks = [(Some(environment), &lock_state), (None, &ladder_state)];
    let gate = &context.settings.environment(environment)?.gate;
    let people = people::people(context, environment, subject, &here, rejected.as_ref(), locks, asking);
    let outside = async {
        if asking == Asking::Glances {
            let reason = "it is not asked about many releases at once".to_owned();
            let state = FactState::Unavailable { reason };
            let image = Fact::new("image", subject.release.image.clone(), context.clock.now(), state);
            return (Ok((None, None)), image, None, None);
        }
        tokio::join!(
            checks(context, environment, subject),
            image(context, subject),
            branches(context, gate.branch.as_ref(), subject),
            tag(context, gate.version.as_ref(), subject),
        )
    };
    let ((checks, image, branches, tag), people) = tokio::join!(outside, people);
    let (checks, same_tree) = checks?;
    let facts = Facts {
        release: subject.release.clone(),
        environments,
        hotfix: hotfix.clone(),
        checks,
        same_tree,
        branches,
        tag,
        rejection,
        lock,
        ladder_lock,
        image,
        people: people?,
    };
    Ok((facts, observed))
}

/// How many questions of one kind are asked at once: GitHub takes a hundred at a time of everybody together
/// (<https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits>).
const AT_ONCE: usize = 16;

/// The answers to questions of one kind, in their order.
pub(super) async fn side_by_side<T>(questions: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    futures_util::stream::iter(questions).buffered(AT_ONCE).collect().await
}

/// What was read of the ledger.
fn known<T: Clone + Default>(fact: Option<&Fact<T>>) -> T {
    match fact.map(|fact| &fact.state) {
        Some(FactState::Known { value }) => value.clone(),
        _ => T::default(),
    }
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
    let soaks = [&settings.gate.soak, &settings.hotfix.soak];
    named.extend(soaks.into_iter().flatten().map(|soak| soak.environment.clone()));
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

/// The results of the checks on the release's commit, where a rule asks for them; and on the heads of its pull requests
/// where its own do not do.
async fn checks(context: &Context, environment: &EnvironmentName, subject: &Subject) -> Result<CheckFacts> {
    let gate = context
        .settings
        .environment(environment)?
        .gate_for(subject.hotfix.is_some());
    let Some(rule) = &gate.checks else {
        return Ok((None, None));
    };
    Ok(check_results(context, rule, &subject.release.commit).await)
}

/// The results of the checks on a commit, and on the heads of its pull requests where its own do not do.
pub async fn check_results(context: &Context, rule: &Checks, commit: &CommitId) -> CheckFacts {
    let source = context.checks.source();
    let state = context.checks.of(commit).await;
    let checks = Fact::new("checks", &source, context.clock.now(), state);
    if !lacks(rule, &checks) {
        return (Some(checks), None);
    }
    let state = context.checks.of_same_tree(commit).await;
    let same_tree = Fact::new("checks-of-same-tree", source, context.clock.now(), state);
    (Some(checks), Some(same_tree))
}

/// The results of a commit's checks, and those on the heads of its pull requests.
pub type CheckFacts = (Option<Fact<Vec<Check>>>, Option<Fact<Vec<SameTree>>>);

/// Whether the registry has the image.
async fn image(context: &Context, subject: &Subject) -> Fact<bool> {
    let asked = async {
        let repository: ImageRepository = subject.release.image.parse()?;
        let registry = context.registries.open(&repository)?;
        let found = registry.manifest(subject.release.digest.as_str()).await?;
        Ok(found.is_some())
    };
    let state = within(PATIENCE, asked).await;
    Fact::new("image", subject.release.image.clone(), context.clock.now(), state)
}

/// The branches that the rule admits, where there is one.
async fn branches(context: &Context, rule: Option<&BranchRule>, subject: &Subject) -> Option<Fact<Vec<BranchTip>>> {
    let keep = |name: &str| rule.is_some_and(|rule| rule.admits(name));
    rule?;
    let asked = context.repository.branches_with(&subject.release.commit, &keep);
    let state = within(PATIENCE, asked).await;
    Some(Fact::new("branches", git(context), context.clock.now(), state))
}

/// The commit of the version's tag, where a rule asks for it.
async fn tag(context: &Context, rule: Option<&VersionRule>, subject: &Subject) -> Option<Fact<Option<CommitId>>> {
    rule?;
    let name = format!("refs/tags/{}", subject.release.tag);
    let asked = async {
        match context.repository.has_remote() {
            true => context.repository.remote_reference(&name).await,
            false => context.repository.reference(&name),
        }
    };
    let state = within(PATIENCE, asked).await;
    Some(Fact::new(name, git(context), context.clock.now(), state))
}

fn git(context: &Context) -> String {
    match context.repository.has_remote() {
        true => format!("git, remote {}", context.settings.remote),
        false => "git".to_owned(),
    }
}

/// What came of asking, within a time. A source that says no for good forbids; any other trouble may pass.
async fn within<T>(patience: Duration, asked: impl Future<Output = Result<T>>) -> FactState<T> {
    let Ok(answer) = tokio::time::timeout(patience, asked).await else {
        let reason = format!("no whole answer within {} s", patience.as_secs_f32());
        return FactState::Unavailable { reason };
    };
    match answer {
        Ok(value) => FactState::Known { value },
        Err(Error::Outside {
            cause,
            retryable: false,
            ..
        }) => FactState::Forbidden { reason: cause },
        Err(Error::Usage { message, help }) => FactState::Unavailable {
            reason: format!("{message}; {help}"),
        },
        Err(error) => FactState::Unavailable {
            reason: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_source_that_says_nothing_is_given_up() {
        let state = within(Duration::from_millis(20), std::future::pending::<Result<bool>>()).await;
        let reason = "no whole answer within 0.02 s".to_owned();
        assert_eq!(state, FactState::Unavailable { reason });
    }
}
