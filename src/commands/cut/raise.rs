//! The pull request, or the branch, that raises the default branch to the next version of development.

use super::are_many;
use super::branch::Request;
use super::document::{CutDocument, CutProposal, CutStatus};
use super::planning::told;
use crate::commands::shared_ref::{self, Outcome, carry_out};
use crate::commands::tag::files::{contents, version_files};
use crate::context::Context;
use crate::error::Result;
use crate::model::name::CommitId;
use crate::model::or_none::OrNone;
use crate::model::pull::{Pull, PullState};
use crate::model::refusal::Refusal;
use crate::model::step::{Action, FileContent, PullAction, Step};
use crate::model::version::{Development, Version};
use crate::plan::cut::names::raising;
use crate::plan::cut::raise::{Facts, is_below, steps};
use crate::plan::version_file;
use crate::ports::ledger::Observed;
use crate::ports::repository::DefaultTip;

/// Proposes the next version of development, unless there is no file to say it or the files say a higher one. What the
/// forge does not give is a warning.
pub async fn make(context: &Context, request: &Request, document: &mut CutDocument) -> Result<()> {
    match propose(context, request, document).await {
        Ok(()) => Ok(()),
        Err(error @ crate::error::Error::Outside { .. }) => {
            document.warn("the default branch could not be raised", told(&error));
            Ok(())
        }
        Err(error) => Err(error),
    }
}

async fn propose(context: &Context, request: &Request, document: &mut CutDocument) -> Result<()> {
    let mark = match &context.settings.file.cut.development {
        Some(OrNone(None)) => {
            document
                .notes
                .push("no version of development is wanted: `development` under `[cut]`".to_owned());
            return Ok(());
        }
        Some(OrNone(Some(mark))) => mark.clone(),
        None => Development::default(),
    };
    let version = mark.of(&request.line.next().first());
    let Some(default) = context.repository.default_tip().await? else {
        return Ok(());
    };
    let files = match raised(context, request, &default.commit, &version)? {
        Ok(Some(files)) => files,
        Ok(None) => {
            document
                .notes
                .push(format!("{} has no version files to raise", request.component));
            return Ok(());
        }
        Err(Kept::AsItIs(why)) => {
            document
                .notes
                .push(format!("{} is not raised to {version}: {why}", default.name));
            return Ok(());
        }
        Err(Kept::Refused(refusal)) => {
            let why = format!("{}; {}", refusal.reason, refusal.help);
            document.warn(&format!("{} is not raised to {version}", default.name), why);
            return Ok(());
        }
    };
    let raising = Raising {
        head: raising(
            &default.name,
            request.line.next(),
            &request.component,
            are_many(context),
        ),
        default,
        version,
        files,
    };
    raising.propose(context, request, document).await
}

/// Why files are kept as they are.
enum Kept {
    AsItIs(String),
    Refused(Refusal),
}

/// The files with the version; nothing where there are none.
fn raised(
    context: &Context,
    request: &Request,
    tip: &CommitId,
    version: &Version,
) -> Result<Result<Option<Vec<FileContent>>, Kept>> {
    let component = context.settings.component(Some(&request.component))?;
    if component.version_files.is_empty() {
        return Ok(Ok(None));
    }
    let files = version_files(context, &component, tip)?;
    let stated = match version_file::stated(&files.listed, &files.beside) {
        Ok(stated) => stated,
        Err(refusal) => return Ok(Err(Kept::Refused(refusal))),
    };
    if let Err(why) = is_below(&stated, version) {
        return Ok(Err(Kept::AsItIs(why)));
    }
    let edited = match version_file::plan(&files.listed, &files.beside, version) {
        Ok(edited) => edited,
        Err(refusal) => return Ok(Err(Kept::Refused(refusal))),
    };
    Ok(contents(context, tip, edited)?.map(Some).map_err(Kept::Refused))
}

struct Raising {
    default: DefaultTip,
    version: Version,
    files: Vec<FileContent>,
    head: String,
}

impl Raising {
    async fn propose(&self, context: &Context, request: &Request, document: &mut CutDocument) -> Result<()> {
        for _ in 0..shared_ref::ROUNDS {
            let pulls = match &context.pulls {
                Some(pulls) => Some(pulls.pulls_from(&self.head).await?),
                None => None,
            };
            let (steps, observed) = self.plan(context, request, pulls.as_deref()).await?;
            if context.dry_run {
                self.tell(context, pulls.as_deref(), document, &steps);
                document.steps.extend(steps);
                return Ok(());
            }
            match carry_out(context, &steps, &observed).await? {
                Outcome::Done | Outcome::Committed(_) => {
                    let opened = |step: &Step| matches!(step.action, Action::Pull(PullAction::OpenPull { .. }));
                    let pulls = match &context.pulls {
                        Some(forge) if steps.iter().any(opened) => Some(forge.pulls_from(&self.head).await?),
                        _ => pulls,
                    };
                    self.tell(context, pulls.as_deref(), document, &steps);
                    document.steps.extend(steps);
                    return Ok(());
                }
                Outcome::Refused(refusal) => {
                    let why = format!("{}; {}", refusal.reason, refusal.help);
                    document.warn(&format!("{} is not raised to {}", self.default.name, self.version), why);
                    return Ok(());
                }
                Outcome::Again { .. } => {}
            }
        }
        let refusal = shared_ref::outrun("the proposal");
        document.warn(&refusal.reason, refusal.help);
        Ok(())
    }

    async fn plan(
        &self,
        context: &Context,
        request: &Request,
        pulls: Option<&[Pull]>,
    ) -> Result<(Vec<Step>, Observed)> {
        let view = context.ledger.open().await?;
        let read = view.component(&request.component)?;
        let reference = format!("refs/heads/{}", self.head);
        let there = match context.repository.has_remote() {
            true => context.repository.remote_reference(&reference).await?,
            false => context.repository.reference(&reference)?,
        };
        let steps = steps(&Facts {
            component: &request.component,
            cut: &request.branch,
            version: &self.version,
            head: &self.head,
            base: &self.default.name,
            tip: &self.default.commit,
            files: self.files.clone(),
            is_there: there.is_some(),
            pulls,
            recorded: read.state.proposals.contains_key(&self.head),
            through: request.through,
        });
        Ok((steps, Observed::from([(read.stream, read.sequence)])))
    }

    /// Tells what waits: nothing where people have closed or merged it.
    fn tell(&self, context: &Context, pulls: Option<&[Pull]>, document: &mut CutDocument, steps: &[Step]) {
        let newest = pulls.and_then(<[Pull]>::first);
        if newest.is_some_and(|pull| pull.state != PullState::Open) {
            document
                .notes
                .push(format!("{} was proposed to {} before", self.version, self.default.name));
            return;
        }
        if newest.is_none() && steps.is_empty() && document.status == CutStatus::Exists {
            document
                .notes
                .push(format!("{} was proposed to {} before", self.version, self.default.name));
        }
        let page = || {
            let links = context.links.as_ref()?;
            Some(format!(
                "{}?expand=1",
                links.compare(Some(&self.default.name), &self.head)
            ))
        };
        document.proposal = Some(CutProposal {
            version: self.version.clone(),
            head: self.head.clone(),
            base: self.default.name.clone(),
            url: newest.map(|pull| pull.url.clone()).or_else(page),
        });
    }
}
