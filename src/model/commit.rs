//! Commits and tags, as far as versions and notes need them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::CommitId;
use super::ownership::Ownership;

/// A person as a commit names them. Nothing proves it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its identifier.
    pub id: CommitId,
    /// Its whole message.
    pub message: String,
    /// Who wrote it.
    pub author: Person,
    /// When it was written; a cherry-pick keeps that.
    pub authored: Timestamp,
    /// When it was committed.
    pub time: Timestamp,
    /// Whether it has more than one parent.
    pub merge: bool,
    /// Whether it changes nothing against its first parent.
    pub empty: bool,
    /// The merge on the line of first parents that brought it, where one did.
    pub brought_by: Option<CommitId>,
    /// The scopes that it counts in, by their places in the question, in order.
    pub scopes: Vec<usize>,
}

impl Commit {
    /// The first line of its message.
    pub fn subject(&self) -> &str {
        self.message.trim_start().lines().next().unwrap_or_default().trim_end()
    }
}

/// A question to the history: the commits that `since` does not reach and that change something of `ownership`.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Where it ends; the whole history when there is nothing.
    pub since: Option<CommitId>,
    /// What has to be changed, against the first parent.
    pub ownership: Ownership,
}

/// A tag and the commit it leads to, through the annotation where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its name, without `refs/tags/`.
    pub name: String,
    /// The commit.
    pub commit: CommitId,
}

/// How a tag is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TagKind {
    /// An object of its own, with who, when and a message.
    #[default]
    Annotated,
    /// A ref to the commit and nothing more.
    Lightweight,
    /// Annotated and signed as git is set up to (`gpg.format`, `user.signingkey`).
    Signed,
}

/// How tags of versions and release commits come to be at the remote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Through {
    /// Made here and pushed.
    #[default]
    Git,
    /// Made by GitHub itself, which signs the commits of Apps and workflows.
    Github,
}
