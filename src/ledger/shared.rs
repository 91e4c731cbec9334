//! A ledger that a remote shares, and this clone's copy of what was read of it.
//!
//! The copy is a bare repository of its own inside the clone's git folder: of the remote's history it has the last
//! commit alone, and of that the files that somebody asked for (`git fetch --depth=1 --filter=blob:none`), so that
//! reading costs what is asked and not the history. Afterwards it is brought forward commit by commit. It remembers
//! the last commit that it has seen; a remote that does not lead on from there was rewritten.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use git2::{Oid, Repository};

use super::unwritten::Unwritten;
use crate::adapters::git::program::{Program, declined, failure};
use crate::error::{Error, Result};
use crate::model::digest::Digest;

/// The commit that was seen last.
pub const SEEN: &str = "refs/heads/seen";

/// The locks of the copy, and the age from which on one is of a process that was killed.
const LEFT: [&str; 3] = ["shallow.lock", "packed-refs.lock", "refs/heads/seen.lock"];
const LEFT_FOR: Duration = Duration::from_secs(60);

/// What a fetch must leave alone: tags, `FETCH_HEAD`, and the refs that the remote is set up to follow.
const FETCH: [&str; 6] = [
    "fetch",
    "--quiet",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-recurse-submodules",
    "--refmap=",
];

/// Remembers a commit. Where another process does the same at this moment, what it remembers is as good.
pub(super) fn remember(repository: &Repository, name: &str, commit: Oid) -> Result<()> {
    match repository.reference(name, commit, true, "tidegate: ledger") {
        Err(error) if error.code() != git2::ErrorCode::Locked => Err(error.into()),
        _ => Ok(()),
    }
}

/// Waits until no other process makes a copy or brings it forward, and keeps them waiting as long as the file is open.
fn hold(copy: &Path) -> Result<File> {
    let path = copy.with_extension("lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let locked = file.and_then(|file| file.lock().map(|()| file));
    locked.map_err(|error| Error::file("locking the ledger's copy", &path, &error))
}

/// How much of the remote's ledger is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The last commit, and what was asked for.
    Asked,
    /// Every commit with everything.
    Whole,
}

/// What a remote says about its branch.
enum Asked {
    There,
    Absent,
    Unanswered,
}

/// A branch of a remote, and the copy of it.
#[derive(Clone)]
pub struct Shared {
    /// git at work in the copy.
    git: Program,
    /// git at work in the clone.
    clone: Program,
    remote: String,
    branch: String,
    folder: PathBuf,
    extent: Extent,
}

impl Shared {
    /// The copy of a remote's branch inside the clone at `folder`, made where there is none.
    ///
    /// # Errors
    /// It cannot be made, or git's settings cannot be read.
    pub(super) fn open(git: &Program, clone: &Path, remote: &str, branch: &str, extent: Extent) -> Result<Self> {
        let mut settings = git.settings()?;
        let address = settings
            .iter()
            .find(|(name, _)| *name == format!("remote.{remote}.url"));
        let address = address.map_or(remote, |(_, address)| address);
        let name = Digest::of(format!("{address}\n{branch}").as_bytes());
        let ending = match extent {
            Extent::Asked => "git",
            Extent::Whole => "whole.git",
        };
        let folder = clone.join(format!("tidegate/ledgers/{}.{ending}", name.short()));
        if extent == Extent::Asked {
            settings.push((format!("remote.{remote}.promisor"), "true".to_owned()));
            settings.push((format!("remote.{remote}.partialclonefilter"), "blob:none".to_owned()));
        }
        // It is done before the command ends: whoever removes the clone finds nobody at work in it.
        settings.push(("gc.autoDetach".to_owned(), "false".to_owned()));
        if Repository::open_bare(&folder).is_err() {
            let made = std::fs::create_dir_all(&folder);
            made.map_err(|error| Error::file("making the ledger's copy", &folder, &error))?;
            let _lock = hold(&folder)?;
            // Another process may have made it meanwhile.
            if Repository::open_bare(&folder).is_err() {
                Repository::init_bare(&folder)?;
            }
        }
        Ok(Self {
            git: git.clone().beside(folder.clone(), settings),
            clone: git.clone(),
            remote: remote.to_owned(),
            branch: branch.to_owned(),
            folder,
            extent,
        })
    }

    /// The commit that was seen last.
    ///
    /// # Errors
    /// What is remembered cannot be read.
    pub fn seen(&self) -> Result<Option<Oid>> {
        match self.repository()?.refname_to_id(SEEN) {
            Ok(commit) => Ok(Some(commit)),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(self.damaged(error.message().to_owned())),
        }
    }

    /// Takes the copy away, with all that it remembers.
    pub async fn forget(&self) -> Result<()> {
        let _lock = self.lock().await?;
        let removed = std::fs::remove_dir_all(&self.folder);
        removed.map_err(|error| Error::file("removing the ledger's copy", &self.folder, &error))
    }

    /// Remembers a commit as the last that was seen.
    pub fn see(&self, commit: Oid) -> Result<()> {
        remember(&self.repository()?, SEEN, commit)
    }

