//! `backport`: brings merged changes onto other branches, by one pull request or branch each.

pub mod document;
mod gather;
mod subject;

use clap::Args;

use crate::apply::{Receipt, apply};
use crate::commands::cut::survey::closed_branch;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::commit::Through;
use crate::model::name::ComponentName;
use crate::model::pick::Conflict;
use crate::model::refusal::Refusal;
use crate::model::step::{Action, BranchAction, Step};
use crate::plan::backport::target::Target;
use crate::plan::backport::{BackportStatus, Decision, Facts, Outcome, Subject, by_hand, decide, settled, write_back};
use crate::plan::cut::rules;
use crate::ports::ledger::Observed;
use document::{Backport, BackportDocument};
use gather::Found;
use subject::Request;

use super::shared_ref::{self, ROUNDS};

/// The arguments of `backport`.
#[derive(Clone, Debug, Args)]
pub struct BackportArgs {
    /// Merged pull requests by their numbers; or commits, merges, and ranges such as A..B
    #[arg(required_unless_present = "label", value_name = "PULL-REQUEST|REVISION")]
    pub changes: Vec<String>,
    /// Take every merged pull request that a label asks a back-port of
    #[arg(long, conflicts_with_all = ["changes", "to"])]
    pub label: bool,
    /// A release line such as 1.4, or a branch [default: those that the pull request's labels name]
    #[arg(long, value_name = "LINE|BRANCH")]
    pub to: Vec<String>,
    /// The component whose release branches are meant, where each has its own
    #[arg(long, value_name = "NAME")]
    pub component: Option<ComponentName>,
    /// Make another one where a person closed the last one, or where it was merged and reverted
    #[arg(long)]
    pub again: bool,
}

/// Makes back-ports.
pub async fn run(context: &Context, args: &BackportArgs) -> Result<BackportDocument> {
    context.repository.complete().await?;
    let mut document = BackportDocument::new(context.dry_run);
    for request in subject::requests(context, args).await? {
        let subject = match request.subject {
            Ok(ref subject) => subject,
            Err((ref name, ref refusal)) => {
                document.add(Backport::refused(name, refusal.clone()));
                continue;
            }
        };
        let mut outcomes = Vec::new();
        for target in &request.wanted {
            let made = make(context, subject, target, args).await?;
            outcomes.push(made.outcome(target));
            document.steps.extend(made.steps.clone());
            document.add(Backport::of(subject, target, made));
        }
        report(context, &request, subject, outcomes, &mut document).await?;
    }
    Ok(document)
}

/// How the back-port to one target came out.
pub(super) struct Made {
    status: BackportStatus,
    found: Option<Found>,
    branch: Option<String>,
    steps: Vec<Step>,
    conflict: Option<Conflict>,
    by_hand: Vec<String>,
    page: Option<String>,
    refusal: Option<Refusal>,
}

impl Made {
    fn refused(refusal: Refusal) -> Self {
        Self {
            status: BackportStatus::Refused,
            found: None,
            branch: None,
            steps: Vec::new(),
            conflict: None,
            by_hand: Vec::new(),
            page: None,
            refusal: Some(refusal),
        }
    }

    fn outcome(&self, target: &Target) -> Outcome {
        Outcome {
            target: target.clone(),
            status: self.status,
            pull: self.found.as_ref().and_then(|found| found.head.pull.clone()),
            refusal: self.refusal.clone(),
        }
    }
}

