//! Commits and tags, as far as versions need them.

use super::name::CommitId;

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its identifier.
    pub id: CommitId,
    /// Its whole message.
    pub message: String,
    /// The paths that it changes against its first parent, where they were asked for.
    pub paths: Vec<String>,
}

impl Commit {
    /// The first line of its message.
    pub fn subject(&self) -> &str {
        self.message.trim_start().lines().next().unwrap_or_default().trim_end()
    }
}

/// A tag and the commit it leads to, through the annotation where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its name, without `refs/tags/`.
    pub name: String,
    /// The commit.
    pub commit: CommitId,
}
