//! The result of `backport`.

use schemars::JsonSchema;
use serde::Serialize;

use super::Made;
use crate::exit_code::ExitCode;
use crate::model::name::CommitId;
use crate::model::pick::Conflict;
use crate::model::pull::Pull;
use crate::model::refusal::Refusal;
use crate::model::step::Step;
use crate::plan::backport::method::Method;
use crate::plan::backport::target::Target;
use crate::plan::backport::{BackportStatus, Subject};
use crate::report::document::{Annotation, Document, Level, Text};
use crate::report::github::markdown;

/// The result of `backport`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BackportDocument {
    /// How the worst of them stands; `nothing` where none was asked for.
    pub status: BackportStatus,
    /// Whether the steps were only planned.
    pub dry_run: bool,
    /// One for each change and target.
    pub backports: Vec<Backport>,
    /// What was left to do.
    pub steps: Vec<Step>,
    /// What could not be written back; the back-ports are there nevertheless.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A change for a target.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Backport {
    /// The change: a pull request such as `#7`, or the revision that was given.
    pub change: String,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How it came to be where it is; absent for commits that were given by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// What the target is called: a line such as `1.4`, or a branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The branch that is to get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// How it stands.
    pub status: BackportStatus,
    /// The branch that holds it until it is merged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Its pull request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<Pull>,
    /// The page that opens a pull request from the pushed branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// The commits, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<BackportedCommit>,
    /// The commit that cannot be applied, and where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<Conflict>,
    /// The commands that finish it by hand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_hand: Vec<String>,
    /// Why it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

/// A commit on its way.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BackportedCommit {
    /// The commit.
    pub from: CommitId,
    /// The one that brings the same to the target: itself, where the target reaches it. Absent before it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<CommitId>,
    /// The first line of its message.
    pub subject: String,
}

impl Backport {
    /// One that is refused whatever the target is.
    pub(super) fn refused(change: &str, refusal: Refusal) -> Self {
        Self {
            change: change.to_owned(),
            title: None,
            method: None,
            target: None,
            base: None,
            status: BackportStatus::Refused,
            branch: None,
            pull_request: None,
            page: None,
            commits: Vec::new(),
            conflict: None,
            by_hand: Vec::new(),
            refusal: Some(refusal),
        }
    }

    /// How the back-port to a target came out.
    pub(super) fn of(subject: &Subject, target: &Target, made: Made) -> Self {
        let found = made.found.as_ref();
        let commits = subject.commits.iter().map(|commit| BackportedCommit {
            from: commit.id.clone(),
            to: found.and_then(|found| {
                let there = found.there.get(&commit.id);
                there.or_else(|| found.head.traces.get(&commit.id)).cloned()
            }),
            subject: commit.subject().to_owned(),
        });
        Self {
            change: subject.name.clone(),
            title: Some(subject.title.clone()),
            method: subject.method,
            target: Some(target.name.clone()),
            base: Some(target.branch.clone()),
            status: made.status,
            branch: made.branch,
            pull_request: found.and_then(|found| found.head.pull.clone()),
            page: made.page,
            commits: commits.collect(),
            conflict: made.conflict,
            by_hand: made.by_hand,
            refusal: made.refusal,
        }
    }

    fn text(&self, dry_run: bool) -> String {
        let base = self.base.as_deref().unwrap_or_default();
        let place = match (&self.pull_request, &self.branch, &self.page) {
            (Some(pull), ..) => pull.url.clone(),
            (None, Some(branch), Some(page)) => format!("{branch} ({page})"),
            (None, Some(branch), None) => branch.clone(),
            (None, None, _) => String::new(),
        };
        let change = &self.change;
        match (self.status, &self.refusal) {
            (BackportStatus::Created, _) if dry_run => format!("would bring {change} to {base} by {place}\n"),
            (BackportStatus::Created, _) => format!("{change} is to be merged into {base}: {place}\n"),
            (BackportStatus::Exists, _) => format!("{change} waits already to be merged into {base}: {place}\n"),
            (BackportStatus::Merged, _) => format!("{change} was merged into {base}: {place}\n"),
            (BackportStatus::Nothing, _) => format!("{base} has {change} already\n"),
            (BackportStatus::Conflict, _) => self.conflicting(base, &place),
            (BackportStatus::Refused, Some(refusal)) => {
                let to = self.base.as_ref().map(|base| format!(" to {base}")).unwrap_or_default();
                format!("refused: {change}{to}: {}\n{}\n", refusal.reason, refusal.help)
            }
            (BackportStatus::Refused, None) => String::new(),
        }
    }

