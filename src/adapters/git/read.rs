//! Reading objects and refs.

use std::path::Path;

use git2::{ErrorCode, ObjectType, Oid, Repository};

use super::clone;
use super::program::{self, Program};
use crate::error::{Error, Result};
use crate::model::commit::{Person, Tag};
use crate::model::name::CommitId;
use crate::ports::repository::Condition;

pub(super) fn id(oid: Oid) -> Result<CommitId> {
    Ok(oid.to_string().parse()?)
}

pub(super) fn oid(commit: &CommitId) -> Result<Oid> {
    Ok(Oid::from_str(commit.as_str())?)
}

/// Nothing instead of an error, where the error says that there is nothing.
pub(super) fn absent<T>(result: Result<T, git2::Error>) -> Result<Option<T>> {
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
    let dirty = if bare || empty { Vec::new() } else { dirty(program)? };
    Ok(Condition {
        bare,
        empty,
        shallow: clone::is_shallow(repository),
        filter: clone::filter(repository),
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

/// The message of an annotated tag.
pub(super) fn tag_message(repository: &Repository, name: &str) -> Result<Option<String>> {
    let object = match repository.refname_to_id(&format!("refs/tags/{name}")) {
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        other => other?,
    };
    let message = |tag: git2::Tag<'_>| {
        tag.message_bytes()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    };
    Ok(repository.find_tag(object).ok().and_then(message))
}

/// The tags whose names are kept. packed-refs has what annotated tags lead to, so that most of them need not be read.
pub(super) fn tags(repository: &Repository, keep: &dyn Fn(&str) -> bool) -> Result<Vec<Tag>> {
    let objects = repository.odb()?;
    let mut tags = Vec::new();
    for reference in repository.references_glob("refs/tags/*")? {
        let reference = reference?;
        let Some(name) = reference.name().ok().and_then(|full| full.strip_prefix("refs/tags/")) else {
            continue;
        };
        if !keep(name) {
            continue;
        }
        // What git has followed to its end when it packed the refs is not looked at again; a walk leaves out what is no
        // commit.
        if let Some(peeled) = reference.target_peel() {
            tags.push(Tag {
                name: name.to_owned(),
                commit: id(peeled)?,
            });
            continue;
        }
        let Some(object) = reference.target() else {
            continue;
        };
        let commit = match objects.read_header(object) {
            Ok((_, ObjectType::Commit)) => object,
            Ok((_, ObjectType::Tag)) => match repository.find_tag(object)?.into_object().peel(ObjectType::Commit) {
                Ok(commit) => commit.id(),
                Err(error) if matches!(error.code(), ErrorCode::InvalidSpec | ErrorCode::Peel) => continue,
                Err(error) => return Err(error.into()),
            },
            // A tag of a tree or a blob leads to no commit.
            Ok(_) => continue,
            Err(error) if error.code() == ErrorCode::NotFound => {
                return Err(Error::usage(
                    format!("the tag {name} leads to {object}, which is not in this clone"),
                    format!(
                        "take it away with `git tag --delete {name}`; `git fetch --tags` brings it again where others have it"
                    ),
                ));
            }
            Err(error) => return Err(error.into()),
        };
        tags.push(Tag {
            name: name.to_owned(),
            commit: id(commit)?,
        });
    }
    Ok(tags)
}

pub(super) fn reference(repository: &Repository, name: &str) -> Result<Option<CommitId>> {
    let Some(reference) = absent(repository.find_reference(name))? else {
        return Ok(None);
    };
    Ok(Some(id(reference.peel_to_commit()?.id())?))
}

/// The local branches, by their full names.
pub(super) fn branches(repository: &Repository) -> Result<Vec<(CommitId, String)>> {
    let mut branches = Vec::new();
    for reference in repository.references_glob("refs/heads/*")? {
        let reference = reference?;
        if let Ok(name) = reference.name() {
            branches.push((id(reference.peel_to_commit()?.id())?, name.to_owned()));
        }
    }
    Ok(branches)
}

pub(super) fn branch(repository: &Repository) -> Option<String> {
    let head = repository.find_reference("HEAD").ok()?;
    let target = head.symbolic_target().ok()??;
    target.strip_prefix("refs/heads/").map(str::to_owned)
}

/// The default branch of a repository without a remote, by its full name.
pub(super) fn default_branch(repository: &Repository) -> Result<Option<String>> {
    for usual in ["main", "master"] {
        let name = format!("refs/heads/{usual}");
        if absent(repository.find_reference(&name))?.is_some() {
            return Ok(Some(name));
        }
    }
    match repository.head() {
        Ok(head) if head.is_branch() => Ok(head.name().ok().map(str::to_owned)),
        _ => Ok(None),
    }
}

/// The default branch of the remote as this clone was told it, without what stands before its name.
pub(super) fn remote_head(repository: &Repository, remote: &str) -> Result<Option<String>> {
    let folder = format!("refs/remotes/{remote}/");
    let head = absent(repository.find_reference(&format!("{folder}HEAD")))?;
    let target = head.as_ref().and_then(|head| head.symbolic_target().ok().flatten());
    Ok(target.and_then(|name| name.strip_prefix(&folder)).map(str::to_owned))
}

pub(super) fn paths(repository: &Repository, commit: &CommitId) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    let tree = repository.find_commit(oid(commit)?)?.tree()?;
    tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
        if let (Some(ObjectType::Blob), Ok(name)) = (entry.kind(), entry.name()) {
            paths.push(format!("{folder}{name}"));
        }
        git2::TreeWalkResult::Ok
    })?;
    Ok(paths)
}

