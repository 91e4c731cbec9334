//! Words that open what was shut: that a lock was taken away, a hold cleared, a rejection withdrawn. Where the policy names
//! people for it (`gate.access.unlock`), one that is not theirs or not proven opens nothing.

use crate::commands::prove::prove;
use crate::context::Context;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::digest::Digest;
use crate::model::heard::{HeardUnlock, Shut, Unlocker};
use crate::model::hotfix::Hotfix;
use crate::model::name::{ComponentName, EnvironmentName};
use crate::model::policy::Approver;
use crate::model::proof::{Deed, Proof, Standing, Statement, Subject as About};
use crate::model::release::Release;
use crate::model::state::{ComponentState, EnvironmentState, Failure, Lifted, Lock, LockState, Rejection};
use crate::model::version::Version;
use crate::plan::gate::entitled::Entitled;

use super::collect::side_by_side;
use super::people::is_entitled;
use super::spoken::{stand, weigh};

/// A proof, and what it is worth; nothing of either where none was made.
type Signed = (Option<Proof>, Option<Standing>);

/// What a word opens. It is bound to no policy: what is open does not shut again with the next change of the rules.
pub struct Opening {
    deed: Deed,
    about: About,
    /// When it was shut: an older proof says nothing about it.
    since: jiff::Timestamp,
}

impl Opening {
    /// Taking a lock away by a number: its own, or that of a later one, with which it goes.
    pub fn lock(context: &Context, scope: Option<&EnvironmentName>, lock: &Lock, number: u64) -> Self {
        let mut about = about(context, scope);
        about.lock = Some(number);
        let (deed, since) = (Deed::Unlock, lock.at);
        Self { deed, about, since }
    }

    /// Letting a digest in again that failed.
    pub fn hold(context: &Context, environment: &EnvironmentName, release: &Release, failure: &Failure) -> Self {
        let mut about = about(context, Some(environment));
        (about.component, about.digest) = (Some(release.component.clone()), Some(release.digest.clone()));
        let (deed, since) = (Deed::Unlock, failure.at);
        Self { deed, about, since }
    }

    /// Taking a no for every environment back.
    pub fn rejection(context: &Context, component: &ComponentName, digest: &Digest, rejection: &Rejection) -> Self {
        let mut about = about(context, None);
        (about.component, about.digest) = (Some(component.clone()), Some(digest.clone()));
        let (deed, since) = (Deed::Withdraw, rejection.at);
        Self { deed, about, since }
    }

    /// Opening a hotfix, for which rules are shorter.
    pub fn hotfix(context: &Context, component: &ComponentName, version: &Version, hotfix: &Hotfix) -> Self {
        let mut about = about(context, None);
        about.component = Some(component.clone());
        (about.hotfix, about.commit) = (Some(version.clone()), Some(hotfix.commit.clone()));
        let (deed, since) = (Deed::Hotfix, jiff::Timestamp::MIN);
        Self { deed, about, since }
    }

    /// Signs it as the one at work; a dry run signs nothing. Gives the proof where there is one, and what it is worth.
    ///
    /// # Errors
    /// There is a key, and signing with it failed.
    pub async fn prove(&self, context: &Context, reason: Option<&str>) -> Result<Signed> {
        if context.dry_run {
            return Ok((None, None));
        }
        let statement = self.statement(&context.actor, context.clock.now(), reason);
        Ok(match prove(context, &statement).await? {
            Ok(proof) => {
                let standing = stand(context, Some(&proof), &statement).await;
                (Some(proof), Some(standing))
            }
            Err(why) => (None, Some(Standing::Unproven { why })),
        })
    }

    fn statement(&self, by: &Actor, at: jiff::Timestamp, reason: Option<&str>) -> Statement {
        let mut statement = Statement::new(self.deed, self.about.clone(), by.clone(), at);
        statement.reason = reason.map(str::to_owned);
        statement
    }

    /// What a word of the ledger proves of it.
    pub(super) async fn stand(&self, context: &Context, word: &Lifted) -> Standing {
        let statement = self.statement(&word.by, word.at, word.reason.as_deref());
        let weighed = weigh(context, word.proof.as_ref(), &statement).await;
        match weighed.at.filter(|at| *at < self.since) {
            Some(at) => Standing::unproven(format!("the proof of {at} is older than what it opens")),
            None => weighed.standing,
        }
    }

