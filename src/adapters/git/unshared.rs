//! Tags that were made here and are not shared yet: a mark beside each tells a later run what a killed one left behind.

use git2::{ErrorCode, Repository};

use super::read::{id, oid};
use crate::error::Result;
use crate::model::commit::Tag;
use crate::model::name::CommitId;

/// Where the marks are: refs that nothing fetches or pushes.
const FOLDER: &str = "refs/tidegate/unshared/";

/// Marks a tag that is about to be made.
pub(super) fn mark(repository: &Repository, name: &str, commit: &CommitId) -> Result<()> {
    repository.reference(
        &format!("{FOLDER}{name}"),
        oid(commit)?,
        true,
        "tidegate: about to be tagged",
    )?;
    Ok(())
}

/// Takes the mark of a tag away, by its full name.
pub(super) fn forget(repository: &Repository, full: &str) -> Result<()> {
    let Some(name) = full.strip_prefix("refs/tags/") else {
        return Ok(());
    };
    match repository.find_reference(&format!("{FOLDER}{name}")) {
        Ok(mut mark) => Ok(mark.delete()?),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The marked tags.
pub(super) fn marked(repository: &Repository) -> Result<Vec<Tag>> {
    let mut marked = Vec::new();
    for mark in repository.references_glob(&format!("{FOLDER}*"))? {
        let mark = mark?;
        let (Ok(name), Some(commit)) = (mark.name(), mark.target()) else {
            continue;
        };
        if let Some(name) = name.strip_prefix(FOLDER) {
            marked.push(Tag {
                name: name.to_owned(),
                commit: id(commit)?,
            });
        }
    }
    Ok(marked)
}