pub(super) fn file(
    repository: &Repository,
    program: &Program,
    commit: &CommitId,
    path: &str,
) -> Result<Option<Vec<u8>>> {
    if clone::filter(repository).is_some() {
        return file_by_program(program, commit, path);
    }
    let tree = repository.find_commit(oid(commit)?)?.tree()?;
    let Some(entry) = absent(tree.get_path(Path::new(path)))? else {
        return Ok(None);
    };
    if entry.kind() != Some(ObjectType::Blob) {
        return Ok(None);
    }
    Ok(Some(repository.find_blob(entry.id())?.content().to_owned()))
}

/// Asks the program, which fetches what a partial clone is without.
fn file_by_program(program: &Program, commit: &CommitId, path: &str) -> Result<Option<Vec<u8>>> {
    let listed = program.run_here(&["--literal-pathspecs", "ls-tree", "-z", commit.as_str(), "--", path])?;
    if !listed.status.success() {
        return Err(program::failure("git ls-tree", path, &listed));
    }
    // MODE blob ID<TAB>PATH (git-ls-tree(1)).
    let text = String::from_utf8_lossy(&listed.stdout);
    let mut words = text.split_whitespace().skip(1);
    let (Some("blob"), Some(object)) = (words.next(), words.next()) else {
        return Ok(None);
    };
    let read = program.run_here(&["cat-file", "blob", object])?;
    if !read.status.success() {
        return Err(program::failure("git cat-file", path, &read));
    }
    Ok(Some(read.stdout))
}

/// The author of a commit and those whom its trailers name beside.
pub(super) fn authors(repository: &Repository, commit: &CommitId) -> Result<Vec<Person>> {
    let commit = repository.find_commit(oid(commit)?)?;
    let author = commit.author();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let mut authors = vec![Person {
        name: text(author.name_bytes()),
        email: text(author.email_bytes()),
    }];
    let message = text(commit.message_bytes());
    let named = message.lines().filter_map(|line| line.split_once(':'));
    let named = named.filter(|(key, _)| key.trim().eq_ignore_ascii_case("co-authored-by"));
    authors.extend(named.filter_map(|(_, person)| {
        let (name, email) = person.trim().trim_end_matches('>').split_once('<')?;
        Some(Person {
            name: name.trim().to_owned(),
            email: email.trim().to_owned(),
        })
    }));
    Ok(authors)
}

/// Who git says works here.
pub(super) fn user(repository: &Repository) -> Option<String> {
    let name = repository
        .config()
        .ok()?
        .snapshot()
        .ok()?
        .get_str("user.name")
        .ok()?
        .to_owned();
    (!name.trim().is_empty()).then_some(name)
}