/// Looks, decides and does, until nothing is left to do.
async fn make(context: &Context, subject: &Subject, target: &Target, args: &BackportArgs) -> Result<Made> {
    if let Some(refusal) = closed_branch(context, &target.branch).await? {
        return Ok(Made::refused(refusal));
    }
    let (mut steps, mut is_new, mut conflict) = (Vec::new(), false, None);
    for _ in 0..ROUNDS {
        let found = match gather::target(context, subject, target, args).await? {
            Ok(found) => found,
            Err(refusal) => return Ok(Made::refused(refusal)),
        };
        let facts = found.facts(context, subject, target);
        let decision = match settled(&facts) {
            Err(refusal) => return Ok(Made::refused(refusal)),
            Ok(Some(decision)) if decision.status != BackportStatus::Conflict || conflict.is_some() => decision,
            Ok(settled) => {
                let trial = context.repository.try_picks(&found.tip, &facts.missing()).await?;
                let decision = settled.unwrap_or_else(|| decide(&facts, &trial));
                conflict = trial.conflict;
                decision
            }
        };
        if let Some(refusal) = forbidden(context, &decision, &found.head.name).await {
            return Ok(Made::refused(refusal));
        }
        if decision.steps.is_empty() || context.dry_run {
            steps.extend(decision.steps.clone());
            return Ok(finished(context, &facts, (decision, is_new), steps, conflict, &found));
        }
        for step in decision.steps {
            match apply(context, &step, &Observed::new()).await? {
                Receipt::Done | Receipt::Seen(_) => is_new = true,
                Receipt::Already => {}
                Receipt::Declined(refusal) => return Ok(Made::refused(refusal)),
                // Others were faster: what they made is looked at.
                Receipt::Moved | Receipt::Refused(_) => break,
                other => return Err(Error::Internal(format!("{}: {other:?}", step.action))),
            }
            steps.push(step);
        }
    }
    Ok(Made::refused(shared_ref::outrun("the back-port")))
}

fn makes_branch(step: &Step) -> bool {
    matches!(step.action, Action::Branch(BranchAction::PickBranch { .. }))
}

/// Why the forge's rules let the branch not be made. What they do not tell beforehand is told when it is made.
async fn forbidden(context: &Context, decision: &Decision, branch: &str) -> Option<Refusal> {
    let pulls = context.pulls.as_ref()?;
    decision.steps.iter().find(|step| makes_branch(step))?;
    rules::forbidden(branch, &pulls.branch_rules(branch).await.ok()?, None)
}

fn finished(
    context: &Context,
    facts: &Facts<'_>,
    (decision, is_new): (Decision, bool),
    steps: Vec<Step>,
    conflict: Option<Conflict>,
    found: &Found,
) -> Made {
    let status = match decision.status {
        BackportStatus::Exists if is_new => BackportStatus::Created,
        status => status,
    };
    let conflict = conflict.filter(|_| status == BackportStatus::Conflict);
    let markers = found.head.tip.is_some() || decision.steps.iter().any(makes_branch);
    let has_branch = match status {
        BackportStatus::Nothing | BackportStatus::Refused => false,
        BackportStatus::Conflict => markers,
        _ => true,
    };
    let remote = &context.settings.remote;
    let by_hand = conflict
        .as_ref()
        .map(|conflict| by_hand(facts, conflict, markers, remote));
    let proposes = facts.through == Through::Git && found.head.tip.is_some();
    let waits = matches!(status, BackportStatus::Created | BackportStatus::Exists);
    let page = context.links.as_ref().filter(|_| proposes && waits).map(|links| {
        let compare = links.compare(Some(&facts.target.branch), &found.head.name);
        format!("{compare}?expand=1")
    });
    Made {
        status,
        found: Some(found.clone()),
        branch: has_branch.then(|| found.head.name.clone()),
        steps,
        conflict,
        by_hand: by_hand.unwrap_or_default(),
        page,
        refusal: None,
    }
}

/// Writes back to the pull request what came of it, with what earlier runs have made.
async fn report(
    context: &Context,
    request: &Request,
    subject: &Subject,
    mut outcomes: Vec<Outcome>,
    document: &mut BackportDocument,
) -> Result<()> {
    let Some(pull) = subject.pull.as_ref().filter(|_| !outcomes.is_empty()) else {
        return Ok(());
    };
    for target in &request.done {
        outcomes.push(gather::done(context, subject, target).await?);
    }
    for step in write_back(pull, &outcomes) {
        if !context.dry_run {
            match apply(context, &step, &Observed::new()).await {
                // What GitHub forbids does not take the back-port back.
                Err(Error::Outside {
                    cause,
                    help,
                    retryable: false,
                    ..
                }) => document.warnings.push(format!("{}: {cause}; {help}", step.action)),
                ended => {
                    ended?;
                }
            }
        }
        document.steps.push(step);
    }
    Ok(())
}
