//! The release lines of components: their branches, their versions, and which of them are maintained.

use std::collections::{BTreeMap, BTreeSet};

use crate::commands::tag::lines::template;
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::name::{CommitId, ComponentName};
use crate::model::refusal::Refusal;
use crate::model::state::ComponentState;
use crate::plan::cut::support::Window;
use crate::plan::tag::line::Line;
use crate::plan::tag::tags::{VersionTags, version_tags};
use crate::ports::repository::DefaultTip;

/// The line that a branch is for.
pub fn line_of(context: &Context, component: &ComponentName, branch: &str) -> Option<Line> {
    Line::of_branch(template(context), branch, component.as_str())
}

/// The release branches that others see, of any of these components, with their tips.
pub async fn branches(context: &Context, components: &[ResolvedComponent]) -> Result<Vec<(String, CommitId)>> {
    let keep = |branch: &str| {
        components
            .iter()
            .any(|component| line_of(context, &component.name, branch).is_some())
    };
    context.repository.branches(&keep).await
}

/// The lines of a component that have a branch, the ledger's included: the branch, and its tip where it is there.
pub fn with_branches(
    context: &Context,
    component: &ComponentName,
    recorded: &ComponentState,
    branches: &[(String, CommitId)],
) -> BTreeMap<Line, (String, Option<CommitId>)> {
    let known = recorded.branches.keys().map(|branch| (branch, None));
    let there = branches.iter().map(|(branch, tip)| (branch, Some(tip.clone())));
    let named = known.chain(there).filter_map(|(branch, tip)| {
        let line = line_of(context, component, branch)?;
        Some((line, (branch.clone(), tip)))
    });
    named.collect()
}

/// The support window of a component: every line that has a final version or a branch.
pub fn window<'a>(context: &Context, tags: &VersionTags, branches: impl IntoIterator<Item = &'a Line>) -> Window {
    let finals = tags.known.iter().filter(|tag| !tag.version.is_prerelease());
    let lines: BTreeSet<Line> = finals
        .map(|tag| Line::of(&tag.version))
        .chain(branches.into_iter().copied())
        .collect();
    Window::new(lines, context.settings.file.cut.supported)
}

/// Why nothing is released from a line any more, as the remote and the ledger know it now; nothing while it is maintained.
pub async fn closed(
    context: &Context,
    component: &ResolvedComponent,
    recorded: &ComponentState,
    line: Line,
) -> Result<Option<Refusal>> {
    if context.settings.file.cut.supported.is_none() {
        return Ok(None);
    }
    let branches = branches(context, std::slice::from_ref(component)).await?;
    let lines = with_branches(context, &component.name, recorded, &branches);
    Ok(window(context, &tags(context, component)?, lines.keys()).refusal(line))
}

/// The same for a branch, whichever component's it is.
pub async fn closed_branch(context: &Context, branch: &str) -> Result<Option<Refusal>> {
    if context.settings.file.cut.supported.is_none() {
        return Ok(None);
    }
    for component in context.settings.components() {
        let Some(line) = line_of(context, &component.name, branch) else {
            continue;
        };
        let recorded = match context.settings.keeps_ledger {
            true => context.ledger.open().await?.component(&component.name)?.state,
            false => ComponentState::default(),
        };
        if let Some(refusal) = closed(context, &component, &recorded, line).await? {
            return Ok(Some(refusal));
        }
    }
    Ok(None)
}

/// The tags of a component.
pub fn tags(context: &Context, component: &ResolvedComponent) -> Result<VersionTags> {
    let prefix = &component.tag_prefix;
    let tags = context.repository.tags_named(&|name| name.starts_with(prefix))?;
    Ok(version_tags(prefix, tags))
}

/// The default branch, which release branches are compared with.
///
/// # Errors
/// A usage error when there is none.
pub async fn default_branch(context: &Context) -> Result<DefaultTip> {
    context.repository.default_tip().await?.ok_or_else(|| {
        Error::usage(
            "there is no default branch that release branches could be compared with",
            "push one: `git push --set-upstream origin main`",
        )
    })
}

/// Where a branch is, for all who share the repository.
pub async fn tip(context: &Context, branch: &str) -> Result<Option<CommitId>> {
    let reference = format!("refs/heads/{branch}");
    match context.repository.has_remote() {
        true => context.repository.remote_reference(&reference).await,
        false => context.repository.reference(&reference),
    }
}

/// Fetches, where there is a remote.
pub async fn fetch(context: &Context) -> Result<()> {
    if context.repository.has_remote() {
        context.repository.fetch().await?;
    }
    Ok(())
}
