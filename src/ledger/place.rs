//! The place of the ledger's objects.

use std::path::PathBuf;

use git2::{Oid, Repository};

use super::shared::Shared;
use crate::error::Result;

/// Where the ledger's objects are.
#[derive(Clone)]
pub(super) enum Place {
    /// In the repository itself, which shares them with nobody.
    Here(PathBuf),
    /// In a copy of what a remote shares.
    Shared(Box<Shared>),
}

impl Place {
    /// The repository that holds the objects.
    pub(super) fn repository(&self) -> Result<Repository> {
        Ok(match self {
            Self::Here(folder) => Repository::open(folder)?,
            Self::Shared(shared) => shared.repository()?,
        })
    }

    /// Sees to it that these objects are here.
    pub(super) async fn bring(&self, objects: &[Oid]) -> Result<()> {
        match self {
            Self::Here(_) => Ok(()),
            Self::Shared(shared) => shared.bring(objects).await,
        }
    }

    /// The same for a reader who did not say beforehand what he would read. Whatever else is under way goes on.
    pub(super) fn bring_here(&self, objects: &[Oid]) -> Result<()> {
        let Self::Shared(shared) = self else { return Ok(()) };
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(shared.bring(objects)))
    }
}
