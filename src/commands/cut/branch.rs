//! The branch itself: looked at, made and recorded, with others who do the same at the same time.

use super::document::{CutDocument, CutStatus};
use super::{Wanted, candidate, closing, start};
use crate::commands::shared_ref::{self, Outcome, carry_out};
use crate::context::Context;
use crate::error::Result;
use crate::model::commit::Through;
use crate::model::name::{CommitId, ComponentName};
use crate::model::refusal::Refusal;
use crate::model::state::ComponentState;
use crate::plan::cut::{Cut, Facts, decide, rules};
use crate::plan::tag::line::Line;
use crate::ports::ledger::Observed;

/// What is asked for.
pub struct Request {
    /// The component.
    pub component: ComponentName,
    /// The line.
    pub line: Line,
    /// Its branch.
    pub branch: String,
    /// How branches get to the remote.
    pub through: Through,
}

/// What there is of the branch.
pub struct Seen {
    /// What the ledger knows of the component.
    pub recorded: ComponentState,
    /// How far that was read.
    pub observed: Observed,
    /// Where the branch is in this clone.
    pub local: Option<CommitId>,
    /// Where the remote has it; nothing when there is no remote.
    pub remote: Option<Option<CommitId>>,
}

impl Request {
    /// Looks.
    pub async fn look(&self, context: &Context) -> Result<Seen> {
        let repository = &context.repository;
        let view = context.ledger.open().await?;
        let read = view.component(&self.component)?;
        let reference = format!("refs/heads/{}", self.branch);
        Ok(Seen {
            observed: Observed::from([(read.stream, read.sequence)]),
            recorded: read.state,
            local: repository.reference(&reference)?,
            remote: match repository.has_remote() {
                true => Some(repository.remote_reference(&reference).await?),
                false => None,
            },
        })
    }

    /// Makes the branch and records it. Gives the commit that it starts at; nothing when the document says why not.
    pub async fn cut(
        &self,
        context: &Context,
        wanted: &Wanted,
        document: &mut CutDocument,
    ) -> Result<Option<CommitId>> {
        let mut seen = self.look(context).await?;
        let Some(start) = start::choose(context, self, &seen, wanted, document).await? else {
            return Ok(None);
        };
        let mut made = false;
        for round in 0..shared_ref::ROUNDS {
            if round > 0 {
                seen = self.look(context).await?;
            }
            let planned = match self.plan(&seen, wanted, &start) {
                Ok(cut) => cut,
                Err(refusal) => return Ok(refuse(document, refusal)),
            };
            if round == 0
                && !planned.exists
                && let Some(refusal) = self.preflight(context, &planned.commit, &seen, document).await?
            {
                return Ok(refuse(document, refusal));
            }
            document.status = match planned.exists && !made {
                true => CutStatus::Exists,
                false => CutStatus::Created,
            };
            document.commit = Some(planned.commit.clone());
            document.steps = planned.steps;
            if context.dry_run {
                return Ok(Some(planned.commit));
            }
            match carry_out(context, &document.steps, &seen.observed).await? {
                Outcome::Done | Outcome::Committed(_) => return Ok(Some(planned.commit)),
                Outcome::Refused(refusal) => return Ok(refuse(document, refusal)),
                Outcome::Again { made: this_round } => made |= this_round,
            }
        }
        Ok(refuse(document, shared_ref::outrun("the branch")))
    }

    fn plan(&self, seen: &Seen, wanted: &Wanted, start: &CommitId) -> Result<Cut, Refusal> {
        let from = match wanted {
            Wanted::At(commit) => Some(commit),
            _ => None,
        };
        decide(&Facts {
            component: &self.component,
            branch: &self.branch,
            from,
            start,
            local: seen.local.as_ref(),
            remote: seen.remote.as_ref().map(Option::as_ref),
            through: self.through,
            recorded: &seen.recorded,
        })
    }

    /// What would stop the cut half-way, looked for before anything is made.
    async fn preflight(
        &self,
        context: &Context,
        commit: &CommitId,
        seen: &Seen,
        document: &mut CutDocument,
    ) -> Result<Option<Refusal>> {
        if let Some(refusal) = start::out_of_order(context, self, commit).await? {
            return Ok(Some(refusal));
        }
        if let Some(refusal) = closing::in_the_way(context, self, &seen.recorded).await? {
            return Ok(Some(refusal));
        }
        if context.repository.has_remote() && !start::is_shared(context, commit).await? {
            let remote = &context.settings.remote;
            if self.through == Through::Github {
                return Ok(Some(Refusal::new(
                    format!(
                        "no branch of {remote} has commit {commit} yet, and GitHub makes {} there",
                        self.branch
                    ),
                    format!("push it first: `git push {remote} HEAD`"),
                )));
            }
            document.warn(
                &format!("no branch of {remote} had commit {commit} before {}", self.branch),
                "push the branch that it was made on as well",
            );
        }
        let planned = candidate::plan(context, self, commit).await?;
        if let Some(refusal) = planned.as_ref().and_then(|planned| planned.refusal.clone()) {
            return Ok(Some(refusal));
        }
        let Some(pulls) = &context.pulls else {
            return Ok(None);
        };
        match pulls.branch_rules(&self.branch).await {
            Ok(found) => {
                let commits = planned.as_ref().filter(|planned| planned.brings_commit());
                let tag = commits.and_then(|planned| planned.tag.as_deref());
                document.warnings.extend(rules::not_held(&self.branch, &found));
                Ok(rules::forbidden(&self.branch, &found, tag))
            }
            Err(error) => {
                document.warn("the rules for the branch could not be read", error);
                Ok(None)
            }
        }
    }
}

fn refuse(document: &mut CutDocument, refusal: Refusal) -> Option<CommitId> {
    document.refuse(refusal);
    None
}
