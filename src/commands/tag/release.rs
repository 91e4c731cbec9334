//! The release of a version that is tagged, at the forge.

use std::path::PathBuf;

use super::document::TagDocument;
use crate::commands::publish::publish;
use crate::context::Context;
use crate::error::Result;
use crate::model::forge::Draft;
use crate::model::version::Version;
use crate::plan::notes::{LIMIT, shorten};

/// Publishes the version of a document, when it has one, with its notes and files.
pub async fn publish_version(context: &Context, document: &mut TagDocument, files: &[PathBuf]) -> Result<()> {
    let (Some(version), Some(tag)) = (&document.version, &document.tag) else {
        return Ok(());
    };
    let notes = document.notes.as_deref().unwrap_or_default();
    let many = context.settings.file.component.len() > 1;
    let draft = Draft {
        tag: tag.clone(),
        commit: document.commit.clone(),
        title: match many {
            true => format!("{} {version}", document.component),
            false => tag.clone(),
        },
        body: shorten(notes, LIMIT, "the commits since the version before have them all").into_owned(),
        prerelease: version.is_prerelease(),
        latest: is_latest(context, document, version)?,
    };
    document.release = Some(publish(context, &draft, files).await?);
    Ok(())
}

/// Whether no higher stable version of the component is tagged: a patch of an older line is not the latest.
fn is_latest(context: &Context, document: &TagDocument, version: &Version) -> Result<bool> {
    if version.is_prerelease() {
        return Ok(false);
    }
    let component = context.settings.component(Some(&document.component))?;
    let tags = context
        .repository
        .tags_named(&|name| name.starts_with(&component.tag_prefix))?;
    let mut known = tags
        .iter()
        .filter_map(|tag| Version::from_tag(&component.tag_prefix, &tag.name));
    Ok(!known.any(|known| !known.is_prerelease() && known.0.cmp_precedence(&version.0).is_gt()))
}
