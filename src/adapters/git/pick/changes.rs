//! What a picked commit changes, for a forge that makes it anew.

use std::path::Path;

use git2::{Delta, DiffFile, Oid, Repository, Tree};

use crate::error::{Error, Result};
use crate::model::forge::{CommittedFile, FileChange, FileMode};
use crate::model::pick::PickedCommit;

/// The commit that was made from `source`, against its parent. What `source` has as well is named and not sent again.
pub(in crate::adapters::git) fn changes(repository: &Repository, source: Oid, made: Oid) -> Result<PickedCommit> {
    let commit = repository.find_commit(made)?;
    let (before, after) = (commit.parent(0)?.tree()?, commit.tree()?);
    let known = repository.find_commit(source)?.tree()?;
    let diff = repository.diff_tree_to_tree(Some(&before), Some(&after), None)?;
    let (mut written, mut deleted) = (Vec::new(), Vec::new());
    for delta in diff.deltas() {
        match delta.status() {
            Delta::Deleted => deleted.push(CommittedFile {
                path: path(&delta.old_file())?,
                change: FileChange::Deleted,
            }),
            _ => written.push(file(repository, &known, &delta.new_file())?),
        }
    }
    // Where a file comes in the place of a folder, what was in that goes by itself.
    deleted.retain(|gone| !written.iter().any(|file| is_in(&gone.path, &file.path)));
    deleted.append(&mut written);
    Ok(PickedCommit {
        message: String::from_utf8_lossy(commit.message_bytes()).into_owned(),
        files: deleted,
    })
}

fn is_in(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn file(repository: &Repository, known: &Tree<'_>, file: &DiffFile<'_>) -> Result<CommittedFile> {
    let path = path(file)?;
    let mode = match file.mode() {
        git2::FileMode::BlobExecutable => FileMode::Executable,
        git2::FileMode::Link => FileMode::Link,
        git2::FileMode::Commit => FileMode::Submodule,
        _ => FileMode::File,
    };
    let is_known = known
        .get_path(Path::new(&path))
        .is_ok_and(|entry| entry.id() == file.id());
    let change = match mode {
        FileMode::File | FileMode::Executable if !is_known => FileChange::Written {
            executable: mode == FileMode::Executable,
            content: repository.find_blob(file.id())?.content().to_vec(),
        },
        mode => FileChange::Placed {
            mode,
            object: file.id().to_string(),
        },
    };
    Ok(CommittedFile { path, change })
}

fn path(file: &DiffFile<'_>) -> Result<String> {
    let bytes = file.path_bytes().unwrap_or_default();
    String::from_utf8(bytes.to_vec()).map_err(|_| {
        Error::usage(
            format!(
                "the path {} is no UTF-8, and GitHub takes no other",
                String::from_utf8_lossy(bytes)
            ),
            "pick the commit by hand, with `git cherry-pick -x`",
        )
    })
}
