//! `rehearse`: walks a release train from its commits to the last environment, on this machine alone, with the very
//! commands that run for real. Only the ports differ: a clock that jumps, a world in memory, a registry in a folder.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::status::StatusDocument;
use crate::exit_code::ExitCode;
use crate::model::digest::Digest;
use crate::model::duration::Duration;
use crate::model::name::{CommitId, ComponentName, EnvironmentName};
use crate::model::version::Version;
use crate::report::document::{Document, Text};
use crate::report::rehearsal;

/// The arguments of `rehearse`.
#[derive(Clone, Debug, Args)]
pub struct RehearseArgs {
    /// The project: a folder with a tidegate.toml
    #[arg(default_value = ".")]
    pub project: PathBuf,
}

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
    /// The last release runs in every environment.
    Complete,
    /// The last release did not get to the top.
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
    /// The digest of its image.
    pub digest: Digest,
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
    /// What kind of thing: the command that did it, or `wait`.
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
