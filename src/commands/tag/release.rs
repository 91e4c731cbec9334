//! The release of a version that is tagged, at the forge.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;

use super::document::TagDocument;
use crate::commands::publish::{Published, asset_name, publish};
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::forge::Draft;
use crate::model::refusal::Refusal;
use crate::model::version::Version;
use crate::plan::notes::{LIMIT, shorten};

/// Publishes the version of a document, when it has one, with its notes and files. What fails at the forge is told in the
/// document, beside the tag that is there by then.
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
    let component = context.settings.component(Some(&document.component))?;
    let published = publish(context, &draft, &self::files(context, &component, files)?).await;
    document.release = Some(match published {
        Err(Error::Outside {
            operation,
            target,
            cause,
            help,
            ..
        }) => Published {
            failure: Some(Refusal::new(format!("{operation} failed for {target}: {cause}"), help)),
            ..Published::default()
        },
        published => published?,
    });
    Ok(())
}

/// The files of a release: those that were given, and those that the component's patterns find.
///
/// # Errors
/// A usage error for a pattern that finds nothing, and for a file that cannot be one of a release.
pub fn files(context: &Context, component: &ResolvedComponent, own: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let root = &context.settings.root;
    let mut files = own.to_vec();
    for pattern in &component.assets {
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        let glob = glob
            .map_err(|error| Error::Internal(error.to_string()))?
            .compile_matcher();
        // Everything before the first special letter is a folder to look into.
        let plain = pattern.split(['*', '?', '[', '{', '\\']).next().unwrap_or_default();
        let folder = plain.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut found = Vec::new();
        below(&root.join(folder), &mut found)?;
        found.retain(|file| file.strip_prefix(root).is_ok_and(|path| glob.is_match(path)));
        if found.is_empty() && context.dry_run {
            tracing::warn!(
                "no file fits `{pattern}` yet, one of the `assets` of {}",
                component.name
            );
        } else if found.is_empty() {
            return Err(Error::usage(
                format!("no file fits `{pattern}`, one of the `assets` of {}", component.name),
                "build the files of the release before it is tagged, or mend the pattern",
            ));
        }
        files.append(&mut found);
    }
    files.sort();
    files.dedup();
    for file in &files {
        asset_name(file)?;
        if !file.is_file() {
            return Err(Error::usage(
                format!("{} cannot be read: it is no file", file.display()),
                "name a file that is there",
            ));
        }
    }
    Ok(files)
}

/// Every file below a folder; git's own are left out.
fn below(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry
            .map_err(|error| Error::file("reading the folder", folder, &error))?
            .path();
        match path.is_dir() && !path.is_symlink() {
            true if path.file_name() == Some(OsStr::new(".git")) => {}
            true => below(&path, found)?,
            false => found.push(path),
        }
    }
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
