//! The first candidate of a line, made as `tag` makes every other.

use super::branch::Request;
use super::document::{CutDocument, CutStatus};
use super::versions::of_line;
use crate::commands::tag::document::{TagDocument, TagStatus};
use crate::commands::tag::{self, TagArgs};
use crate::context::Context;
use crate::error::Result;
use crate::model::name::CommitId;
use crate::model::version::{Candidate, Channel};
use crate::plan::tag::channel_of;
use crate::plan::tag::tags::VersionTag;

/// The channel of the first candidate on a branch; nothing where none is wanted.
pub fn channel(context: &Context, branch: &str) -> Result<Option<Channel>> {
    let file = &context.settings.file;
    match &file.cut.candidate {
        Some(chosen) => Ok(chosen.0.clone()),
        None => match channel_of(&file.version.channels, branch) {
            Some(channel) => Ok(Some(channel)),
            None => Ok(Some("rc".parse()?)),
        },
    }
}

/// What `tag` would do for it on a branch that is not there yet; nothing where no candidate is wanted.
pub async fn plan(context: &Context, request: &Request, commit: &CommitId) -> Result<Option<TagDocument>> {
    let Some(channel) = channel(context, &request.branch)? else {
        return Ok(None);
    };
    let planned = Context {
        dry_run: true,
        ..context.clone()
    };
    candidate(&planned, request, commit, (channel, true)).await.map(Some)
}

async fn candidate(
    context: &Context,
    request: &Request,
    commit: &CommitId,
    (channel, is_new_branch): (Channel, bool),
) -> Result<TagDocument> {
    let on_branch = Context {
        branch: Some(request.branch.clone()),
        ..context.clone()
    };
    let args = TagArgs {
        component: Some(request.component.clone()),
        channel: Some(channel),
        commit: commit.to_string(),
        is_new_branch,
        ..TagArgs::default()
    };
    tag::run(&on_branch, &args).await
}

/// Makes the first candidate, unless the line has a version on the start commit or above it. A branch that is there stays
/// cut when there can be no candidate.
pub async fn make(context: &Context, request: &Request, commit: &CommitId, document: &mut CutDocument) -> Result<()> {
    let Some(channel) = channel(context, &request.branch)? else {
        document
            .notes
            .push("no candidate is wanted: `candidate` under `[cut]`".to_owned());
        return Ok(());
    };
    let there = || of_line(context, &request.component, request.line, commit);
    let start = match there().await? {
        None => commit.clone(),
        Some(tag) if is_left(context, request, &channel, &tag).await? => tag.tag.commit,
        Some(tag) => {
            has_already(document, &tag);
            return Ok(());
        }
    };
    let is_planned = context.dry_run && document.status == CutStatus::Created;
    let made = candidate(context, request, &start, (channel, is_planned)).await?;
    if let Some(refusal) = made.refusal {
        match there().await? {
            Some(tag) => has_already(document, &tag),
            None => document.lacks("the first candidate", &refusal),
        }
        return Ok(());
    }
    match (made.status, made.tag) {
        (TagStatus::Created | TagStatus::Exists, Some(tag)) => document.candidate = Some(tag),
        _ => {
            let why = made.explanation.unwrap_or_default();
            document.notes.push(format!("there is no first candidate: {why}"));
        }
    }
    document.steps.extend(made.steps);
    Ok(())
}

/// Whether a killed run has made the candidate and not recorded it.
async fn is_left(context: &Context, request: &Request, channel: &Channel, tag: &VersionTag) -> Result<bool> {
    let of_channel = |candidate: Candidate| candidate.channel == *channel;
    if !context.settings.keeps_ledger || !tag.version.candidate().is_some_and(of_channel) {
        return Ok(false);
    }
    let view = context.ledger.open().await?;
    let recorded = view.component(&request.component)?.state;
    Ok(!recorded.versions.contains_key(&tag.version))
}

fn has_already(document: &mut CutDocument, tag: &VersionTag) {
    let note = format!("{} has {} already", document.branch, tag.tag.name);
    document.notes.push(note);
}
