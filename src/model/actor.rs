//! Who acts: the name under which a word or a deed stands in the ledger, and the run it was done in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A person or a bot, by login on GitHub and by git's `user.name` elsewhere. It says who; it proves nothing yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Actor(pub String);

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// Where a command runs, so that a later one can tell whether the earlier one can still be alive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Holder {
    /// The clone: a random identifier kept inside its git folder.
    pub clone: String,
    /// The workflow run, where there is one (`GITHUB_RUN_ID`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The attempt of that run, counted from 1 (`GITHUB_RUN_ATTEMPT`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
}
