//! A commit that gives files another content, made without the work tree.

use std::path::Path;

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Repository, Signature};

use super::program::{self, Program};
use super::read::{id, oid};
use crate::error::{Error, Result};
use crate::model::name::CommitId;

/// Writes the commit; no ref leads to it yet.
pub(super) fn write(
    repository: &Repository,
    parent: &CommitId,
    files: &[(String, Vec<u8>)],
    person: &Signature<'_>,
    message: &str,
) -> Result<CommitId> {
    let parent = repository.find_commit(oid(parent)?)?;
    let before = parent.tree()?;
    let mut update = TreeUpdateBuilder::new();
    for (path, content) in files {
        let mode = mode(&before, path)?;
        update.upsert(path.as_str(), repository.blob(content)?, mode);
    }
    let tree = repository.find_tree(update.create_updated(repository, &before)?)?;
    let commit = repository.commit(None, person, person, message, &tree, &[&parent])?;
    id(commit)
}

/// Whether a file of a commit can be run; one that is not there can not.
pub(super) fn is_executable(repository: &Repository, commit: &CommitId, path: &str) -> Result<bool> {
    let tree = repository.find_commit(oid(commit)?)?.tree()?;
    Ok(mode(&tree, path)? == FileMode::BlobExecutable)
}

/// The mode that a file keeps when it gets another content.
fn mode(tree: &git2::Tree<'_>, path: &str) -> Result<FileMode> {
    match tree.get_path(Path::new(path)).map(|entry| entry.filemode()) {
        Ok(0o100_755) => Ok(FileMode::BlobExecutable),
        Ok(0o100_644 | 0o100_664) | Err(_) => Ok(FileMode::Blob),
        Ok(_) => Err(Error::usage(
            format!("{path} is no plain file, so its content cannot be changed"),
            "name a file that git tracks as such, not a link or a folder",
        )),
    }
}

/// The files that differ between two commits.
pub(super) fn differing(repository: &Repository, one: &CommitId, other: &CommitId) -> Result<Vec<String>> {
    let one = repository.find_commit(oid(one)?)?.tree()?;
    let other = repository.find_commit(oid(other)?)?.tree()?;
    let diff = repository.diff_tree_to_tree(Some(&one), Some(&other), None)?;
    let paths = diff
        .deltas()
        .filter_map(|delta| delta.new_file().path().map(Path::to_owned));
    Ok(paths.map(|path| path.to_string_lossy().into_owned()).collect())
}

/// Whether these files of the work tree and the index are as `HEAD` has them.
pub(super) fn are_clean(program: &Program, files: &[String]) -> Result<bool> {
    let mut arguments = vec![
        "--literal-pathspecs",
        "--no-optional-locks",
        "status",
        "--porcelain=v1",
        "-z",
    ];
    arguments.extend(["--ignored=traditional", "--no-renames", "--"]);
    arguments.extend(files.iter().map(String::as_str));
    let output = program.run_here(&arguments)?;
    if !output.status.success() {
        return Err(program::failure("git status", "the work tree", &output));
    }
    Ok(output.stdout.is_empty())
}

/// Whether these files of the work tree are as a commit has them.
pub(super) fn are_as_in(program: &Program, commit: &CommitId, files: &[String]) -> Result<bool> {
    let mut arguments = vec!["--literal-pathspecs", "diff", "--quiet", commit.as_str(), "--"];
    arguments.extend(files.iter().map(String::as_str));
    Ok(!files.is_empty() && program.run_here(&arguments)?.status.success())
}

/// Moves the checked-out branch from the parent to the commit. Gives whether it did.
pub(super) fn advance(repository: &Repository, parent: &CommitId, commit: &CommitId) -> Result<bool> {
    let Ok(head) = repository.head() else { return Ok(false) };
    let (true, Ok(name)) = (head.is_branch(), head.name()) else {
        return Ok(false);
    };
    let parent = oid(parent)?;
    if head.target() != Some(parent) {
        return Ok(false);
    }
    let moved = repository.reference_matching(name, oid(commit)?, true, parent, "tidegate: commit of files");
    match moved {
        Ok(_) => Ok(true),
        Err(error) if error.code() == git2::ErrorCode::Modified => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Lets the index and the work tree follow a branch that moved.
pub(super) fn follow(program: &Program, files: &[String]) -> Result<()> {
    let mut arguments = vec!["--literal-pathspecs", "checkout", "--quiet", "HEAD", "--"];
    arguments.extend(files.iter().map(String::as_str));
    let output = program.run_here(&arguments)?;
    if output.status.success() {
        return Ok(());
    }
    Err(program::failure("git checkout", "the files of the new commit", &output))
}
