//! Reading objects and refs.

use std::collections::HashMap;
use std::path::Path;

use git2::{ErrorCode, ObjectType, Oid, Repository, Sort};
use jiff::Timestamp;

use super::program::{self, Program};
use crate::error::{Error, Result};
use crate::model::commit::{Commit, Person, Scope, Tag};
use crate::model::name::CommitId;
use crate::ports::repository::Condition;

pub(super) fn id(oid: Oid) -> Result<CommitId> {
    Ok(oid.to_string().parse()?)
}

pub(super) fn oid(commit: &CommitId) -> Result<Oid> {
    Ok(Oid::from_str(commit.as_str())?)
}

/// Nothing instead of an error, where the error says that there is nothing.
fn absent<T>(result: Result<T, git2::Error>) -> Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn condition(repository: &Repository, program: &Program) -> Result<Condition> {
    let bare = repository.is_bare();
    let empty = match repository.head() {
        Ok(_) => false,
        Err(error) if error.code() == ErrorCode::UnbornBranch => true,
        Err(error) => return Err(error.into()),
    };
    // libgit2 looks for the file in a work tree's own git folder; git keeps it in the shared one.
    let boundary = repository.commondir().join("shallow");
    let shallow = repository.is_shallow() || std::fs::metadata(boundary).is_ok_and(|file| file.len() > 0);
    let dirty = if bare || empty { Vec::new() } else { dirty(program)? };
    Ok(Condition {
        bare,
        empty,
        shallow,
        dirty,
    })
}

/// Asks the program, because filters (Git LFS) decide what a clean file is and libgit2 does not run them.
fn dirty(program: &Program) -> Result<Vec<String>> {
    let output = program.run_here(&[
        "--no-optional-locks",
        "status",
        "--porcelain=v1",
        "-z",
        "--untracked-files=no",
        "--no-renames",
    ])?;
    if !output.status.success() {
        return Err(program::failure("git status", "the work tree", &output));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    // git-status(1), "Short Format": two letters, a space, the path.
    let paths = text.split('\0').filter_map(|entry| entry.get(3..));
    Ok(paths.map(str::to_owned).take(10).collect())
}

pub(super) fn resolve(repository: &Repository, revision: &str) -> Result<CommitId> {
    let found = repository
        .revparse_single(revision)
        .and_then(|object| object.peel(ObjectType::Commit));
    match found {
        Ok(commit) => id(commit.id()),
        Err(error) => Err(Error::usage(
            format!("`{revision}` names no commit: {}", error.message()),
            "give a branch, a tag or a commit that this clone has; `git fetch` brings what it has not",
        )),
    }
}

pub(super) fn tags(repository: &Repository) -> Result<Vec<Tag>> {
    let mut tags = Vec::new();
    for reference in repository.references_glob("refs/tags/*")? {
        let reference = reference?;
        let Ok(name) = reference
            .name()
            .map(|full| full.trim_start_matches("refs/tags/").to_owned())
        else {
            continue;
        };
        match reference.peel_to_commit() {
            Ok(commit) => tags.push(Tag {
                name,
                commit: id(commit.id())?,
            }),
            // A tag of a tree or a blob leads to no commit.
            Err(error) if matches!(error.code(), ErrorCode::InvalidSpec | ErrorCode::Peel) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(tags)
}

pub(super) fn history(repository: &Repository, to: &CommitId, scopes: &[Scope]) -> Result<Vec<Commit>> {
    let mut counts: HashMap<Oid, Vec<usize>> = HashMap::new();
    for (place, scope) in scopes.iter().enumerate() {
        for found in walk(repository, to, scope.since.as_ref())? {
            counts.entry(found?).or_default().push(place);
        }
    }
    let mut commits = Vec::new();
    for found in walk(repository, to, None)? {
        let found = found?;
        let Some(mut places) = counts.remove(&found) else {
            continue;
        };
        let commit = repository.find_commit(found)?;
        let mut files = None;
        let mut kept = Vec::new();
        for place in places.drain(..) {
            let Some(scope) = scopes.get(place) else { continue };
            if !scope.ownership.is_everything() {
                if files.is_none() {
                    files = Some(paths(repository, &commit)?);
                }
                let changed = files.as_deref().unwrap_or_default();
                if !changed.iter().any(|file| scope.ownership.covers(file)) {
                    continue;
                }
            }
            kept.push(place);
        }
        if kept.is_empty() {
            continue;
        }
        commits.push(Commit {
            id: id(commit.id())?,
            message: String::from_utf8_lossy(commit.message_bytes()).into_owned(),
            author: Person {
                name: String::from_utf8_lossy(commit.author().name_bytes()).into_owned(),
                email: String::from_utf8_lossy(commit.author().email_bytes()).into_owned(),
            },
            time: Timestamp::from_second(commit.time().seconds()).unwrap_or_default(),
            merge: commit.parent_count() > 1,
            brought_by: None,
            scopes: kept,
        });
    }
    Ok(commits)
}

fn walk<'a>(repository: &'a Repository, to: &CommitId, since: Option<&CommitId>) -> Result<git2::Revwalk<'a>> {
    let mut walk = repository.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
    walk.push(oid(to)?)?;
    if let Some(since) = since {
        walk.hide(oid(since)?)?;
    }
    Ok(walk)
}

pub(super) fn first_reached(
    repository: &Repository,
    from: &CommitId,
    lists: &[Vec<CommitId>],
) -> Result<Vec<Option<usize>>> {
    let mut answers = Vec::new();
    for list in lists {
        let mut answer = None;
        for (place, commit) in list.iter().enumerate() {
            if from == commit || repository.graph_descendant_of(oid(from)?, oid(commit)?)? {
                answer = Some(place);
                break;
            }
        }
        answers.push(answer);
    }
    Ok(answers)
}

fn paths(repository: &Repository, commit: &git2::Commit<'_>) -> Result<Vec<String>> {
    let before = match commit.parent_count() {
        0 => None,
        _ => Some(commit.parent(0)?.tree()?),
    };
    let diff = repository.diff_tree_to_tree(before.as_ref(), Some(&commit.tree()?), None)?;
    // Renames are not looked for, so that both sides of a delta have the same path.
    let path = |delta: git2::DiffDelta<'_>| {
        delta
            .new_file()
            .path_bytes()
            .map(String::from_utf8_lossy)
            .map(Into::into)
    };
    Ok(diff.deltas().filter_map(path).collect())
}

