//! The forge that holds the repository: where its releases are published.

use async_trait::async_trait;

use crate::error::Result;
use crate::model::forge::{Asset, CommittedFile, Draft, KeptRelease, Ruleset};
use crate::model::name::CommitId;

/// Whether something could be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// It is there.
    Done,
    /// The forge refuses it, in its own words: something of that name is in the way.
    Taken(String),
}

/// What became of a ref that was to be made or moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shared {
    /// It is new there.
    Done,
    /// It was like that already.
    Same,
    /// It is on another commit, or gone.
    Elsewhere(Option<CommitId>),
    /// The forge refuses it, in its own words.
    Refused(String),
}

/// A repository at a forge.
#[async_trait]
pub trait Forge: Send + Sync {
    /// Every release of a tag, drafts included, the oldest first.
    async fn releases(&self, tag: &str) -> Result<Vec<KeptRelease>>;

    /// Makes a draft.
    async fn draft(&self, draft: &Draft) -> Result<Made>;

    /// The release of that number.
    async fn release(&self, release: u64) -> Result<Option<KeptRelease>>;

    /// Uploads a file to a draft, streamed from disk.
    async fn upload(&self, release: u64, asset: &Asset) -> Result<Made>;

    /// Takes a file out of a draft. One that is gone is no error.
    async fn delete_asset(&self, asset: u64) -> Result<()>;

    /// Takes a draft away. One that is gone is no error.
    async fn delete_draft(&self, release: u64) -> Result<()>;

    /// Publishes a draft of a tag; one that is published stays so.
    async fn publish(&self, tag: &str, release: u64, latest: bool) -> Result<Made>;

    /// The sets of rules that are in force for tags. Where they cannot be seen there are none.
    async fn rulesets(&self) -> Result<Vec<Ruleset>>;

    /// Creates a tag of a commit that is there, unless there is one of that name; lightweight without a message.
    async fn create_tag(&self, name: &str, commit: &CommitId, message: Option<&str>) -> Result<Shared>;

    /// Makes a commit that gives files of its parent another content. Nothing leads to it yet. GitHub signs it, where an
    /// App or a workflow makes it.
    async fn commit(&self, parent: &CommitId, files: &[CommittedFile], message: &str) -> Result<CommitId>;

    /// Creates a branch on a commit that is there, unless there is one of that name.
    async fn create_branch(&self, name: &str, commit: &CommitId) -> Result<Shared>;

    /// Moves a branch forward from one commit to another.
    async fn advance(&self, branch: &str, from: &CommitId, to: &CommitId) -> Result<Shared>;
}
