//! The versions of a component that others see: a tag that a killed run has left in this clone alone is none.

use std::collections::BTreeSet;

use crate::context::Context;
use crate::error::Result;
use crate::model::name::{CommitId, ComponentName};
use crate::plan::tag::line::Line;
use crate::plan::tag::tags::{VersionTag, version_tags};

/// Fetches them, highest first.
pub async fn fetched(context: &Context, component: &ComponentName) -> Result<Vec<VersionTag>> {
    let repository = &context.repository;
    let prefix = context.settings.component(Some(component))?.tag_prefix;
    let mut left: BTreeSet<String> = BTreeSet::new();
    if repository.has_remote() {
        repository.fetch().await?;
        let unshared = repository.unshared().await?.into_iter();
        left.extend(unshared.filter(|tag| tag.there.is_none()).map(|tag| tag.name));
    }
    let tags = repository.tags_named(&|name| name.starts_with(&prefix) && !left.contains(name))?;
    Ok(version_tags(&prefix, tags).known)
}

/// The highest version of a line whose commit reaches the one that its branch starts at.
pub async fn of_line(
    context: &Context,
    component: &ComponentName,
    line: Line,
    start: &CommitId,
) -> Result<Option<VersionTag>> {
    let known = fetched(context, component).await?;
    for tag in known.into_iter().filter(|tag| line.holds(&tag.version)) {
        let reached = context
            .repository
            .first_reached(&tag.tag.commit, &[vec![start.clone()]])?;
        if reached.first().is_some_and(Option::is_some) {
            return Ok(Some(tag));
        }
    }
    Ok(None)
}
