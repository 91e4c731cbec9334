//! What commits change, as identifiers that stay when a commit is picked onto another branch.

use std::collections::BTreeMap;

use git2::{DiffOptions, ErrorCode, Repository};

use super::read::oid;
use crate::error::Result;
use crate::model::name::CommitId;

pub(super) fn ids(repository: &Repository, commits: &[CommitId]) -> Result<BTreeMap<CommitId, String>> {
    let mut ids = BTreeMap::new();
    for name in commits {
        let commit = repository.find_commit(oid(name)?)?;
        if commit.parent_count() > 1 {
            continue;
        }
        let before = match commit.parent_count() {
            0 => None,
            _ => Some(commit.parent(0)?.tree()?),
        };
        let mut options = DiffOptions::new();
        let diff = repository.diff_tree_to_tree(before.as_ref(), Some(&commit.tree()?), Some(&mut options));
        let patch = diff.and_then(|diff| match diff.deltas().len() {
            0 => Ok(None),
            _ => diff.patchid(None).map(Some),
        });
        match patch {
            Ok(Some(patch)) => {
                ids.insert(name.clone(), patch.to_string());
            }
            // A clone without files cannot tell; what is there twice is then told twice.
            Ok(None) => {}
            Err(error) if error.code() == ErrorCode::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(ids)
}
