//! A refusal: the answer of a plan that must not be carried out. It is an outcome, not an error.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why nothing is done, and what would change that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// What is in the way.
    pub reason: String,
    /// What to do about it.
    pub help: String,
}

impl Refusal {
    /// A refusal with its way out.
    pub fn new(reason: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            help: help.into(),
        }
    }
}
