//! What is done at the forge beside git.

use super::Receipt;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::refusal::Refusal;
use crate::model::step::PullAction;
use crate::ports::pulls::Opened;

/// Runs a step at the forge.
pub(super) async fn pull(context: &Context, action: &PullAction) -> Result<Receipt> {
    let pulls = context.pulls.as_deref();
    let pulls = pulls.ok_or_else(|| Error::Internal("a plan for a forge without one".to_owned()))?;
    match action {
        PullAction::OpenPull { proposal } => {
            return Ok(match pulls.open_pull(proposal).await? {
                Opened::New(pull) => Receipt::Seen(pull.url),
                Opened::Same(_) => Receipt::Already,
                Opened::Refused(words) => Receipt::Declined(Refusal::new(
                    format!(
                        "GitHub opens no pull request from {} into {}: {words}",
                        proposal.head, proposal.base
                    ),
                    "a workflow's own token may open one only where the repository's settings allow GitHub Actions to create \
                     pull requests; the branch is there, so that it can be opened by hand",
                )),
            });
        }
        PullAction::Comment { pull, marker, text } => pulls.comment(*pull, marker, text).await?,
        PullAction::LabelPull { pull, label } => pulls.label_pull(*pull, label).await?,
        PullAction::UnlabelPull { pull, label } => pulls.unlabel_pull(*pull, label).await?,
        PullAction::KeepLabel { label } => pulls.keep_label(label).await?,
        PullAction::KeepMilestone { milestone } => pulls.keep_milestone(milestone).await?,
        PullAction::SetStatus { commit, status } => pulls.set_status(commit, status).await?,
    }
    Ok(Receipt::Done)
}