    /// The last commit of the remote's branch, which is in the copy afterwards; nothing where there is no such branch.
    pub async fn fetch(&self) -> Result<Option<Oid>> {
        let lock = self.lock().await?;
        let mut arguments = FETCH.to_vec();
        match (self.extent, self.seen()?) {
            (Extent::Asked, None) => arguments.extend(["--depth=1", "--filter=blob:none"]),
            (Extent::Asked, Some(_)) => arguments.push("--no-filter"),
            (Extent::Whole, _) => {}
        }
        let id = crate::random::hex(8).map_err(|error| Error::Internal(error.to_string()))?;
        let refspec = format!("+refs/heads/{}:refs/tidegate/{id}/at", self.branch);
        arguments.extend([self.remote.as_str(), refspec.as_str()]);
        let mut output = self.git.run(&arguments).await?;
        if !output.status.success() {
            // git gives up where the branch is not there.
            match self.asked().await? {
                Asked::Absent => return Ok(None),
                Asked::Unanswered => return Err(failure("reading the ledger", &self.remote, &output)),
                // What the copy lacks cannot be had piece by piece from every server: once more, with all of it.
                Asked::There => arguments.insert(1, "--refetch"),
            }
            output = self.git.run(&arguments).await?;
        }
        if !output.status.success() {
            return Err(self.damaged(failure("reading the ledger", &self.remote, &output).to_string()));
        }
        let repository = self.repository()?;
        let tip = repository.refname_to_id(&format!("refs/tidegate/{id}/at")).ok();
        // What is kept must be reachable before the refs of this fetch go.
        if let (Some(tip), None) = (tip, self.seen()?) {
            self.see(tip)?;
        }
        for reference in repository.references_glob(&format!("refs/tidegate/{id}/*"))? {
            reference?.delete()?;
        }
        drop(lock);
        Ok(tip)
    }

    /// What the remote says about its branch, asked without the copy.
    async fn asked(&self) -> Result<Asked> {
        let reference = format!("refs/heads/{}", self.branch);
        let output = self.clone.run(&["ls-remote", &self.remote, &reference]).await?;
        Ok(match (output.status.success(), output.stdout.is_empty()) {
            (true, true) => Asked::Absent,
            (true, false) => Asked::There,
            (false, _) => Asked::Unanswered,
        })
    }

    /// The error for a copy that cannot be read or brought forward while the remote answers.
    fn damaged(&self, cause: String) -> Error {
        Error::Outside {
            operation: "bringing this clone's copy of the ledger forward",
            target: self.folder.display().to_string(),
            cause,
            retryable: true,
            help:
                "run the same command again; if it fails again, remove this folder, which is made anew from the remote"
                    .to_owned(),
        }
    }

    /// The copy.
    ///
    /// # Errors
    /// It is damaged.
    pub fn repository(&self) -> Result<Repository> {
        Repository::open_bare(&self.folder).map_err(|error| self.damaged(error.message().to_owned()))
    }

    /// Brings files that the copy was made without.
    pub async fn bring(&self, objects: &[Oid]) -> Result<()> {
        let Some((arguments, lines)) = self.lacking(objects)? else {
            return Ok(());
        };
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = self.git.run_with(&arguments, &lines).await?;
        if output.status.success() || self.refill().await? && self.lacking(objects)?.is_none() {
            return Ok(());
        }
        Err(failure("reading the ledger", &self.remote, &output))
    }

    /// Brings every commit that the copy has, and those since, with all of their files: from a server that gives no single
    /// ones (git-config(1), `uploadpack.allowAnySHA1InWant`). Whether that could be done.
    async fn refill(&self) -> Result<bool> {
        let _lock = self.lock().await?;
        let reference = format!("refs/heads/{}", self.branch);
        let mut arguments = FETCH.to_vec();
        arguments.extend(["--refetch", "--no-filter", &self.remote, &reference]);
        Ok(self.git.run(&arguments).await?.status.success())
    }

    /// Moves the remote's branch forward, never by force. The error is what git said; only a look at the remote tells
    /// whether the branch moved all the same.
    pub async fn push(&self, commit: Oid) -> std::result::Result<(), Unwritten> {
        let refspec = format!("{commit}:refs/heads/{}", self.branch);
        // A thin pack would be made against files that the copy does not have.
        let arguments = [
            "push",
            "--quiet",
            "--porcelain",
            "--no-verify",
            "--no-thin",
            &self.remote,
            &refspec,
        ];
        match self.git.run(&arguments).await {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(match declined(&output) {
                Some(words) => Unwritten::Declined(words),
                None => Unwritten::Failed(failure("writing the ledger", &self.remote, &output).to_string()),
            }),
            Err(error) => Err(Unwritten::Failed(error.to_string())),
        }
    }

    /// The call that brings objects, as git itself makes it where one is missing; nothing where all are here.
    fn lacking(&self, objects: &[Oid]) -> Result<Option<(Vec<String>, Vec<String>)>> {
        let repository = self.repository()?;
        let odb = repository.odb()?;
        let lines: Vec<String> = objects
            .iter()
            .filter(|object| !odb.exists(**object))
            .map(Oid::to_string)
            .collect();
        if lines.is_empty() {
            return Ok(None);
        }
        let negotiation = ["-c", "fetch.negotiationAlgorithm=noop"];
        let all = ["--filter=blob:none", self.remote.as_str(), "--stdin"];
        let arguments = negotiation.iter().chain(&FETCH).chain(&all);
        Ok(Some((
            arguments.map(|argument| (*argument).to_owned()).collect(),
            lines,
        )))
    }

    /// One fetch at a time: git gives up where another one is writing the boundary of the history.
    async fn lock(&self) -> Result<File> {
        let folder = self.folder.clone();
        let taken = tokio::task::spawn_blocking(move || hold(&folder));
        let lock = taken.await.map_err(|error| Error::Internal(error.to_string()))??;
        self.free();
        Ok(lock)
    }

    /// Takes away the locks that a killed git has left in the copy: a living one is through in less time.
    fn free(&self) {
        for name in LEFT {
            let path = self.folder.join(name);
            let changed = std::fs::metadata(&path).and_then(|found| found.modified());
            if changed.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LEFT_FOR)) {
                // Where it cannot be taken away, git says so itself.
                std::fs::remove_file(path).ok();
            }
        }
    }
}
