//! What `freeze` and `thaw` hand over.

use futures_util::future::try_join_all;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::model::actor::Actor;
use crate::model::freeze::Freeze;
use crate::model::pull::{CommitStatus, Pull, StatusState};
use crate::model::step::Step;
use crate::plan::freeze::queue::{self, Group};
use crate::plan::freeze::{CONTEXT, tell, verdict};
use crate::ports::pulls::Pulls;
use crate::report::document::{Document, Text};
use crate::report::github::markdown;
use crate::report::{steps, table};

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
    /// The groups of pull requests that merge queues test, and what they are told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<ToldGroup>,
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

/// A group of pull requests that a merge queue tests together, and what it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ToldGroup {
    /// Its branch.
    pub branch: String,
    /// The numbers of its pull requests, the last one first.
    pub pulls: Vec<u64>,
    /// The status of its commit.
    #[serde(flatten)]
    pub status: CommitStatus,
}

impl FreezeDocument {
    pub(super) fn new(context: &Context, status: FreezeStatus) -> Self {
        Self {
            status,
            branch: None,
            by: context.actor.clone(),
            reason: None,
            until: None,
            label: None,
            already: false,
            pulls: Vec::new(),
            groups: Vec::new(),
            warnings: Vec::new(),
            dry_run: context.dry_run,
            steps: Vec::new(),
        }
    }

    /// Finds out what is left to be told: to pull requests, and to the groups of them that merge queues test.
    pub(super) async fn tell<'a>(
        &mut self,
        pulls: &dyn Pulls,
        open: Vec<Pull>,
        groups: Vec<Group>,
        freeze: impl Fn(&str) -> Option<&'a Freeze>,
    ) -> Result<()> {
        let commits = open.iter().map(|pull| &pull.head_commit);
        let commits = commits.chain(groups.iter().map(|group| &group.tip));
        let mut told = try_join_all(commits.map(|commit| pulls.status(commit, CONTEXT))).await?;
        let of_groups = told.split_off(open.len());
        for (group, told) in groups.into_iter().zip(of_groups) {
            let wanted = queue::verdict(&group, &open, freeze(&group.base));
            self.steps.extend(queue::tell(&group, told.as_ref(), &wanted));
            self.groups.push(ToldGroup {
                branch: group.branch,
                pulls: group.pulls,
                status: wanted,
            });
        }
        for (pull, told) in open.into_iter().zip(told) {
            let wanted = verdict(&pull, freeze(&pull.base));
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

    /// The rows of the table: the pull requests, then the groups.
    fn rows(&self, named: impl Fn(&ToldPull) -> String) -> Vec<Vec<String>> {
        let row =
            |name: String, status: &CommitStatus| vec![name, mark(status.state).to_owned(), status.description.clone()];
        let pulls = self.pulls.iter().map(|pull| row(named(pull), &pull.status));
        let numbers = |group: &ToldGroup| {
            let numbers: Vec<String> = group.pulls.iter().rev().map(|number| format!("#{number}")).collect();
            format!("queue: {}", numbers.join(", "))
        };
        let groups = self.groups.iter().map(|group| row(numbers(group), &group.status));
        pulls.chain(groups).collect()
    }

    fn word(&self) -> &'static str {
        match self.status {
            FreezeStatus::Frozen => "frozen",
            FreezeStatus::Thawed => "thawed",
            FreezeStatus::Told => "told",
        }
    }

    fn sentence(&self) -> String {
        let (is, before) = match (self.already, self.dry_run) {
            (true, _) => ("is", " already; nothing to do"),
            (false, true) => ("would be", ""),
            (false, false) => ("is", ""),
        };
        match &self.branch {
            None => {
                let are = if is == "is" { "are" } else { is };
                format!("{} open pull requests {are} told{before}", self.pulls.len())
            }
            Some(branch) => {
                let end = self.until.map_or_else(String::new, |until| format!(" until {until}"));
                format!("{branch} {is} {}{end}{before}", self.word())
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
        let rows = self.rows(|pull| format!("#{}", pull.number));
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
        let rows = self.rows(|pull| format!("#{} {}", pull.number, pull.title));
        if rows.is_empty() {
            return Some(text);
        }
        Some(format!("{text}\n{}", table::markdown(&PULLS, &rows)))
    }
}
