//! What would stop a release half-way is looked for before its tag is made.

use super::release::files;
use super::request::Request;
use crate::context::Context;
use crate::error::Result;
use crate::model::commit::Through;
use crate::model::name::CommitId;
use crate::model::refusal::Refusal;
use crate::model::step::{Action, Step};
use crate::plan::tag::rules::forbidden;
use crate::plan::tag::triggers::waits_for_tags;

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

/// The workflows of the commit that wait for the tag, where it may start none.
pub fn waiting_workflows(context: &Context, target: &CommitId, steps: &[Step]) -> Result<Vec<String>> {
    let makes_tag = steps
        .iter()
        .any(|step| tag(step).is_some_and(|(_, is_there)| !is_there));
    if !context.starts_nothing || !makes_tag {
        return Ok(Vec::new());
    }
    let mut waiting = Vec::new();
    for path in context.repository.paths(target)? {
        let is_workflow = path.starts_with(".github/workflows/") && (path.ends_with(".yml") || path.ends_with(".yaml"));
        if !is_workflow {
            continue;
        }
        let text = context.repository.file(target, &path)?.unwrap_or_default();
        if waits_for_tags(&String::from_utf8_lossy(&text)) {
            waiting.push(path);
        }
    }
    Ok(waiting)
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
