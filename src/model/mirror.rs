//! What is shown of the ledger at a forge: deployments, and the verdicts of gates. The ledger stays the truth.

use super::anchor::Anchor;
use super::name::{CommitId, EnvironmentName};
use super::release::Release;
use super::verdict::VerdictStatus;

/// The type of what is shown of a deployment.
pub const DEPLOYMENT_TYPE: &str = "tidegate.deployment/1";

/// The type of what is shown of a verdict.
pub const VERDICT_TYPE: &str = "tidegate.verdict/1";

/// How a deployment stands.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownDeployment {
    /// The environment.
    pub environment: EnvironmentName,
    /// What is deployed.
    pub release: Release,
    /// Which attempt it is.
    pub attempt: ShownAttempt,
    /// How far it is.
    pub status: ShownStatus,
    /// The same in words.
    pub description: String,
    /// Where the environment answers.
    pub url: Option<String>,
    /// Whether people use it.
    pub production: bool,
}

/// Which attempt is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShownAttempt {
    /// The one of that fencing number. It is shown from here on where it was not, with what the ledger had come to.
    Number(u64, Anchor),
    /// The newest of the release that is shown; none where none is.
    Newest,
}

/// How far a deployment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownStatus {
    /// It is under way.
    InProgress,
    /// It runs there, verified. The component's deployments there before are over.
    Success,
    /// It failed.
    Failure,
}

/// A verdict as a check of its commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownVerdict {
    /// The check's name.
    pub name: String,
    /// The commit of the release.
    pub commit: CommitId,
    /// The answer.
    pub status: VerdictStatus,
    /// The answer in one line.
    pub title: String,
    /// What each rule said, in Markdown.
    pub summary: String,
}
