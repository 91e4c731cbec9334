//! The ledger: an append-only, hash-chained branch of events, and the states that they leave behind.
//!
//! The tree of the branch holds `events/<thousands>/<sequence>.json`, one file an event; `streams/<stream>.json`, the
//! state of each stream; and `head.json`, the end of the chain. One commit adds one event and nothing else changes
//! but its stream's state and the head. Each event names the digest of the event before it and the digest of the
//! state that it leaves behind, so that a state can be trusted after reading it and one event.

pub mod audit;
pub mod chain;
pub mod projection;
pub mod store;
pub mod transport;
pub mod tree;
