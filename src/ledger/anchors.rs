//! Anchors: what is known outside of the ledger about the events that it must hold.

use git2::{Oid, Repository};

use super::tree::{self, Files};
use crate::error::{Error, Result};
use crate::model::anchor::Anchor;
use crate::ports::ledger::{Anchored, Finding, FindingKind};

/// Checks that the ledger at `head` holds every event that an anchor names.
pub fn check(repository: &Repository, head: Option<Oid>, anchors: &[Anchored]) -> Result<Vec<Finding>> {
    let files = match Files::at(repository, head) {
        // A book that does not hold is found by the audit.
        Err(Error::LedgerBroken { .. }) => return Ok(Vec::new()),
        other => other?,
    };
    let mut findings = Vec::new();
    for Anchored { place, anchor } in anchors {
        if !holds(&files, anchor)? {
            findings.push(missing(place, anchor));
        }
    }
    Ok(findings)
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

/// Checks that the ledger at `head` leads on from what this clone saw last.
pub fn seen(copy: &Repository, repository: &Repository, seen: Oid, head: Option<Oid>) -> Result<Vec<Finding>> {
    let tip = match tree::tip(copy, &copy.find_commit(seen)?.tree()?) {
        Err(Error::LedgerBroken { .. }) => return Ok(Vec::new()),
        other => other?,
    };
    let anchor = Anchor {
        sequence: tip.event.sequence,
        event: tip.digest,
    };
    let place = "this clone".to_owned();
    check(repository, head, &[Anchored { place, anchor }])
}
