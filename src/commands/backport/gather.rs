//! What is there already: the target, the branch and the pull request of the back-port, and the change itself.

use std::collections::{BTreeMap, BTreeSet};

use super::BackportArgs;
use crate::commands::cut::survey;
use crate::commands::picks;
use crate::context::Context;
use crate::error::Result;
use crate::model::commit::{Commit, Scope, Through};
use crate::model::fact::BranchTip;
use crate::model::name::CommitId;
use crate::model::pick::MARKED;
use crate::model::pull::{Pull, PullState};
use crate::model::refusal::Refusal;
use crate::plan::backport::target::Target;
use crate::plan::backport::{BackportStatus, Facts, Head, Outcome, Subject, closed};
use crate::plan::picks::Picks;

/// What was found for a target.
#[derive(Clone)]
pub(super) struct Found {
    /// The commit that the target is on.
    pub(super) tip: CommitId,
    /// The commits that it has already, each with the one that brought it there.
    pub(super) there: BTreeMap<CommitId, CommitId>,
    /// The branch of the back-port.
    pub(super) head: Head,
}

impl Found {
    pub(super) fn facts<'a>(&'a self, context: &'a Context, subject: &'a Subject, target: &'a Target) -> Facts<'a> {
        Facts {
            subject,
            target,
            tip: &self.tip,
            there: &self.there,
            head: &self.head,
            through: match context.forge {
                Some(_) => Through::Github,
                None => Through::Git,
            },
            actor: &context.actor.0,
        }
    }
}

/// Looks, in one question to the remote, at a target and what was made for it.
pub(super) async fn target(
    context: &Context,
    subject: &Subject,
    target: &Target,
    args: &BackportArgs,
) -> Result<Result<Found, Refusal>> {
    let heads = Target::heads(&subject.key);
    let keep = |name: &str| name == target.branch || name.starts_with(&heads);
    let branches = context.repository.branches_with(&subject.last, &keep).await?;
    let Some(branch) = branches.iter().find(|branch| branch.name == target.branch) else {
        let others = survey::branches(context, &context.settings.components()).await?;
        let others: Vec<String> = others.into_iter().map(|(name, _)| name).collect();
        return Ok(Err(target.missing(&others, args.to.is_empty())));
    };
    let head = head(context, subject, target, (&branch.tip, &branches), args.again).await?;
    Ok(Ok(Found {
        tip: branch.tip.clone(),
        there: has(context, subject, branch)?,
        head,
    }))
}

/// The branch of the back-port and its pull request: the one that waits, else the last one. With `again`, one that is merged
/// or closed gives way to a branch of another name.
async fn head(
    context: &Context,
    subject: &Subject,
    target: &Target,
    (tip, branches): (&CommitId, &[BranchTip]),
    again: bool,
) -> Result<Head> {
    let (mut last, mut attempt) = (None, 0);
    loop {
        attempt += 1;
        let name = target.head(&subject.key, attempt);
        let made = branches.iter().find(|branch| branch.name == name);
        let head = Head {
            pull: pull(context, target, &name).await?,
            ..made_of(context, subject, tip, (name, made))?
        };
        let is_over = head.merged || head.pull.as_ref().is_some_and(|pull| pull.state != PullState::Open);
        match (is_over, last) {
            (true, _) => last = Some(head),
            (false, Some(last)) if !again && head.tip.is_none() && head.pull.is_none() => return Ok(last),
            (false, _) => return Ok(head),
        }
    }
}

/// A branch, as far as it is there.
fn made_of(
    context: &Context,
    subject: &Subject,
    target: &CommitId,
    (name, made): (String, Option<&BranchTip>),
) -> Result<Head> {
    let head = Head {
        name,
        ..Head::default()
    };
    let Some(made) = made else { return Ok(head) };
    let mut own = above(context, &made.tip, target)?;
    let is_in = own.is_empty();
    if is_in {
        own = above(context, &made.tip, &subject.last)?;
    }
    let newest = own.iter().find(|commit| commit.id == made.tip);
    let picks = Picks::of(&own, &picks::brought(context, &own)?);
    let commits = subject.commits.iter().map(|commit| &commit.id);
    let traces = commits.filter_map(|commit| Some((commit.clone(), picks.of_origin(commit)?.clone())));
    let traces: BTreeMap<CommitId, CommitId> = traces.collect();
    Ok(Head {
        tip: Some(made.tip.clone()),
        merged: is_in && !traces.is_empty(),
        marked: newest.is_some_and(|commit| commit.subject().ends_with(MARKED)),
        traces,
        ..head
    })
}

/// The pull request from a branch: the open one, else the newest.
async fn pull(context: &Context, target: &Target, name: &str) -> Result<Option<Pull>> {
    let Some(pulls) = &context.pulls else { return Ok(None) };
    let mut there = pulls.pulls_from(name).await?;
    there.retain(|pull| pull.base == target.branch);
    let open = there.iter().position(|pull| pull.state == PullState::Open);
    Ok(match open {
        Some(place) => Some(there.swap_remove(place)),
        None => there.into_iter().next(),
    })
}

/// The commits that only `tip` has, the newest first.
fn above(context: &Context, tip: &CommitId, below: &CommitId) -> Result<Vec<Commit>> {
    let scope = Scope {
        since: Some(below.clone()),
        ..Scope::default()
    };
    context.repository.history(tip, &[scope])
}

fn has(context: &Context, subject: &Subject, branch: &BranchTip) -> Result<BTreeMap<CommitId, CommitId>> {
    let repository = &context.repository;
    let ids: Vec<CommitId> = subject.commits.iter().map(|commit| commit.id.clone()).collect();
    let reached = match branch.holds {
        true => ids.clone(),
        false => {
            let others: Vec<CommitId> = ids.iter().filter(|id| **id != subject.last).cloned().collect();
            let lists: Vec<Vec<CommitId>> = others.iter().map(|commit| vec![commit.clone()]).collect();
            let found = repository.first_reached(&branch.tip, &lists)?;
            let both = others.into_iter().zip(found);
            both.filter_map(|(commit, found)| found.map(|_| commit)).collect()
        }
    };
    let commits = above(context, &branch.tip, &subject.last)?;
    let picks = Picks::of(&commits, &picks::brought(context, &commits)?);
    let doubtful: BTreeSet<CommitId> = subject.commits.iter().flat_map(|one| picks.doubtful(one)).collect();
    let patches = repository.patch_ids(&Vec::from_iter(doubtful))?;
    let find = |commit: &Commit| match reached.contains(&commit.id) && !picks.take_back(&commit.id) {
        true => Some(commit.id.clone()),
        false => picks.find(commit, &patches).cloned(),
    };
    let found = subject.commits.iter();
    Ok(found
        .filter_map(|commit| Some((commit.id.clone(), find(commit)?)))
        .collect())
}

/// How a back-port of an earlier run stands.
pub(super) async fn done(context: &Context, subject: &Subject, target: &Target) -> Result<Outcome> {
    let pull = head(context, subject, target, (&subject.last, &[]), false).await?.pull;
    let status = match pull.as_ref() {
        Some(pull) if pull.state == PullState::Merged => BackportStatus::Merged,
        Some(pull) if pull.state == PullState::Open && pull.draft => BackportStatus::Conflict,
        Some(pull) if pull.state == PullState::Open => BackportStatus::Exists,
        Some(_) => BackportStatus::Refused,
        None => BackportStatus::Nothing,
    };
    let refused = pull.as_ref().filter(|_| status == BackportStatus::Refused);
    Ok(Outcome {
        target: target.clone(),
        status,
        refusal: refused.map(closed),
        pull,
    })
}
