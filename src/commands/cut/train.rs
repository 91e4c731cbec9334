//! `cut --if-due`: the next line is cut when its train has left.

use super::branch::Request;
use super::document::{CutDocument, CutStatus};
use super::{CutArgs, Wanted, branch_name, cut, through};
use crate::commands::shared_ref;
use crate::commands::tag::{self, TagArgs, lines};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::name::ComponentName;
use crate::plan::cut::train::{due, line_of};
use crate::plan::tag::line::Line;

/// Cuts the next line if its train has left. A run that was killed is finished.
pub async fn run(context: &Context, args: &CutArgs) -> Result<CutDocument> {
    let component = context.settings.component(args.component.as_ref())?.name;
    let Some(train) = &context.settings.file.cut.train else {
        return Err(Error::usage(
            format!("{} has no train that could be due", context.settings.source),
            "add `train = { cron = \"0 9 * * TUE\", zone = \"Europe/Berlin\", since = \"2026-01-06\" }` under `[cut]`",
        ));
    };
    let mut document = CutDocument::of(context, component.clone());
    let view = context.ledger.open().await?;
    let recorded = view.component(&component)?.state;
    let due = due(train, context.clock.now(), &recorded);
    let cut_already = due.cut.as_deref();
    let cut_already =
        cut_already.and_then(|branch| Line::of_branch(lines::template(context), branch, component.as_str()));
    if let Some(line) = cut_already {
        // What a killed run has left undone.
        document = cut(context, component, line, &Wanted::Open).await?;
        if document.steps.is_empty() && document.refusal.is_none() {
            document.status = CutStatus::NotDue;
        }
    } else if !due.is_due {
        document.status = CutStatus::NotDue;
    } else if let Some(refusal) = shared_ref::check(context, false).await? {
        document.refuse(refusal);
    } else {
        document = match next_line(context, &component, &mut document).await? {
            Some(line) => {
                let wanted = wanted(context, &component, line).await?;
                cut(context, component, line, &wanted).await?
            }
            None => document,
        };
    }
    document.next_check_at = due.next;
    Ok(document)
}

/// The line that comes next by what the default branch has; nothing when the document says why there is none.
async fn next_line(context: &Context, component: &ComponentName, document: &mut CutDocument) -> Result<Option<Line>> {
    let Some(tip) = context.repository.default_tip().await? else {
        document.status = CutStatus::Nothing;
        return Ok(None);
    };
    let on_default = Context {
        branch: Some(tip.name),
        dry_run: true,
        ..context.clone()
    };
    let args = TagArgs {
        component: Some(component.clone()),
        commit: tip.commit.to_string(),
        ..TagArgs::default()
    };
    let next = tag::run(&on_default, &args).await?;
    if let Some(refusal) = next.refusal {
        document.refuse(refusal);
        return Ok(None);
    }
    match next
        .version
        .filter(|_| next.status == tag::document::TagStatus::Created)
    {
        Some(version) => Ok(Some(line_of(&version))),
        None => {
            document.status = CutStatus::Nothing;
            document.notes.extend(next.explanation);
            Ok(None)
        }
    }
}

/// Where the train's branch starts: where a killed run has made it already, else at the newest commit, green where checks
/// are asked for.
async fn wanted(context: &Context, component: &ComponentName, line: Line) -> Result<Wanted> {
    let request = Request {
        component: component.clone(),
        line,
        branch: branch_name(context, line, component)?,
        through: through(context),
    };
    let seen = request.look(context).await?;
    let there = seen.remote.unwrap_or(seen.local);
    if let (Some(there), Some(tip)) = (there, context.repository.default_tip().await?) {
        let reached = context.repository.first_reached(&tip.commit, &[vec![there.clone()]]);
        if reached.is_ok_and(|reached| reached.first().is_some_and(Option::is_some)) {
            return Ok(Wanted::At(there));
        }
    }
    Ok(match context.settings.file.cut.checks {
        Some(_) => Wanted::LatestGreen,
        None => Wanted::Newest,
    })
}
