//! A branch that follows a release's commit: a note tells the next run where a killed one has moved it and not its files.

use git2::Repository;

use super::commit::differing;
use super::read::{absent, id, oid};
use super::write::delete;
use crate::error::Result;
use crate::model::name::CommitId;

const NOTE: &str = "refs/tidegate/following";

/// Notes the commit that the branch is about to follow.
pub(super) fn note(repository: &Repository, commit: &CommitId) -> Result<()> {
    repository.reference(NOTE, oid(commit)?, true, "tidegate: about to follow")?;
    Ok(())
}

/// Takes the note away.
pub(super) fn forget(repository: &Repository) -> Result<()> {
    delete(repository, NOTE)
}

/// What a killed run has left: the commit before, the commit, and the files that differ.
pub(super) fn left(repository: &Repository) -> Result<Option<(CommitId, CommitId, Vec<String>)>> {
    let Some(note) = absent(repository.find_reference(NOTE))? else {
        return Ok(None);
    };
    let commit = note.peel_to_commit()?;
    let (parent, commit) = (id(commit.parent_id(0)?)?, id(commit.id())?);
    let files = differing(repository, &parent, &commit)?;
    Ok(Some((parent, commit, files)))
}