    fn conflicting(&self, base: &str, place: &str) -> String {
        let place = if place.is_empty() {
            String::new()
        } else {
            format!(": {place}")
        };
        let mut text = format!("{} cannot be applied to {base} as it is{place}\n", self.change);
        if let Some(conflict) = &self.conflict {
            text.push_str(&format!("{} conflicts:\n", conflict.commit));
            for file in &conflict.files {
                text.push_str(&format!("  {}: {}\n", file.path, file.words()));
            }
        }
        if !self.by_hand.is_empty() {
            text.push_str("finish it by hand, resolving what `git cherry-pick` stops at:\n");
            text.extend(self.by_hand.iter().map(|command| format!("  {command}\n")));
        }
        text
    }

    /// What a script goes on with: the pull request's page, or the branch.
    fn place(&self) -> Option<&str> {
        let page = self.pull_request.as_ref().map(|pull| pull.url.as_str());
        page.or(self.branch.as_deref())
    }

    fn code(&self) -> ExitCode {
        match self.status {
            BackportStatus::Conflict => ExitCode::NeedsPerson,
            BackportStatus::Refused => ExitCode::Refused,
            _ => ExitCode::Done,
        }
    }
}

impl BackportDocument {
    /// Nothing done yet.
    pub(super) fn new(dry_run: bool) -> Self {
        Self {
            status: BackportStatus::Nothing,
            dry_run,
            backports: Vec::new(),
            steps: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Adds one.
    pub(super) fn add(&mut self, backport: Backport) {
        let worse = backport.code() > self.exit_code();
        let quiet = matches!(self.status, BackportStatus::Nothing);
        if worse || (quiet && backport.status != BackportStatus::Nothing) {
            self.status = backport.status;
        }
        self.backports.push(backport);
    }
}

impl Document for BackportDocument {
    const SCHEMA: &'static str = "tidegate.backport/1";

    fn exit_code(&self) -> ExitCode {
        let codes = self.backports.iter().map(Backport::code);
        codes.max().unwrap_or(ExitCode::Done)
    }

    fn text(&self) -> Text {
        let mut text = Text::default();
        if self.backports.is_empty() {
            text.stderr
                .push_str("nothing to do: no label of a merged pull request asks for a back-port\n");
        }
        for backport in &self.backports {
            text.stderr.push_str(&backport.text(self.dry_run));
            if let Some(place) = backport.place() {
                text.stdout.push_str(&format!("{place}\n"));
            }
        }
        if self.dry_run {
            let steps = self.steps.iter().map(|step| format!("would {}\n", step.action));
            text.stderr.extend(steps);
        }
        text.stderr
            .extend(self.warnings.iter().map(|warning| format!("warning: {warning}\n")));
        text
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        vec![("status", self.status.word().to_owned())]
    }

    fn annotation(&self) -> Option<Annotation> {
        let text: String = self
            .backports
            .iter()
            .filter(|backport| backport.code() != ExitCode::Done)
            .map(|backport| backport.text(self.dry_run))
            .chain(self.warnings.iter().map(|warning| format!("{warning}\n")))
            .collect();
        let level = match self.status {
            BackportStatus::Conflict | BackportStatus::Refused => Level::Error,
            _ => Level::Warning,
        };
        (!text.is_empty()).then(|| Annotation {
            level,
            title: "back-ports".to_owned(),
            message: text.trim_end().to_owned(),
        })
    }

    fn summary(&self) -> Option<String> {
        let mut summary = "### tidegate backport\n".to_owned();
        if self.backports.is_empty() {
            summary.push_str("\nNothing to do.");
            return Some(summary);
        }
        summary.push_str("\n| change | target | status | where |\n| --- | --- | --- | --- |");
        for backport in &self.backports {
            let cell = |text: Option<&str>| markdown(text.unwrap_or_default());
            let why = backport.refusal.as_ref().map(|refusal| refusal.reason.as_str());
            let pull = backport
                .pull_request
                .as_ref()
                .map(|pull| format!("[#{}]({})", pull.number, pull.url));
            summary.push_str(&format!(
                "\n| {} | {} | {} | {} |",
                cell(Some(&backport.change)),
                cell(backport.base.as_deref()),
                backport.status.word(),
                pull.unwrap_or_else(|| cell(why.or(backport.page.as_deref()).or(backport.branch.as_deref()))),
            ));
        }
        for warning in &self.warnings {
            summary.push_str(&format!("\n\nWarning: {}", markdown(warning)));
        }
        Some(summary)
    }
}
