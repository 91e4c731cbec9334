//! Picking commits onto another branch without the work tree, as `git cherry-pick -x` does it (git-cherry-pick(1)).

mod changes;
mod conflict;
mod message;
mod missing;

use git2::build::TreeUpdateBuilder;
use git2::{Commit, Delta, Index, MergeOptions, ObjectType, Oid, Repository, Signature, Tree};

use super::read::{id, oid};
use crate::error::Result;
use crate::model::name::CommitId;
use crate::model::pick::{Conflict, ConflictingFile, Trial};
pub(super) use changes::changes;
pub(super) use missing::{files as missing_files, folders as missing_folders};

/// Before all other places where objects are kept.
const FIRST: i32 = 1000;

/// What is picked, and how.
pub(super) struct Order<'a> {
    /// The commit below.
    pub(super) onto: &'a CommitId,
    /// The commits, in order.
    pub(super) commits: &'a [CommitId],
    /// Who commits.
    pub(super) committer: &'a Signature<'a>,
    /// Whether the author is named as a co-author, since the forge's commit has another author.
    pub(super) credit: bool,
}

/// What was made.
#[derive(Default)]
pub(super) struct Made {
    /// What came of it.
    pub(super) trial: Trial,
    /// Each new commit with the one that it was picked from; the last one holds the markers where there is a conflict.
    pub(super) commits: Vec<(Oid, Oid)>,
}

/// Does something in the same repository, whose new objects are kept in memory and forgotten.
pub(super) fn in_memory<T>(git_dir: &std::path::Path, work: impl FnOnce(&Repository) -> Result<T>) -> Result<T> {
    let repository = Repository::open(git_dir)?;
    let objects = repository.odb()?;
    let _memory = objects.add_new_mempack_backend(FIRST)?;
    work(&repository)
}

/// Picks the commits, up to the first one that cannot be applied.
pub(super) fn pick(repository: &Repository, order: &Order<'_>) -> Result<Made> {
    let mut made = Made::default();
    let mut below = repository.find_commit(oid(order.onto)?)?;
    for name in order.commits {
        let source = repository.find_commit(oid(name)?)?;
        let (tree, files) = merge(repository, &source, &below)?;
        if tree == below.tree_id() && files.is_empty() {
            made.trial.empty.push(name.clone());
            continue;
        }
        let text = message::of(&source, !files.is_empty(), order.credit);
        let commit = write(repository, &source, tree, below.id(), (order.committer, &text))?;
        made.commits.push((source.id(), commit));
        below = repository.find_commit(commit)?;
        if !files.is_empty() {
            let commit = name.clone();
            made.trial.conflict = Some(Conflict { commit, files });
            break;
        }
        made.trial.picked.push(name.clone());
    }
    Ok(made)
}

/// The newest commit that was made.
pub(super) fn newest(made: &Made, onto: &CommitId) -> Result<CommitId> {
    made.commits
        .last()
        .map_or_else(|| Ok(onto.clone()), |(_, commit)| id(*commit))
}

/// The tree with what the commit changes, and the files of it that need a person.
fn merge(repository: &Repository, source: &Commit<'_>, onto: &Commit<'_>) -> Result<(Oid, Vec<ConflictingFile>)> {
    let mut options = MergeOptions::new();
    options.find_renames(true);
    let mut index = repository.cherrypick_commit(source, onto, 0, Some(&options))?;
    let files = conflict::settle(repository, &mut index, source, onto)?;
    let tree = onto.tree()?;
    match updated(repository, &tree, &index).or_else(|_| index.write_tree_to(repository)) {
        Ok(tree) => Ok((tree, files)),
        // A file and a folder of one name do not stand side by side.
        Err(_) if !files.is_empty() => Ok((onto.tree_id(), files)),
        Err(error) => Err(error.into()),
    }
}

/// The tree with what differs in the index: the rest of it need not be in this clone, and is not written again. A file that
/// gives way to a folder cannot be told in this way.
fn updated(repository: &Repository, tree: &Tree<'_>, index: &Index) -> Result<Oid, git2::Error> {
    let diff = repository.diff_tree_to_index(Some(tree), Some(index), None)?;
    let mut update = TreeUpdateBuilder::new();
    for delta in diff.deltas() {
        let (old, new) = (delta.old_file(), delta.new_file());
        match delta.status() {
            Delta::Deleted => update.remove(old.path_bytes().unwrap_or_default()),
            _ => update.upsert(new.path_bytes().unwrap_or_default(), new.id(), new.mode()),
        };
    }
    update.create_updated(repository, tree)
}

/// Writes the commit with the author's line as it is, whatever it holds (gitformat-commit).
fn write(
    repository: &Repository,
    source: &Commit<'_>,
    tree: Oid,
    parent: Oid,
    (committer, message): (&Signature<'_>, &[u8]),
) -> Result<Oid> {
    let mut text = format!("tree {tree}\nparent {parent}\n").into_bytes();
    let header = source.raw_header_bytes();
    let line = |key: &[u8]| header.split(|byte| *byte == b'\n').find(|line| line.starts_with(key));
    let mut push = |line: &[u8]| {
        text.extend_from_slice(line);
        text.push(b'\n');
    };
    push(line(b"author ").unwrap_or_default());
    let when = committer.when();
    let (sign, minutes) = (when.sign(), when.offset_minutes().abs());
    let dated = format!("> {} {sign}{:02}{:02}", when.seconds(), minutes / 60, minutes % 60);
    push(
        &[
            b"committer ",
            committer.name_bytes(),
            b" <",
            committer.email_bytes(),
            dated.as_bytes(),
        ]
        .concat(),
    );
    if let Some(encoding) = line(b"encoding ") {
        push(encoding);
    }
    push(b"");
    text.extend_from_slice(message);
    Ok(repository.odb()?.write(ObjectType::Commit, &text)?)
}
