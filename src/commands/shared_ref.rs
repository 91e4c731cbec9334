//! What `tag` and `cut` share: the repository that they can work on, and making a ref that others may race for.

use crate::apply::{Receipt, apply};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::name::CommitId;
use crate::model::refusal::Refusal;
use crate::model::step::{Action, Step};
use crate::ports::ledger::Observed;

/// How often a plan is made anew because others were faster.
pub const ROUNDS: u32 = 5;

/// Whether the repository is one to work on: whole, with commits and, unless `allow_dirty`, without changes of its own.
/// History that the clone was made without is fetched.
///
/// # Errors
/// A usage error for a bare or an empty repository, and for one whose history stays incomplete.
pub async fn check(context: &Context, allow_dirty: bool) -> Result<Option<Refusal>> {
    let place = context.repository.root();
    if !context.dry_run {
        context.repository.catch_up()?;
    }
    let condition = context.repository.condition()?;
    if condition.bare {
        return Err(Error::usage(
            format!("the repository at {} is bare: it has no work tree", place.display()),
            "run it in a clone: `git clone` this repository and go there",
        ));
    }
    if condition.empty {
        return Err(Error::usage(
            format!("the repository at {} is empty: it has no commit", place.display()),
            "make a commit first",
        ));
    }
    if condition.shallow && context.repository.has_remote() {
        context.repository.complete().await?;
    } else if condition.shallow {
        return Err(Error::usage(
            format!(
                "the clone at {} is shallow: a part of its history is missing",
                place.display()
            ),
            "run `git fetch --unshallow`; in a workflow, give actions/checkout `fetch-depth: 0`",
        ));
    }
    if condition.dirty.is_empty() || allow_dirty {
        return Ok(None);
    }
    Ok(Some(Refusal::new(
        format!("tracked files differ from the commit: {}", condition.dirty.join(", ")),
        "commit or stash them, so that what is released is what was committed",
    )))
}

/// How the steps of a plan ended.
#[derive(Debug)]
pub enum Outcome {
    /// They are done.
    Done,
    /// A commit was made for a release and shared: go on with it.
    Committed(CommitId),
    /// Rules of the remote forbid it.
    Refused(Refusal),
    /// Others were faster: plan again.
    Again {
        /// Whether a ref was made and shared before that.
        made: bool,
    },
}

/// Runs steps that make a ref, share it and record it. A ref that was made here and is not the one that is shared is
/// taken back, so that a lost race leaves nothing behind to count on from.
pub async fn carry_out(context: &Context, steps: &[Step], observed: &Observed) -> Result<Outcome> {
    let mut made: Option<(String, &CommitId)> = None;
    let mut shared = false;
    for step in steps {
        let receipt = apply(context, step, observed).await;
        let shares = matches!(step.action, Action::PushRef { .. });
        match (receipt, &made) {
            (Ok(Receipt::Seen(commit)), _) if matches!(step.action, Action::CommitRelease { .. }) => {
                return Ok(Outcome::Committed(commit.parse()?));
            }
            (Ok(Receipt::Done | Receipt::Recorded(_) | Receipt::Seen(_)), _) => match &step.action {
                Action::CreateTag { tag, commit, .. } => made = Some((format!("refs/tags/{tag}"), commit)),
                Action::Branch(_) => shared = true,
                _ => {}
            },
            (Ok(Receipt::Already), Some((reference, commit))) if shares => {
                context.repository.withdraw(reference, commit)?;
                return Ok(Outcome::Again { made: false });
            }
            (Ok(Receipt::Already), _) if matches!(step.action, Action::ShareTag { .. }) => {
                return Ok(Outcome::Again { made: false });
            }
            (Ok(Receipt::Already), _) => {}
            (Ok(Receipt::Declined(refusal)), made) => {
                if let Some((reference, commit)) = made.as_ref().filter(|_| shares) {
                    context.repository.withdraw(reference, commit)?;
                }
                return Ok(Outcome::Refused(refusal));
            }
            (Ok(Receipt::Refused(_)), made) => {
                if let Some((reference, commit)) = made {
                    context.repository.withdraw(reference, commit)?;
                }
                return Ok(Outcome::Again { made: false });
            }
            (Ok(Receipt::Moved), made) => {
                let made = made.is_some() || shared;
                return Ok(Outcome::Again { made });
            }
            (Ok(Receipt::Failed(reason)), _) => return Err(Error::Internal(format!("{}: {reason}", step.action))),
            (Err(error), Some((reference, commit))) if shares => {
                context.repository.withdraw(reference, commit)?;
                return Err(error);
            }
            (Err(error), _) => return Err(error),
        }
    }
    Ok(Outcome::Done)
}

/// The refusal after the last round.
pub fn outrun(what: &str) -> Refusal {
    Refusal::new(
        format!("others changed the repository or the ledger {ROUNDS} times while {what} was made"),
        "run the same command again when they are done",
    )
}
