//! A verdict as a badge: what a page that stands for it shows in a few letters.

use schemars::JsonSchema;
use serde::Serialize;

use super::verdict::word;
use crate::model::verdict::{Verdict, VerdictStatus};

/// What <https://shields.io/badges/endpoint-badge> reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Badge {
    /// Always 1.
    pub schema_version: u8,
    /// The left side: the environment.
    pub label: String,
    /// The right side: the version and the answer.
    pub message: String,
    /// The colour of the right side.
    pub color: &'static str,
}

impl Badge {
    /// The badge of a verdict.
    pub fn of(verdict: &Verdict) -> Self {
        Self {
            schema_version: 1,
            label: verdict.environment.to_string(),
            message: format!("{} {}", verdict.release.version, word(verdict.status)),
            color: match verdict.status {
                VerdictStatus::Open => "brightgreen",
                VerdictStatus::Waiting => "yellow",
                VerdictStatus::Undecidable => "lightgrey",
                VerdictStatus::Closed => "red",
            },
        }
    }
}
