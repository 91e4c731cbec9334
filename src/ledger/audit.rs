//! Checks the whole ledger: the chain of the events, the states that they leave behind, and git's own history, in
//! which each commit may only add one event.

use std::collections::{BTreeMap, BTreeSet};

use git2::{Delta, DiffOptions, Oid, Repository, TreeWalkMode, TreeWalkResult};

use super::chain::{self, Head, StreamFile};
use super::tree::{self, Files};
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::event::Event;
use crate::model::stream::Stream;
use crate::ports::ledger::{Audit, Finding, FindingKind};

/// Checks the ledger at `commit`.
pub fn audit(files: &Files<'_>, repository: &Repository, commit: Option<Oid>) -> Result<Audit> {
    let mut auditor = Auditor::default();
    let head = auditor.head(files)?;
    let last = auditor.last(files, head.as_ref())?;
    let mut previous: Option<Digest> = None;
    for sequence in 1..=last {
        previous = auditor.event(files, head.as_ref(), sequence, previous)?;
    }
    auditor.streams(files)?;
    if let Some(commit) = commit {
        auditor.history(repository, commit)?;
    }
    Ok(Audit {
        events: last,
        head: head.map(|head| head.event),
        findings: auditor.findings(),
    })
}

#[derive(Default)]
struct Auditor {
    found: BTreeMap<(Option<u64>, u8), Finding>,
    streams: BTreeMap<Stream, StreamFile>,
    trusted: bool,
}

impl Auditor {
    fn find(&mut self, sequence: Option<u64>, kind: FindingKind, message: String) {
        let finding = Finding {
            sequence,
            kind,
            message,
        };
        self.found.entry((sequence, kind as u8)).or_insert(finding);
    }

    fn findings(self) -> Vec<Finding> {
        self.found.into_values().collect()
    }

    fn head(&mut self, files: &Files<'_>) -> Result<Option<Head>> {
        self.trusted = true;
        match files.head() {
            Err(Error::LedgerBroken { finding }) => {
                self.find(None, FindingKind::Removed, finding);
                Ok(None)
            }
            other => other,
        }
    }

    /// The highest sequence number that a file or the head speaks of.
    fn last(&mut self, files: &Files<'_>, head: Option<&Head>) -> Result<u64> {
        let ends = head.map_or(0, |head| head.sequence);
        let mut last = ends;
        let mut strange = Vec::new();
        if let Some(tree) = files.tree() {
            tree.walk(TreeWalkMode::PreOrder, |folder, entry| {
                let path = format!("{folder}{}", entry.name().unwrap_or_default());
                if entry.kind() == Some(git2::ObjectType::Blob) && path.starts_with("events/") {
                    let number = entry
                        .name()
                        .ok()
                        .and_then(|name| name.strip_suffix(".json")?.parse().ok());
                    match number.filter(|number| tree::event_path(*number) == path) {
                        Some(number) => last = last.max(number),
                        None => strange.push(path),
                    }
                }
                TreeWalkResult::Ok
            })?;
        }
        for path in strange {
            self.find(None, FindingKind::Added, format!("{path} is no event"));
        }
        for sequence in ends + 1..=last {
            self.find(
                Some(sequence),
                FindingKind::Added,
                format!("event {sequence} stands after the end of the chain"),
            );
        }
        Ok(last)
    }

