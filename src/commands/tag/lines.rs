//! The release lines of a component: the one of the branch that is worked on, and those that were cut below a commit.

use crate::context::Context;
use crate::error::Result;
use crate::model::commit::Tag;
use crate::model::name::{CommitId, ComponentName};
use crate::model::state::ComponentState;
use crate::model::version::Version;
use crate::plan::hotfix;
use crate::plan::tag::line::{BRANCH, Line};

/// The template of the branches of lines.
pub fn template(context: &Context) -> &str {
    context.settings.file.cut.branch.as_deref().unwrap_or(BRANCH)
}

/// The release line of the branch that is worked on; that of its version where it is for a hotfix.
pub fn of_branch(context: &Context, component: &ComponentName) -> Option<Line> {
    let own = Line::of_branch(template(context), context.branch.as_deref()?, component.as_str());
    own.or_else(|| hotfix(context, component).as_ref().map(Line::of))
}

/// The hotfix that the branch that is worked on is for.
pub fn hotfix(context: &Context, component: &ComponentName) -> Option<Version> {
    let template = context.settings.file.hotfix.branch.as_deref().unwrap_or(hotfix::BRANCH);
    hotfix::of_branch(template, context.branch.as_deref()?, component.as_str())
}

/// Whether the branch that is worked on goes on after lines are cut from it: the default one does, and so does every one
/// where that is not known.
pub fn goes_on(context: &Context) -> Result<bool> {
    let default = context.repository.known_default_tip()?;
    Ok(match (default, &context.branch) {
        (Some(default), Some(branch)) => default.name == *branch,
        _ => true,
    })
}

/// The highest line that was cut at a commit which `target` reaches, with its branch and that commit.
pub fn cut_below(
    context: &Context,
    component: &ComponentName,
    target: &CommitId,
    recorded: &ComponentState,
) -> Result<Option<(Line, Tag)>> {
    let repository = &context.repository;
    let line = |name: &str| Line::of_branch(template(context), name, component.as_str());
    let cuts = recorded.branches.iter().filter_map(|(name, cut)| {
        let tag = Tag {
            name: name.clone(),
            commit: cut.commit.clone(),
        };
        Some((line(name)?, tag)).filter(|_| repository.resolve(cut.commit.as_str()).is_ok())
    });
    let mut cuts: Vec<(Line, Tag)> = cuts.collect();
    cuts.sort_by_key(|(line, _)| std::cmp::Reverse((line.major, line.minor)));
    let lists = [cuts.iter().map(|(_, cut)| cut.commit.clone()).collect()];
    let reached = repository.first_reached(target, &lists)?;
    let place = reached.first().copied().flatten();
    Ok(place.and_then(|place| cuts.into_iter().nth(place)))
}
