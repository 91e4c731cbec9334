//! Why an event did not reach the ledger: something failed, or rules of the remote forbid it.

use std::fmt;

use crate::error::Error;

/// What became of a push that did not come through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unwritten {
    /// It failed, in git's words.
    Failed(String),
    /// The remote refuses it by a hook or a rule, in its own words.
    Declined(String),
}

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(words) | Self::Declined(words) => f.write_str(words),
        }
    }
}

impl Unwritten {
    /// The error, once trying again did not help.
    pub fn error(self, ledger: &str) -> Error {
        match self {
            Self::Failed(cause) => Error::outside("writing the ledger", ledger, cause),
            Self::Declined(words) => Error::Declined {
                what: ledger.to_owned(),
                words,
                help:
                    "its own rules say so: let whoever set them allow pushes to the ledger's branch, then run the same \
                       command again"
                        .to_owned(),
            },
        }
    }
}
