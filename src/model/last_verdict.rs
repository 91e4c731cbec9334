//! The last verdict on a digest in an environment, in short: what tells whether the answer has changed, and what waits.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::verdict::{RuleStatus, Verdict, VerdictStatus};
use super::version::Version;

/// A verdict in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastVerdict {
    /// The number of the event that holds the whole of it.
    pub event: u64,
    /// The version that it is about.
    pub version: Version,
    /// When it was judged.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// What it says.
    #[serde(flatten)]
    pub answer: Answer,
}

/// What a verdict says, without the words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// The answer.
    pub status: VerdictStatus,
    /// When asking again can give another one, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub next_check_at: Option<Timestamp>,
    /// The rules that are not met.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmet: Vec<Unmet>,
}

/// A rule that is not met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unmet {
    /// The rule.
    pub rule: String,
    /// Its answer.
    pub status: RuleStatus,
    /// When asking again can give another one, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub next_check_at: Option<Timestamp>,
}

impl LastVerdict {
    /// A verdict that the event of that number holds.
    pub fn new(verdict: &Verdict, event: u64) -> Self {
        Self {
            event,
            version: verdict.release.version.clone(),
            at: verdict.at,
            answer: Answer::of(verdict),
        }
    }

    /// Whether asking again is worth it by itself: it waits, or it could not be decided.
    pub fn is_pending(&self) -> bool {
        matches!(self.answer.status, VerdictStatus::Waiting | VerdictStatus::Undecidable)
    }
}

impl Answer {
    /// What a verdict says.
    pub fn of(verdict: &Verdict) -> Self {
        let unmet = verdict.rules.iter().filter(|rule| !rule.status.is_met());
        Self {
            status: verdict.status,
            next_check_at: verdict.next_check_at,
            unmet: unmet
                .map(|rule| Unmet {
                    rule: rule.rule.clone(),
                    status: rule.status,
                    next_check_at: rule.next_check_at,
                })
                .collect(),
        }
    }
}
