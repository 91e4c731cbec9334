//! The only place that runs the steps of a plan. Each can be run twice without harm.

mod branch;
mod image;
mod publish;
mod pull;
mod release;
mod verify;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::event::Event;
use crate::model::refusal::Refusal;
use crate::model::step::{Action, Step};
use crate::ports::forge::Forge;
use crate::ports::ledger::{Appended, Observed};
use crate::ports::repository::{Created, Moved};
use crate::ports::target::Deployment;

/// What became of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Receipt {
    /// It is done.
    Done,
    /// The event is written.
    Recorded(Box<Event>),
    /// It is done, and this was seen.
    Seen(String),
    /// It had been done before.
    Already,
    /// It was tried and failed, for a reason that lies with what was deployed, or with parts of an image that are not there.
    Failed(String),
    /// It must not be done any more: what it would make is there with another content.
    Refused(Refusal),
    /// Rules that tidegate does not know of forbid it; planning again would not help.
    Declined(Refusal),
    /// What the plan rests on has changed: plan again.
    Moved,
}

/// Runs one step. `observed` is what the plan read of the ledger.
pub async fn apply(context: &Context, step: &Step, observed: &Observed) -> Result<Receipt> {
    context.progress.begin(&step.action.to_string());
    let receipt = run(context, step, observed).await;
    context.progress.done();
    receipt
}

async fn run(context: &Context, step: &Step, observed: &Observed) -> Result<Receipt> {
    match &step.action {
        Action::CreateTag {
            tag,
            commit,
            message,
            kind,
        } => {
            let repository = &context.repository;
            created(repository.create_tag(tag, commit, message, *kind)?, "tag", tag)
        }
        Action::ShareTag { tag, commit, message } => release::share_tag(context, tag, commit, message.as_deref()).await,
        Action::CommitRelease { .. } => release::commit(context, &step.action).await,
        Action::DraftRelease { .. }
        | Action::UploadAsset { .. }
        | Action::DeleteAsset { .. }
        | Action::DeleteDraft { .. }
        | Action::PublishRelease { .. } => publish::publish(context, &step.action).await,
        Action::MoveTag { tag, commit, from } => {
            Ok(match context.repository.move_tag(tag, commit, from.as_ref()).await? {
                Moved::Done => Receipt::Done,
                Moved::Same => Receipt::Already,
                Moved::Lost(_) => Receipt::Moved,
                Moved::Refused(words) => declined(&format!("tag {tag}"), &words),
            })
        }
        Action::PushRef { reference, commit } => {
            created(context.repository.push(reference, commit).await?, "ref", reference)
        }
        Action::CreateRepository { .. }
        | Action::UploadBlob { .. }
        | Action::PutManifest { .. }
        | Action::Attach { .. }
        | Action::TagImage { .. } => image::place(context, &step.action).await,
        Action::Record { event } => {
            let body = event.as_ref().clone();
            match context.ledger.append(body, &context.actor, observed).await? {
                Appended::Written(event) => Ok(Receipt::Recorded(event)),
                Appended::Moved(_) => Ok(Receipt::Moved),
            }
        }
        Action::Deploy { environment, release } => {
            let settings = context.settings.environment(environment)?;
            let deployment = Deployment {
                environment,
                settings,
                release,
                ledger: context.ledger.reopen().await?.head()?,
            };
            Ok(match context.target.deploy(deployment).await {
                Ok(()) => Receipt::Done,
                Err(reason) => Receipt::Failed(reason),
            })
        }
        Action::Verify { environment, release } => {
            let settings = context.settings.environment(environment)?;
            Ok(match verify::verify(context, settings, release).await {
                Ok(evidence) => Receipt::Seen(evidence),
                Err(reason) => Receipt::Failed(reason),
            })
        }
        Action::Branch(action) => branch::branch(context, action).await,
        Action::Pull(action) => pull::pull(context, action).await,
        Action::WriteFile { path, content } => write_file(&context.repository.root().join(path), content),
    }
}

fn created(created: Created, what: &str, name: &str) -> Result<Receipt> {
    Ok(match created {
        Created::New => Receipt::Done,
        Created::Same => Receipt::Already,
        Created::Elsewhere(commit) => Receipt::Refused(Refusal::new(
            format!("{what} {name} is already there, on commit {commit}"),
            "a tag or branch that others may have seen is never moved; choose another name or look who made it",
        )),
        Created::Refused(words) => declined(name, &words),
    })
}

fn forge(context: &Context) -> Result<&dyn Forge> {
    let forge = context.forge.as_deref();
    forge.ok_or_else(|| Error::Internal("a plan for a forge without one".to_owned()))
}

fn declined(what: &str, words: &str) -> Receipt {
    Receipt::Declined(Refusal::new(
        format!("the remote refuses {what}: {words}"),
        "its own rules say so: whoever set them can allow it. On GitHub, a tag's name that an immutable release once had is \
         never free again: give the next version with --version",
    ))
}

/// Writes a file so that it is there as a whole or not at all.
///
/// # Errors
/// An outside error that names the file.
pub fn write_file(file: &std::path::Path, content: &str) -> Result<Receipt> {
    if std::fs::read_to_string(file).is_ok_and(|present| present == content) {
        return Ok(Receipt::Already);
    }
    let folder = file.parent().unwrap_or(file);
    let written = std::fs::create_dir_all(folder).and_then(|()| {
        let mut temporary = tempfile::Builder::new().make_in(folder, |path| std::fs::File::create_new(path))?;
        std::io::Write::write_all(&mut temporary, content.as_bytes())?;
        temporary.persist(file).map_err(|error| error.error)?;
        Ok(())
    });
    written.map_err(|error| Error::file("writing", file, &error))?;
    Ok(Receipt::Done)
}
