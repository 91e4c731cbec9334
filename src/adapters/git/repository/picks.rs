//! Picking commits: tried in memory, written where they are to stay.

use async_trait::async_trait;

use super::GitRepository;
use crate::adapters::git::pick::{self, Order};
use crate::adapters::git::{clone, read};
use crate::error::Result;
use crate::model::name::CommitId;
use crate::model::pick::{PickedCommit, Trial};
use crate::ports::picks::Picks;

/// Who commits what nobody sees.
const NOBODY: (&str, &str) = ("tidegate", "tidegate@localhost");

#[async_trait]
impl Picks for GitRepository {
    fn parents(&self, commit: &CommitId) -> Result<Vec<CommitId>> {
        let open = self.open()?;
        let found = open.find_commit(read::oid(commit)?)?;
        found.parent_ids().map(read::id).collect()
    }

    async fn try_picks(&self, onto: &CommitId, commits: &[CommitId]) -> Result<Trial> {
        self.bring_files(onto, commits).await?;
        let order = Order {
            onto,
            commits,
            committer: &git2::Signature::now(NOBODY.0, NOBODY.1)?,
            credit: false,
        };
        pick::in_memory(&self.git_dir()?, |repository| Ok(pick::pick(repository, &order)?.trial))
    }

    async fn pick(&self, onto: &CommitId, commits: &[CommitId]) -> Result<CommitId> {
        self.bring_files(onto, commits).await?;
        let order = Order {
            onto,
            commits,
            committer: &self.person()?,
            credit: false,
        };
        let made = pick::pick(&*self.open()?, &order)?;
        pick::newest(&made, onto)
    }

    async fn picked(&self, onto: &CommitId, commits: &[CommitId]) -> Result<Vec<PickedCommit>> {
        self.bring_files(onto, commits).await?;
        let order = Order {
            onto,
            commits,
            committer: &git2::Signature::now(NOBODY.0, NOBODY.1)?,
            credit: true,
        };
        pick::in_memory(&self.git_dir()?, |repository| {
            let made = pick::pick(repository, &order)?.commits;
            let changes = made
                .into_iter()
                .map(|(source, commit)| pick::changes(repository, source, commit));
            changes.collect()
        })
    }
}

impl GitRepository {
    fn git_dir(&self) -> Result<std::path::PathBuf> {
        Ok(self.open()?.path().to_owned())
    }

    /// Brings what a partial clone is without.
    async fn bring_files(&self, onto: &CommitId, commits: &[CommitId]) -> Result<()> {
        let folders = {
            let open = self.open()?;
            let Some(filter) = clone::filter(&open) else {
                return Ok(());
            };
            let objects = open.odb()?;
            let mut folders = pick::missing_folders(&open, onto, commits)?;
            // Without `tree` in the filter, a folder is there with all folders below it.
            folders.retain(|folder| filter.contains("tree") || !objects.exists(*folder));
            folders
        };
        if !folders.is_empty() {
            clone::fetch_folders(&self.program, &self.remote, &folders).await?;
        }
        let files = pick::missing_files(&*self.open()?, onto, commits)?;
        match files.is_empty() {
            true => Ok(()),
            false => clone::fetch_folders(&self.program, &self.remote, &files).await,
        }
    }
}
