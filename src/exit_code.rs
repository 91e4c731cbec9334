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

/// The worst first: what a person must see to, then what running again may mend. As in a gate, what is certainly refused
/// is worse than what is not known.
const WORST_FIRST: [ExitCode; 8] = [
    ExitCode::NeedsPerson,
    ExitCode::Internal,
    ExitCode::Usage,
    ExitCode::Refused,
    ExitCode::Undecidable,
    ExitCode::Outside,
    ExitCode::Waiting,
    ExitCode::Done,
];

impl ExitCode {
    /// The worst of several ends; done when there is none.
    pub fn worst(codes: impl IntoIterator<Item = Self>) -> Self {
        let rank = |code: &Self| WORST_FIRST.iter().position(|one| one == code);
        codes.into_iter().min_by_key(rank).unwrap_or(Self::Done)
    }

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

#[cfg(test)]
mod tests {
    use super::ExitCode;

    #[test]
    fn the_worst_end_is_the_one_that_a_person_must_see_to_first() {
        let worst = |codes: &[ExitCode]| ExitCode::worst(codes.iter().copied());
        assert_eq!(worst(&[]), ExitCode::Done);
        assert_eq!(worst(&[ExitCode::Done, ExitCode::Waiting]), ExitCode::Waiting);
        assert_eq!(
            worst(&[ExitCode::Undecidable, ExitCode::Refused, ExitCode::Outside]),
            ExitCode::Refused
        );
        assert_eq!(
            worst(&[ExitCode::Outside, ExitCode::Undecidable]),
            ExitCode::Undecidable
        );
        assert_eq!(worst(&ExitCode::ALL), ExitCode::NeedsPerson);
        for code in ExitCode::ALL {
            assert_eq!(worst(&[ExitCode::Done, code]), code, "each has its rank");
        }
    }
}
