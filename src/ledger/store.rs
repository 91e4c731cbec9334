//! The ledger in a git ref: shared through the remote where there is one, kept in the repository otherwise.
//! Writers race by compare-and-swap: a ref is only ever moved forward, and whoever loses looks again.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use git2::{Oid, Repository};

use super::chain::Draft;
use super::place::Place;
use super::shared::{Extent, Shared};
use super::tree::{self, Files, Wanted};
use super::unwritten::Unwritten;
use super::view::GitView;
use super::write::add;
use super::{anchors, audit, recover, restore, shared};
use crate::adapters::git::credentials::Credentials;
use crate::adapters::git::program::Program;
use crate::error::{Error, Result};
use crate::model::actor::Actor;
use crate::model::event::{Event, EventBody};
use crate::model::stream::Stream;
use crate::ports::clock::Clock;
use crate::ports::ledger::{Anchored, Appended, Audit, Ledger, Observed, Remains, Restored, View};

/// How often a lost race is run again. Each round lets at least one writer through.
const ROUNDS: u32 = 60;

/// The ledger of one repository.
pub struct GitLedger {
    folder: PathBuf,
    git: Program,
    remote: Option<String>,
    branch: String,
    pub(super) clock: Arc<dyn Clock>,
    known: Mutex<Option<Option<Oid>>>,
    /// Whether a look was taken that nobody has asked for yet.
    looked: AtomicBool,
    /// Whether one look is enough for all that ask.
    once: bool,
    /// The copy of what was asked for, once it was opened.
    asked: OnceLock<Shared>,
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
            looked: AtomicBool::new(false),
            once: false,
            asked: OnceLock::new(),
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

    /// The same for somebody who changes nothing: the remote is asked once.
    #[must_use]
    pub fn asked_once(self, once: bool) -> Self {
        Self { once, ..self }
    }

    /// Takes the look that the next `open` gives, beside what else has to be asked before it. One that fails is taken again
    /// there, and tells.
    pub async fn look(&self) {
        let looked = async { self.sync(&self.place(Extent::Asked)?).await };
        self.looked.store(looked.await.is_ok(), Ordering::Relaxed);
    }

    pub(super) fn place(&self, extent: Extent) -> Result<Place> {
        let Some(remote) = &self.remote else {
            return Ok(Place::Here(self.folder.clone()));
        };
        let known = self.asked.get().filter(|_| extent == Extent::Asked);
        if let Some(shared) = known {
            return Ok(Place::Shared(Box::new(shared.clone())));
        }
        let clone = Repository::open(&self.folder)?.commondir().to_owned();
        let shared = Shared::open(&self.git, &clone, remote, &self.branch, extent)?;
        if extent == Extent::Asked {
            self.asked.get_or_init(|| shared.clone());
        }
        Ok(Place::Shared(Box::new(shared)))
    }

    fn reference(&self) -> String {
        format!("refs/heads/{}", self.branch)
    }

    /// The commit of the repository's own ledger that was seen last.
    pub(super) fn own_seen(&self) -> String {
        format!("refs/tidegate/seen/{}", self.branch)
    }

    /// The last commit of the ledger, whose objects are here afterwards, and which leads on from what was seen before.
    async fn sync(&self, place: &Place) -> Result<Option<Oid>> {
        let (seen, head) = (self.seen(place)?, self.present(place).await?);
        if let (Some(seen), Some(head)) = (seen, head)
            && seen != head
        {
            self.bring_steps(place, seen, head).await?;
        }
        self.lead_on(place, seen, head)?;
        self.remember(place, head)?;
        Ok(head)
    }

    /// The last commit of the ledger as it is, whose objects are here afterwards.
    pub(super) async fn present(&self, place: &Place) -> Result<Option<Oid>> {
        match place {
            Place::Here(_) => Ok(place.repository()?.refname_to_id(&self.reference()).ok()),
            Place::Shared(shared) => shared.fetch().await,
        }
    }

    pub(super) fn seen(&self, place: &Place) -> Result<Option<Oid>> {
        match place {
            Place::Here(_) => Ok(place.repository()?.refname_to_id(&self.own_seen()).ok()),
            Place::Shared(shared) => shared.seen(),
        }
    }

