//! The chain: how an event is bound to the one before it and to the state that it leaves behind.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::projection;
use crate::model::actor::Actor;
use crate::model::digest::Digest;
use crate::model::event::{EVENT_SCHEMA, Event, EventBody};
use crate::model::state::StreamState;
use crate::model::stream::Stream;

/// The end of the chain, as `head.json` holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The sequence number of the last event.
    pub sequence: u64,
    /// The digest of its file.
    pub event: Digest,
}

/// The state of a stream, as its file holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamFile {
    /// The stream.
    pub stream: Stream,
    /// The sequence number of its last event.
    pub sequence: u64,
    /// What its events left behind.
    pub state: StreamState,
}

/// An event with the files that it is written as.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The event.
    pub event: Event,
    /// The bytes of its file.
    pub event_file: Vec<u8>,
    /// The bytes of its stream's state file.
    pub stream_file: Vec<u8>,
    /// The new end of the chain.
    pub head: Head,
}

/// Links a new event to the chain.
///
/// # Errors
/// Never in practice: only when a value cannot be written as JSON.
pub fn link(
    head: Option<&Head>,
    before: Option<StreamFile>,
    body: EventBody,
    actor: &Actor,
    at: Timestamp,
) -> serde_json::Result<Link> {
    let stream = body.stream();
    let sequence = head.map_or(0, |head| head.sequence) + 1;
    let mut event = Event {
        schema: EVENT_SCHEMA.to_owned(),
        sequence,
        previous: head.map(|head| head.event.clone()),
        at,
        actor: actor.clone(),
        stream: stream.clone(),
        state: Digest::of(b""),
        body,
    };
    let stream_file = bytes(&advance(before, &event))?;
    event.state = Digest::of(&stream_file);
    let event_file = bytes(&event)?;
    let head = Head {
        sequence,
        event: Digest::of(&event_file),
    };
    Ok(Link {
        event,
        event_file,
        stream_file,
        head,
    })
}

/// The state file of a stream after one more event.
pub fn advance(before: Option<StreamFile>, event: &Event) -> StreamFile {
    let state = before.map_or_else(|| projection::initial(&event.stream), |before| before.state);
    StreamFile {
        stream: event.stream.clone(),
        sequence: event.sequence,
        state: projection::project(state, event),
    }
}

/// A value as the ledger writes it: indented JSON with a line end.
pub fn bytes<T: Serialize>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}
