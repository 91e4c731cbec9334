//! What GitHub's REST API gives of pull requests and what stands around them, as far as it is used.

use jiff::Timestamp;
use serde::Deserialize;

use crate::model::name::CommitId;
use crate::model::pull::{CommitStatus, Issue, Label, Milestone, Pull, PullCommit, PullState, StatusState};

/// A pull request.
#[derive(Deserialize)]
pub(super) struct PullRecord {
    pub(super) number: u64,
    html_url: String,
    title: String,
    state: String,
    merged_at: Option<Timestamp>,
    #[serde(default)]
    draft: bool,
    base: End,
    head: End,
    merge_commit_sha: Option<CommitId>,
    #[serde(default)]
    labels: Vec<LabelRecord>,
}

#[derive(Deserialize)]
struct End {
    #[serde(rename = "ref")]
    branch: String,
    sha: CommitId,
}

impl PullRecord {
    pub(super) fn pull(self) -> Pull {
        let state = match (self.merged_at, self.state.as_str()) {
            (Some(_), _) => PullState::Merged,
            (None, "open") => PullState::Open,
            (None, _) => PullState::Closed,
        };
        Pull {
            number: self.number,
            url: self.html_url,
            title: self.title,
            state,
            draft: self.draft,
            base: self.base.branch,
            head: self.head.branch,
            head_commit: self.head.sha,
            // Before the merge it is a commit for trying.
            merge_commit: self.merge_commit_sha.filter(|_| state == PullState::Merged),
            labels: self.labels.into_iter().map(|label| label.name).collect(),
        }
    }
}

/// A commit of a pull request.
#[derive(Deserialize)]
pub(super) struct CommitRecord {
    sha: CommitId,
    commit: Message,
    #[serde(default)]
    parents: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

impl CommitRecord {
    pub(super) fn commit(self) -> PullCommit {
        PullCommit {
            id: self.sha,
            message: self.commit.message,
            merge: self.parents.len() > 1,
        }
    }
}

/// An issue; a pull request is one too.
#[derive(Deserialize)]
pub(super) struct IssueRecord {
    pub(super) number: u64,
    html_url: String,
    title: String,
    pull_request: Option<serde_json::Value>,
}

impl IssueRecord {
    pub(super) fn is_pull(&self) -> bool {
        self.pull_request.is_some()
    }

    pub(super) fn issue(self) -> Issue {
        Issue {
            number: self.number,
            url: self.html_url,
            title: self.title,
        }
    }
}

/// A comment.
#[derive(Deserialize)]
pub(super) struct CommentRecord {
    pub(super) id: u64,
    body: Option<String>,
}

impl CommentRecord {
    pub(super) fn text(&self) -> &str {
        self.body.as_deref().unwrap_or_default()
    }
}

/// A label.
#[derive(Deserialize)]
pub(super) struct LabelRecord {
    name: String,
    #[serde(default)]
    color: String,
    #[serde(default)]
    description: Option<String>,
}

impl LabelRecord {
    pub(super) fn label(self) -> Label {
        Label {
            name: self.name,
            color: self.color,
            description: self.description.unwrap_or_default(),
        }
    }
}

/// A milestone.
#[derive(Clone, Deserialize)]
pub(super) struct MilestoneRecord {
    pub(super) number: u64,
    pub(super) title: String,
    description: Option<String>,
    state: String,
}

impl MilestoneRecord {
    pub(super) fn milestone(self) -> Milestone {
        Milestone {
            title: self.title,
            description: self.description.unwrap_or_default(),
            open: self.state == "open",
        }
    }
}

/// A commit status.
#[derive(Deserialize)]
pub(super) struct StatusRecord {
    pub(super) context: String,
    state: String,
    description: Option<String>,
}

impl StatusRecord {
    pub(super) fn status(self) -> CommitStatus {
        let state = match self.state.as_str() {
            "success" => StatusState::Success,
            "pending" => StatusState::Pending,
            _ => StatusState::Failure,
        };
        CommitStatus {
            context: self.context,
            state,
            description: self.description.unwrap_or_default(),
        }
    }
}

/// GitHub's word for a state.
pub(super) fn word_of(state: StatusState) -> &'static str {
    match state {
        StatusState::Pending => "pending",
        StatusState::Success => "success",
        StatusState::Failure => "failure",
    }
}