    /// Sees to it that all that the steps from one commit to a later one are checked by is here. Of the first, a copy
    /// has the files alone that somebody asked for, and none yet while the one who fetched it is still at work.
    async fn bring_steps(&self, place: &Place, from: Oid, to: Oid) -> Result<()> {
        let events = audit::events(&place.repository()?, from, to)?;
        place.bring(&events).await?;
        let before = {
            let repository = place.repository()?;
            let streams = audit::streams(&repository, from, to)?;
            tree::objects(&repository, from, Wanted::Streams(&streams))?
        };
        place.bring(&before).await
    }

    fn lead_on(&self, place: &Place, seen: Option<Oid>, head: Option<Oid>) -> Result<()> {
        let finding = match (seen, head) {
            (Some(seen), Some(head)) => {
                let findings = audit::between(&place.repository()?, Some(seen), head)?;
                findings.into_iter().next().map(|finding| finding.message)
            }
            (Some(_), None) => Some(format!("its branch {} is gone, and was seen here before", self.branch)),
            (None, _) => None,
        };
        match finding {
            Some(finding) => Err(tree::broken(finding)),
            None => Ok(()),
        }
    }

    fn remember(&self, place: &Place, head: Option<Oid>) -> Result<()> {
        {
            // Others of this process may have come further meanwhile: nobody goes back.
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if let (Some(Some(known)), Some(head)) = (*known, head)
                && known != head
                && leads_to(&place.repository()?, known, head)
            {
                return Ok(());
            }
            *known = Some(head);
        }
        let Some(head) = head else { return Ok(()) };
        match place {
            Place::Here(_) => shared::remember(&place.repository()?, &self.own_seen(), head),
            Place::Shared(shared) => shared.see(head),
        }
    }

    fn known(&self) -> Option<Option<Oid>> {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The commit that adds an event after `base`, or the stream that has moved since it was read.
    fn write(
        &self,
        place: &Place,
        base: Option<Oid>,
        body: &EventBody,
        actor: &Actor,
        observed: &Observed,
    ) -> Result<Written> {
        let repository = place.repository()?;
        let files = Files::at(&repository, base)?;
        for (stream, sequence) in observed {
            let present = files.stream(stream)?.map_or(0, |file| file.sequence);
            if present != *sequence {
                return Ok(Written::Moved(stream.clone()));
            }
        }
        let draft = Draft {
            sequence: files.last() + 1,
            previous: files.tip().map(|tip| tip.digest.clone()),
            at: self.clock.now(),
            actor: actor.clone(),
            body: body.clone(),
        };
        let (commit, event) = add(&repository, base, &files, draft)?;
        Ok(Written::Commit(commit, Box::new(event)))
    }

    /// Moves the ledger from `base` to `commit`, if it is still at `base`.
    pub(super) async fn publish(&self, place: &Place, base: Option<Oid>, commit: Oid) -> Result<(), Unwritten> {
        if let Place::Shared(shared) = place {
            return shared.push(commit).await;
        }
        let repository = place
            .repository()
            .map_err(|error| Unwritten::Failed(error.to_string()))?;
        let (name, log) = (self.reference(), "tidegate: ledger");
        let moved = match base {
            Some(base) => repository.reference_matching(&name, commit, true, base, log),
            None => repository.reference(&name, commit, false, log),
        };
        moved
            .map(|_| ())
            .map_err(|error| Unwritten::Failed(error.message().to_owned()))
    }
}

/// Whether a commit is among those that came after `base`.
fn came_through(repository: &Repository, commit: Oid, base: Option<Oid>, present: Option<Oid>) -> bool {
    let mut next = present;
    while let Some(oid) = next.filter(|oid| Some(*oid) != base) {
        if oid == commit {
            return true;
        }
        // The history of a copy has a boundary, behind which nothing is.
        next = repository.find_commit(oid).and_then(|found| found.parent_id(0)).ok();
    }
    false
}

/// Whether a commit has another one among those before it.
fn leads_to(repository: &Repository, from: Oid, to: Oid) -> bool {
    let parent = |oid: &Oid| repository.find_commit(*oid).and_then(|commit| commit.parent_id(0)).ok();
    std::iter::successors(Some(from), parent).any(|oid| oid == to)
}

enum Written {
    Commit(Oid, Box<Event>),
    Moved(Stream),
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
        if self.looked.swap(self.once, Ordering::Relaxed) && self.known().is_some() {
            return self.reopen().await;
        }
        let place = self.place(Extent::Asked)?;
        let commit = self.sync(&place).await?;
        Ok(Box::new(GitView::new(place, commit)?))
    }

