//! The ledger at one commit, as commands read it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use async_trait::async_trait;
use git2::{Oid, Repository};

use super::chain::StreamFile;
use super::place::Place;
use super::tree::{self, Files, Tip, Wanted};
use super::{anchors, projection};
use crate::error::Result;
use crate::model::anchor::Anchor;
use crate::model::event::Event;
use crate::model::freeze::BranchesState;
use crate::model::name::{ComponentName, EnvironmentName};
use crate::model::state::{ComponentState, EnvironmentState, LockState, StreamState};
use crate::model::stream::Stream;
use crate::ports::ledger::{Read, View};

/// How many events are read at once.
const BATCH: usize = 1024;

/// The ledger at one commit.
pub(super) struct GitView {
    place: Place,
    repository: Mutex<Repository>,
    commit: Option<Oid>,
    /// The last event, once it was read and its book is known to be what it names.
    tip: OnceLock<Tip>,
    /// What was read.
    states: Mutex<HashMap<Stream, Option<StreamFile>>>,
    /// The objects of all states, where every one of them is here.
    every: OnceLock<HashMap<String, Oid>>,
}

impl GitView {
    pub(super) fn new(place: Place, commit: Option<Oid>) -> Result<Self> {
        Ok(Self {
            repository: Mutex::new(place.repository()?),
            place,
            commit,
            tip: OnceLock::new(),
            states: Mutex::default(),
            every: OnceLock::new(),
        })
    }

    fn repository(&self) -> MutexGuard<'_, Repository> {
        self.repository.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wanted(&self, wanted: Wanted<'_>) -> Result<Vec<Oid>> {
        match self.commit {
            Some(commit) => tree::objects(&self.repository(), commit, wanted),
            None => Ok(Vec::new()),
        }
    }

