//! The repository behind the port: found once, then asked and written to.

mod branches;
mod complete;
mod default;
mod fetched;
mod moving;
mod picks;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use tokio::sync::OnceCell;

use super::credentials::Credentials;
use super::program::Program;
use super::{clone, commit, following, patch, read, remote, touched, unshared, walk, write};
use crate::error::{Error, Result};
use crate::model::commit::{Commit, Person, Scope, Tag, TagKind};
use crate::model::fact::BranchTip;
use crate::model::name::CommitId;
use crate::model::ownership::Ownership;
use crate::ports::clock::Clock;
use crate::ports::repository::{
    BranchFilter, Condition, Conflict, Created, DefaultTip, Moved, Pushed, Repository, Unshared, Update,
};

/// A git repository on this machine and the remote that it shares with others.
pub struct GitRepository {
    repository: Mutex<git2::Repository>,
    program: Program,
    root: PathBuf,
    common_dir: PathBuf,
    remote: String,
    without: Vec<String>,
    clock: Option<Arc<dyn Clock>>,
    /// What the first fetch found, where one is enough for all that ask.
    fetched: Option<OnceCell<Vec<Conflict>>>,
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
            without: Vec::new(),
            clock: None,
            fetched: None,
        })
    }

    /// Lets a clock date the tags; without one git dates them, `GIT_COMMITTER_DATE` included.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Fetches no branch of that name: the ledger, which is read on its own and piece by piece.
    #[must_use]
    pub fn without(mut self, branch: &str) -> Self {
        self.without.push(branch.to_owned());
        self
    }

    /// Gives git something to answer a server with that asks who it is.
    #[must_use]
    pub fn with_credentials(self, credentials: Option<Credentials>) -> Self {
        Self {
            program: self.program.with_credentials(credentials),
            ..self
        }
    }

    /// Where the remote is.
    pub fn remote_address(&self) -> Option<String> {
        let open = self.open().ok()?;
        let remote = open.find_remote(&self.remote).ok()?;
        remote.url().ok().map(str::to_owned)
    }

    /// The names of the remotes.
    ///
    /// # Errors
    /// The repository's configuration cannot be read.
    pub fn remotes(&self) -> Result<Vec<String>> {
        let listed = self.open()?.remotes()?;
        Ok(listed.iter().flatten().flatten().map(str::to_owned).collect())
    }

    fn person(&self) -> Result<git2::Signature<'static>> {
        write::tagger(&self.program, self.clock.as_ref().map(|clock| clock.now()))
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

    fn tag_message(&self, name: &str) -> Result<Option<String>> {
        read::tag_message(&*self.open()?, name)
    }

    fn history(&self, to: &CommitId, scopes: &[Scope]) -> Result<Vec<Commit>> {
        walk::history(&*self.open()?, to, scopes)
    }

    fn apart(&self, tips: &[CommitId]) -> Result<Vec<Commit>> {
        walk::apart(&*self.open()?, tips)
    }

    fn touching(&self, commits: &[CommitId], owner: &Ownership) -> Result<BTreeSet<CommitId>> {
        touched::touching(&*self.open()?, commits, owner)
    }

    fn first_reached(&self, from: &CommitId, lists: &[Vec<CommitId>]) -> Result<Vec<Option<usize>>> {
        walk::first_reached(&*self.open()?, from, lists)
    }

    fn reference(&self, name: &str) -> Result<Option<CommitId>> {
        read::reference(&*self.open()?, name)
    }

    fn branch(&self) -> Option<String> {
        read::branch(&*self.open().ok()?)
    }

    fn known_default_tip(&self) -> Result<Option<DefaultTip>> {
        self.fetched_default_tip()
    }

    async fn default_tip(&self) -> Result<Option<DefaultTip>> {
        self.find_default_tip().await
    }

    fn file(&self, commit: &CommitId, path: &str) -> Result<Option<Vec<u8>>> {
        read::file(&*self.open()?, &self.program, commit, path)
    }

    fn patch_ids(&self, commits: &[CommitId]) -> Result<BTreeMap<CommitId, String>> {
        patch::ids(&*self.open()?, commits)
    }

    fn create_tag(&self, name: &str, commit: &CommitId, message: &str, kind: TagKind) -> Result<Created> {
        let (marks, person) = (self.has_remote(), self.person()?);
        let open = self.open()?;
        if let Some(there) = write::present(&open, name, commit)? {
            return Ok(there);
        }
        let object = match kind {
            TagKind::Lightweight => commit.clone(),
            TagKind::Annotated => write::annotation(&open, name, commit, (&person, message))?,
            TagKind::Signed => {
                let failed = write::create_signed_tag(&open, &self.program, name, commit, (&person, message))?;
                return match (failed, write::present(&open, name, commit)?) {
                    (None, _) => {
                        let made = write::object(&open, name)?.filter(|_| marks);
                        made.map_or(Ok(()), |object| unshared::mark(&open, name, &object))?;
                        Ok(Created::New)
                    }
                    (Some(_), Some(there)) => Ok(there),
                    (Some(error), None) => Err(error),
                };
            }
        };
        if marks {
            unshared::mark(&open, name, &object)?;
        }
        let created = write::place_tag(&open, name, &object, commit);
        if marks && !matches!(created, Ok(Created::New)) {
            unshared::forget(&open, &format!("refs/tags/{name}"))?;
        }
        created
    }

    fn commit_files(&self, parent: &CommitId, files: &[(String, Vec<u8>)], message: &str) -> Result<CommitId> {
        let person = self.person()?;
        commit::write(&*self.open()?, parent, files, &person, message)
    }

    fn follow(&self, parent: &CommitId, commit: &CommitId) -> Result<bool> {
        let (has_tree, files) = {
            let open = self.open()?;
            (!open.is_bare(), commit::differing(&open, parent, commit)?)
        };
        let clean = has_tree && (files.is_empty() || commit::are_clean(&self.program, &files)?);
        if !clean {
            return Ok(false);
        }
        following::note(&*self.open()?, commit)?;
        let follows = commit::advance(&*self.open()?, parent, commit)?;
        if follows && !files.is_empty() {
            commit::follow(&self.program, &files)?;
        }
        following::forget(&*self.open()?)?;
        Ok(follows)
    }

    fn catch_up(&self) -> Result<()> {
        let Some((parent, commit, files)) = following::left(&*self.open()?)? else {
            return Ok(());
        };
        let at_it = self
            .open()?
            .head()
            .is_ok_and(|head| head.target() == read::oid(&commit).ok());
        if at_it && commit::are_as_in(&self.program, &parent, &files)? {
            commit::follow(&self.program, &files)?;
        }
        following::forget(&*self.open()?)
    }

    fn is_executable(&self, commit: &CommitId, path: &str) -> Result<bool> {
        commit::is_executable(&*self.open()?, commit, path)
    }

    async fn unshared(&self) -> Result<Vec<Unshared>> {
        let mut marked = unshared::marked(&*self.open()?)?;
        if marked.is_empty() {
            return Ok(marked);
        }
        let there = remote::tags(&self.program, &self.remote).await?;
        for tag in &mut marked {
            let found = there.iter().find(|there| there.name == tag.name);
            tag.there = found.map(|found| found.commit.clone());
        }
        Ok(marked)
    }

    fn settle_unshared(&self, tag: &Unshared, take_back: bool) -> Result<()> {
        let open = self.open()?;
        if take_back {
            unshared::take_back(&open, tag)?;
        }
        unshared::forget(&open, &format!("refs/tags/{}", tag.name))
    }

    fn paths(&self, commit: &CommitId) -> Result<Vec<String>> {
        read::paths(&*self.open()?, commit)
    }

    fn create_branch(&self, name: &str, commit: &CommitId) -> Result<Created> {
        write::create_branch(&*self.open()?, name, commit)
    }

    fn withdraw(&self, reference: &str, commit: &CommitId) -> Result<()> {
        let open = self.open()?;
        write::withdraw(&open, reference, commit)?;
        unshared::forget(&open, reference)
    }

    fn has_remote(&self) -> bool {
        self.open().is_ok_and(|open| open.find_remote(&self.remote).is_ok())
    }

    async fn remote_reference(&self, name: &str) -> Result<Option<CommitId>> {
        remote::reference(&self.program, &self.remote, name).await
    }

    async fn fetch(&self) -> Result<Vec<Conflict>> {
        self.fetch_all().await
    }

    async fn branches(&self, keep: &BranchFilter<'_>) -> Result<Vec<(String, CommitId)>> {
        self.find_branches(keep).await
    }

    async fn branches_with(&self, commit: &CommitId, keep: &BranchFilter<'_>) -> Result<Vec<BranchTip>> {
        self.find_branches_with(commit, keep).await
    }

    async fn complete(&self) -> Result<()> {
        self.complete_history().await
    }

    async fn complete_folders(&self, to: &CommitId, scopes: &[Scope]) -> Result<()> {
        let missing = {
            let open = self.open()?;
            if clone::filter(&open).is_none() {
                return Ok(());
            }
            clone::missing_folders(&open, to, scopes)?
        };
        if missing.is_empty() {
            return Ok(());
        }
        clone::fetch_folders(&self.program, &self.remote, &missing).await
    }

    async fn move_tag(&self, name: &str, commit: &CommitId, expected: Option<&CommitId>) -> Result<Moved> {
        self.move_tag_here_and_there(name, commit, expected).await
    }

    async fn push_together(&self, updates: &[Update]) -> Result<Pushed> {
        self.push_all(updates).await
    }

    fn advance_branch(&self, name: &str, from: &CommitId, to: &CommitId) -> Result<Moved> {
        self.advance_here(name, from, to)
    }

    async fn push(&self, reference: &str, commit: &CommitId) -> Result<Created> {
        let object = write::object_of(&*self.open()?, reference, commit)?;
        let Some(object) = object else {
            let here = self.reference(reference)?;
            return Ok(Created::Elsewhere(here.unwrap_or_else(|| commit.clone())));
        };
        let pushed = remote::push(&self.program, &self.remote, reference, &object, commit).await?;
        if matches!(pushed, Created::New | Created::Same) {
            unshared::forget(&*self.open()?, reference)?;
        }
        Ok(pushed)
    }

    fn authors(&self, commit: &CommitId) -> Result<Vec<Person>> {
        read::authors(&*self.open()?, commit)
    }

    fn user(&self) -> Option<String> {
        read::user(&*self.open().ok()?)
    }
}
