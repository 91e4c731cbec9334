//! The result of `rehearse`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::status::StatusDocument;
use crate::exit_code::ExitCode;
use crate::model::digest::Digest;
use crate::model::duration::Duration;
use crate::model::name::{CommitId, ComponentName, EnvironmentName};
use crate::model::version::Version;
use crate::report::document::{Document, Text};
use crate::report::rehearsal;

/// The result of `rehearse`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RehearseDocument {
    /// The project.
    pub project: String,
    /// How it ended.
    pub status: RehearseStatus,
    /// What was assumed because no `rehearsal.toml` says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assumed: Option<String>,
    /// Where the virtual clock started.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// Where it ended.
    #[schemars(with = "String")]
    pub ended_at: Timestamp,
    /// The releases, one after the other.
    pub releases: Vec<RehearsedRelease>,
    /// What runs where in the end.
    pub ladder: StatusDocument,
    /// How many events the rehearsal's ledger holds; its chain was checked.
    pub events: u64,
}

/// How a rehearsal ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RehearseStatus {
    /// The last release came as far as it was to: into every environment, unless the scenario says less.
    Complete,
    /// It did not.
    Stopped,
}

/// One release of a rehearsal.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RehearsedRelease {
    /// The component.
    pub component: ComponentName,
    /// Its version.
    pub version: Version,
    /// Its tag.
    pub tag: String,
    /// Its commit.
    pub commit: CommitId,
    /// The branch that it was made on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The digest of its image.
    pub digest: Digest,
    /// The last environment that it was to enter, where that is not the top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_to: Option<EnvironmentName>,
    /// How far it came.
    pub outcome: ReleaseOutcome,
    /// Everything that happened on its way.
    pub timeline: Vec<TimelineEntry>,
}

/// How far a release came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseOutcome {
    /// It runs in every environment.
    Live,
    /// It runs as far up as it was to go.
    Arrived,
    /// It failed somewhere, and the release before runs there again.
    RolledBack,
    /// It failed somewhere, and there was nothing to go back to.
    Failed,
    /// A gate stays closed, and nothing that the scenario knows opens it.
    Stuck,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TimelineEntry {
    /// When, by the virtual clock.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// What kind of thing: the command that did it, `merge` where a person takes what was proposed, `wait`, or `refuse` where
    /// somebody may not do it, or not yet.
    pub what: String,
    /// Where, when it is about an environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
    /// What happened, in words.
    pub detail: String,
    /// How long the clock jumped, in seconds, when it waited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub waited: Option<Duration>,
}

impl Document for RehearseDocument {
    const SCHEMA: &'static str = "tidegate.rehearse/1";

    fn exit_code(&self) -> ExitCode {
        match self.status {
            RehearseStatus::Complete => ExitCode::Done,
            RehearseStatus::Stopped => ExitCode::Refused,
        }
    }

    fn text(&self) -> Text {
        Text {
            stdout: rehearsal::text(self),
            stderr: rehearsal::ending(self),
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        let status = match self.status {
            RehearseStatus::Complete => "complete",
            RehearseStatus::Stopped => "stopped",
        };
        vec![("status", status.to_owned())]
    }

    fn summary(&self) -> Option<String> {
        self.ladder.summary()
    }
}
