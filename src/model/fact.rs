//! A fact: one observed value, with its source and time, or the reason why it is not known.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One observed value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fact<T> {
    /// What was looked for, such as `checks` or `environments/qa/api`.
    pub id: String,
    /// Where it was looked for.
    pub source: String,
    /// When.
    #[schemars(with = "String")]
    pub observed_at: Timestamp,
    /// What came of it.
    #[serde(flatten)]
    pub state: FactState<T>,
}

/// What came of looking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum FactState<T> {
    /// It is there.
    Known {
        /// The value.
        value: T,
    },
    /// It was looked for and is not there.
    Absent,
    /// We may not look.
    Forbidden {
        /// What the source said.
        reason: String,
    },
    /// The source could not be asked.
    Unavailable {
        /// What went wrong.
        reason: String,
    },
}

impl<T> Fact<T> {
    /// A value that was seen.
    pub fn known(id: impl Into<String>, source: impl Into<String>, observed_at: Timestamp, value: T) -> Self {
        Self::new(id, source, observed_at, FactState::Known { value })
    }

    /// A fact in the given state.
    pub fn new(id: impl Into<String>, source: impl Into<String>, observed_at: Timestamp, state: FactState<T>) -> Self {
        Self {
            id: id.into(),
            source: source.into(),
            observed_at,
            state,
        }
    }
}

/// A branch that a release may come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BranchTip {
    /// Its name, without `refs/heads/`.
    pub name: String,
    /// The commit that it is on.
    pub tip: super::name::CommitId,
    /// Whether it reaches the release's commit.
    pub holds: bool,
}
