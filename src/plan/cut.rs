//! What has to be done until a release branch is there, for all who share the repository, and recorded.

pub mod names;
pub mod order;
pub mod raise;
pub mod rules;
pub mod status;
pub mod support;
pub mod sync;
pub mod train;

use crate::model::commit::Through;
use crate::model::event::EventBody;
use crate::model::name::{CommitId, ComponentName};
use crate::model::refusal::Refusal;
use crate::model::state::ComponentState;
use crate::model::step::{Action, BranchAction, Step};

/// What a cut is decided from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The component.
    pub component: &'a ComponentName,
    /// The branch, without `refs/heads/`.
    pub branch: &'a str,
    /// The commit that was asked for; nothing when it was left open.
    pub from: Option<&'a CommitId>,
    /// The commit that it starts at when it was left open and nobody has cut it.
    pub start: &'a CommitId,
    /// Where the branch is in this clone.
    pub local: Option<&'a CommitId>,
    /// Where the remote has it; nothing when there is no remote.
    pub remote: Option<Option<&'a CommitId>>,
    /// How it gets to the remote.
    pub through: Through,
    /// What the ledger knows of the component.
    pub recorded: &'a ComponentState,
}

/// A cut and what is left to do for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// The commit that the branch starts at.
    pub commit: CommitId,
    /// Whether the branch was there before, for all who share the repository.
    pub exists: bool,
    /// What is left to do.
    pub steps: Vec<Step>,
}

/// Decides. A branch that the ledger has was cut there, however far it has moved since; one that it does not have must
/// be on the commit that is asked for.
pub fn decide(facts: &Facts<'_>) -> Result<Cut, Refusal> {
    let recorded = facts.recorded.branches.get(facts.branch).map(|cut| &cut.commit);
    let commit = facts.from.or(recorded).unwrap_or(facts.start).clone();
    if let Some(cut) = recorded.filter(|cut| **cut != commit) {
        return Err(elsewhere(facts.branch, "was cut at", cut, &commit));
    }
    let shared = facts.remote.unwrap_or(facts.local);
    if let Some(there) = shared.filter(|there| recorded.is_none() && **there != commit) {
        return Err(elsewhere(facts.branch, "is on", there, &commit));
    }
    let mut steps = Vec::new();
    if shared.is_none() {
        if let Some(here) = facts.local.filter(|here| **here != commit) {
            return Err(elsewhere(facts.branch, "is in this clone on", here, &commit));
        }
        let action = BranchAction::ShareBranch {
            branch: facts.branch.to_owned(),
            commit: commit.clone(),
            through: facts.through,
        };
        steps.push(Step::new(
            Action::Branch(action),
            "the release is made ready here while the default branch goes on",
        ));
    }
    if recorded.is_none() {
        let event = EventBody::BranchCut {
            component: facts.component.clone(),
            branch: facts.branch.to_owned(),
            commit: commit.clone(),
        };
        steps.push(Step::new(
            Action::Record { event: Box::new(event) },
            "later commands find the branch in the ledger",
        ));
    }
    Ok(Cut {
        commit,
        exists: shared.is_some(),
        steps,
    })
}

fn elsewhere(branch: &str, stands: &str, there: &CommitId, wanted: &CommitId) -> Refusal {
    Refusal::new(
        format!("{branch} {stands} commit {there}; it was to be cut at {wanted}"),
        "a branch that others may work on is never moved: look who made it, or give its commit with --from",
    )
}
