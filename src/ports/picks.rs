//! Commits that are picked onto another branch, without a work tree.

use async_trait::async_trait;

use crate::error::Result;
use crate::model::name::CommitId;
use crate::model::pick::{PickedCommit, Trial};

/// What picks commits. Each keeps its author and its author's date, and names the commit that it was picked from, as
/// `git cherry-pick -x` does it; whoever runs it commits. One that changes nothing is left out. One that cannot be applied
/// is the last one: it is committed with conflict markers in its files.
#[async_trait]
pub trait Picks: Send + Sync {
    /// The parents of a commit, the first one first.
    fn parents(&self, commit: &CommitId) -> Result<Vec<CommitId>>;

    /// What would come of it. Nothing is written; what a partial clone is without is fetched.
    async fn try_picks(&self, onto: &CommitId, commits: &[CommitId]) -> Result<Trial>;

    /// Writes the commits and gives the last one. Nothing leads to it yet.
    async fn pick(&self, onto: &CommitId, commits: &[CommitId]) -> Result<CommitId>;

    /// The commits for a forge that makes them itself: the author, who is not its author there, is a co-author.
    ///
    /// # Errors
    /// A usage error for a path that is no UTF-8, which no forge takes.
    async fn picked(&self, onto: &CommitId, commits: &[CommitId]) -> Result<Vec<PickedCommit>>;
}
