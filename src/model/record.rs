//! What a forge has on record about people: who set off a run, who reviewed it, who made and reviewed a pull request.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::CommitId;

/// An attempt of a workflow run, by the forge's own record
/// (<https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run-attempt>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunRecord {
    /// Its number.
    pub id: u64,
    /// Who set this attempt of it off.
    pub actor: String,
    /// Whether that is a bot.
    pub bot: bool,
    /// The event that set it off, such as `workflow_dispatch`.
    pub event: String,
    /// The workflow's file, such as `.github/workflows/approve.yml`.
    pub workflow: String,
    /// The branch that the workflow was read from, where there is one.
    pub branch: Option<String>,
    /// The commit that it was read from.
    pub commit: CommitId,
    /// When this attempt started.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// The run's title, as its `run-name` makes it.
    pub title: String,
}

/// A review of a run that waits for an environment
/// (<https://docs.github.com/en/rest/actions/workflow-runs#get-the-review-history-for-a-workflow-run>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunReview {
    /// Who reviewed it.
    pub by: String,
    /// Whether the answer is yes.
    pub approved: bool,
    /// The environments that it is about, by the forge's names.
    pub environments: Vec<String>,
    /// What the person said beside it.
    pub comment: String,
}

/// A merged pull request that a commit came in by
/// (<https://docs.github.com/en/rest/commits/commits#list-pull-requests-associated-with-a-commit>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PullRecord {
    /// Its number.
    pub number: u64,
    /// Who opened it.
    pub author: String,
    /// Whether that is a bot.
    pub bot: bool,
    /// Who merged it.
    pub merged_by: Option<String>,
    /// The last commit of its branch.
    pub head: CommitId,
    /// The authors of its commits who have an account.
    pub authors: Vec<String>,
    /// Who pushed to its branch last, where the forge tells.
    pub last_pusher: Option<String>,
    /// Its reviews, oldest first.
    pub reviews: Vec<PullReview>,
}

/// A review of a pull request (<https://docs.github.com/en/rest/pulls/reviews>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PullReview {
    /// Who reviewed it.
    pub by: String,
    /// What was said.
    pub state: ReviewState,
    /// The commit that was looked at, where the forge tells.
    pub commit: Option<CommitId>,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
}

/// What a review says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewState {
    /// Yes.
    Approved,
    /// No.
    ChangesRequested,
    /// Neither.
    Commented,
    /// What it said was taken back by somebody.
    Dismissed,
}
