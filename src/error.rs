//! What can go wrong. A refusal is not an error: it is an outcome (`model::refusal`).
//! Every error says what failed, where, and what to do next.

use miette::Diagnostic;
use thiserror::Error;

use crate::exit_code::ExitCode;
use crate::model::text::ParseError;

/// The result of whatever can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kinds of error, each with its exit code.
#[derive(Debug, Error, Diagnostic)]
pub enum Error {
    /// The configuration is wrong; each finding points at its line.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(Box<crate::config::diagnostic::ConfigError>),

    /// The command was called wrongly, or on something that it cannot work with.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do.
        #[help]
        help: String,
    },

    /// An image that is missing or damaged.
    #[error("{image}: {message}")]
    Image {
        /// The image as it was named.
        image: String,
        /// What is wrong with it.
        message: String,
        /// What to do.
        #[help]
        help: String,
    },

    /// The ledger does not hold together.
    #[error("the ledger was tampered with: {finding}")]
    #[diagnostic(help(
        "run `tidegate ledger verify` for every finding; nothing is done on a ledger that cannot be trusted"
    ))]
    LedgerBroken {
        /// The first finding.
        finding: String,
    },

    /// Something outside of tidegate failed.
    #[error("{operation} failed for {target}: {cause}")]
    Outside {
        /// What was tried.
        operation: &'static str,
        /// On what.
        target: String,
        /// What it said.
        cause: String,
        /// Whether trying again can help.
        retryable: bool,
        /// What to do.
        #[help]
        help: String,
    },

    /// The remote's own rules forbid it: trying again cannot help.
    #[error("the remote refuses {what}: {words}")]
    Declined {
        /// What it refuses.
        what: String,
        /// Why, in its own words.
        words: String,
        /// What to do.
        #[help]
        help: String,
    },

    /// A mistake in tidegate.
    #[error("internal error: {0}")]
    #[diagnostic(help("this is a mistake in tidegate; please report it with the command that showed it"))]
    Internal(String),
}

impl Error {
    /// A wrong call, with what to do about it.
    pub fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
            help: help.into(),
        }
    }

    /// A failure outside that may pass.
    pub fn outside(operation: &'static str, target: impl Into<String>, cause: impl std::fmt::Display) -> Self {
        Self::Outside {
            operation,
            target: target.into(),
            cause: cause.to_string(),
            retryable: true,
            help: "run the same command again; it goes on where it stopped".to_owned(),
        }
    }

    /// A file that could not be read or written.
    pub fn file(operation: &'static str, path: &std::path::Path, cause: &std::io::Error) -> Self {
        Self::Outside {
            operation,
            target: path.display().to_string(),
            cause: cause.to_string(),
            retryable: false,
            help: "check that the path exists and that you may use it".to_owned(),
        }
    }

    /// The exit code that it gives.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Config(_) | Self::Usage { .. } | Self::Image { .. } => ExitCode::Usage,
            Self::LedgerBroken { .. } => ExitCode::NeedsPerson,
            Self::Outside { .. } => ExitCode::Outside,
            Self::Declined { .. } => ExitCode::Refused,
            Self::Internal(_) => ExitCode::Internal,
        }
    }

    /// Its kind, for JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Config(_) => "config",
            Self::Usage { .. } => "usage",
            Self::Image { .. } => "image",
            Self::LedgerBroken { .. } => "ledger-broken",
            Self::Outside { .. } => "outside",
            Self::Declined { .. } => "declined",
            Self::Internal(_) => "internal",
        }
    }
}

impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        Self::Usage {
            message: format!("`{}` is no {}", error.value, error.what),
            help: error.why,
        }
    }
}

impl From<git2::Error> for Error {
    fn from(error: git2::Error) -> Self {
        Self::Outside {
            operation: "git",
            target: "the repository".to_owned(),
            cause: error.message().to_owned(),
            retryable: false,
            help: "check the repository with `git fsck`".to_owned(),
        }
    }
}
