//! A lost ledger: what is left of it elsewhere, and what a ledger that was made of that says about the loss.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::anchor::Anchor;
use super::name::{CommitId, ComponentName, EnvironmentName};
use super::release::Release;
use super::version::Version;

/// Where something about a lost ledger was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// The place, for people, such as `tag v1.4.0`.
    pub place: String,
    /// Its address, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// When it was made, by the forge's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub at: Option<Timestamp>,
    /// The event of the lost ledger that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Anchor>,
}

/// The events that a ledger has lost. Their numbers are never given again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Loss {
    /// The last event that is still there; 0 where none is.
    pub after: u64,
    /// The highest event that is noted anywhere, and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Origin>,
}

impl Loss {
    /// The highest number that is known to have been given.
    pub fn highest(&self) -> u64 {
        let anchor = self.known.as_ref().and_then(|known| known.anchor.as_ref());
        anchor.map_or(self.after, |anchor| anchor.sequence.max(self.after))
    }
}

/// What became of a deployment, by the forge's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// It was seen to work.
    Verified {
        /// When that was noted.
        #[schemars(with = "String")]
        at: Timestamp,
        /// When something else took its place; absent when it was there to the last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<String>")]
        until: Option<Timestamp>,
    },
    /// It failed.
    Failed {
        /// When that was noted.
        #[schemars(with = "String")]
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// How it ended is not known, so nothing counts as verified.
    Unknown,
}

/// A version's tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundTag {
    /// The component.
    pub component: ComponentName,
    /// The version.
    pub version: Version,
    /// The tag.
    pub tag: String,
    /// Its commit.
    pub commit: CommitId,
    /// The event that it names.
    pub anchor: Option<Anchor>,
}

/// A deployment of ours at the forge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundDeployment {
    /// Where it is, with the event that it names.
    pub origin: Origin,
    /// The environment.
    pub environment: EnvironmentName,
    /// What was deployed.
    pub release: Release,
    /// The event that it was started by.
    pub attempt: u64,
    /// When it was made.
    pub made_at: Timestamp,
    /// How it stood, oldest first.
    pub statuses: Vec<FoundStatus>,
}

/// How a deployment stood at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundStatus {
    /// How.
    pub state: FoundState,
    /// Since when.
    pub at: Timestamp,
    /// The same in words.
    pub words: String,
}

/// How a deployment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundState {
    /// It runs, verified.
    Success,
    /// It failed.
    Failure,
    /// Something else took its place.
    Inactive,
    /// It is under way, or GitHub calls it something else.
    Other,
}
