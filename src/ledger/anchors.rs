//! Anchors: what is known outside of the ledger about the events that it must hold.

use git2::{Oid, Repository};

use super::tree::{self, Files};
use crate::error::{Error, Result};
use crate::model::anchor::Anchor;
use crate::model::state::{Lock, LockState, StreamState};
use crate::model::stream::Stream;
use crate::ports::ledger::{Anchored, Audit, Finding, FindingKind};

/// Checks that the ledger at `head` holds every event that an anchor names, or says that it was lost.
pub fn check(repository: &Repository, head: Option<Oid>, anchors: &[Anchored], audit: &mut Audit) -> Result<()> {
    let files = match Files::at(repository, head) {
        // A book that does not hold is found by the audit.
        Err(Error::LedgerBroken { .. }) => return Ok(()),
        other => other?,
    };
    audit.ladder = ladder(&files)?;
    for Anchored { place, anchor } in anchors {
        if holds(&files, anchor)? {
            continue;
        }
        match audit.ladder.loss_of(anchor.sequence) {
            Some(lock) if !is_other(lock, anchor) => audit.lost.push(format!(
                "event {} ({}), which {place} names, was lost: {} recovered the ledger at {} (event {})",
                anchor.sequence,
                anchor.event.short(),
                lock.by,
                lock.at,
                lock.number
            )),
            _ => audit.findings.push(missing(place, anchor)),
        }
    }
    Ok(())
}

/// Whether another event than the one that the recovered ledger knew of was noted under its number.
fn is_other(lock: &Lock, anchor: &Anchor) -> bool {
    let known = lock.loss.as_ref().and_then(|loss| loss.known.as_ref()?.anchor.as_ref());
    known.is_some_and(|known| known.sequence == anchor.sequence && known.event != anchor.event)
}

/// The locks of the ladder.
pub fn ladder(files: &Files<'_>) -> Result<LockState> {
    Ok(match files.stream(&Stream::Ladder)?.map(|file| file.state) {
        Some(StreamState::Lock(state)) => state,
        _ => LockState::default(),
    })
}

/// Whether the ledger holds the event of an anchor.
pub fn holds(files: &Files<'_>, anchor: &Anchor) -> Result<bool> {
    match files.entry(anchor.sequence) {
        Ok(entry) => Ok(entry.is_some_and(|entry| entry.digest == anchor.event)),
        Err(Error::LedgerBroken { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The finding for an event that the ledger does not hold.
pub fn missing(place: &str, anchor: &Anchor) -> Finding {
    let Anchor { sequence, event } = anchor;
    Finding {
        sequence: Some(*sequence),
        kind: FindingKind::Rewritten,
        message: format!(
            "the branch was rewritten: event {sequence} ({}), which {place} names, is not in it",
            event.short()
        ),
    }
}

/// The event that this clone saw last; none where that does not hold.
pub fn seen(copy: &Repository, seen: Oid) -> Result<Option<Anchor>> {
    match tree::tip(copy, &copy.find_commit(seen)?.tree()?) {
        Err(Error::LedgerBroken { .. }) => Ok(None),
        Err(error) => Err(error),
        Ok(tip) => Ok(Some(Anchor {
            sequence: tip.event.sequence,
            event: tip.digest,
        })),
    }
}
