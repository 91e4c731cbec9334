//! `freeze` and `thaw`: closes a branch for pull requests, and opens it again.

mod document;

use clap::Args;

pub use self::document::{FreezeDocument, FreezeStatus, ToldGroup, ToldPull};

use super::approve::run_steps;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::freeze::{BranchesState, Freeze};
use crate::model::step::Step;
use crate::plan::freeze::queue::{FOLDER, Group, groups};
use crate::plan::freeze::{CONTEXT, LABEL, Wanted, freeze, keep_label, thaw};
use crate::plan::lock::until;
use crate::ports::ledger::Observed;
use crate::ports::pulls::Pulls;

/// The arguments of `freeze`.
#[derive(Clone, Debug, Args)]
pub struct FreezeArgs {
    /// The branch; without one, every open pull request is told how its branch stands
    #[arg(requires = "reason")]
    pub branch: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT", requires = "branch")]
    pub reason: Option<String>,
    /// When it ends by itself: a time (2026-12-24T18:00:00Z) or a length from now (4h)
    #[arg(long, value_name = "WHEN", requires = "branch")]
    pub until: Option<String>,
    /// The label of a pull request that may come in all the same [default: freeze-exception]
    #[arg(long, value_name = "LABEL", requires = "branch")]
    pub allow_label: Option<String>,
    /// Tell this pull request alone
    #[arg(long, value_name = "NUMBER", conflicts_with = "branch")]
    pub pull: Option<u64>,
}

/// The arguments of `thaw`.
#[derive(Clone, Debug, Args)]
pub struct ThawArgs {
    /// The branch
    pub branch: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// Freezes a branch, or tells pull requests how their branches stand.
pub async fn run_freeze(context: &Context, args: &FreezeArgs) -> Result<FreezeDocument> {
    let (Some(branch), Some(reason)) = (&args.branch, &args.reason) else {
        return tell_all(context, args.pull).await;
    };
    exists(context, branch).await?;
    let now = context.clock.now();
    let end = args.until.as_deref();
    let wanted = Wanted {
        branch,
        reason,
        until: end.map(|text| until("end of a freeze", text, now)).transpose()?,
        label: args.allow_label.as_deref().unwrap_or(LABEL),
    };
    let as_it_will_be = Freeze {
        number: 0,
        by: context.actor.clone(),
        at: now,
        reason: reason.clone(),
        until: wanted.until,
        label: wanted.label.to_owned(),
        thawed: None,
    };
    change(context, branch, Some(&as_it_will_be), |state| {
        freeze(state, wanted, now)
    })
    .await
}

/// Thaws a branch.
pub async fn run_thaw(context: &Context, args: &ThawArgs) -> Result<FreezeDocument> {
    let now = context.clock.now();
    let (branch, reason) = (&args.branch, args.reason.as_deref());
    // A branch that was frozen may be gone.
    let state = context.ledger.open().await?.branches()?.state;
    if !state.freezes.contains_key(branch) {
        exists(context, branch).await?;
    }
    change(context, branch, None, |state| thaw(state, branch, reason, now)).await
}

/// A branch that is not there is named by mistake.
async fn exists(context: &Context, branch: &str) -> Result<()> {
    let reference = format!("refs/heads/{branch}");
    let there = match context.repository.has_remote() {
        true => context.repository.remote_reference(&reference).await?,
        false => context.repository.reference(&reference)?,
    };
    match there {
        Some(_) => Ok(()),
        None => Err(Error::usage(
            format!("there is no branch `{branch}`"),
            "write its name without `refs/heads/`, such as `main` or `release/1.4`",
        )),
    }
}

/// Records, and tells the open pull requests into the branch.
async fn change(
    context: &Context,
    branch: &str,
    freeze: Option<&Freeze>,
    record: impl Fn(&BranchesState) -> Option<Step>,
) -> Result<FreezeDocument> {
    let status = match freeze {
        Some(_) => FreezeStatus::Frozen,
        None => FreezeStatus::Thawed,
    };
    let mut document = FreezeDocument {
        branch: Some(branch.to_owned()),
        reason: freeze.map(|freeze| freeze.reason.clone()),
        until: freeze.and_then(|freeze| freeze.until),
        label: freeze.map(|freeze| freeze.label.clone()),
        ..FreezeDocument::new(context, status)
    };
    loop {
        let read = context.ledger.open().await?.branches()?;
        document.steps = Vec::from_iter(record(&read.state));
        match &context.pulls {
            Some(pulls) => {
                if let Some(freeze) = freeze {
                    document.warnings = Vec::from_iter(unheld(pulls.as_ref(), branch).await?);
                    document.steps.extend(keep_label(&freeze.label, &pulls.labels().await?));
                }
                let (open, queued) = (pulls.pulls_into(branch).await?, queued(context, Some(branch)).await?);
                document.tell(pulls.as_ref(), open, queued, |_| freeze).await?;
            }
            None => {
                let alone =
                    "no token opens a forge, so that no pull request is told; tidegate's own commands hold to it";
                document.warnings = vec![alone.to_owned()];
            }
        }
        document.already = document.steps.is_empty();
        let observed = Observed::from([(read.stream, read.sequence)]);
        if context.dry_run || run_steps(context, &document.steps, &observed).await? {
            return Ok(document);
        }
    }
}

/// Tells open pull requests how their branches stand: one, or all.
async fn tell_all(context: &Context, number: Option<u64>) -> Result<FreezeDocument> {
    let Some(pulls) = context.pulls.as_deref() else {
        return Err(Error::usage(
            "no token opens a forge, so that there is no pull request to tell",
            "set GITHUB_TOKEN, or name the branch that is to be frozen",
        ));
    };
    let (open, queued) = match number {
        None => (pulls.open_pulls().await?, queued(context, None).await?),
        Some(number) => {
            let found = pulls.pull(number).await?;
            let found = found.ok_or_else(|| {
                Error::usage(
                    format!("there is no pull request {number}"),
                    "write the number that GitHub shows",
                )
            })?;
            (vec![found], Vec::new())
        }
    };
    let state = context.ledger.open().await?.branches()?.state;
    let now = context.clock.now();
    let mut document = FreezeDocument::new(context, FreezeStatus::Told);
    let freeze = |base: &str| state.holding(base, now);
    document.tell(pulls, open, queued, freeze).await?;
    document.already = document.steps.is_empty();
    if !context.dry_run {
        run_steps(context, &document.steps, &Observed::default()).await?;
    }
    Ok(document)
}

/// What merge queues test: the groups of one branch, or of all.
async fn queued(context: &Context, base: Option<&str>) -> Result<Vec<Group>> {
    if !context.repository.has_remote() {
        return Ok(Vec::new());
    }
    let folder = base.map_or_else(|| FOLDER.to_owned(), |base| format!("{FOLDER}{base}/"));
    let branches = context.repository.branches(&|name| name.starts_with(&folder)).await?;
    let mut found = groups(&branches);
    found.retain(|group| base.is_none_or(|base| group.base == base));
    Ok(found)
}

/// What is said where no rule of the branch demands the status.
async fn unheld(pulls: &dyn Pulls, branch: &str) -> Result<Option<String>> {
    let rules = pulls.branch_rules(branch).await?;
    Ok((!rules.demand(CONTEXT)).then(|| {
        format!(
            "no rule of {branch} demands the status `{CONTEXT}`, so that GitHub merges all the same: add it to the required \
             status checks of the branch's ruleset or protection"
        )
    }))
}
