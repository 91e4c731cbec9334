//! What people plan a line with at the forge: its milestone, and the label of what is to be picked onto it.

use super::are_many;
use super::branch::Request;
use super::document::CutDocument;
use crate::apply::{Receipt, apply};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::pull::{Label, Milestone};
use crate::model::step::{Action, PullAction, Step};
use crate::plan::cut::names::{backport_label, milestone};
use crate::ports::ledger::Observed;
use crate::ports::pulls::Pulls;

/// The colour of the label: GitHub's blue of things that are to be done.
const COLOR: &str = "1d76db";

/// Makes the milestone and the label, where there are none of that name. What the forge does not give is a warning.
pub async fn make(context: &Context, request: &Request, document: &mut CutDocument) -> Result<()> {
    let Some(pulls) = &context.pulls else {
        return Ok(());
    };
    for wanted in [wanted_milestone(request, context), wanted_label(request, context)?] {
        let step = match is_missing(pulls.as_ref(), &wanted).await {
            Ok(true) => Step::new(Action::Pull(wanted), "people plan the line with it"),
            Ok(false) => continue,
            Err(error) => {
                document.warn(&format!("could not {wanted}"), unseen(&error));
                continue;
            }
        };
        if !context.dry_run {
            match apply(context, &step, &Observed::default()).await {
                Ok(Receipt::Declined(refusal)) => document.warn(&format!("could not {}", step.action), refusal.reason),
                Ok(_) => {}
                Err(error) => {
                    document.warn(&format!("could not {}", step.action), unseen(&error));
                    continue;
                }
            }
        }
        document.steps.push(step);
    }
    Ok(())
}

/// An error in one line.
pub fn told(error: &Error) -> String {
    match error {
        Error::Outside { cause, help, .. } => format!("{cause}; {help}"),
        other => other.to_string(),
    }
}

/// The same, with what a workflow needs for milestones and labels.
fn unseen(error: &Error) -> String {
    let cause = match error {
        Error::Outside { cause, .. } => cause.clone(),
        other => other.to_string(),
    };
    format!("{cause}; in a workflow, the job needs `permissions: issues: write`")
}

fn wanted_milestone(request: &Request, context: &Context) -> PullAction {
    PullAction::KeepMilestone {
        milestone: Milestone {
            title: milestone(request.line, &request.component, are_many(context)),
            description: format!("The first version of the line that was cut as {}", request.branch),
            open: true,
        },
    }
}

fn wanted_label(request: &Request, context: &Context) -> Result<PullAction> {
    let template = context.settings.file.backport.label.as_deref();
    let name = backport_label(template, request.line, &request.component, are_many(context));
    let name = name.map_err(|cause| {
        Error::usage(
            format!(
                "`label` under `[backport]` in {} cannot be filled in: {cause}",
                context.settings.source
            ),
            "it may use {{{major}}}, {{{minor}}} and {{{component}}}",
        )
    })?;
    Ok(PullAction::KeepLabel {
        label: Label {
            name,
            color: COLOR.to_owned(),
            description: format!("To be picked onto {}", request.branch),
        },
    })
}

async fn is_missing(pulls: &dyn Pulls, wanted: &PullAction) -> Result<bool> {
    Ok(match wanted {
        PullAction::KeepMilestone { milestone } => {
            let there = pulls.milestones().await?;
            !there.iter().any(|one| one.title == milestone.title)
        }
        PullAction::KeepLabel { label } => {
            let there = pulls.labels().await?;
            !there.iter().any(|one| one.name.eq_ignore_ascii_case(&label.name))
        }
        _ => false,
    })
}
