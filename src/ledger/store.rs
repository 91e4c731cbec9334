//! The ledger in a git ref: shared through the remote where there is one, kept in the repository otherwise.
//! Writers race by compare-and-swap: a ref is only ever moved forward, and whoever loses looks again.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use git2::{Oid, Repository, Signature, Time};

use super::chain::{self, Head, Link, StreamFile};
use super::tree::{self, Files};
use super::{audit, projection, transport};
use crate::adapters::git::credentials::Credentials;
use crate::adapters::git::program::Program;
use crate::error::{Error, Result};
use crate::model::actor::Actor;
use crate::model::event::{Event, EventBody};
use crate::model::name::{ComponentName, EnvironmentName};
use crate::model::state::{ComponentState, EnvironmentState, LockState, StreamState};
use crate::model::stream::Stream;
use crate::ports::clock::Clock;
use crate::ports::ledger::{Appended, Audit, Ledger, Observed, Read, View};

/// How often a lost race is run again. Each round lets at least one writer through.
const ROUNDS: u32 = 60;

/// The ledger of one repository.
pub struct GitLedger {
    folder: PathBuf,
    git: Program,
    remote: Option<String>,
    branch: String,
    clock: Arc<dyn Clock>,
    known: Mutex<Option<Option<Oid>>>,
}

impl GitLedger {
    /// The ledger on `branch` of the repository at `folder`, shared through `remote` where one is given.
    pub fn new(folder: PathBuf, remote: Option<String>, branch: String, clock: Arc<dyn Clock>) -> Self {
        Self {
            git: Program::new(folder.clone()),
            folder,
            remote,
            branch,
            clock,
            known: Mutex::new(None),
        }
    }

    /// The same with something to answer the remote that asks who it is.
    #[must_use]
    pub fn with_credentials(self, credentials: Option<Credentials>) -> Self {
        Self {
            git: self.git.with_credentials(credentials),
            ..self
        }
    }

    fn repository(&self) -> Result<Repository> {
        Ok(Repository::open(&self.folder)?)
    }

    fn reference(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }

    fn tracking(&self, remote: &str) -> String {
        format!("refs/remotes/{remote}/{}", self.branch)
    }

    /// The last commit of the shared ledger, whose objects are here afterwards.
    async fn sync(&self) -> Result<Option<Oid>> {
        let head = match &self.remote {
            None => self.local(&self.reference())?,
            Some(remote) => self.fetch(remote).await?,
        };
        self.remember(head);
        Ok(head)
    }

    async fn fetch(&self, remote: &str) -> Result<Option<Oid>> {
        let reference = self.reference();
        let Some(commit) = transport::remote_reference(&self.git, remote, &reference).await? else {
            return Ok(None);
        };
        let oid = Oid::from_str(&commit)?;
        // The commit alone proves nothing: another process of this clone may be in the middle of fetching it.
        let whole = self.known() == Some(Some(oid)) || self.local(&self.tracking(remote))? == Some(oid);
        if !whole {
            transport::fetch_objects(&self.git, remote, &reference).await?;
        }
        self.track(remote, oid);
        Ok(Some(oid))
    }

    /// Keeps the ledger's objects reachable here, and says that all of them are here. Another process may be doing the same: then it is done.
    fn track(&self, remote: &str, oid: Oid) {
        if let Ok(repository) = Repository::open(&self.folder) {
            let _ = repository.reference(&self.tracking(remote), oid, true, "tidegate: ledger");
        }
    }

