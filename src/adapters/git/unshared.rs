//! Tags that were made here and are not shared yet: a mark beside each tells a later run what a killed one left behind.

use git2::Repository;

use super::read::{absent, id, oid};
use super::write::{delete, leads_to};
use crate::error::Result;
use crate::model::name::CommitId;
use crate::ports::repository::Unshared;

/// Where the marks are: refs that nothing fetches or pushes.
const FOLDER: &str = "refs/tidegate/unshared/";

/// Marks the object of a tag that is about to be placed.
pub(super) fn mark(repository: &Repository, name: &str, object: &CommitId) -> Result<()> {
    let full = format!("{FOLDER}{name}");
    repository.reference(&full, oid(object)?, true, "tidegate: about to be tagged")?;
    Ok(())
}

/// Takes a tag back that still leads to the object that was made.
pub(super) fn take_back(repository: &Repository, tag: &Unshared) -> Result<()> {
    match absent(repository.find_reference(&format!("refs/tags/{}", tag.name)))? {
        Some(mut reference) if reference.target() == Some(oid(&tag.object)?) => Ok(reference.delete()?),
        _ => Ok(()),
    }
}

/// Takes the mark of a tag away, by its full name.
pub(super) fn forget(repository: &Repository, full: &str) -> Result<()> {
    let Some(name) = full.strip_prefix("refs/tags/") else {
        return Ok(());
    };
    delete(repository, &format!("{FOLDER}{name}"))
}

/// The marked tags.
pub(super) fn marked(repository: &Repository) -> Result<Vec<Unshared>> {
    let mut marked = Vec::new();
    for mark in repository.references_glob(&format!("{FOLDER}*"))? {
        let mark = mark?;
        let (Ok(name), Some(object)) = (mark.name(), mark.target()) else {
            continue;
        };
        let Some(name) = name.strip_prefix(FOLDER) else {
            continue;
        };
        let here = repository.find_reference(&format!("refs/tags/{name}"));
        marked.push(Unshared {
            name: name.to_owned(),
            object: id(object)?,
            commit: id(leads_to(&mark)?)?,
            is_here: here.is_ok_and(|here| here.target() == Some(object)),
            there: None,
        });
    }
    Ok(marked)
}
