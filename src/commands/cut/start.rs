//! The commit that a branch starts at: chosen, green where that is asked for, and in the order of the lines.

use super::Wanted;
use super::branch::{Request, Seen};
use super::document::CutDocument;
use super::versions::fetched;
use crate::commands::gate::collect::check_results;
use crate::commands::tag::lines;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::name::CommitId;
use crate::model::policy::Checks;
use crate::model::refusal::Refusal;
use crate::model::verdict::{RuleOutcome, RuleStatus};
use crate::plan::cut::order::{Later, Released, in_the_way};
use crate::plan::gate::checks::judge_commit;
use crate::plan::tag::line::Line;
use crate::plan::tag::tags::VersionTag;

/// How many commits of the default branch are looked at for a green one.
pub(super) const FAR: usize = 50;

/// The commit that the branch starts at; nothing when the document says why there is none. One that was cut keeps its
/// commit, and its checks are not asked again.
pub async fn choose(
    context: &Context,
    request: &Request,
    seen: &Seen,
    wanted: &Wanted,
    document: &mut CutDocument,
) -> Result<Option<CommitId>> {
    if let Some(cut) = seen.recorded.branches.get(&request.branch) {
        return Ok(Some(cut.commit.clone()));
    }
    let rule = context.settings.file.cut.checks.as_ref().map(|checks| checks.rule());
    let commit = match wanted {
        Wanted::At(commit) => commit.clone(),
        Wanted::Open => context.repository.resolve("HEAD")?,
        Wanted::Newest => newest(context).await?,
        Wanted::LatestGreen => {
            let Some(rule) = &rule else {
                return Err(Error::usage(
                    format!(
                        "{} asks for no check, so that no commit is green",
                        context.settings.source
                    ),
                    "name those that a branch starts with: `[cut]` checks = { require = [\"build\", \"test\"] }",
                ));
            };
            return latest_green(context, rule, document).await;
        }
    };
    let Some(rule) = rule else {
        document
            .notes
            .push("no check of the commit is asked for: `[cut]` has no `checks`".to_owned());
        return Ok(Some(commit));
    };
    let outcome = judge(context, &rule, &commit).await;
    if outcome.status != RuleStatus::Pass {
        document.stop(outcome);
        return Ok(None);
    }
    document.checks = Some(outcome);
    Ok(Some(commit))
}

async fn newest(context: &Context) -> Result<CommitId> {
    let tip = context.repository.default_tip().await?;
    let tip = tip.ok_or_else(|| Error::usage("there is no branch to cut from", "push the default branch first"))?;
    Ok(tip.commit)
}

/// Whether a commit's checks are green, in the words of the gate's rule.
pub(super) async fn judge(context: &Context, rule: &Checks, commit: &CommitId) -> RuleOutcome {
    let (checks, same_tree) = check_results(context, rule, commit).await;
    judge_commit(rule, commit, (checks.as_ref(), same_tree.as_ref()))
}

/// Goes back along the first parents of the default branch. Where none is green, what runs still is waited for, and else
/// the newest commit says why.
async fn latest_green(context: &Context, rule: &Checks, document: &mut CutDocument) -> Result<Option<CommitId>> {
    let tip = newest(context).await?;
    let mut first: Option<RuleOutcome> = None;
    for back in 0..FAR {
        let Ok(commit) = context.repository.resolve(&format!("{tip}~{back}")) else {
            break;
        };
        let outcome = judge(context, rule, &commit).await;
        match outcome.status {
            RuleStatus::Pass => {
                document.checks = Some(outcome);
                return Ok(Some(commit));
            }
            RuleStatus::Unknown => {
                document.stop(outcome);
                return Ok(None);
            }
            RuleStatus::Wait if first.as_ref().is_none_or(|first| first.status != RuleStatus::Wait) => {
                first = Some(outcome);
            }
            _ => drop(first.get_or_insert(outcome)),
        }
    }
    first.into_iter().for_each(|outcome| document.stop(outcome));
    Ok(None)
}

/// Whether the remote has the commit on a branch.
pub async fn is_shared(context: &Context, commit: &CommitId) -> Result<bool> {
    let repository = &context.repository;
    // Most often it is the default branch, and one history tells.
    if let Some(default) = repository.known_default_tip()?
        && let Ok(reached) = repository.first_reached(&default.commit, &[vec![commit.clone()]])
        && reached.first().is_some_and(Option::is_some)
    {
        return Ok(true);
    }
    let branches = repository.branches_with(commit, &|_| true).await?;
    Ok(branches.iter().any(|branch| branch.holds))
}

/// Why a line cannot be cut at a commit, for other lines or for what is released of it.
pub async fn out_of_order(context: &Context, request: &Request, commit: &CommitId) -> Result<Option<Refusal>> {
    let repository = &context.repository;
    let tags = fetched(context, &request.component).await?;
    let view = context.ledger.open().await?;
    let recorded = view.component(&request.component)?.state;
    let cut = lines::cut_below(context, &request.component, commit, &recorded)?;
    let stable: Vec<&VersionTag> = tags.iter().filter(|tag| !tag.version.is_prerelease()).collect();
    let commits = stable.iter().map(|tag| tag.tag.commit.clone()).collect();
    let reached = repository.first_reached(commit, &[commits])?;
    let highest = reached.first().copied().flatten().and_then(|place| stable.get(place));
    let later = cut.map(|(line, tag)| (line, tag.name));
    let later = later
        .into_iter()
        .chain(highest.map(|tag| (line_of(tag), tag.tag.name.clone())));
    let beyond = |(line, _): &(Line, String)| (line.major, line.minor) > (request.line.major, request.line.minor);
    let later = later.filter(beyond).max_by_key(|(line, _)| (line.major, line.minor));
    let released = stable.iter().find(|tag| request.line.holds(&tag.version));
    let released = released.map(|tag| {
        let reached = repository.first_reached(commit, &[vec![tag.tag.commit.clone()]])?;
        Ok::<_, Error>(Released {
            tag: tag.tag.name.clone(),
            commit: tag.tag.commit.clone(),
            is_reached: reached.first().is_some_and(Option::is_some),
        })
    });
    let later = later.map(|(line, by)| Later { line, by });
    Ok(in_the_way(
        request.line,
        commit,
        later.as_ref(),
        released.transpose()?.as_ref(),
    ))
}

fn line_of(tag: &VersionTag) -> Line {
    Line {
        major: tag.version.0.major,
        minor: tag.version.0.minor,
    }
}
