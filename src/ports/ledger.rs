//! The ledger: events in, states out.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::anchor::Anchor;
use crate::model::digest::Digest;
use crate::model::event::{Event, EventBody};
use crate::model::freeze::BranchesState;
use crate::model::name::{ComponentName, EnvironmentName};
use crate::model::state::{ComponentState, EnvironmentState, LockState};
use crate::model::stream::Stream;

/// How far each stream was when it was read: the sequence number of its last event, 0 when it has none.
pub type Observed = BTreeMap<Stream, u64>;

/// What became of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Appended {
    /// It is written.
    Written(Box<Event>),
    /// A stream that the decision rests on has moved since it was read: decide again.
    Moved(Stream),
}

/// The ledger.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// The place, for people.
    fn source(&self) -> String;

    /// Takes one look at the shared ledger; everything read from it is of that moment.
    async fn open(&self) -> Result<Box<dyn View>>;

    /// The same as this process saw it last, its own events included, without asking the network again. Whatever
    /// others wrote since is noticed by the next `append`.
    async fn reopen(&self) -> Result<Box<dyn View>>;

    /// Writes an event, if none of the streams in `observed` has moved.
    async fn append(&self, body: EventBody, actor: &Actor, observed: &Observed) -> Result<Appended>;

    /// Every event, oldest first.
    async fn events(&self) -> Result<Vec<Event>>;

    /// Brings events back, from the first on, that the ledger has lost: the same events make the same commits.
    async fn restore(&self, events: &[Event]) -> Result<Restored>;

    /// What is left of the ledger in this clone, where its branch is gone.
    async fn remains(&self) -> Result<Remains>;

    /// Makes the branch anew, in one push: events as they were, and after them new ones, the first of which says what was
    /// lost. `false` when somebody else has made it meanwhile.
    async fn recover(&self, kept: &[Event], new: &[EventBody], actor: &Actor) -> Result<bool>;

    /// Takes this clone's memory of events away that the ledger says were lost. Whether it had one.
    async fn forget_lost(&self) -> Result<bool>;

    /// Checks the whole ledger, and that it holds each event that was noted outside of it. Each finding says which event
    /// and what is wrong; none means that it holds.
    async fn verify(&self, anchors: &[Anchored]) -> Result<Audit>;
}

/// What became of events that were to be brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restored {
    /// So many were missing and are written, in one go.
    Done(usize),
    /// The ledger goes on to this event, and what was to be brought back does not hold it.
    Other(u64),
    /// This event does not leave behind what it says: it, or one before it, was changed.
    Changed(u64),
}

/// What is left of a ledger.
#[derive(Clone, Debug, PartialEq)]
pub enum Remains {
    /// Its branch is there.
    There,
    /// Its branch is gone.
    Gone {
        /// Every event of a copy that has them from the first on, oldest first; none where no copy has.
        kept: Vec<Event>,
        /// The last events that this clone has seen.
        seen: Vec<Anchor>,
    },
}

/// The ledger at one moment.
#[async_trait]
pub trait View: Send + Sync {
    /// Says what will be read, so that it is fetched at once: these streams, or with none all of them. What was not said
    /// is read all the same, one by one.
    async fn prefetch(&self, streams: Option<&[Stream]>) -> Result<()>;

    /// The last event.
    fn head(&self) -> Result<Option<Anchor>>;

    /// Whether the ledger holds the event that was noted outside of it.
    fn holds(&self, anchor: &Anchor) -> Result<bool>;

    /// A component's versions, images and branches.
    fn component(&self, component: &ComponentName) -> Result<Read<ComponentState>>;

    /// A component in an environment.
    fn environment(&self, environment: &EnvironmentName, component: &ComponentName) -> Result<Read<EnvironmentState>>;

    /// The lock of an environment, or with none that of the ladder.
    fn lock(&self, environment: Option<&EnvironmentName>) -> Result<Read<LockState>>;

    /// The branches that are frozen.
    fn branches(&self) -> Result<Read<BranchesState>>;

    /// The last events, newest first: of one stream, or of all.
    fn log(&self, stream: Option<&Stream>, limit: usize) -> Result<Vec<Event>>;
}

/// An anchor with the place where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchored {
    /// The place, for people, such as `tag v1.4.0`.
    pub place: String,
    /// What it says.
    pub anchor: Anchor,
}

/// A state with the place up to which it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Read<T> {
    /// The stream.
    pub stream: Stream,
    /// The sequence number of its last event, 0 when it has none.
    pub sequence: u64,
    /// Its state.
    pub state: T,
}

/// What checking the whole ledger came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// How many events there are.
    pub events: u64,
    /// The digest of the last event's file.
    pub head: Option<Digest>,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What was noted outside of it about events that were lost, in words.
    pub lost: Vec<String>,
    /// The locks of the ladder, which tell of losses.
    pub ladder: LockState,
}

/// One thing that is wrong with the ledger.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Finding {
    /// The event it is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// What was done to it.
    pub kind: FindingKind,
    /// What is wrong, in words.
    pub message: String,
}

/// What was done to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// Its file holds something else than what was written.
    Changed,
    /// Its file is gone.
    Removed,
    /// It stands in another place.
    Reordered,
    /// A file is there that no event accounts for.
    Added,
    /// A state is not what the events leave behind.
    State,
    /// The branch does not lead on from what was seen of it before.
    Rewritten,
    /// It was lost and recovered, and nobody who may has said yet that it goes on.
    Recovered,
}
