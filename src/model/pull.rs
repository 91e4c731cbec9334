//! Pull requests, and what stands around them at a forge such as GitHub: labels, milestones, issues, commit statuses and the
//! rules of branches.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::CommitId;

/// A pull request to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proposal {
    /// The branch that holds the change.
    pub head: String,
    /// The branch that is to get it.
    pub base: String,
    /// Its title.
    pub title: String,
    /// Its text, in Markdown.
    pub body: String,
    /// Whether nobody shall merge it as it is.
    pub draft: bool,
    /// Its labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
}

/// How a pull request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PullState {
    /// It can be merged, or is a draft.
    Open,
    /// It was merged.
    Merged,
    /// It was closed without that.
    Closed,
}

/// A pull request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// Its page.
    pub url: String,
    /// Its title.
    pub title: String,
    /// How it stands.
    pub state: PullState,
    /// Whether it is a draft.
    pub draft: bool,
    /// The branch that it is for.
    pub base: String,
    /// The branch that it comes from.
    pub head: String,
    /// The last commit of that branch.
    pub head_commit: CommitId,
    /// The commit that brought it into its base, once it is merged: a merge, a squash, or the last one of a rebase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge_commit: Option<CommitId>,
    /// The names of its labels.
    pub labels: Vec<String>,
}

/// A commit of a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullCommit {
    /// Its identifier.
    pub id: CommitId,
    /// Its message.
    pub message: String,
    /// Whether it has more than one parent.
    pub merge: bool,
}

/// A label of the repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Label {
    /// Its name.
    pub name: String,
    /// Its colour: six hexadecimal digits.
    pub color: String,
    /// What it says, in at most 100 letters.
    pub description: String,
}

/// A milestone of the repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Milestone {
    /// Its title.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Whether it is still worked on.
    pub open: bool,
}

/// An issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Issue {
    /// Its number.
    pub number: u64,
    /// Its page.
    pub url: String,
    /// Its title.
    pub title: String,
}

/// How a commit status stands (<https://docs.github.com/en/rest/commits/statuses>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StatusState {
    /// It is not decided yet.
    Pending,
    /// It is good.
    Success,
    /// It is not.
    Failure,
}

/// The status of a commit, of one context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommitStatus {
    /// What it is about, such as `tidegate/freeze`.
    pub context: String,
    /// How it stands.
    pub state: StatusState,
    /// Why, in at most 140 letters.
    pub description: String,
}

/// A rule of a branch that is in force (<https://docs.github.com/en/rest/repos/rules#get-rules-for-a-branch>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BranchRule {
    /// It may not be created.
    Creation,
    /// It may not be moved.
    Update,
    /// It may not be deleted.
    Deletion,
    /// It may not be moved back.
    NonFastForward,
    /// What comes in comes by pull requests.
    PullRequest,
    /// Its commits are signed.
    Signatures,
    /// These contexts must be green.
    Statuses(Vec<String>),
    /// Something else, by GitHub's name.
    Other(String),
}

/// What is known of a branch's rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BranchRules {
    /// The rules of rulesets, each with the page of its ruleset where that is known. They hold for a name before there is a
    /// branch.
    pub rules: Vec<(BranchRule, Option<String>)>,
    /// Those of them that bind whoever asks, too: of a ruleset that the token may not bypass.
    pub binding: Vec<(BranchRule, Option<String>)>,
    /// Whether a branch of that name is there and protected.
    pub protected: bool,
    /// The contexts that its protection demands.
    pub contexts: Vec<String>,
}

impl BranchRules {
    /// Whether a commit status of that context must be green before something comes in.
    pub fn demand(&self, context: &str) -> bool {
        let by_rules = self.rules.iter().any(|(rule, _)| match rule {
            BranchRule::Statuses(contexts) => contexts.iter().any(|one| one == context),
            _ => false,
        });
        by_rules || self.contexts.iter().any(|one| one == context)
    }

    /// Whether anything holds the branch fast.
    pub fn hold(&self) -> bool {
        self.protected || !self.rules.is_empty()
    }
}
