//! What a cut owes to the lines before it: their hotfixes have reached the default branch, and those that the support
//! window closes are closed at the forge.

use super::are_many;
use super::branch::Request;
use super::document::CutDocument;
use super::planning::told;
use super::survey;
use crate::apply::{Receipt, apply};
use crate::commands::hotfix;
use crate::context::Context;
use crate::error::Result;
use crate::model::refusal::Refusal;
use crate::model::state::ComponentState;
use crate::plan::cut::names::{backport_label, milestone};
use crate::plan::cut::support::{Known, closing_steps};
use crate::ports::ledger::Observed;

/// Why a line is not cut: it is too old to be maintained, or a hotfix of an earlier one has not reached the default branch.
/// The clone has fetched.
pub async fn in_the_way(context: &Context, request: &Request, recorded: &ComponentState) -> Result<Option<Refusal>> {
    let component = context.settings.component(Some(&request.component))?;
    match survey::closed(context, &component, recorded, request.line).await? {
        Some(refusal) => Ok(Some(refusal)),
        None => hotfix::owed(context, &component, recorded, request.line).await,
    }
}

/// Says of each line that is closed now that it is, by its label and its milestone. What the forge does not give is a
/// warning.
pub async fn make(context: &Context, request: &Request, document: &mut CutDocument) -> Result<()> {
    let (Some(pulls), Some(_)) = (&context.pulls, context.settings.file.cut.supported) else {
        return Ok(());
    };
    let component = context.settings.component(Some(&request.component))?;
    let recorded = context.ledger.reopen().await?.component(&component.name)?.state;
    let branches = survey::branches(context, std::slice::from_ref(&component)).await?;
    let lines = survey::with_branches(context, &component.name, &recorded, &branches);
    let own = std::iter::once(&request.line);
    let window = survey::window(context, &survey::tags(context, &component)?, lines.keys().chain(own));
    let (template, many) = (context.settings.file.backport.label.as_deref(), are_many(context));
    let known = window.closed().filter_map(|line| {
        Some(Known {
            line,
            label: backport_label(template, line, &component.name, many).ok()?,
            milestone: milestone(line, &component.name, many),
        })
    });
    let known: Vec<Known> = known.collect();
    if known.is_empty() {
        return Ok(());
    }
    let (labels, milestones) = tokio::join!(pulls.labels(), pulls.milestones());
    let mut unknown = |what: &str, error| document.warn(&format!("{what} could not be read"), told(&error));
    let labels = labels.unwrap_or_else(|error| {
        unknown("the labels", error);
        Vec::new()
    });
    let milestones = milestones.unwrap_or_else(|error| {
        unknown("the milestones", error);
        Vec::new()
    });
    for step in closing_steps(&window, &known, &labels, &milestones) {
        if !context.dry_run {
            match apply(context, &step, &Observed::default()).await {
                Ok(Receipt::Declined(refusal)) => document.warn(&format!("could not {}", step.action), refusal.reason),
                Ok(_) => {}
                Err(error) => {
                    document.warn(&format!("could not {}", step.action), told(&error));
                    continue;
                }
            }
        }
        document.steps.push(step);
    }
    Ok(())
}
