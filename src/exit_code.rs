//! The exit codes, one table for all commands (`docs/exit-codes.md`).

use schemars::JsonSchema;
use serde::Serialize;

/// How a command ended, as its caller sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(into = "u8")]
#[schemars(with = "u8")]
pub enum ExitCode {
    /// Done, nothing to do, or open.
    Done = 0,
    /// An error of tidegate itself.
    Internal = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// Refused: a closed gate, a conflicting or immutable tag.
    Refused = 3,
    /// Waiting: ask again later.
    Waiting = 4,
    /// Undecidable: a needed fact is forbidden or unavailable.
    Undecidable = 5,
    /// An outside service failed after retries; running again is safe.
    Outside = 6,
    /// A person is needed.
    NeedsPerson = 7,
}

impl ExitCode {
    /// Every code, in order.
    pub const ALL: [Self; 8] = [
        Self::Done,
        Self::Internal,
        Self::Usage,
        Self::Refused,
        Self::Waiting,
        Self::Undecidable,
        Self::Outside,
        Self::NeedsPerson,
    ];

    /// What it means, as the documentation words it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, nothing to do, or open",
            Self::Internal => "internal error",
            Self::Usage => "usage or configuration",
            Self::Refused => "refused (closed gate, failed verification, conflicting or immutable tag)",
            Self::Waiting => "waiting; `next_check_at` says when to ask again",
            Self::Undecidable => "undecidable (a needed fact is forbidden or unavailable)",
            Self::Outside => "an outside service failed after retries; safe to run again",
            Self::NeedsPerson => "needs a person (a roll-back that could not finish, a ledger that was tampered with)",
        }
    }
}

impl From<ExitCode> for u8 {
    fn from(code: ExitCode) -> Self {
        code as Self
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}
