//! How a promotion ended.

use schemars::JsonSchema;
use serde::Serialize;

/// How a promotion ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PromoteStatus {
    /// The release runs there, verified; it did not before.
    Promoted,
    /// It ran there, verified, already.
    Already,
    /// A dry run: it would be promoted.
    Planned,
    /// The gate is closed.
    Closed,
    /// The gate waits, or another run is at work there.
    Waiting,
    /// The gate cannot be decided.
    Undecidable,
    /// It failed, and the release before runs again.
    RolledBack,
    /// It failed, and a person is needed.
    Failed,
}

impl PromoteStatus {
    /// How it ended, in one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Promoted => "promoted",
            Self::Already => "already",
            Self::Planned => "planned",
            Self::Closed => "closed",
            Self::Waiting => "waiting",
            Self::Undecidable => "undecidable",
            Self::RolledBack => "rolled-back",
            Self::Failed => "failed",
        }
    }
}
