//! What commits change, as identifiers that stay when a commit is picked onto another branch.

use std::collections::BTreeMap;

use git2::{Commit, Delta, Diff, DiffBinary, DiffDelta, ErrorCode, Repository};

use super::read::oid;
use crate::error::Result;
use crate::model::name::CommitId;

pub(super) fn ids(repository: &Repository, commits: &[CommitId]) -> Result<BTreeMap<CommitId, String>> {
    let mut ids = BTreeMap::new();
    for name in commits {
        let commit = repository.find_commit(oid(name)?)?;
        match of(repository, &commit) {
            Ok(Some(patch)) => {
                ids.insert(name.clone(), patch);
            }
            // A clone without files cannot tell; what is there twice is then told twice.
            Ok(None) => {}
            Err(error) if error.code() == ErrorCode::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(ids)
}

fn of(repository: &Repository, commit: &Commit<'_>) -> Result<Option<String>, git2::Error> {
    let before = match commit.parent_count() {
        0 => None,
        1 => Some(commit.parent(0)?.tree()?),
        _ => return Ok(None),
    };
    let diff = repository.diff_tree_to_tree(before.as_ref(), Some(&commit.tree()?), None)?;
    match diff.deltas().len() {
        0 => Ok(None),
        _ => Ok(Some(format!("{}{}", diff.patchid(None)?, beside(&diff)?))),
    }
}

/// What the identifier of libgit2 leaves out: the content of files that are no text, and what can be run.
fn beside(diff: &Diff<'_>) -> Result<String, git2::Error> {
    let (mut modes, mut contents) = (String::new(), String::new());
    let mut mode = |delta: DiffDelta<'_>, _: f32| {
        let (old, new) = (delta.old_file().mode(), delta.new_file().mode());
        if delta.status() == Delta::Modified && old != new {
            modes.push_str(&format!(" {:o}-{:o}", u32::from(old), u32::from(new)));
        }
        true
    };
    let mut content = |delta: DiffDelta<'_>, _: DiffBinary<'_>| {
        contents.push_str(&format!(" {}-{}", delta.old_file().id(), delta.new_file().id()));
        true
    };
    diff.foreach(&mut mode, Some(&mut content), None, None)?;
    Ok(modes + &contents)
}
