//! Branches that others see: made and moved by a push, or by the forge.

use super::release::receipt;
use super::{Receipt, created, forge};
use crate::context::Context;
use crate::error::Result;
use crate::model::commit::Through;
use crate::model::forge::{CommittedFile, FileChange};
use crate::model::name::CommitId;
use crate::model::refusal::Refusal;
use crate::model::step::{BranchAction, FileContent};
use crate::ports::forge::Shared;
use crate::ports::repository::{Moved, Pushed, Update};

/// Makes or moves a branch.
pub(super) async fn branch(context: &Context, action: &BranchAction) -> Result<Receipt> {
    match action {
        BranchAction::ShareBranch {
            branch,
            commit,
            through,
        } => share(context, branch, commit, *through).await,
        BranchAction::AdvanceBranch {
            branch,
            from,
            to,
            through: Through::Github,
        } => {
            let moved = forge(context)?.advance(branch, from, to).await?;
            fetched(context, shared(moved, branch)).await
        }
        BranchAction::AdvanceBranch { branch, from, to, .. } if context.repository.has_remote() => {
            push(context, branch, to, Some(from)).await
        }
        BranchAction::AdvanceBranch { branch, from, to, .. } => {
            Ok(match context.repository.advance_branch(branch, from, to)? {
                Moved::Done => Receipt::Done,
                Moved::Same => Receipt::Already,
                Moved::Lost(_) => Receipt::Moved,
                Moved::Refused(words) => refused(branch, &words),
            })
        }
        BranchAction::CommitBranch {
            branch,
            parent,
            files,
            message,
            through,
        } => {
            let made = commit(context, parent, files, message, *through).await?;
            share(context, branch, &made, *through).await
        }
        BranchAction::PickBranch {
            branch,
            onto,
            commits,
            through,
        } => {
            let made = pick(context, onto, commits, *through).await?;
            share(context, branch, &made, *through).await
        }
    }
}

async fn pick(context: &Context, onto: &CommitId, commits: &[CommitId], through: Through) -> Result<CommitId> {
    if through == Through::Git {
        return context.repository.pick(onto, commits).await;
    }
    let mut tip = onto.clone();
    for commit in context.repository.picked(onto, commits).await? {
        let message = commit.message.trim_end();
        tip = forge(context)?.commit(&tip, &commit.files, message).await?;
    }
    Ok(tip)
}

async fn share(context: &Context, branch: &str, commit: &CommitId, through: Through) -> Result<Receipt> {
    match through {
        Through::Github => {
            let made = forge(context)?.create_branch(branch, commit).await?;
            fetched(context, shared(made, branch)).await
        }
        Through::Git if context.repository.has_remote() => push(context, branch, commit, None).await,
        Through::Git => created(context.repository.create_branch(branch, commit)?, "branch", branch),
    }
}

async fn push(context: &Context, branch: &str, commit: &CommitId, expected: Option<&CommitId>) -> Result<Receipt> {
    let update = Update {
        from: commit.to_string(),
        reference: format!("refs/heads/{branch}"),
        expected: expected.cloned(),
    };
    Ok(match context.repository.push_together(&[update]).await? {
        Pushed::Done => Receipt::Done,
        Pushed::Same => Receipt::Already,
        Pushed::Lost(_) => Receipt::Moved,
        Pushed::Refused(words) => refused(branch, &words),
    })
}

async fn commit(
    context: &Context,
    parent: &CommitId,
    files: &[FileContent],
    message: &str,
    through: Through,
) -> Result<CommitId> {
    let repository = &context.repository;
    if through == Through::Git {
        let bytes = |file: &FileContent| (file.path.clone(), file.content.clone().into_bytes());
        let bytes: Vec<(String, Vec<u8>)> = files.iter().map(bytes).collect();
        return repository.commit_files(parent, &bytes, message);
    }
    let files = committed(context, parent, files)?;
    forge(context)?.commit(parent, &files, message.trim_end()).await
}

/// The files of a commit that the forge makes, each with the mode that it has below.
pub(super) fn committed(context: &Context, parent: &CommitId, files: &[FileContent]) -> Result<Vec<CommittedFile>> {
    let committed = |file: &FileContent| {
        Ok(CommittedFile {
            path: file.path.clone(),
            change: FileChange::Written {
                executable: context.repository.is_executable(parent, &file.path)?,
                content: file.content.clone().into_bytes(),
            },
        })
    };
    files.iter().map(committed).collect()
}

fn shared(shared: Shared, branch: &str) -> Receipt {
    match shared {
        Shared::Refused(words) => refused(branch, &words),
        other => receipt(other, branch),
    }
}

fn refused(branch: &str, words: &str) -> Receipt {
    Receipt::Declined(Refusal::new(
        format!("the remote refuses the branch {branch}: {words}"),
        "a rule or a hook there says so: whoever set it can allow it",
    ))
}

/// Brings here what the forge has made.
async fn fetched(context: &Context, receipt: Receipt) -> Result<Receipt> {
    if receipt == Receipt::Done {
        context.repository.fetch().await?;
    }
    Ok(receipt)
}
