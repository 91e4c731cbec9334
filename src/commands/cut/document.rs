//! What `cut` hands over.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::exit_code::ExitCode;
use crate::model::name::{CommitId, ComponentName};
use crate::model::refusal::Refusal;
use crate::model::step::Step;
use crate::model::verdict::{RuleOutcome, RuleStatus};
use crate::model::version::Version;
use crate::plan::tag::line::Line;
use crate::report::document::{Annotation, Document, Level, Text};
use crate::report::github::markdown;

/// How `cut` ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CutStatus {
    /// The branch is new; in a dry run it would be.
    Created,
    /// The branch was there.
    Exists,
    /// The time of the next train has not come.
    NotDue,
    /// A train has left, and there is nothing to release.
    Nothing,
    /// The checks of the commit have not ended.
    Waiting,
    /// The checks of the commit cannot be known.
    Undecidable,
    /// It must not be cut.
    Refused,
}

impl CutStatus {
    fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Exists => "exists",
            Self::NotDue => "not-due",
            Self::Nothing => "nothing",
            Self::Waiting => "waiting",
            Self::Undecidable => "undecidable",
            Self::Refused => "refused",
        }
    }
}

/// A change that waits to be merged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CutProposal {
    /// The version that the files say with it.
    pub version: Version,
    /// The branch that holds it.
    pub head: String,
    /// The branch that is to get it.
    pub base: String,
    /// The pull request, or the page that opens one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// The result of `cut`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CutDocument {
    /// How it ended.
    pub status: CutStatus,
    /// The release line; absent when no train was due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The branch; empty when no train was due.
    pub branch: String,
    /// The commit that it starts at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// The component.
    pub component: ComponentName,
    /// Whether the steps were only planned.
    pub dry_run: bool,
    /// What the checks of the commit said, where they were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checks: Option<RuleOutcome>,
    /// The tag of the first candidate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<String>,
    /// What raises the default branch to the next version of development.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<CutProposal>,
    /// What was left to do.
    pub steps: Vec<Step>,
    /// What there was no need to do, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What is missing, and what could not be done; the same command tries it again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// When the next train leaves, where trains are asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub next_check_at: Option<Timestamp>,
    /// Why it was not cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

impl CutDocument {
    /// A document about a line, before anything is decided.
    pub fn new(context: &Context, line: Line, branch: String, component: ComponentName) -> Self {
        Self {
            line: Some(line.to_string()),
            branch,
            ..Self::of(context, component)
        }
    }

    /// A document about a component, before a line is known.
    pub fn of(context: &Context, component: ComponentName) -> Self {
        Self {
            status: CutStatus::Refused,
            line: None,
            branch: String::new(),
            commit: None,
            component,
            dry_run: context.dry_run,
            checks: None,
            candidate: None,
            proposal: None,
            steps: Vec::new(),
            notes: Vec::new(),
            warnings: Vec::new(),
            next_check_at: None,
            refusal: None,
        }
    }

    /// The same, refused.
    pub fn refused(mut self, refusal: Refusal) -> Self {
        self.refuse(refusal);
        self
    }

    /// Refuses a part of it: the branch is there, and the same command goes on once that is allowed.
    pub fn lacks(&mut self, what: &str, refusal: &Refusal) {
        self.status = CutStatus::Refused;
        self.refusal = Some(Refusal::new(
            format!("{} is cut, and {what} is missing: {}", self.branch, refusal.reason),
            format!(
                "{}; then run the same command again, which makes what is missing",
                refusal.help
            ),
        ));
    }

    /// Refuses. Nothing was made.
    pub fn refuse(&mut self, refusal: Refusal) {
        self.status = CutStatus::Refused;
        self.steps.clear();
        self.warnings.clear();
        self.refusal = Some(refusal);
    }

    /// Stops for the checks of a commit.
    pub fn stop(&mut self, outcome: RuleOutcome) {
        self.status = match outcome.status {
            RuleStatus::Wait => CutStatus::Waiting,
            RuleStatus::Unknown => CutStatus::Undecidable,
            _ => CutStatus::Refused,
        };
        self.refusal = Some(Refusal::new(
            format!("{} starts at a green commit alone: {}", self.branch, outcome.saw),
            format!(
                "it needs {}, from {}; what opens it: {}",
                outcome.needs, outcome.source, outcome.opens
            ),
        ));
        self.checks = Some(outcome);
    }

