//! What would stop a release half-way is looked for before its tag is made.

use super::release::files;
use super::request::Request;
use crate::context::Context;
use crate::error::Result;
use crate::model::commit::Through;
use crate::model::refusal::Refusal;
use crate::model::step::{Action, Step};
use crate::plan::tag::rules::forbidden;

/// Whether the files of the release are there, and whether GitHub's rules let these tags be made and moved.
pub async fn preflight(context: &Context, request: &Request, steps: &[Step]) -> Result<Option<Refusal>> {
    if let Some(own) = &request.release {
        files(context, &request.component, own)?;
    }
    let is_asked = request.release.is_some() || context.settings.file.tag.through == Through::Github;
    let tags: Vec<(&str, bool)> = steps.iter().filter_map(tag).collect();
    let Some(forge) = context.forge.as_ref().filter(|_| is_asked && !tags.is_empty()) else {
        return Ok(None);
    };
    let rulesets = forge.rulesets().await?;
    Ok(tags
        .into_iter()
        .find_map(|(tag, is_there)| forbidden(&rulesets, tag, is_there)))
}

/// The tag that a step makes or moves, and whether it is there already.
fn tag(step: &Step) -> Option<(&str, bool)> {
    match &step.action {
        Action::CreateTag { tag, .. } | Action::ShareTag { tag, .. } | Action::CommitRelease { tag, .. } => {
            Some((tag, false))
        }
        Action::MoveTag { tag, from, .. } => Some((tag, from.is_some())),
        _ => None,
    }
}
