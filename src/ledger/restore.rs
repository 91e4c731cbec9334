//! Bringing back events that a ledger has lost.

use git2::{Oid, Repository};

use super::chain::{self, Draft};
use super::tree::Files;
use super::write::Writer;
use crate::error::Result;
use crate::model::digest::Digest;
use crate::model::event::Event;
use crate::ports::ledger::Restored;

/// Puts the events that are missing on top of a commit. Gives the commit of the last event, and how many were missing.
pub fn rebuild(
    repository: Repository,
    base: Option<Oid>,
    events: &[Event],
) -> Result<std::result::Result<(Option<Oid>, usize), Restored>> {
    let kept = {
        let files = Files::at(&repository, base)?;
        files.tip().map(|tip| (tip.event.sequence, tip.digest.clone()))
    };
    let missing = match left_out(events, kept) {
        Ok(missing) => missing,
        Err(sequence) => return Ok(Err(Restored::Other(sequence))),
    };
    let mut writer = Writer::new(repository, base);
    for event in missing {
        if writer.add(Draft::from(event))? != *event {
            return Ok(Err(Restored::Changed(event.sequence)));
        }
    }
    Ok(Ok((writer.commit(), missing.len())))
}

/// The events that a ledger with this end lacks, or the first that it has another one in the place of.
fn left_out(events: &[Event], kept: Option<(u64, Digest)>) -> std::result::Result<&[Event], u64> {
    let Some((sequence, digest)) = kept else {
        return Ok(events);
    };
    let Some(last) = events.iter().position(|event| event.sequence == sequence) else {
        return Err(sequence);
    };
    match chain::bytes(&events[last]).map(|bytes| Digest::of(&bytes)) {
        Ok(same) if same == digest => Ok(&events[last + 1..]),
        _ => Err(sequence),
    }
}