    /// Whether one of these words opens it, by the policies that are asked.
    ///
    /// # Errors
    /// The policy cannot be read.
    pub async fn counts(&self, context: &Context, asked: Option<&EnvironmentName>, words: &[Lifted]) -> Result<bool> {
        if policies(context, asked).next().is_none() {
            return Ok(!words.is_empty());
        }
        for word in words {
            let standing = self.stand(context, word).await;
            if doubt(context, asked, &word.by, Some(&standing)).await?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn about(context: &Context, environment: Option<&EnvironmentName>) -> About {
    About {
        environment: environment.cloned(),
        ..About::of(&context.identity_of_project)
    }
}

/// The environments whose policy names people who may open: this one, or with none every one.
fn policies<'a>(
    context: &'a Context,
    asked: Option<&'a EnvironmentName>,
) -> impl Iterator<Item = (&'a EnvironmentName, &'a [Approver])> {
    let all = context.settings.file.environment.iter();
    let meant = all.filter(move |(name, _)| asked.is_none_or(|asked| asked == *name));
    let lists = meant.filter_map(|(name, settings)| Some((name, settings.gate.access.as_ref()?.unlock.as_slice())));
    lists.filter(|(_, list)| !list.is_empty())
}

/// Why it does not count that this person, with this proof where one was made, opens something; nothing when it does.
/// Nobody is asked where the policy names nobody.
///
/// # Errors
/// The policy cannot be read.
pub async fn doubt(
    context: &Context,
    asked: Option<&EnvironmentName>,
    by: &Actor,
    standing: Option<&Standing>,
) -> Result<Option<String>> {
    for (name, list) in policies(context, asked) {
        match is_entitled(context, name, list, by).await? {
            Entitled::Yes => {}
            Entitled::No => return Ok(Some(format!("the policy of {name} names others for it"))),
            Entitled::Unknown(why) => return Ok(Some(why)),
        }
        if let Some(Standing::Unproven { why } | Standing::Unknown { why }) = standing {
            return Ok(Some(why.clone()));
        }
    }
    Ok(None)
}

/// The locks that hold, by the policies that are asked, oldest first.
///
/// # Errors
/// The policy cannot be read.
pub async fn holding<'a>(
    context: &Context,
    scope: Option<&EnvironmentName>,
    asked: Option<&EnvironmentName>,
    state: &'a LockState,
) -> Result<Vec<&'a Lock>> {
    let now = context.clock.now();
    let mut holding = Vec::new();
    for lock in state.locks.iter().filter(|lock| lock.holds(now)) {
        let mut counts = false;
        for unlock in state.unlocks_of(lock) {
            let opening = Opening::lock(context, scope, lock, unlock.number);
            counts |= opening.counts(context, asked, std::slice::from_ref(&unlock.by)).await?;
        }
        if !counts {
            holding.push(lock);
        }
    }
    Ok(holding)
}

/// A component whose rejections stand again where their withdrawal does not count in an environment.
///
/// # Errors
/// The policy cannot be read.
pub async fn trusted(
    context: &Context,
    environment: &EnvironmentName,
    name: &ComponentName,
    mut state: ComponentState,
) -> Result<ComponentState> {
    for (digest, rejection) in &mut state.rejections {
        let opening = Opening::rejection(context, name, digest, rejection);
        if !opening.counts(context, Some(environment), &rejection.withdrawn).await? {
            rejection.withdrawn.clear();
        }
    }
    Ok(state)
}

/// What was shut for a release in an environment and opened again.
pub async fn opened(
    context: &Context,
    environment: &EnvironmentName,
    release: &Release,
    state: &EnvironmentState,
    rejection: Option<&Rejection>,
    locks: [(Option<&EnvironmentName>, &LockState); 2],
) -> Vec<HeardUnlock> {
    if policies(context, Some(environment)).next().is_none() {
        return Vec::new();
    }
    let mut shut = Vec::new();
    for (scope, state) in locks {
        for lock in &state.locks {
            let unlocks = state.unlocks_of(lock);
            let words = unlocks.map(|unlock| (Opening::lock(context, scope, lock, unlock.number), &unlock.by));
            let scope = scope.map_or("--all", EnvironmentName::as_str).to_owned();
            let lock = lock.clone();
            shut.push((Shut::Lock { scope, lock }, words.collect::<Vec<_>>()));
        }
    }
    if let Some(failure) = state.failures.get(&release.digest) {
        let opening = || Opening::hold(context, environment, release, failure);
        let words = failure.cleared.iter().map(|word| (opening(), word));
        let reason = failure.reason.clone();
        shut.push((Shut::Hold { reason }, words.collect()));
    }
    if let Some(rejection) = rejection {
        let opening = || Opening::rejection(context, &release.component, &release.digest, rejection);
        let words = rejection.withdrawn.iter().map(|word| (opening(), word));
        let reason = rejection.reason.clone();
        shut.push((Shut::Rejection { reason }, words.collect()));
    }
    // What nobody opened is told by the rules `lock`, `held` and `rejected`.
    let opened = shut.into_iter().filter(|(_, words)| !words.is_empty());
    let heard = opened.map(|(shut, words)| async move {
        let by = words.iter().map(|(opening, word)| async {
            let (by, standing) = (word.by.clone(), opening.stand(context, word).await);
            Unlocker { by, standing }
        });
        let by = side_by_side(by).await;
        HeardUnlock { shut, by }
    });
    side_by_side(heard).await
}
