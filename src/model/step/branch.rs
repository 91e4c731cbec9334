//! Steps that make and move branches, here or at the forge.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::FileContent;
use crate::model::commit::Through;
use crate::model::name::CommitId;

/// What a step does to a branch that others see.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum BranchAction {
    /// Create a branch on a commit that the remote has, unless it is there on that commit.
    ShareBranch {
        /// Its name.
        branch: String,
        /// The commit.
        commit: CommitId,
        /// How it gets there.
        through: Through,
    },
    /// Move a branch forward, when it is still where it was seen.
    AdvanceBranch {
        /// Its name.
        branch: String,
        /// The commit that it was seen on.
        from: CommitId,
        /// The commit that it moves to, which the remote has.
        to: CommitId,
        /// How it is moved.
        through: Through,
    },
    /// Create a branch with one commit that gives files another content.
    CommitBranch {
        /// Its name.
        branch: String,
        /// The commit below.
        parent: CommitId,
        /// The files.
        files: Vec<FileContent>,
        /// The message of the commit.
        message: String,
        /// How it gets there.
        through: Through,
    },
    /// Create a branch with commits that are picked from others; the last one holds conflict markers where it cannot be
    /// applied.
    PickBranch {
        /// Its name.
        branch: String,
        /// The commit below.
        onto: CommitId,
        /// The commits, in order.
        commits: Vec<CommitId>,
        /// How it gets there.
        through: Through,
    },
}

impl fmt::Display for BranchAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShareBranch { branch, commit, .. } => write!(f, "create branch {branch} at {}", commit.short()),
            Self::AdvanceBranch { branch, from, to, .. } => {
                write!(f, "move {branch} forward from {} to {}", from.short(), to.short())
            }
            Self::CommitBranch { branch, files, .. } => {
                let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
                write!(f, "commit {} on a new branch {branch}", paths.join(", "))
            }
            Self::PickBranch {
                branch, onto, commits, ..
            } => {
                let commits: Vec<&str> = commits.iter().map(CommitId::short).collect();
                let (commits, onto) = (commits.join(", "), onto.short());
                write!(f, "pick {commits} onto {onto} on a new branch {branch}")
            }
        }
    }
}
