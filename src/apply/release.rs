//! A release that brings a commit of its own.

use super::{Receipt, created};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::refusal::Refusal;
use crate::model::step::Action;
use crate::ports::repository::{Pushed, Update};

/// Commits, tags, and pushes both at once. What was made here and is not shared is taken back.
pub(super) async fn commit(context: &Context, action: &Action) -> Result<Receipt> {
    let Action::CommitRelease {
        tag,
        kind,
        message,
        branch,
        parent,
        files,
        commit_message,
    } = action
    else {
        return Err(Error::Internal(format!("no commit of a release: {action}")));
    };
    let repository = &context.repository;
    let bytes: Vec<(String, Vec<u8>)> = files
        .iter()
        .map(|file| (file.path.clone(), file.content.clone().into_bytes()))
        .collect();
    let paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
    let made = repository.commit_files(parent, &bytes, commit_message)?;
    // Where the branch is nobody else's, the tag comes last: a killed run leaves a commit, which the next one tags.
    if !repository.has_remote() && !repository.follow(parent, &made, &paths)? {
        return Ok(Receipt::Refused(Refusal::new(
            format!("{branch} could not follow the commit for {tag}: it is not on {parent}, or the files have changes"),
            "check the branch out, and commit or stash what differs",
        )));
    }
    let tagged = created(repository.create_tag(tag, &made, message, *kind)?, "tag", tag)?;
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
            Err(error) => {
                repository.withdraw(&full, &made)?;
                return Err(error);
            }
        }
    }
    if repository.has_remote() {
        repository.follow(parent, &made, &paths)?;
    }
    Ok(Receipt::Seen(made.to_string()))
}
