//! The release lines of a component: the one of the branch that is worked on, and those that were cut below a commit.

use crate::context::Context;
use crate::error::Result;
use crate::model::commit::Tag;
use crate::model::name::{CommitId, ComponentName};
use crate::model::state::ComponentState;
use crate::model::version::Version;
use crate::plan::hotfix;
use crate::plan::tag::line::{self, Line};

/// The template of the branches of lines.
pub fn template(context: &Context) -> &str {
    let file = &context.settings.file;
    line::template(file.cut.branch.as_deref(), file.component.len() > 1)
}

/// The template of the branches of hotfixes.
pub fn hotfix_template(context: &Context) -> &str {
    let file = &context.settings.file;
    hotfix::template(file.hotfix.branch.as_deref(), file.component.len() > 1)
}

/// The release line of the branch that is worked on; that of its version where it is for a hotfix.
pub fn of_branch(context: &Context, component: &ComponentName) -> Option<Line> {
    let own = Line::of_branch(template(context), context.branch.as_deref()?, component.as_str());
    own.or_else(|| hotfix(context, component).as_ref().map(Line::of))
}

/// The hotfix that the branch that is worked on is for.
pub fn hotfix(context: &Context, component: &ComponentName) -> Option<Version> {
    hotfix::of_branch(hotfix_template(context), context.branch.as_deref()?, component.as_str())
}

/// The one other component that the branch that is worked on is for: a release branch or a hotfix of it.
pub fn of_another(context: &Context, component: &ComponentName) -> Option<ComponentName> {
    let is_for = |name: &&ComponentName| of_branch(context, name).is_some();
    let mut owners = context.settings.file.component.keys().filter(is_for);
    owners.next().filter(|owner| *owner != component).cloned()
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
