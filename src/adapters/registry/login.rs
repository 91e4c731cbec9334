//! Where the login of a registry comes from.

use std::sync::Arc;

use super::auth::Credentials;
use super::ecr::Ecr;
use crate::error::Result;

/// A login, or the way to one.
pub(super) enum Login {
    /// It was given, or there is none.
    Given(Option<Credentials>),
    /// From AWS, or what docker's configuration has where AWS gives none.
    Ecr(Arc<Ecr>, Option<Credentials>),
}

impl Login {
    /// Name and password. AWS gives them for some hours, so it is asked each time.
    pub(super) async fn credentials(&self) -> Result<Option<Credentials>> {
        match self {
            Self::Given(credentials) => Ok(credentials.clone()),
            Self::Ecr(ecr, kept) => match (ecr.login().await, kept) {
                (Ok(credentials), _) => Ok(Some(credentials)),
                (Err(error), Some(kept)) => {
                    tracing::debug!(%error, "the login is docker's");
                    Ok(Some(kept.clone()))
                }
                (Err(error), None) => Err(error),
            },
        }
    }

    /// Whether the login may be shown before it is asked for: a request less.
    pub(super) fn is_private_ecr(&self) -> bool {
        matches!(self, Self::Ecr(ecr, _) if !ecr.is_public())
    }
}
