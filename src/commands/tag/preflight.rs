//! What would stop a release half-way is looked for before its tag is made.

use crate::context::Context;
use crate::error::Result;
use crate::model::commit::Through;
use crate::model::name::CommitId;
use crate::model::refusal::Refusal;
use crate::model::step::{Action, Step};
use crate::plan::tag::rules::forbidden;
use crate::plan::tag::triggers::waits_for_tags;

/// Whether GitHub's rules let these tags be made and moved.
pub async fn preflight(context: &Context, steps: &[Step]) -> Result<Option<Refusal>> {
    let tags: Vec<(&str, bool)> = steps.iter().filter_map(tag).collect();
    // Where git pushes as somebody else, that one may be allowed what this token is not; git's own push tells.
    let is_known = context.acts_as_app || context.settings.file.tag.through == Through::Github;
    let Some(forge) = context.forge.as_ref().filter(|_| is_known && !tags.is_empty()) else {
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