    /// Checks one event against the one before it and the one after it. Gives the digest of its file.
    fn event(
        &mut self,
        files: &Files<'_>,
        head: Option<&Head>,
        sequence: u64,
        previous: Option<Digest>,
    ) -> Result<Option<Digest>> {
        let (event, digest) = match files.event(sequence) {
            Ok(Some(found)) => found,
            Ok(None) => {
                self.trusted = false;
                self.find(
                    Some(sequence),
                    FindingKind::Removed,
                    format!("event {sequence} was removed"),
                );
                return Ok(None);
            }
            Err(Error::LedgerBroken { finding }) => {
                self.trusted = false;
                self.find(
                    Some(sequence),
                    FindingKind::Changed,
                    format!("event {sequence} was changed: {finding}"),
                );
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if event.sequence != sequence {
            let message = format!("event {} stands in the place of event {sequence}", event.sequence);
            self.find(Some(sequence), FindingKind::Reordered, message);
        } else if bound(files, head, sequence).is_some_and(|bound| bound != digest) {
            let message = format!(
                "event {sequence} ({}) was changed after it was written",
                event.body.kind()
            );
            self.find(Some(sequence), FindingKind::Changed, message);
        } else if sequence > 1 && previous.is_some() && event.previous.is_none() {
            self.find(
                Some(sequence),
                FindingKind::Changed,
                format!("event {sequence} names no event before it"),
            );
        }
        self.state(&event, sequence);
        Ok(Some(digest))
    }

    fn state(&mut self, event: &Event, sequence: u64) {
        let next = chain::advance(self.streams.remove(&event.stream), event);
        let matches = chain::bytes(&next).is_ok_and(|bytes| Digest::of(&bytes) == event.state);
        if !matches && self.trusted && self.found.is_empty() {
            let message = format!(
                "event {sequence} names another state of {} than its events leave behind",
                event.stream
            );
            self.find(Some(sequence), FindingKind::State, message);
        }
        self.streams.insert(event.stream.clone(), next);
    }

    /// The state files must be what the events leave behind, all of them and no other.
    fn streams(&mut self, files: &Files<'_>) -> Result<()> {
        let mut paths = BTreeSet::new();
        if let Some(tree) = files.tree() {
            tree.walk(TreeWalkMode::PreOrder, |folder, entry| {
                let path = format!("{folder}{}", entry.name().unwrap_or_default());
                if entry.kind() == Some(git2::ObjectType::Blob) && path.starts_with("streams/") {
                    paths.insert(path);
                }
                TreeWalkResult::Ok
            })?;
        }
        let events_hold = self.found.is_empty();
        for (stream, expected) in std::mem::take(&mut self.streams) {
            let path = tree::stream_path(&stream);
            let found = files.bytes(&path)?;
            let wanted = chain::bytes(&expected).map_err(|error| Error::Internal(error.to_string()))?;
            match found {
                None => self.find(None, FindingKind::State, format!("the state of {stream} was removed")),
                Some(found) if events_hold && found != wanted => {
                    self.find(None, FindingKind::State, format!("the state of {stream} was changed"));
                }
                Some(_) => {}
            }
            paths.remove(&path);
        }
        for path in paths {
            self.find(
                None,
                FindingKind::State,
                format!("{path} is the state of no stream that has events"),
            );
        }
        Ok(())
    }

    /// Each commit adds one event; none changes or removes one.
    fn history(&mut self, repository: &Repository, head: Oid) -> Result<()> {
        let mut commit = Some(repository.find_commit(head)?);
        while let Some(present) = commit {
            let parent = present.parents().next();
            let before = parent.as_ref().map(git2::Commit::tree).transpose()?;
            let mut options = DiffOptions::new();
            options.pathspec("events");
            let diff = repository.diff_tree_to_tree(before.as_ref(), Some(&present.tree()?), Some(&mut options))?;
            let id = present.id().to_string();
            for delta in diff.deltas() {
                let file = if delta.status() == Delta::Deleted {
                    delta.old_file()
                } else {
                    delta.new_file()
                };
                let sequence = file
                    .path()
                    .and_then(|path| path.file_stem()?.to_str()?.parse::<u64>().ok());
                let name = sequence.map_or_else(|| "a file".to_owned(), |sequence| format!("event {sequence}"));
                let (kind, verb) = match delta.status() {
                    Delta::Added => continue,
                    Delta::Deleted => (FindingKind::Removed, "removed"),
                    _ => (FindingKind::Changed, "changed"),
                };
                let noticed = self
                    .found
                    .keys()
                    .any(|(found, _)| sequence.is_some() && *found == sequence);
                if !noticed {
                    self.find(sequence, kind, format!("{name} was {verb} by commit {}", &id[..9]));
                }
            }
            commit = parent;
        }
        Ok(())
    }
}

/// What the event after it, or the end of the chain, says that the digest of an event's file is. Nothing when that
/// word is not to be trusted, because whoever gives it was changed as well.
fn bound(files: &Files<'_>, head: Option<&Head>, sequence: u64) -> Option<Digest> {
    match head {
        Some(head) if head.sequence == sequence => Some(head.event.clone()),
        _ => {
            let (next, digest) = files.event(sequence + 1).ok().flatten()?;
            let trusted = next.sequence == sequence + 1
                && match head {
                    Some(head) if head.sequence == sequence + 1 => head.event == digest,
                    _ => files
                        .event(sequence + 2)
                        .ok()
                        .flatten()
                        .is_none_or(|(after, _)| after.previous.as_ref() == Some(&digest)),
                };
            next.previous.filter(|_| trusted)
        }
    }
}