    fn local(&self, reference: &str) -> Result<Option<Oid>> {
        match self.repository()?.refname_to_id(reference) {
            Ok(oid) => Ok(Some(oid)),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn remember(&self, head: Option<Oid>) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(head);
    }

    fn known(&self) -> Option<Option<Oid>> {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn view(&self, commit: Option<Oid>) -> Result<Box<dyn View>> {
        Ok(Box::new(GitView {
            repository: Mutex::new(self.repository()?),
            commit,
        }))
    }

    /// The commit that adds an event after `base`, or the stream that has moved since it was read.
    fn write(&self, base: Option<Oid>, body: &EventBody, actor: &Actor, observed: &Observed) -> Result<Written> {
        let repository = self.repository()?;
        let files = Files::at(&repository, base)?;
        let head = files.head()?;
        for (stream, sequence) in observed {
            let present = files.stream(stream, head.as_ref())?.map_or(0, |file| file.sequence);
            if present != *sequence {
                return Ok(Written::Moved(stream.clone()));
            }
        }
        let before = files.stream(&body.stream(), head.as_ref())?;
        let link = chain::link(head.as_ref(), before, body.clone(), actor, self.clock.now())
            .map_err(|error| Error::Internal(error.to_string()))?;
        let commit = commit(&repository, base, &files, &link)?;
        Ok(Written::Commit(commit, Box::new(link.event)))
    }

    /// Moves the ledger from `base` to `commit`, if it is still at `base`.
    async fn publish(&self, base: Option<Oid>, commit: Oid) -> Result<(), String> {
        if let Some(remote) = &self.remote {
            let refspec = format!("{commit}:{}", self.reference());
            return transport::push_objects(&self.git, remote, &refspec).await;
        }
        let repository = self.repository().map_err(|error| error.to_string())?;
        let (name, log) = (self.reference(), "tidegate: ledger");
        let moved = match base {
            Some(base) => repository.reference_matching(&name, commit, true, base, log),
            None => repository.reference(&name, commit, false, log),
        };
        moved.map(|_| ()).map_err(|error| error.message().to_owned())
    }
}

enum Written {
    Commit(Oid, Box<Event>),
    Moved(Stream),
}

fn commit(repository: &Repository, base: Option<Oid>, files: &Files<'_>, link: &Link) -> Result<Oid> {
    let head = chain::bytes(&link.head).map_err(|error| Error::Internal(error.to_string()))?;
    let mut update = git2::build::TreeUpdateBuilder::new();
    let mut put = |path: String, bytes: &[u8]| -> Result<()> {
        update.upsert(path, repository.blob(bytes)?, git2::FileMode::Blob);
        Ok(())
    };
    put(tree::event_path(link.event.sequence), &link.event_file)?;
    put(tree::stream_path(&link.event.stream), &link.stream_file)?;
    put(tree::HEAD_PATH.to_owned(), &head)?;
    let empty;
    let baseline = match files.tree() {
        Some(tree) => tree,
        None => {
            empty = repository.find_tree(repository.treebuilder(None)?.write()?)?;
            &empty
        }
    };
    let tree = repository.find_tree(update.create_updated(repository, baseline)?)?;
    let name: String = link
        .event
        .actor
        .0
        .chars()
        .filter(|letter| !"<>\n\0".contains(*letter))
        .collect();
    let name = if name.trim().is_empty() {
        "tidegate"
    } else {
        name.trim()
    };
    let time = Time::new(link.event.at.as_second(), 0);
    let signature = Signature::new(name, "ledger@tidegate.invalid", &time)?;
    let message = format!(
        "{} {} {}\n",
        link.event.sequence,
        link.event.body.kind(),
        link.event.stream
    );
    let parent = base.map(|base| repository.find_commit(base)).transpose()?;
    let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
    Ok(repository.commit(None, &signature, &signature, &message, &tree, &parents)?)
}

#[async_trait]
impl Ledger for GitLedger {
    fn source(&self) -> String {
        match &self.remote {
            Some(remote) => format!("ledger {remote}/{}", self.branch),
            None => format!("ledger {}", self.branch),
        }
    }

    async fn open(&self) -> Result<Box<dyn View>> {
        let commit = self.sync().await?;
        self.view(commit)
    }

    async fn reopen(&self) -> Result<Box<dyn View>> {
        match self.known() {
            Some(commit) => self.view(commit),
            None => self.open().await,
        }
    }

    async fn append(&self, body: EventBody, actor: &Actor, observed: &Observed) -> Result<Appended> {
        let mut cause = String::new();
        let mut base = match self.known() {
            Some(base) => base,
            None => self.sync().await?,
        };
        for round in 0..ROUNDS {
            let (commit, event) = match self.write(base, &body, actor, observed)? {
                Written::Moved(stream) => return Ok(Appended::Moved(stream)),
                Written::Commit(commit, event) => (commit, event),
            };
            match self.publish(base, commit).await {
                Ok(()) => {
                    self.remember(Some(commit));
                    if let Some(remote) = &self.remote {
                        self.track(remote, commit);
                    }
                    return Ok(Appended::Written(event));
                }
                Err(said) => cause = said,
            }
            let present = self.sync().await?;
            if present == Some(commit) {
                return Ok(Appended::Written(event));
            }
            if present == base && self.remote.is_some() && round >= 5 {
                break;
            }
            base = present;
            let longest = 20 * u64::from(round + 1).min(25);
            tokio::time::sleep(Duration::from_millis(5 + crate::random::below(longest))).await;
        }
        Err(Error::outside("writing the ledger", self.source(), cause))
    }
}

/// The ledger at one commit.
struct GitView {
    repository: Mutex<Repository>,
    commit: Option<Oid>,
}

impl GitView {
    fn files<T>(&self, read: impl FnOnce(&Files<'_>, &Repository) -> Result<T>) -> Result<T> {
        let repository = self.repository.lock().unwrap_or_else(PoisonError::into_inner);
        let files = Files::at(&repository, self.commit)?;
        read(&files, &repository)
    }

    fn stream(&self, stream: Stream) -> Result<(Stream, u64, StreamState)> {
        let file = self.files(|files, _| {
            let head = files.head()?;
            files.stream(&stream, head.as_ref())
        })?;
        let (sequence, state) = match file {
            Some(StreamFile { sequence, state, .. }) => (sequence, state),
            None => (0, projection::initial(&stream)),
        };
        Ok((stream, sequence, state))
    }
}

fn wrong_kind<T>(stream: &Stream) -> Result<T> {
    Err(Error::LedgerBroken {
        finding: format!("the state of {stream} is of another kind"),
    })
}

impl View for GitView {
    fn component(&self, component: &ComponentName) -> Result<Read<ComponentState>> {
        let (stream, sequence, state) = self.stream(Stream::Component(component.clone()))?;
        let StreamState::Component(state) = state else {
            return wrong_kind(&stream);
        };
        Ok(Read {
            stream,
            sequence,
            state,
        })
    }

    fn environment(&self, environment: &EnvironmentName, component: &ComponentName) -> Result<Read<EnvironmentState>> {
        let (stream, sequence, state) = self.stream(Stream::Environment(environment.clone(), component.clone()))?;
        let StreamState::Environment(state) = state else {
            return wrong_kind(&stream);
        };
        Ok(Read {
            stream,
            sequence,
            state: *state,
        })
    }

    fn lock(&self, environment: Option<&EnvironmentName>) -> Result<Read<LockState>> {
        let (stream, sequence, state) = self.stream(environment.cloned().map_or(Stream::Ladder, Stream::Lock))?;
        let StreamState::Lock(state) = state else {
            return wrong_kind(&stream);
        };
        Ok(Read {
            stream,
            sequence,
            state,
        })
    }

    fn log(&self, stream: Option<&Stream>, limit: usize) -> Result<Vec<Event>> {
        self.files(|files, _| {
            let mut events = Vec::new();
            let mut sequence = files.head()?.map_or(0, |Head { sequence, .. }| sequence);
            while sequence > 0 && events.len() < limit {
                let Some((event, _)) = files.event(sequence)? else {
                    return Err(Error::LedgerBroken {
                        finding: format!("event {sequence} was removed"),
                    });
                };
                if stream.is_none_or(|stream| event.stream == *stream) {
                    events.push(event);
                }
                sequence -= 1;
            }
            Ok(events)
        })
    }

    fn verify(&self) -> Result<Audit> {
        self.files(|files, repository| audit::audit(files, repository, self.commit))
    }
}
