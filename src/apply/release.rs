//! A release's tag and commit, where more than one ref is made or GitHub makes them.

use super::branch::committed;
use super::{Receipt, created, declined, forge};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::commit::{TagKind, Through};
use crate::model::name::CommitId;
use crate::model::refusal::Refusal;
use crate::model::step::{Action, FileContent};
use crate::ports::forge::Shared;
use crate::ports::repository::{Moved, Pushed, Update};

/// Lets the forge make a tag, and brings it here.
pub(super) async fn share_tag(
    context: &Context,
    tag: &str,
    commit: &CommitId,
    message: Option<&str>,
) -> Result<Receipt> {
    let shared = forge(context)?.create_tag(tag, commit, message).await?;
    if let Shared::Done = shared {
        context.repository.fetch().await?;
    }
    Ok(receipt(shared, tag))
}

pub(super) fn receipt(shared: Shared, name: &str) -> Receipt {
    match shared {
        Shared::Done => Receipt::Done,
        Shared::Same => Receipt::Already,
        Shared::Elsewhere(_) => Receipt::Moved,
        Shared::Refused(words) => declined(name, &words),
    }
}

/// Makes the commit of a release and shares it.
pub(super) async fn commit(context: &Context, action: &Action) -> Result<Receipt> {
    let Action::CommitRelease {
        tag,
        kind,
        message,
        through,
        branch,
        parent,
        files,
        commit_message,
    } = action
    else {
        return Err(Error::Internal(format!("no commit of a release: {action}")));
    };
    let release = Release {
        tag,
        kind: *kind,
        message,
        branch,
        parent,
        files,
        commit_message,
    };
    match through {
        Through::Git => push(context, release).await,
        Through::Github => share(context, release).await,
    }
}

struct Release<'a> {
    tag: &'a str,
    kind: TagKind,
    message: &'a str,
    branch: &'a str,
    parent: &'a CommitId,
    files: &'a [FileContent],
    commit_message: &'a str,
}

/// The forge commits and moves the branch; a branch that others have moved refuses. The tag comes last: a killed run leaves
/// a commit of the release on the branch, which the next one tags.
async fn share(context: &Context, release: Release<'_>) -> Result<Receipt> {
    let (forge, repository) = (forge(context)?, &context.repository);
    let files = committed(context, release.parent, release.files)?;
    let made = forge
        .commit(release.parent, &files, release.commit_message.trim_end())
        .await?;
    let moved = forge.advance(release.branch, release.parent, &made).await?;
    if !matches!(moved, Shared::Done | Shared::Same) {
        return Ok(receipt(moved, release.branch));
    }
    let message = (release.kind == TagKind::Annotated).then_some(release.message);
    let tagged = forge.create_tag(release.tag, &made, message).await?;
    repository.fetch().await?;
    follow(context, release.branch, release.parent, &made)?;
    Ok(match tagged {
        Shared::Done | Shared::Same => Receipt::Seen(made.to_string()),
        other => receipt(other, release.tag),
    })
}

/// Commits, tags, and pushes both at once. What was made here and is not shared is taken back.
async fn push(context: &Context, release: Release<'_>) -> Result<Receipt> {
    let Release {
        tag, branch, parent, ..
    } = release;
    let repository = &context.repository;
    let bytes: Vec<(String, Vec<u8>)> = release
        .files
        .iter()
        .map(|file| (file.path.clone(), file.content.clone().into_bytes()))
        .collect();
    let made = repository.commit_files(parent, &bytes, release.commit_message)?;
    // Where the branch is nobody else's, the tag comes last: a killed run leaves a commit, which the next one tags.
    if !repository.has_remote() && !follow(context, branch, parent, &made)? {
        return Ok(Receipt::Refused(Refusal::new(
            format!("{branch} could not follow the commit for {tag}: it is not on {parent}, or the files have changes"),
            "check the branch out, and commit or stash what differs",
        )));
    }
    let tagged = created(
        repository.create_tag(tag, &made, release.message, release.kind)?,
        "tag",
        tag,
    )?;
    if let Receipt::Refused(_) = tagged {
        return Ok(tagged);
    }
    let full = format!("refs/tags/{tag}");
    if repository.has_remote() {
        let updates = [
            Update {
                from: made.to_string(),
                reference: format!("refs/heads/{branch}"),
                expected: Some(parent.clone()),
            },
            Update {
                from: full.clone(),
                reference: full.clone(),
                expected: None,
            },
        ];
        match repository.push_together(&updates).await {
            Ok(Pushed::Done | Pushed::Same) => {}
            Ok(Pushed::Lost(_)) => {
                repository.withdraw(&full, &made)?;
                return Ok(Receipt::Moved);
            }
            Ok(Pushed::Refused(words)) => {
                repository.withdraw(&full, &made)?;
                return Ok(declined(&format!("{branch} with {tag}"), &words));
            }
            Err(error) => {
                repository.withdraw(&full, &made)?;
                return Err(error);
            }
        }
    }
    if repository.has_remote() {
        follow(context, branch, parent, &made)?;
    }
    Ok(Receipt::Seen(made.to_string()))
}

/// Lets the branch here and its files follow the commit, where it is the one that is checked out. Without a remote it
/// follows wherever it is.
fn follow(context: &Context, branch: &str, parent: &CommitId, made: &CommitId) -> Result<bool> {
    let repository = &context.repository;
    if repository.branch().as_deref() == Some(branch) {
        return repository.follow(parent, made);
    }
    if repository.has_remote() {
        return Ok(false);
    }
    let moved = repository.advance_branch(branch, parent, made)?;
    Ok(matches!(moved, Moved::Done | Moved::Same))
}
