//! The result of `hotfix`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::exit_code::ExitCode;
use crate::model::name::{CommitId, ComponentName};
use crate::model::pull::StatusState;
use crate::model::refusal::Refusal;
use crate::model::step::Step;
use crate::model::version::Version;
use crate::plan::cut::status::HotfixStatus;
use crate::plan::hotfix::Opened;
use crate::plan::picks::Lacked;
use crate::report::document::{Annotation, Document, Level, Text};
use crate::report::github::markdown;
use crate::report::steps;

/// How `hotfix` ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HotfixState {
    /// The branch is new; in a dry run it would be.
    Created,
    /// The branch was there.
    Exists,
    /// The version is out.
    Released,
    /// Checked: the fix has reached the default branch.
    Reached,
    /// Checked: the default branch lacks it.
    Lacking,
    /// Checked: no commit was made for it yet.
    Empty,
    /// It must not be opened.
    Refused,
}

impl HotfixState {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Exists => "exists",
            Self::Released => "released",
            Self::Reached => "reached",
            Self::Lacking => "lacking",
            Self::Empty => "empty",
            Self::Refused => "refused",
        }
    }

    /// The commit status that says the same, where one is set.
    pub fn state(self) -> Option<StatusState> {
        match self {
            Self::Reached => Some(StatusState::Success),
            Self::Lacking => Some(StatusState::Failure),
            Self::Empty => Some(StatusState::Pending),
            _ => None,
        }
    }
}

/// The result of `hotfix`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HotfixDocument {
    /// How it ended.
    pub status: HotfixState,
    /// The component.
    pub component: ComponentName,
    /// The version that the fix is released as.
    pub version: Version,
    /// Its branch.
    pub branch: String,
    /// The commit that it starts at, or, where it was checked, its last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// The tag of the release that it fixes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The default branch, where it was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_branch: Option<String>,
    /// What the default branch lacks of it.
    pub missing: Vec<Lacked>,
    /// Why it is not opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// What could not be done, and stops nothing.
    pub warnings: Vec<String>,
    /// Whether the steps were only planned.
    pub dry_run: bool,
    /// What was left to do.
    pub steps: Vec<Step>,
}

impl HotfixDocument {
    pub(super) fn new(context: &Context, component: &ComponentName, version: &Version, branch: &str) -> Self {
        Self {
            status: HotfixState::Refused,
            component: component.clone(),
            version: version.clone(),
            branch: branch.to_owned(),
            commit: None,
            base: None,
            default_branch: None,
            missing: Vec::new(),
            refusal: None,
            warnings: Vec::new(),
            dry_run: context.dry_run,
            steps: Vec::new(),
        }
    }

    pub(super) fn opened(&self, opened: &Opened, made: bool) -> Self {
        let status = match (opened.released.is_some(), opened.exists && !made) {
            (true, _) => HotfixState::Released,
            (false, true) => HotfixState::Exists,
            (false, false) => HotfixState::Created,
        };
        Self {
            status,
            branch: opened.branch.clone(),
            commit: Some(opened.commit.clone()),
            base: opened.base.clone(),
            steps: opened.steps.clone(),
            ..self.clone()
        }
    }

    pub(super) fn checked(self, default: &str, told: HotfixStatus) -> Self {
        let status = match (told.commits, told.missing.is_empty()) {
            (0, _) => HotfixState::Empty,
            (_, true) => HotfixState::Reached,
            (_, false) => HotfixState::Lacking,
        };
        Self {
            status,
            branch: told.branch,
            commit: told.commit,
            default_branch: Some(default.to_owned()),
            missing: told.missing,
            ..self
        }
    }

    pub(super) fn refused(&self, refusal: Refusal) -> Self {
        Self {
            status: HotfixState::Refused,
            refusal: Some(refusal),
            steps: Vec::new(),
            ..self.clone()
        }
    }

    /// How it ended, in one line.
    pub(super) fn said(&self) -> String {
        let (version, branch) = (&self.version, &self.branch);
        let base = self.base.as_deref().unwrap_or("its release");
        let default = self.default_branch.as_deref().unwrap_or_default();
        let would = if self.dry_run { "would start" } else { "starts" };
        match self.status {
            HotfixState::Created => format!("{branch} {would} at {base}"),
            HotfixState::Exists => format!("{branch} was opened at {base} already"),
            HotfixState::Released => format!("hotfix {version} is released"),
            HotfixState::Reached => format!("{default} has what hotfix {version} fixes"),
            HotfixState::Lacking => format!("{default} lacks {} of hotfix {version}", commits(self.missing.len())),
            HotfixState::Empty => format!("no commit was made for hotfix {version} yet"),
            HotfixState::Refused => self
                .refusal
                .as_ref()
                .map_or(String::new(), |refusal| refusal.reason.clone()),
        }
    }
}

fn commits(count: usize) -> String {
    match count {
        1 => "1 commit".to_owned(),
        many => format!("{many} commits"),
    }
}

impl Document for HotfixDocument {
    const SCHEMA: &'static str = "tidegate.hotfix/1";

    fn exit_code(&self) -> ExitCode {
        match self.status {
            HotfixState::Refused | HotfixState::Lacking => ExitCode::Refused,
            HotfixState::Empty => ExitCode::Waiting,
            _ => ExitCode::Done,
        }
    }

    fn text(&self) -> Text {
        if let Some(refusal) = &self.refusal {
            return Text {
                stdout: String::new(),
                stderr: format!("refused: {}\n{}\n", refusal.reason, refusal.help),
            };
        }
        let mut stderr = format!("{}\n", self.said());
        stderr.extend(self.missing.iter().map(|one| format!("  {}\n", one.words())));
        if let (HotfixState::Lacking, Some(default)) = (self.status, &self.default_branch) {
            stderr.push_str(&format!(
                "bring it to {default} with `git cherry-pick -x`, or by `tidegate backport`\n"
            ));
        }
        stderr.push_str(&steps::text(if self.dry_run { &self.steps } else { &[] }));
        stderr.extend(self.warnings.iter().map(|warning| format!("warning: {warning}\n")));
        Text {
            stdout: format!("{}\n", self.branch),
            stderr,
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        let text = |value: Option<String>| value.unwrap_or_default();
        vec![
            ("status", self.status.word().to_owned()),
            ("version", self.version.to_string()),
            ("branch", self.branch.clone()),
            ("commit", text(self.commit.as_ref().map(ToString::to_string))),
        ]
    }

    fn annotation(&self) -> Option<Annotation> {
        let (level, help) = match (self.status, &self.refusal) {
            (HotfixState::Refused, Some(refusal)) => (Level::Error, refusal.help.clone()),
            (HotfixState::Lacking, _) => (
                Level::Error,
                self.missing.iter().map(|one| format!("{}\n", one.words())).collect(),
            ),
            _ => return None,
        };
        Some(Annotation {
            level,
            title: format!("hotfix {} {}", self.version, self.status.word()),
            message: format!("{}\n{help}", self.said()),
        })
    }

    fn summary(&self) -> Option<String> {
        let lacked: String = self
            .missing
            .iter()
            .map(|one| format!("- {}\n", markdown(&one.words())))
            .collect();
        let warnings: String = self
            .warnings
            .iter()
            .map(|one| format!("- {}\n", markdown(one)))
            .collect();
        Some(format!(
            "### tidegate hotfix\n\n**{}**: {}\n\n{lacked}{warnings}",
            self.status.word(),
            markdown(&self.said())
        ))
    }
}
