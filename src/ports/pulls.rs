//! The forge's pull requests, and what stands around them.

use async_trait::async_trait;

use crate::error::Result;
use crate::model::name::CommitId;
use crate::model::pull::{BranchRules, CommitStatus, Issue, Label, Milestone, Proposal, Pull, PullCommit};

/// What became of a pull request that was to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It is new.
    New(Pull),
    /// One of these two branches was open already.
    Same(Pull),
    /// The forge refuses it, in its own words.
    Refused(String),
}

/// Pull requests, labels, milestones, issues, statuses and rules of branches of one repository.
#[async_trait]
pub trait Pulls: Send + Sync {
    /// A pull request.
    async fn pull(&self, number: u64) -> Result<Option<Pull>>;

    /// Its commits, the oldest first, at most 250.
    async fn pull_commits(&self, number: u64) -> Result<Vec<PullCommit>>;

    /// The open pull requests, the newest first.
    async fn open_pulls(&self) -> Result<Vec<Pull>>;

    /// The open pull requests into a branch, the newest first.
    async fn pulls_into(&self, base: &str) -> Result<Vec<Pull>>;

    /// The pull requests that come from a branch of this repository, however they stand, the newest first.
    async fn pulls_from(&self, head: &str) -> Result<Vec<Pull>>;

    /// The merged pull requests with a label, the newest first.
    async fn merged_with(&self, label: &str) -> Result<Vec<Pull>>;

    /// Opens a pull request. Where the forge has no drafts it opens one that is none.
    async fn open_pull(&self, proposal: &Proposal) -> Result<Opened>;

    /// Says something below a pull request, once: what was said there under the same marker is replaced.
    async fn comment(&self, pull: u64, marker: &str, text: &str) -> Result<()>;

    /// Gives a pull request a label.
    async fn label_pull(&self, pull: u64, label: &str) -> Result<()>;

    /// Takes a label from it. One that it does not have is no error.
    async fn unlabel_pull(&self, pull: u64, label: &str) -> Result<()>;

    /// The labels of the repository.
    async fn labels(&self) -> Result<Vec<Label>>;

    /// Makes a label, or lets the one of that name say this.
    async fn keep_label(&self, label: &Label) -> Result<()>;

    /// The milestones of the repository, closed ones included.
    async fn milestones(&self) -> Result<Vec<Milestone>>;

    /// Makes a milestone, or lets the one of that title be like this.
    async fn keep_milestone(&self, milestone: &Milestone) -> Result<()>;

    /// The open issues with a label, pull requests not among them.
    async fn issues(&self, label: &str) -> Result<Vec<Issue>>;

    /// The rules of a branch, whether there is one of that name or not.
    async fn branch_rules(&self, branch: &str) -> Result<BranchRules>;

    /// The newest status of a context that a commit has.
    async fn status(&self, commit: &CommitId, context: &str) -> Result<Option<CommitStatus>>;

    /// Gives a commit a status, unless its newest one of that context is the same.
    async fn set_status(&self, commit: &CommitId, status: &CommitStatus) -> Result<()>;
}