    /// Warns that something at the forge could not be had, so that a later run does it.
    pub fn warn(&mut self, what: &str, cause: impl std::fmt::Display) {
        self.warnings.push(format!("{what}: {cause}"));
    }

    fn said(&self) -> String {
        let at = self.commit.as_ref().map(CommitId::short).unwrap_or_default();
        match self.status {
            CutStatus::Exists => format!("{} was cut at {at} already\n", self.branch),
            CutStatus::NotDue => "no train is due\n".to_owned(),
            CutStatus::Nothing => "a train is due, and there is nothing to release\n".to_owned(),
            _ if self.dry_run => String::new(),
            _ => format!("{} was cut at {at}\n", self.branch),
        }
    }

    fn details(&self) -> String {
        let mut lines = Vec::new();
        if self.dry_run {
            lines.extend(self.steps.iter().map(|step| format!("would {}", step.action)));
        }
        lines.extend(self.candidate.iter().map(|tag| format!("the first candidate is {tag}")));
        if let Some(CutProposal {
            head,
            base,
            version,
            url,
        }) = &self.proposal
        {
            let url = url.as_ref().map_or_else(String::new, |url| format!(": {url}"));
            lines.push(format!("{head} waits to be merged into {base}, for {version}{url}"));
        }
        lines.extend(self.next_check_at.map(|at| format!("the next train leaves at {at}")));
        lines.extend(self.notes.iter().cloned());
        lines.extend(self.warnings.iter().map(|warning| format!("warning: {warning}")));
        lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

impl Document for CutDocument {
    const SCHEMA: &'static str = "tidegate.cut/1";

    fn exit_code(&self) -> ExitCode {
        match self.status {
            CutStatus::Refused => ExitCode::Refused,
            CutStatus::Waiting => ExitCode::Waiting,
            CutStatus::Undecidable => ExitCode::Undecidable,
            _ => ExitCode::Done,
        }
    }

    fn text(&self) -> Text {
        if let Some(refusal) = &self.refusal {
            let warnings: String = self
                .warnings
                .iter()
                .map(|warning| format!("warning: {warning}\n"))
                .collect();
            return Text {
                stdout: String::new(),
                stderr: format!(
                    "{}: {}\n{}\n{warnings}",
                    self.status.word(),
                    refusal.reason,
                    refusal.help
                ),
            };
        }
        let stdout = match self.branch.is_empty() {
            true => String::new(),
            false => format!("{}\n", self.branch),
        };
        Text {
            stdout,
            stderr: self.said() + &self.details(),
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        let commit = self.commit.as_ref().map(ToString::to_string);
        let proposal = self.proposal.as_ref().and_then(|proposal| proposal.url.clone());
        let next = self.next_check_at.map(|at| at.to_string());
        vec![
            ("status", self.status.word().to_owned()),
            ("branch", self.branch.clone()),
            ("commit", commit.unwrap_or_default()),
            ("tag", self.candidate.clone().unwrap_or_default()),
            ("proposal", proposal.unwrap_or_default()),
            ("next-check-at", next.unwrap_or_default()),
        ]
    }

    fn annotation(&self) -> Option<Annotation> {
        if let Some(refusal) = &self.refusal {
            return Some(Annotation {
                level: Level::Error,
                title: format!("cut of {} {}", self.branch, self.status.word()),
                message: format!("{}\n{}", refusal.reason, refusal.help),
            });
        }
        (!self.warnings.is_empty()).then(|| Annotation {
            level: Level::Warning,
            title: format!("cut of {}", self.branch),
            message: self.warnings.join("\n"),
        })
    }

    fn summary(&self) -> Option<String> {
        let mut said = match &self.refusal {
            Some(refusal) => format!("**{}**: {}", self.status.word(), markdown(&refusal.reason)),
            None if self.branch.is_empty() => format!("**{}**", self.status.word()),
            None => format!("**{}** ({})", markdown(&self.branch), self.status.word()),
        };
        for line in self.details().lines().filter(|_| self.refusal.is_none()) {
            said.push_str(&format!("\n- {}", markdown(line)));
        }
        Some(format!("### tidegate cut\n\n{said}"))
    }
}
