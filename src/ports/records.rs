//! The forge's own records about people. They prove who acted, since no one but the forge writes them.

use async_trait::async_trait;

use crate::model::fact::FactState;
use crate::model::name::CommitId;
use crate::model::record::{PullRecord, RunRecord, RunReview};

/// The records of a forge.
#[async_trait]
pub trait Records: Send + Sync {
    /// The place, for people.
    fn source(&self) -> String;

    /// An attempt of a workflow run, counted from 1.
    async fn run(&self, run: &str, attempt: u32) -> FactState<RunRecord>;

    /// The reviews of a run for environments, oldest first.
    async fn run_reviews(&self, run: &str) -> FactState<Vec<RunReview>>;

    /// The merged pull requests that a commit came in by, with their reviews.
    async fn pulls(&self, commit: &CommitId) -> FactState<Vec<PullRecord>>;

    /// What a person may do in the repository: `admin`, `maintain`, `write`, `triage`, `read` or `none`.
    async fn permission(&self, person: &str) -> FactState<String>;

    /// Whether a person is an active member of a team, named `ORGANISATION/SLUG`.
    async fn is_member(&self, team: &str, person: &str) -> FactState<bool>;
}
