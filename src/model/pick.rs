//! Commits that are picked onto another branch, as `git cherry-pick` does it.

use schemars::JsonSchema;
use serde::Serialize;

use super::forge::CommittedFile;
use super::name::CommitId;

/// What stands at the end of the subject of a commit whose files hold conflict markers.
pub const MARKED: &str = " (conflicts, not resolved)";

/// What came of picking commits, one upon the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trial {
    /// Those that were applied, in order.
    pub picked: Vec<CommitId>,
    /// Those that change nothing there: what they bring is there already.
    pub empty: Vec<CommitId>,
    /// The first one that cannot be applied; those after it were not tried.
    pub conflict: Option<Conflict>,
}

/// A commit that cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Conflict {
    /// The commit.
    pub commit: CommitId,
    /// The files that need a person.
    pub files: Vec<ConflictingFile>,
}

/// A file that needs a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConflictingFile {
    /// Its path.
    pub path: String,
    /// Its path in the commit, where that is another: one of the two has moved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_path: Option<String>,
    /// What is wrong with it.
    pub kind: ConflictKind,
    /// The places with their markers, as git writes them; empty where there are none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hunks: String,
}

/// Why a file cannot be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConflictKind {
    /// Both changed the same lines.
    Content,
    /// The target has not got it, and the commit changes it.
    GoneThere,
    /// The commit deletes it, and the target has changed it.
    ChangedThere,
    /// Both moved it, to different places: it stays where the target has it.
    Apart,
    /// A file is where the other has a folder.
    Place,
    /// It is no text on both sides, or a link or a submodule: the target's is kept.
    Kept,
}

impl ConflictingFile {
    /// What is wrong with it, for people.
    pub fn words(&self) -> String {
        let words = match self.kind {
            ConflictKind::Content => "both changed the same lines",
            ConflictKind::GoneThere => "the target has not got this file, which the commit changes",
            ConflictKind::ChangedThere => "the commit deletes this file, which the target has changed",
            ConflictKind::Apart => "both moved it; it stays where the target has it",
            ConflictKind::Place => "a file is where the other has a folder",
            ConflictKind::Kept => "it is no text, or a link or a submodule; the target's is kept",
        };
        match &self.other_path {
            Some(other) => format!("{words}; in the commit it is {other}"),
            None => words.to_owned(),
        }
    }
}

/// A commit that was picked, as a forge makes it anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickedCommit {
    /// Its message, which names the commit that it was picked from and its author.
    pub message: String,
    /// What differs from its parent.
    pub files: Vec<CommittedFile>,
}
