//! The ledger: events in, states out.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::event::{Event, EventBody};
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
}

/// The ledger at one moment.
pub trait View: Send + Sync {
    /// A component's versions, images and branches.
    fn component(&self, component: &ComponentName) -> Result<Read<ComponentState>>;

    /// A component in an environment.
    fn environment(&self, environment: &EnvironmentName, component: &ComponentName) -> Result<Read<EnvironmentState>>;

    /// The lock of an environment, or with none that of the ladder.
    fn lock(&self, environment: Option<&EnvironmentName>) -> Result<Read<LockState>>;

    /// The last events, newest first: of one stream, or of all.
    fn log(&self, stream: Option<&Stream>, limit: usize) -> Result<Vec<Event>>;

    /// Checks the whole ledger. Each finding says which event and what is wrong; none means that it holds.
    fn verify(&self) -> Result<Audit>;
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// How many events there are.
    pub events: u64,
    /// The digest of the last event's file.
    pub head: Option<crate::model::digest::Digest>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// One thing that is wrong with the ledger.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Finding {
    /// The event it is about, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// What was done to it: `changed`, `removed`, `reordered`, `added`, `state`.
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
    /// A state file is not what the events leave behind.
    State,
}