    /// Reads what is here.
    fn here<T>(&self, read: impl FnOnce(&Files<'_>) -> Result<T>) -> Result<T> {
        let repository = self.repository();
        let files = match self.tip.get() {
            Some(tip) => Files::after(&repository, tip.clone())?,
            None => Files::at(&repository, self.commit)?,
        };
        if let Some(tip) = files.tip() {
            self.tip.get_or_init(|| tip.clone());
        }
        read(&files)
    }

    /// Reads these streams, or what the last event tells, after bringing them here.
    fn files<T>(&self, streams: &[Stream], read: impl FnOnce(&Files<'_>) -> Result<T>) -> Result<T> {
        if self.tip.get().is_none() || !streams.is_empty() {
            let wanted = self.wanted(Wanted::Streams(streams))?;
            self.place.bring_here(&wanted)?;
        }
        self.here(read)
    }

    fn states(&self) -> MutexGuard<'_, HashMap<Stream, Option<StreamFile>>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, stream: &Stream) -> Result<Option<StreamFile>> {
        if let Some(file) = self.states().get(stream) {
            return Ok(file.clone());
        }
        let file = match self.every.get() {
            Some(every) => {
                let blob = every.get(&tree::stream_path(stream)).copied();
                self.here(|files| files.stream_in(stream, blob))
            }
            None => self.files(std::slice::from_ref(stream), |files| files.stream(stream)),
        }?;
        self.states().insert(stream.clone(), file.clone());
        Ok(file)
    }

    fn stream(&self, stream: Stream) -> Result<(Stream, u64, StreamState)> {
        let (sequence, state) = match self.file(&stream)? {
            Some(StreamFile { sequence, state, .. }) => (sequence, state),
            None => (0, projection::initial(&stream)),
        };
        Ok((stream, sequence, state))
    }

    /// The events of these numbers, in that order, after bringing all of them here.
    fn events(&self, sequences: &[u64]) -> Result<Vec<Event>> {
        let Some(commit) = self.commit else {
            return Ok(Vec::new());
        };
        let pages = {
            let repository = self.repository();
            let mut pages = Vec::new();
            for sequence in sequences {
                pages.extend(tree::page(&repository, commit, *sequence)?);
            }
            pages.dedup();
            pages
        };
        self.place.bring_here(&pages)?;
        let blobs = self.files(&[], |files| {
            let entry = |sequence: &u64| Ok(files.entry(*sequence)?.map(|entry| entry.blob));
            let entries: Result<Vec<Option<Oid>>> = sequences.iter().map(entry).collect();
            Ok(entries?.into_iter().flatten().collect::<Vec<Oid>>())
        })?;
        self.place.bring_here(&blobs)?;
        self.files(&[], |files| {
            let event = |sequence: &u64| {
                let missing = || tree::broken(format!("event {sequence} was removed"));
                files.event(*sequence)?.ok_or_else(missing)
            };
            sequences.iter().map(event).collect()
        })
    }

    /// The numbers of the events up to one, newest first, without those that were lost.
    fn numbers(&self, last: u64) -> Result<impl Iterator<Item = u64>> {
        let ladder = self.lock(None)?.state;
        let before = move |number: &u64| {
            let next = number - 1;
            let lost = ladder.loss_of(next).and_then(|lock| lock.loss.as_ref());
            Some(lost.map_or(next, |loss| loss.after)).filter(|next| *next > 0)
        };
        Ok(std::iter::successors(Some(last).filter(|last| *last > 0), before))
    }

    fn of_stream(&self, stream: &Stream, limit: usize) -> Result<Vec<Event>> {
        let Some(file) = self.file(stream)? else {
            return Ok(Vec::new());
        };
        let named: Vec<u64> = file.recent.iter().copied().take(limit).collect();
        let mut events = self.events(&named)?;
        // Older ones are not named: they are looked for.
        let oldest = file.recent.last().map_or(0, |oldest| oldest.saturating_sub(1));
        let mut numbers = self.numbers(oldest)?;
        while events.len() < limit {
            let batch: Vec<u64> = numbers.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            let found = self.events(&batch)?.into_iter().filter(|event| event.stream == *stream);
            events.extend(found);
        }
        events.truncate(limit);
        Ok(events)
    }
}

fn wrong_kind<T>(stream: &Stream) -> Result<T> {
    Err(tree::broken(format!("the state of {stream} is of another kind")))
}

#[async_trait]
impl View for GitView {
    async fn prefetch(&self, streams: Option<&[Stream]>) -> Result<()> {
        let wanted = self.wanted(streams.map_or(Wanted::EveryStream, Wanted::Streams))?;
        self.place.bring(&wanted).await?;
        let Some(streams) = streams else {
            let objects = self.here(|files| files.objects())?;
            self.every.get_or_init(|| objects);
            return Ok(());
        };
        self.here(|files| {
            for stream in streams {
                self.states().insert(stream.clone(), files.stream(stream)?);
            }
            Ok(())
        })
    }

    fn head(&self) -> Result<Option<Anchor>> {
        self.files(&[], |files| {
            Ok(files.tip().map(|tip| Anchor {
                sequence: tip.event.sequence,
                event: tip.digest.clone(),
            }))
        })
    }

    fn holds(&self, anchor: &Anchor) -> Result<bool> {
        if let Some(commit) = self.commit {
            let page = tree::page(&self.repository(), commit, anchor.sequence)?;
            self.place.bring_here(page.as_slice())?;
        }
        self.files(&[], |files| anchors::holds(files, anchor))
    }

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

    fn branches(&self) -> Result<Read<BranchesState>> {
        let (stream, sequence, state) = self.stream(Stream::Branches)?;
        let StreamState::Branches(state) = state else {
            return wrong_kind(&stream);
        };
        Ok(Read {
            stream,
            sequence,
            state,
        })
    }

    fn log(&self, stream: Option<&Stream>, limit: usize) -> Result<Vec<Event>> {
        if let Some(stream) = stream {
            return self.of_stream(stream, limit);
        }
        let mut numbers = self.numbers(self.files(&[], |files| Ok(files.last()))?)?;
        let mut events = Vec::new();
        while events.len() < limit {
            let batch: Vec<u64> = numbers.by_ref().take(BATCH.min(limit - events.len())).collect();
            if batch.is_empty() {
                break;
            }
            events.extend(self.events(&batch)?);
        }
        Ok(events)
    }
}
