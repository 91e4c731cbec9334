//! The git repository that is released from.

use std::path::PathBuf;

use async_trait::async_trait;

use crate::error::Result;
use crate::model::commit::{Commit, Scope, Tag};
use crate::model::name::CommitId;

/// What a repository is like, before anything is done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// It has no work tree.
    pub bare: bool,
    /// It has no commit.
    pub empty: bool,
    /// A part of its history was left out (`git clone --depth`).
    pub shallow: bool,
    /// Tracked files that differ from `HEAD`, at most ten.
    pub dirty: Vec<String>,
}

/// Whether a ref could be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// It is new.
    New,
    /// It was there already, on that commit.
    Same,
    /// It is there on another commit.
    Elsewhere(CommitId),
}

/// A tag that is on one commit here and on another at the remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Its name, without `refs/tags/`.
    pub name: String,
    /// The commit here.
    pub here: CommitId,
    /// The commit there.
    pub there: CommitId,
}

/// A git repository and its remote.
#[async_trait]
pub trait Repository: Send + Sync {
    /// The root of the work tree, or the git folder of a bare repository.
    fn root(&self) -> PathBuf;

    /// The git folder that all work trees of this clone share.
    fn common_dir(&self) -> PathBuf;

    /// What it is like.
    fn condition(&self) -> Result<Condition>;

    /// The commit that a revision names (gitrevisions(7)).
    ///
    /// # Errors
    /// A usage error when there is no such commit.
    fn resolve(&self, revision: &str) -> Result<CommitId>;

    /// Every tag that leads to a commit.
    fn tags(&self) -> Result<Vec<Tag>>;

    /// Every tag that leads to a commit and whose name is kept; the others are not looked into.
    fn tags_named(&self, keep: &dyn Fn(&str) -> bool) -> Result<Vec<Tag>>;

    /// The commits that `to` reaches and that count in at least one of the scopes, children before their parents: one
    /// pass over the history, however many scopes there are.
    fn history(&self, to: &CommitId, scopes: &[Scope]) -> Result<Vec<Commit>>;

    /// For each list the place of its first commit that `from` reaches (a commit reaches itself). One walk serves all
    /// lists, and it goes no further back than the answers need.
    fn first_reached(&self, from: &CommitId, lists: &[Vec<CommitId>]) -> Result<Vec<Option<usize>>>;

    /// The commit of a local or remote-tracking branch, by its full ref name.
    fn reference(&self, name: &str) -> Result<Option<CommitId>>;

    /// The default branch of the remote, or of this repository where there is none, as a full ref name.
    fn default_branch(&self) -> Result<Option<String>>;

    /// A file at a commit.
    fn file(&self, commit: &CommitId, path: &str) -> Result<Option<Vec<u8>>>;

    /// Creates an annotated tag, unless there is one of that name.
    fn create_tag(&self, name: &str, commit: &CommitId, message: &str) -> Result<Created>;

    /// Creates a branch, unless there is one of that name.
    fn create_branch(&self, name: &str, commit: &CommitId) -> Result<Created>;

    /// Takes back a local ref that this run created and nobody has seen, by its full name. One that is gone or leads to
    /// another commit by now is left alone.
    fn withdraw(&self, reference: &str, commit: &CommitId) -> Result<()>;

    /// Whether there is a remote to push to.
    fn has_remote(&self) -> bool;

    /// The commit that a ref of the remote leads to, asked over the network.
    async fn remote_reference(&self, name: &str) -> Result<Option<CommitId>>;

    /// Fetches the remote's tags and branches, without touching local branches. Tags that are on another commit here
    /// stay as they are, and are told.
    async fn fetch(&self) -> Result<Vec<Conflict>>;

    /// Creates a ref at the remote from the local one of that name, never by force, and never moves one that is there:
    /// `Elsewhere` when the remote has it on another commit, even on one that could be moved forward.
    async fn push(&self, reference: &str) -> Result<Created>;

    /// Who git says works here (`user.name`).
    fn user(&self) -> Option<String>;
}
