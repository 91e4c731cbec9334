//! Checks: what was reported about a commit, and which reports a gate asks for.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::{CommitId, ComponentName, EnvironmentName};

/// One report about a commit: a check run
/// (<https://docs.github.com/en/rest/checks/runs>) or a commit status (<https://docs.github.com/en/rest/commits/statuses>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Its name; of a status, its context.
    pub name: String,
    /// The commit it was run on.
    pub commit: CommitId,
    /// How it ended.
    pub conclusion: Conclusion,
    /// Which kind of report it is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: CheckKind,
    /// The app that reported it, by its slug, or `@LOGIN` for an account that is no app; absent where the source does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// Its number at the source: of two reports of one kind, name and app the higher one is newer. Of two without, the later
    /// one in the list is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub number: u64,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub completed_at: Option<Timestamp>,
    /// Where people see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether it is the very job that asks.
    #[serde(default, skip_serializing_if = "is_default")]
    pub own: bool,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Check {
    /// A report of which only this is known.
    pub fn new(name: &str, commit: &CommitId, conclusion: Conclusion) -> Self {
        Self {
            name: name.to_owned(),
            commit: commit.clone(),
            conclusion,
            kind: CheckKind::Run,
            app: None,
            number: 0,
            started_at: None,
            completed_at: None,
            url: None,
            own: false,
        }
    }
}

/// The kinds of report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    /// A check run.
    #[default]
    Run,
    /// A commit status.
    Status,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Conclusion {
    /// It has not ended.
    Pending,
    /// It passed.
    Success,
    /// It did not pass.
    Failure,
    /// It was left out.
    Skipped,
    /// It says neither yes nor no.
    Neutral,
    /// It was broken off.
    Cancelled,
    /// It took too long.
    TimedOut,
    /// It waits for something that a person must do.
    ActionRequired,
}

impl Conclusion {
    /// What became of the check, as the end of a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Pending => "is pending",
            Self::Success => "succeeded",
            Self::Failure => "failed",
            Self::Skipped => "was skipped",
            Self::Neutral => "is neutral",
            Self::Cancelled => "was cancelled",
            Self::TimedOut => "timed out",
            Self::ActionRequired => "needs a person",
        }
    }
}

/// The reports on another commit with the very same tree: the head of a merged pull request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SameTree {
    /// The pull request.
    pub pull: u64,
    /// Its head.
    pub commit: CommitId,
    /// The tree of both commits.
    pub tree: String,
    /// The reports on the head.
    pub checks: Vec<Check>,
}

/// A check that a gate asks for: its name, or its name and the app that must report it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "write the name of a check, or { name = \"…\", app = \"…\" }")]
pub enum RequiredCheck {
    /// Whoever reports it.
    Named(String),
    /// Reported by one app.
    Bound(BoundCheck),
}

/// A check by name and app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BoundCheck {
    /// Its name.
    pub name: String,
    /// The app that must report it, by its slug, such as `github-actions`; `@LOGIN` for a status that an account posts.
    pub app: String,
}

impl RequiredCheck {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Bound(bound) => &bound.name,
        }
    }

    /// The app that must report it, where one must.
    pub fn app(&self) -> Option<&str> {
        match self {
            Self::Named(_) => None,
            Self::Bound(bound) => Some(&bound.app),
        }
    }

    /// Whether a report is one of this check.
    pub fn is(&self, check: &Check) -> bool {
        check.name == self.name() && self.app().is_none_or(|app| check.app.as_deref() == Some(app))
    }
}

impl std::fmt::Display for RequiredCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Bound(bound) => write!(f, "{} of {}", bound.name, bound.app),
        }
    }
}

/// An ending that can count as success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Accepted {
    /// A check that was left out.
    Skipped,
    /// A check that says neither yes nor no.
    Neutral,
}

impl Accepted {
    /// The ending that it stands for.
    pub fn conclusion(self) -> Conclusion {
        match self {
            Self::Skipped => Conclusion::Skipped,
            Self::Neutral => Conclusion::Neutral,
        }
    }
}

/// The name of the check under which a gate's own verdict is shown.
pub fn verdict_name(environment: &EnvironmentName, component: &ComponentName) -> String {
    format!("tidegate/{environment}/{component}")
}

/// Whether a check shows a verdict of this environment's gate.
pub fn verdicts_of(environment: &EnvironmentName, check: &str) -> bool {
    check.starts_with(&format!("tidegate/{environment}/"))
}
