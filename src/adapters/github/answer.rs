//! What GitHub's answers are worth as facts: the value, or why it is not known.

use std::time::Duration;

use super::failure::cause;
use crate::model::fact::FactState;

/// A part of a path: whatever people typed, it ends at no slash and starts no query.
pub(super) fn segment(text: &str) -> String {
    crate::plan::notes::links::encoded(text).replace('/', "%2F")
}

/// What a fact came to, within a time.
pub(super) async fn within<T>(patience: Duration, asked: impl Future<Output = Looked<T>>) -> FactState<T> {
    match tokio::time::timeout(patience, asked).await {
        Ok(Ok(value)) => FactState::Known { value },
        Ok(Err(unseen)) => unseen.state(),
        Err(_) => Unseen::silent(patience).state(),
    }
}

/// A value, or why it is not known.
pub(super) type Looked<T> = Result<T, Unseen>;

/// Why something is not known.
#[derive(Debug)]
pub(super) enum Unseen {
    /// The token may not read it.
    Forbidden(String),
    /// GitHub could not be asked.
    Unavailable(String),
}

impl Unseen {
    /// Nothing was heard within that time.
    pub(super) fn silent(patience: Duration) -> Self {
        Self::Unavailable(format!(
            "GitHub gave no whole answer within {} s",
            patience.as_secs_f32()
        ))
    }

    /// The reason.
    pub(super) fn reason(&self) -> &str {
        match self {
            Self::Forbidden(reason) | Self::Unavailable(reason) => reason,
        }
    }

    /// Both reasons: a permission that is missing is named even where something else went wrong.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unavailable(one), Self::Unavailable(other)) => Self::Unavailable(format!("{one}; {other}")),
            (Self::Forbidden(one) | Self::Unavailable(one), Self::Forbidden(other) | Self::Unavailable(other)) => {
                Self::Forbidden(format!("{one}; {other}"))
            }
        }
    }

    fn state<T>(self) -> FactState<T> {
        match self {
            Self::Forbidden(reason) => FactState::Forbidden { reason },
            Self::Unavailable(reason) => FactState::Unavailable { reason },
        }
    }
}

/// What kept an answer from coming. What a token may not see GitHub forbids (403) or keeps quiet about (404); the
/// permission is the one that a job names in its `permissions`, in back quotes.
pub(super) fn unseen(error: &octocrab::Error, what: &str, permission: &str) -> Unseen {
    let octocrab::Error::GitHub { source, .. } = error else {
        return Unseen::Unavailable(format!("{what}: {}", cause(error)));
    };
    let code = source.status_code.as_u16();
    let said = format!("{what}: GitHub answered {code}: {}", source.message);
    match code {
        401 => Unseen::Forbidden(format!("{said}; the token is wrong or has ended")),
        403 if source.message.contains("rate limit") => Unseen::Unavailable(said),
        403 | 404 => Unseen::Forbidden(format!("{said}; the token needs {permission}")),
        _ => Unseen::Unavailable(said),
    }
}
