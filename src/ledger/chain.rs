//! The chain: how an event is bound to the one before it, and what it leaves behind.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::projection;
use crate::model::actor::Actor;
use crate::model::digest::Digest;
use crate::model::event::{EVENT_SCHEMA, Event, EventBody};
use crate::model::name::TreeId;
use crate::model::state::StreamState;
use crate::model::stream::Stream;

/// How many of its events a stream names by number.
const RECENT: usize = 50;

/// The state of a stream, as its file holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamFile {
    /// The stream.
    pub stream: Stream,
    /// The sequence number of its last event.
    pub sequence: u64,
    /// The sequence numbers of its events, newest first, fifty at most.
    pub recent: Vec<u64>,
    /// What its events left behind.
    pub state: StreamState,
}

/// What is new: an event without its book.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Its place in the ledger.
    pub sequence: u64,
    /// The digest of the event before.
    pub previous: Option<Digest>,
    /// When it was written.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What happened.
    pub body: EventBody,
}

impl Draft {
    /// The event, once its book is known.
    pub fn event(self, book: TreeId) -> Event {
        Event {
            schema: EVENT_SCHEMA.to_owned(),
            sequence: self.sequence,
            previous: self.previous,
            at: self.at,
            actor: self.actor,
            stream: self.body.stream(),
            book,
            body: self.body,
        }
    }
}

impl From<&Event> for Draft {
    fn from(event: &Event) -> Self {
        Self {
            sequence: event.sequence,
            previous: event.previous.clone(),
            at: event.at,
            actor: event.actor.clone(),
            body: event.body.clone(),
        }
    }
}

/// The state file of a stream after one more event.
pub fn advance(before: Option<StreamFile>, draft: &Draft) -> StreamFile {
    let stream = draft.body.stream();
    let (mut recent, state) = match before {
        Some(before) => (before.recent, before.state),
        None => (Vec::new(), projection::initial(&stream)),
    };
    recent.insert(0, draft.sequence);
    recent.truncate(RECENT);
    StreamFile {
        state: projection::project(state, draft),
        stream,
        sequence: draft.sequence,
        recent,
    }
}

/// A value as the ledger writes it: indented JSON with a line end.
///
/// # Errors
/// Never in practice: only when a value cannot be written as JSON.
pub fn bytes<T: Serialize>(value: &T) -> crate::error::Result<Vec<u8>> {
    let mut bytes =
        serde_json::to_vec_pretty(value).map_err(|error| crate::error::Error::Internal(error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}
