//! Branches that are frozen: what may come into them, and what may not.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::Actor;

/// The branches that were ever frozen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BranchesState {
    /// The freeze of each, the last one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub freezes: BTreeMap<String, Freeze>,
}

impl BranchesState {
    /// The freeze that holds for a branch at `now`.
    pub fn holding(&self, branch: &str, now: Timestamp) -> Option<&Freeze> {
        self.freezes.get(branch).filter(|freeze| freeze.holds(now))
    }
}

/// A freeze.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Freeze {
    /// The sequence number of the event that wrote it.
    pub number: u64,
    /// Who froze it.
    pub by: Actor,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// When it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub until: Option<Timestamp>,
    /// The label of a pull request that may come in all the same.
    pub label: String,
    /// Who has thawed it since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thawed: Option<Actor>,
}

impl Freeze {
    /// Whether it holds at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.thawed.is_none() && self.until.is_none_or(|until| now < until)
    }
}