pub(super) fn reference(repository: &Repository, name: &str) -> Result<Option<CommitId>> {
    let Some(reference) = absent(repository.find_reference(name))? else {
        return Ok(None);
    };
    Ok(Some(id(reference.peel_to_commit()?.id())?))
}

pub(super) fn branch(repository: &Repository) -> Option<String> {
    let head = repository.find_reference("HEAD").ok()?;
    let target = head.symbolic_target().ok()??;
    target.strip_prefix("refs/heads/").map(str::to_owned)
}

pub(super) fn default_branch(repository: &Repository, remote: &str) -> Result<Option<String>> {
    let has_remote = repository.find_remote(remote).is_ok();
    let folder = if has_remote {
        let head = absent(repository.find_reference(&format!("refs/remotes/{remote}/HEAD")))?;
        if let Some(target) = head.as_ref().and_then(|head| head.symbolic_target().ok().flatten()) {
            return Ok(Some(target.to_owned()));
        }
        format!("refs/remotes/{remote}")
    } else {
        "refs/heads".to_owned()
    };
    for usual in ["main", "master"] {
        let name = format!("{folder}/{usual}");
        if absent(repository.find_reference(&name))?.is_some() {
            return Ok(Some(name));
        }
    }
    match repository.head() {
        Ok(head) if !has_remote && head.is_branch() => Ok(head.name().ok().map(str::to_owned)),
        _ => Ok(None),
    }
}

pub(super) fn file(repository: &Repository, commit: &CommitId, path: &str) -> Result<Option<Vec<u8>>> {
    let tree = repository.find_commit(oid(commit)?)?.tree()?;
    let Some(entry) = absent(tree.get_path(Path::new(path)))? else {
        return Ok(None);
    };
    if entry.kind() != Some(ObjectType::Blob) {
        return Ok(None);
    }
    Ok(Some(repository.find_blob(entry.id())?.content().to_owned()))
}
