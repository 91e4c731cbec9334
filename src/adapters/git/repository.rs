//! The repository behind the port: found once, then asked and written to.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;

use super::program::Program;
use super::{read, remote, walk, write};
use crate::error::{Error, Result};
use crate::model::commit::{Commit, Scope, Tag};
use crate::model::name::CommitId;
use crate::ports::clock::Clock;
use crate::ports::repository::{Condition, Conflict, Created, Repository};

/// A git repository on this machine and the remote that it shares with others.
pub struct GitRepository {
    repository: Mutex<git2::Repository>,
    program: Program,
    root: PathBuf,
    common_dir: PathBuf,
    remote: String,
    clock: Option<Arc<dyn Clock>>,
}

impl GitRepository {
    /// The repository that holds `start`, with the remote of that name, which need not exist.
    ///
    /// # Errors
    /// A usage error when there is no repository, or one that cannot be opened.
    pub fn discover(start: &Path, remote: &str) -> Result<Self> {
        let repository = git2::Repository::discover(start).map_err(|error| cannot_open(start, &error))?;
        let root = repository.workdir().unwrap_or_else(|| repository.path()).to_owned();
        Ok(Self {
            program: Program::new(root.clone()),
            root,
            common_dir: repository.commondir().to_owned(),
            repository: Mutex::new(repository),
            remote: remote.to_owned(),
            clock: None,
        })
    }

    /// Lets a clock date the tags; without one git dates them, `GIT_COMMITTER_DATE` included.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    fn open(&self) -> Result<MutexGuard<'_, git2::Repository>> {
        self.repository
            .lock()
            .map_err(|_| Error::Internal("a thread failed while it held the repository".to_owned()))
    }
}

fn cannot_open(start: &Path, error: &git2::Error) -> Error {
    let place = start.display();
    match error.code() {
        git2::ErrorCode::NotFound => Error::usage(
            format!("{place} is in no git repository"),
            "run it inside a clone, or make one with `git init`",
        ),
        git2::ErrorCode::Owner => Error::usage(
            format!("the git repository at {place} belongs to somebody else"),
            "if you trust it, run `git config --global --add safe.directory` with its folder",
        ),
        _ => Error::usage(
            format!("the git repository at {place} cannot be opened: {}", error.message()),
            "check it with `git status`; repositories with SHA-256 objects, reftables or left-out objects are not read",
        ),
    }
}

#[async_trait]
impl Repository for GitRepository {
    fn root(&self) -> PathBuf {
        self.root.clone()
    }

    fn common_dir(&self) -> PathBuf {
        self.common_dir.clone()
    }

    fn condition(&self) -> Result<Condition> {
        read::condition(&*self.open()?, &self.program)
    }

    fn resolve(&self, revision: &str) -> Result<CommitId> {
        read::resolve(&*self.open()?, revision)
    }

    fn tags(&self) -> Result<Vec<Tag>> {
        self.tags_named(&|_| true)
    }

    fn tags_named(&self, keep: &dyn Fn(&str) -> bool) -> Result<Vec<Tag>> {
        read::tags(&*self.open()?, keep)
    }

    fn history(&self, to: &CommitId, scopes: &[Scope]) -> Result<Vec<Commit>> {
        walk::history(&*self.open()?, to, scopes)
    }

    fn first_reached(&self, from: &CommitId, lists: &[Vec<CommitId>]) -> Result<Vec<Option<usize>>> {
        walk::first_reached(&*self.open()?, from, lists)
    }

    fn reference(&self, name: &str) -> Result<Option<CommitId>> {
        read::reference(&*self.open()?, name)
    }

    fn default_branch(&self) -> Result<Option<String>> {
        read::default_branch(&*self.open()?, &self.remote)
    }

    fn file(&self, commit: &CommitId, path: &str) -> Result<Option<Vec<u8>>> {
        read::file(&*self.open()?, commit, path)
    }

    fn create_tag(&self, name: &str, commit: &CommitId, message: &str) -> Result<Created> {
        let now = self.clock.as_ref().map(|clock| clock.now());
        let tagger = write::tagger(&self.program, now)?;
        write::create_tag(&*self.open()?, name, commit, &tagger, message)
    }

    fn create_branch(&self, name: &str, commit: &CommitId) -> Result<Created> {
        write::create_branch(&*self.open()?, name, commit)
    }

    fn withdraw(&self, reference: &str, commit: &CommitId) -> Result<()> {
        write::withdraw(&*self.open()?, reference, commit)
    }

    fn has_remote(&self) -> bool {
        self.open().is_ok_and(|open| open.find_remote(&self.remote).is_ok())
    }

    async fn remote_reference(&self, name: &str) -> Result<Option<CommitId>> {
        remote::reference(&self.program, &self.remote, name).await
    }

    async fn fetch(&self) -> Result<Vec<Conflict>> {
        let Err(failed) = remote::fetch(&self.program, &self.remote, &[]).await else {
            return Ok(Vec::new());
        };
        let there = remote::tags(&self.program, &self.remote).await?;
        let differing = write::differing(&*self.open()?, &there)?;
        if differing.is_empty() {
            return Err(failed);
        }
        let kept: Vec<&str> = differing.iter().map(|conflict| conflict.name.as_str()).collect();
        remote::fetch(&self.program, &self.remote, &kept).await?;
        Ok(differing.into_iter().filter(|tag| tag.here != tag.there).collect())
    }

    async fn push(&self, reference: &str) -> Result<Created> {
        let Some(here) = self.reference(reference)? else {
            return Err(Error::Internal(format!("there is no `{reference}` here to push")));
        };
        remote::push(&self.program, &self.remote, reference, &here).await
    }

    fn user(&self) -> Option<String> {
        let open = self.open().ok()?;
        let name = open
            .config()
            .ok()?
            .snapshot()
            .ok()?
            .get_str("user.name")
            .ok()?
            .to_owned();
        (!name.trim().is_empty()).then_some(name)
    }
}
