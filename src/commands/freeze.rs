//! `freeze` and `thaw`: closes a branch for pull requests, and opens it again.

use clap::Args;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::approve::run_steps;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::model::actor::Actor;
use crate::model::freeze::{BranchesState, Freeze};
use crate::model::pull::{CommitStatus, Pull, StatusState};
use crate::model::step::Step;
use crate::plan::freeze::{CONTEXT, LABEL, Wanted, freeze, keep_label, tell, thaw, verdict};
use crate::plan::lock::until;
use crate::ports::ledger::Observed;
use crate::ports::pulls::Pulls;
use crate::report::document::{Document, Text};
use crate::report::github::markdown;
use crate::report::{steps, table};

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

/// What a command made of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FreezeStatus {
    /// The branch is frozen.
    Frozen,
    /// It is not.
    Thawed,
    /// Pull requests were told how their branches stand.
    Told,
}

/// The result of `freeze` and `thaw`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FreezeDocument {
    /// What it is now.
    pub status: FreezeStatus,
    /// The branch; absent where pull requests of all branches were told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Who did it.
    pub by: Actor,
    /// Why it is frozen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When that ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub until: Option<Timestamp>,
    /// The label that lets a pull request in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether the ledger said so before.
    pub already: bool,
    /// The open pull requests, and what they are told.
    pub pulls: Vec<ToldPull>,
    /// What keeps the freeze from holding.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Whether the plan was shown instead of carried out.
    pub dry_run: bool,
    /// The plan.
    pub steps: Vec<Step>,
}

/// An open pull request, and what it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ToldPull {
    /// Its number.
    pub number: u64,
    /// Its page.
    pub url: String,
    /// Its title.
    pub title: String,
    /// The branch that it is for.
    pub base: String,
    /// The status of its last commit.
    #[serde(flatten)]
    pub status: CommitStatus,
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
    change(context, branch, None, |state| thaw(state, branch, reason, now)).await
}

/// A branch that is not there is frozen by mistake.
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
                let open = pulls.pulls_into(branch).await?;
                document.tell(pulls.as_ref(), open, |_| freeze).await?;
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
    let open = match number {
        None => pulls.open_pulls().await?,
        Some(number) => {
            let found = pulls.pull(number).await?;
            vec![found.ok_or_else(|| {
                Error::usage(
                    format!("there is no pull request {number}"),
                    "write the number that GitHub shows",
                )
            })?]
        }
    };
    let state = context.ledger.open().await?.branches()?.state;
    let now = context.clock.now();
    let mut document = FreezeDocument::new(context, FreezeStatus::Told);
    document
        .tell(pulls, open, |pull| state.holding(&pull.base, now))
        .await?;
    document.already = document.steps.is_empty();
    if !context.dry_run {
        run_steps(context, &document.steps, &Observed::default()).await?;
    }
    Ok(document)
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

impl FreezeDocument {
    fn new(context: &Context, status: FreezeStatus) -> Self {
        Self {
            status,
            branch: None,
            by: context.actor.clone(),
            reason: None,
            until: None,
            label: None,
            already: false,
            pulls: Vec::new(),
            warnings: Vec::new(),
            dry_run: context.dry_run,
            steps: Vec::new(),
        }
    }

    async fn tell<'a>(
        &mut self,
        pulls: &dyn Pulls,
        open: Vec<Pull>,
        freeze: impl Fn(&Pull) -> Option<&'a Freeze>,
    ) -> Result<()> {
        let told = try_join_all(open.iter().map(|pull| pulls.status(&pull.head_commit, CONTEXT))).await?;
        for (pull, told) in open.into_iter().zip(told) {
            let wanted = verdict(&pull, freeze(&pull));
            self.steps.extend(tell(&pull, told.as_ref(), &wanted));
            self.pulls.push(ToldPull {
                number: pull.number,
                url: pull.url,
                title: pull.title,
                base: pull.base,
                status: wanted,
            });
        }
        Ok(())
    }

    fn word(&self) -> &'static str {
        match self.status {
            FreezeStatus::Frozen => "frozen",
            FreezeStatus::Thawed => "thawed",
            FreezeStatus::Told => "told",
        }
    }

    fn sentence(&self) -> String {
        let before = if self.already { " already; nothing to do" } else { "" };
        match &self.branch {
            None => format!("{} open pull requests are told{before}", self.pulls.len()),
            Some(branch) => {
                let end = self.until.map_or_else(String::new, |until| format!(" until {until}"));
                format!("{branch} is {}{end}{before}", self.word())
            }
        }
    }
}

/// The head of the table of pull requests.
const PULLS: [&str; 3] = ["Pull request", "Now", "Why"];

fn mark(state: StatusState) -> &'static str {
    match state {
        StatusState::Success => "may come in",
        _ => "stays out",
    }
}

impl Document for FreezeDocument {
    const SCHEMA: &'static str = "tidegate.freeze/1";

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }

    fn text(&self) -> Text {
        let rows = |pull: &ToldPull| {
            let description = pull.status.description.clone();
            vec![
                format!("#{}", pull.number),
                mark(pull.status.state).to_owned(),
                description,
            ]
        };
        let rows: Vec<_> = self.pulls.iter().map(rows).collect();
        let pulls = match rows.is_empty() {
            true => String::new(),
            false => table::plain(&PULLS, &rows),
        };
        let warnings: String = self.warnings.iter().map(|warning| format!("  {warning}\n")).collect();
        let plan = steps::text(if self.dry_run { &self.steps } else { &[] });
        Text {
            stdout: format!("{}\n", self.word()),
            stderr: format!("{}\n{pulls}{warnings}{plan}", self.sentence()),
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        let closed = self
            .pulls
            .iter()
            .filter(|pull| pull.status.state == StatusState::Failure);
        vec![
            ("status", self.word().to_owned()),
            ("branch", self.branch.clone().unwrap_or_default()),
            ("closed", closed.count().to_string()),
        ]
    }

    fn summary(&self) -> Option<String> {
        let mut text = format!("### tidegate {}\n\n{}\n", self.word(), markdown(&self.sentence()));
        for warning in &self.warnings {
            text.push_str(&format!("\n> {}\n", markdown(warning)));
        }
        if self.pulls.is_empty() {
            return Some(text);
        }
        let row = |pull: &ToldPull| {
            let (mark, why) = (mark(pull.status.state), pull.status.description.clone());
            vec![format!("#{} {}", pull.number, pull.title), mark.to_owned(), why]
        };
        let rows: Vec<_> = self.pulls.iter().map(row).collect();
        Some(format!("{text}\n{}", table::markdown(&PULLS, &rows)))
    }
}
