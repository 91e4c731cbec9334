//! Steps around pull requests at the forge.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::name::CommitId;
use crate::model::pull::{CommitStatus, Label, Milestone, Proposal};

/// What a step does at the forge beside git.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum PullAction {
    /// Open a pull request, unless one of its two branches is open.
    OpenPull {
        /// The pull request.
        proposal: Proposal,
    },
    /// Say something below a pull request, in place of what was said there under the same marker.
    Comment {
        /// The pull request.
        pull: u64,
        /// What marks the comment; nobody sees it.
        marker: String,
        /// The text, in Markdown.
        text: String,
    },
    /// Give a pull request a label.
    LabelPull {
        /// The pull request.
        pull: u64,
        /// The label.
        label: String,
    },
    /// Take a label from a pull request.
    UnlabelPull {
        /// The pull request.
        pull: u64,
        /// The label.
        label: String,
    },
    /// Let the repository have a label that says this.
    KeepLabel {
        /// The label.
        label: Label,
    },
    /// Let the repository have a milestone, open or closed.
    KeepMilestone {
        /// The milestone.
        milestone: Milestone,
    },
    /// Give a commit a status.
    SetStatus {
        /// The commit.
        commit: CommitId,
        /// The status.
        status: CommitStatus,
    },
}

impl fmt::Display for PullAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenPull { proposal } => {
                let kind = if proposal.draft {
                    "draft pull request"
                } else {
                    "pull request"
                };
                write!(f, "open a {kind} from {} into {}", proposal.head, proposal.base)
            }
            Self::Comment { pull, .. } => write!(f, "comment on pull request {pull}"),
            Self::LabelPull { pull, label } => write!(f, "label pull request {pull} `{label}`"),
            Self::UnlabelPull { pull, label } => write!(f, "take the label `{label}` from pull request {pull}"),
            Self::KeepLabel { label } => write!(f, "keep the label `{}`", label.name),
            Self::KeepMilestone { milestone } => {
                let word = if milestone.open { "keep" } else { "close" };
                write!(f, "{word} the milestone {}", milestone.title)
            }
            Self::SetStatus { commit, status } => {
                write!(f, "set the status {} of {}", status.context, commit.short())
            }
        }
    }
}
