//! The results of a commit's checks.

use async_trait::async_trait;

use crate::model::check::{Check, SameTree};
use crate::model::fact::FactState;
use crate::model::name::CommitId;

/// Where check results are kept.
#[async_trait]
pub trait Checks: Send + Sync {
    /// The place, for people.
    fn source(&self) -> String;

    /// The results for `commit`, every one that there is.
    async fn of(&self, commit: &CommitId) -> FactState<Vec<Check>>;

    /// The results for the heads of merged pull requests whose tree is that of `commit`. A source without pull requests
    /// has none.
    async fn of_same_tree(&self, _: &CommitId) -> FactState<Vec<SameTree>> {
        FactState::Known { value: Vec::new() }
    }
}
