//! The forge that holds the repository: where its releases are published.

use std::path::Path;

use async_trait::async_trait;

use crate::error::Result;
use crate::model::forge::{Draft, KeptRelease};

/// Whether something could be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// It is there.
    Done,
    /// The forge refuses it, in its own words: something of that name is in the way.
    Taken(String),
}

/// A repository at a forge.
#[async_trait]
pub trait Forge: Send + Sync {
    /// Every release of a tag, drafts included, the oldest first.
    async fn releases(&self, tag: &str) -> Result<Vec<KeptRelease>>;

    /// Makes a draft.
    async fn draft(&self, draft: &Draft) -> Result<Made>;

    /// Uploads a file to a draft, streamed from disk.
    async fn upload(&self, release: u64, name: &str, file: &Path, size: u64) -> Result<Made>;

    /// Takes a file out of a draft. One that is gone is no error.
    async fn delete_asset(&self, asset: u64) -> Result<()>;

    /// Takes a draft away. One that is gone is no error.
    async fn delete_draft(&self, release: u64) -> Result<()>;

    /// Publishes a draft; one that is published stays so.
    async fn publish(&self, release: u64, latest: bool) -> Result<Made>;
}
