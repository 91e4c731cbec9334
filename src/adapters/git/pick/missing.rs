//! What a partial clone is without and picking needs (git-clone(1), `--filter`).

use std::collections::BTreeSet;

use git2::{Delta, Oid, Repository};

use super::super::read::oid;
use crate::error::Result;
use crate::model::name::CommitId;

/// The root folders of the commits, their parents and what they are picked onto.
pub(in crate::adapters::git) fn folders(
    repository: &Repository,
    onto: &CommitId,
    commits: &[CommitId],
) -> Result<Vec<Oid>> {
    let mut folders = BTreeSet::from([repository.find_commit(oid(onto)?)?.tree_id()]);
    for name in commits {
        let commit = repository.find_commit(oid(name)?)?;
        folders.insert(commit.tree_id());
        folders.extend(commit.parents().map(|parent| parent.tree_id()));
    }
    Ok(folders.into_iter().collect())
}

/// The files that a merge looks into: what a commit changes on all sides, and what came or went on the way from its parent
/// to what it is picked onto, among which a moved file is looked for.
pub(in crate::adapters::git) fn files(
    repository: &Repository,
    onto: &CommitId,
    commits: &[CommitId],
) -> Result<Vec<Oid>> {
    let objects = repository.odb()?;
    let onto = repository.find_commit(oid(onto)?)?.tree()?;
    let mut files = BTreeSet::new();
    for name in commits {
        let commit = repository.find_commit(oid(name)?)?;
        let before = match commit.parent_count() {
            0 => None,
            _ => Some(commit.parent(0)?.tree()?),
        };
        let own = repository.diff_tree_to_tree(before.as_ref(), Some(&commit.tree()?), None)?;
        for delta in own.deltas() {
            files.extend([delta.old_file().id(), delta.new_file().id()]);
            let there = delta.old_file().path().and_then(|path| onto.get_path(path).ok());
            files.extend(there.map(|entry| entry.id()));
        }
        let way = repository.diff_tree_to_tree(before.as_ref(), Some(&onto), None)?;
        let moved = way
            .deltas()
            .filter(|delta| matches!(delta.status(), Delta::Added | Delta::Deleted));
        files.extend(moved.flat_map(|delta| [delta.old_file().id(), delta.new_file().id()]));
    }
    files.retain(|file| !file.is_zero() && !objects.exists(*file));
    Ok(files.into_iter().collect())
}
