//! Which commits brought a pull request into its base, by the way in which it was merged
//! (<https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/incorporating-changes-from-a-pull-request/about-pull-request-merges>).

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::commit::Commit;
use crate::model::pull::PullCommit;

/// How something came to be where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// By a merge commit: its own commits are those that its first parent had not, without the merges among them.
    Merge,
    /// As one commit.
    Squash,
    /// As copies of its commits.
    Rebase,
}

/// How many of the newest commits of the base, the newest first, are copies of a pull request's commits, the oldest first.
/// A copy has the message of its original; merges are not copied, and originals that changed nothing may be missing.
pub fn copies(base: &[Commit], pull: &[PullCommit]) -> usize {
    let mut originals = pull.iter().filter(|commit| !commit.merge).rev();
    let is_copy = |commit: &&Commit| {
        let message = commit.message.trim();
        !commit.merge && originals.any(|original| original.message.trim() == message)
    };
    base.iter().take_while(is_copy).count()
}
