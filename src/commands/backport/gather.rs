//! What is there already: the target, the branch and the pull request of the back-port, and the change itself.

use std::collections::BTreeMap;

use crate::context::Context;
use crate::error::Result;
use crate::model::commit::{Commit, Scope, Through};
use crate::model::fact::BranchTip;
use crate::model::name::CommitId;
use crate::model::pick::MARKED;
use crate::model::pull::{Pull, PullState};
use crate::model::refusal::Refusal;
use crate::plan::backport::target::Target;
use crate::plan::backport::there::{Known, there, traces};
use crate::plan::backport::{BackportStatus, Facts, Head, Outcome, Subject};

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
    again: bool,
) -> Result<Result<Found, Refusal>> {
    let heads = Target::heads(&subject.key);
    let keep = |name: &str| name == target.branch || name.starts_with(&heads);
    let branches = context.repository.branches_with(&subject.last, &keep).await?;
    let Some(branch) = branches.iter().find(|branch| branch.name == target.branch) else {
        return Ok(Err(Refusal::new(
            format!("there is no branch {}", target.branch),
            "cut it with `tidegate cut`, or take the label away",
        )));
    };
    let tip = branch.tip.clone();
    let (name, pull) = proposed(context, subject, target, again).await?;
    let made = branches.iter().find(|branch| branch.name == name);
    let mut head = Head {
        name,
        pull,
        ..Head::default()
    };
    if let Some(made) = made {
        let own = above(context, &made.tip, &tip)?;
        let newest = own.iter().find(|commit| commit.id == made.tip);
        head.marked = newest.is_some_and(|commit| commit.subject().ends_with(MARKED));
        head.traces = traces(&own);
        head.tip = Some(made.tip.clone());
    }
    let there = has(context, subject, branch)?;
    Ok(Ok(Found { tip, there, head }))
}

/// The branch of the back-port and its pull request: the open one, else the newest. With `again`, one that is merged or closed
/// gives way to a branch of another name.
async fn proposed(
    context: &Context,
    subject: &Subject,
    target: &Target,
    again: bool,
) -> Result<(String, Option<Pull>)> {
    let mut last = (target.head(&subject.key, 1), None);
    let Some(pulls) = &context.pulls else { return Ok(last) };
    for attempt in 1.. {
        let name = target.head(&subject.key, attempt);
        let mut there = pulls.pulls_from(&name).await?;
        there.retain(|pull| pull.base == target.branch);
        let open = there.iter().position(|pull| pull.state == PullState::Open);
        match open.map(|place| there.swap_remove(place)) {
            Some(open) => return Ok((name, Some(open))),
            None if there.is_empty() => {
                if again {
                    last = (name, None);
                }
                break;
            }
            None => last = (name, there.into_iter().next()),
        }
    }
    Ok(last)
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
    let mut known = Known {
        commits: &commits,
        reached: &reached,
        patches: &BTreeMap::new(),
    };
    let found = there(&subject.commits, subject.whole.as_ref(), &known);
    if found.len() == ids.len() {
        return Ok(found);
    }
    let both: Vec<CommitId> = commits.iter().map(|commit| commit.id.clone()).chain(ids).collect();
    let patches = repository.patch_ids(&both)?;
    known.patches = &patches;
    Ok(there(&subject.commits, subject.whole.as_ref(), &known))
}

/// How a back-port of an earlier run stands.
pub(super) async fn done(context: &Context, subject: &Subject, target: &Target) -> Result<Outcome> {
    let (_, pull) = proposed(context, subject, target, false).await?;
    let status = match pull.as_ref() {
        Some(pull) if pull.state == PullState::Merged => BackportStatus::Merged,
        Some(pull) if pull.state == PullState::Open && pull.draft => BackportStatus::Conflict,
        Some(pull) if pull.state == PullState::Open => BackportStatus::Exists,
        _ => BackportStatus::Nothing,
    };
    Ok(Outcome {
        target: target.clone(),
        status,
        pull,
        refusal: None,
    })
}