    async fn reopen(&self) -> Result<Box<dyn View>> {
        match self.known() {
            Some(commit) => Ok(Box::new(GitView::new(self.place(Extent::Asked)?, commit)?)),
            None => self.open().await,
        }
    }

    async fn append(&self, body: EventBody, actor: &Actor, observed: &Observed) -> Result<Appended> {
        let place = self.place(Extent::Asked)?;
        let mut streams: Vec<Stream> = observed.keys().cloned().collect();
        streams.push(body.stream());
        let mut cause = Unwritten::Failed(String::new());
        let mut base = match self.known() {
            Some(base) => base,
            None => self.sync(&place).await?,
        };
        for round in 0..ROUNDS {
            if let Some(base) = base {
                let wanted = tree::objects(&place.repository()?, base, Wanted::Streams(&streams))?;
                place.bring(&wanted).await?;
            }
            let (commit, event) = match self.write(&place, base, &body, actor, observed)? {
                Written::Moved(stream) => return Ok(Appended::Moved(stream)),
                Written::Commit(commit, event) => (commit, event),
            };
            match self.publish(&place, base, commit).await {
                Ok(()) => {
                    self.remember(&place, Some(commit))?;
                    return Ok(Appended::Written(event));
                }
                Err(said) => cause = said,
            }
            let present = self.sync(&place).await?;
            // The push came through, though its answer did not; others may have written on top of it since.
            if came_through(&place.repository()?, commit, base, present) {
                return Ok(Appended::Written(event));
            }
            if present == base && self.remote.is_some() && round >= 5 {
                return Err(cause.error(&self.source()));
            }
            base = present;
            let longest = 20 * u64::from(round + 1).min(25);
            tokio::time::sleep(Duration::from_millis(5 + crate::random::below(longest))).await;
        }
        Err(Error::outside("writing the ledger", self.source(), cause))
    }

    async fn events(&self) -> Result<Vec<Event>> {
        let place = self.place(Extent::Whole)?;
        let head = self.present(&place).await?;
        let view = GitView::new(place, head)?;
        let mut events = view.log(None, usize::MAX)?;
        events.reverse();
        Ok(events)
    }

    async fn restore(&self, events: &[Event]) -> Result<Restored> {
        // From a copy whose history has a boundary, a server takes no branch that goes back beyond that.
        let place = self.place(Extent::Whole)?;
        let base = self.present(&place).await?;
        let (commit, restored) = match restore::rebuild(place.repository()?, base, events)? {
            Ok(rebuilt) => rebuilt,
            Err(restored) => return Ok(restored),
        };
        if let Some(commit) = commit.filter(|_| restored > 0) {
            let published = self.publish(&place, base, commit).await;
            published.map_err(|cause| cause.error(&self.source()))?;
            self.remember(&place, Some(commit))?;
        }
        Ok(Restored::Done(restored))
    }

    async fn remains(&self) -> Result<Remains> {
        recover::remains(self).await
    }

    async fn recover(&self, kept: &[Event], new: &[EventBody], actor: &Actor) -> Result<bool> {
        recover::recover(self, kept, new, actor).await
    }

    async fn forget_lost(&self) -> Result<bool> {
        recover::forget_lost(self).await
    }

    async fn verify(&self, anchors: &[Anchored]) -> Result<Audit> {
        let asked = self.place(Extent::Asked)?;
        let place = self.place(Extent::Whole)?;
        let (seen, head) = (self.seen(&asked)?, self.present(&place).await?);
        let repository = place.repository()?;
        let mut audit = audit::whole(&repository, head)?;
        let mut anchors = anchors.to_vec();
        if let Some(seen) = seen
            && let Some(anchor) = anchors::seen(&asked.repository()?, seen)?
        {
            let place = "this clone".to_owned();
            anchors.insert(0, Anchored { place, anchor });
        }
        anchors::check(&repository, head, &anchors, &mut audit)?;
        if let (Place::Shared(whole), Some(head)) = (&place, head) {
            whole.see(head)?;
        }
        Ok(audit)
    }
}
