//! Whether a release branch still follows the default branch, and how far.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::commit::Through;
use crate::model::name::CommitId;
use crate::model::refusal::Refusal;
use crate::model::step::{Action, BranchAction, Step};

/// What holds a branch where it is, for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Pause {
    /// What it is.
    pub reason: String,
    /// Who or what ends it.
    pub opens: String,
}

/// What a synchronization is decided from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The release branch.
    pub branch: &'a str,
    /// Where it is; nothing when it is not there.
    pub tip: Option<&'a CommitId>,
    /// The default branch.
    pub default: &'a str,
    /// Where it is.
    pub head: &'a CommitId,
    /// Whether the default branch reaches the tip.
    pub follows: bool,
    /// The tag of the line's first final version, where there is one.
    pub last: Option<&'a str>,
    /// What holds it.
    pub pauses: &'a [Pause],
    /// How the branch is moved.
    pub through: Through,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// It follows no more, and why.
    Ended(String),
    /// It is where the default branch is.
    Current,
    /// It waits.
    Paused(Vec<Pause>),
    /// It moves.
    Move(Step),
}

/// Decides.
///
/// # Errors
/// A refusal where there is no branch to move.
pub fn decide(facts: &Facts<'_>) -> Result<Decision, Refusal> {
    let default = facts.default;
    let Some(tip) = facts.tip else {
        return Err(Refusal::new(
            format!("there is no branch {} to move forward", facts.branch),
            "cut it first: `tidegate cut` with its line",
        ));
    };
    if let Some(tag) = facts.last {
        return Ok(Decision::Ended(format!(
            "{tag} is final: from now on {} takes fixes alone",
            facts.branch
        )));
    }
    if *tip == *facts.head {
        return Ok(Decision::Current);
    }
    if !facts.follows {
        return Ok(Decision::Ended(format!(
            "{} has commits of its own up to {}, which {} does not have: what it still needs is back-ported",
            facts.branch,
            tip.short(),
            default
        )));
    }
    if !facts.pauses.is_empty() {
        return Ok(Decision::Paused(facts.pauses.to_vec()));
    }
    let action = BranchAction::AdvanceBranch {
        branch: facts.branch.to_owned(),
        from: tip.clone(),
        to: facts.head.clone(),
        through: facts.through,
    };
    let reason = format!(
        "it has no commit of its own and no final version, so that it follows {}",
        default
    );
    Ok(Decision::Move(Step::new(Action::Branch(action), reason)))
}
