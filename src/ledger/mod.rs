//! The ledger: an append-only, hash-chained branch of events, and the states that they leave behind.
//!
//! One commit is one event. Its tree holds the last event, `event.json`, and the book: `book/streams/`, the state of each
//! stream, and `book/chain/`, the digest and the object of every event before the last. An event names the digest of
//! the event before it and the tree of the book that it leaves behind, so that a state can be trusted after reading it
//! and the last event.

pub mod anchors;
pub mod audit;
pub mod chain;
mod place;
pub mod projection;
mod recover;
pub mod restore;
pub mod shared;
pub mod store;
pub mod tree;
mod unwritten;
mod view;
pub mod write;
