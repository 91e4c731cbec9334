//! The steps of a release at the forge.

use super::{Receipt, forge};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::refusal::Refusal;
use crate::model::step::Action;
use crate::ports::forge::Made;

/// Runs one of them.
pub(super) async fn publish(context: &Context, action: &Action) -> Result<Receipt> {
    let forge = forge(context)?;
    let made = match action {
        Action::DraftRelease { draft } => forge.draft(draft).await?,
        Action::UploadAsset { release, asset, .. } => forge.upload(*release, asset).await?,
        Action::DeleteAsset { asset, .. } => {
            forge.delete_asset(*asset).await?;
            Made::Done
        }
        Action::DeleteDraft { release, .. } => {
            forge.delete_draft(*release).await?;
            Made::Done
        }
        Action::PublishRelease { tag, release, latest } => forge.publish(tag, *release, *latest).await?,
        other => return Err(Error::Internal(format!("no step of a release: {other}"))),
    };
    Ok(match made {
        Made::Done => Receipt::Done,
        Made::Taken(words) => Receipt::Refused(refusal(action, &words)),
    })
}

fn refusal(action: &Action, words: &str) -> Refusal {
    let help = if words.contains("immutable") {
        "the name of an immutable release is never given again, not even after its deletion: release the next version"
    } else {
        "look at the releases of that tag on GitHub, and run the same command again"
    };
    Refusal::new(format!("GitHub refuses to {action}: {words}"), help)
}
