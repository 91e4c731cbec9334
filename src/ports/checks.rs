//! The results of a commit's checks.

use async_trait::async_trait;

use crate::model::fact::{Check, FactState};
use crate::model::name::CommitId;

/// Where check results are kept.
#[async_trait]
pub trait Checks: Send + Sync {
    /// The place, for people.
    fn source(&self) -> String;

    /// The results for `commit`.
    async fn of(&self, commit: &CommitId) -> FactState<Vec<Check>>;
}
