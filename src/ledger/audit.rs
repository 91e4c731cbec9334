//! Checks the steps of the ledger: each commit adds one event, bound to the one before, whose book is what the event
//! leaves behind of the book before.

use std::collections::{BTreeMap, BTreeSet};

use git2::{Commit, ObjectType, Oid, Repository};

use super::chain::{self, Draft};
use super::tree::{self, BOOK_PATH, EVENT_PATH, Files, Tip};
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::state::LockState;
use crate::model::stream::Stream;
use crate::ports::ledger::{Audit, Finding, FindingKind};

/// How many events that are missing in one place are named.
const MOST: usize = 100;

/// Checks every step up to a commit.
pub fn whole(repository: &Repository, commit: Option<Oid>) -> Result<Audit> {
    let Some(commit) = commit else {
        return Ok(Audit {
            events: 0,
            head: None,
            findings: Vec::new(),
            lost: Vec::new(),
            ladder: LockState::default(),
        });
    };
    let findings = between(repository, None, commit)?;
    let tip = tree::tip(repository, &repository.find_commit(commit)?.tree()?);
    let tip = match tip {
        Err(Error::LedgerBroken { .. }) => None,
        other => Some(other?),
    };
    Ok(Audit {
        events: since(repository, None, commit)?.0.len() as u64,
        head: tip.map(|tip| tip.digest),
        findings,
        lost: Vec::new(),
        ladder: LockState::default(),
    })
}

/// Checks every step from one commit to a later one, or from the first.
pub fn between(repository: &Repository, from: Option<Oid>, to: Oid) -> Result<Vec<Finding>> {
    let mut auditor = Auditor {
        repository,
        found: BTreeMap::new(),
        named: BTreeSet::new(),
    };
    let (commits, end) = since(repository, from, to)?;
    for commit in &commits {
        auditor.named.extend(auditor.sequence(commit)?);
    }
    if end != from
        && let Some(from) = from
    {
        auditor.rewritten(from)?;
        return Ok(auditor.found.into_values().collect());
    }
    let mut before = from.map(|from| repository.find_commit(from)).transpose()?;
    for commit in commits.into_iter().rev() {
        auditor.step(before.as_ref(), &commit)?;
        before = Some(commit);
    }
    Ok(auditor.found.into_values().collect())
}

/// The events from one commit to a later one, as the objects of their files.
pub fn events(repository: &Repository, from: Oid, to: Oid) -> Result<Vec<Oid>> {
    let mut files = Vec::new();
    for commit in since(repository, Some(from), to)?.0 {
        files.extend(tree::entry(&commit.tree()?, EVENT_PATH, ObjectType::Blob)?);
    }
    Ok(files)
}

/// What they are about. Their files must be here.
pub fn streams(repository: &Repository, from: Oid, to: Oid) -> Result<Vec<Stream>> {
    let mut streams = Vec::new();
    for commit in since(repository, Some(from), to)?.0 {
        match tree::tip(repository, &commit.tree()?) {
            Ok(tip) => streams.push(tip.event.body.stream()),
            Err(Error::LedgerBroken { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(streams)
}

/// The commits after `from`, newest first, and where the walk back ended: at `from`, if it leads there.
fn since(repository: &Repository, from: Option<Oid>, to: Oid) -> Result<(Vec<Commit<'_>>, Option<Oid>)> {
    let mut commits = Vec::new();
    let mut next = Some(to);
    while let Some(oid) = next.filter(|oid| Some(*oid) != from) {
        let commit = match repository.find_commit(oid) {
            Ok(commit) => commit,
            // The boundary of what was fetched, and what was seen before is not on this side of it.
            Err(error) if error.code() == git2::ErrorCode::NotFound && from.is_some() => break,
            Err(error) => return Err(error.into()),
        };
        next = commit.parent_id(0).ok();
        commits.push(commit);
    }
    Ok((commits, next))
}

struct Auditor<'a> {
    repository: &'a Repository,
    found: BTreeMap<(Option<u64>, u8), Finding>,
    named: BTreeSet<u64>,
}

impl Auditor<'_> {
    fn find(&mut self, sequence: Option<u64>, kind: FindingKind, message: String) {
        let finding = Finding {
            sequence,
            kind,
            message,
        };
        self.found.entry((sequence, kind as u8)).or_insert(finding);
    }

    /// Gives what holds; what does not is a finding.
    fn held<T>(&mut self, found: Result<T>, kind: FindingKind, commit: &Commit<'_>) -> Result<Option<T>> {
        match found {
            Ok(held) => Ok(Some(held)),
            Err(Error::LedgerBroken { finding }) => {
                self.find(None, kind, format!("{finding} (commit {})", short(commit)));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn sequence(&self, commit: &Commit<'_>) -> Result<Option<u64>> {
        match tree::tip(self.repository, &commit.tree()?) {
            Ok(tip) => Ok(Some(tip.event.sequence)),
            Err(Error::LedgerBroken { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn rewritten(&mut self, seen: Oid) -> Result<()> {
        let tip = tree::tip(self.repository, &self.repository.find_commit(seen)?.tree()?)?;
        let (sequence, digest) = (tip.event.sequence, tip.digest.short().to_owned());
        self.find(
            Some(sequence),
            FindingKind::Rewritten,
            format!("the branch was rewritten: event {sequence} ({digest}), which was seen here, is not in it"),
        );
        Ok(())
    }

    fn step(&mut self, before: Option<&Commit<'_>>, commit: &Commit<'_>) -> Result<()> {
        self.shape(commit)?;
        let tip = tree::tip(self.repository, &commit.tree()?);
        let Some(tip) = self.held(tip, FindingKind::Changed, commit)? else {
            return Ok(());
        };
        if Digest::of(&chain::bytes(&tip.event)?) != tip.digest {
            let (sequence, kind) = (tip.event.sequence, tip.event.body.kind());
            let message = format!("event {sequence} ({kind}) is not written as the ledger writes it");
            self.find(Some(sequence), FindingKind::Changed, message);
        }
        let files = match Files::at(self.repository, before.map(Commit::id)) {
            // What is wrong there was found there.
            Err(Error::LedgerBroken { .. }) => None,
            other => Some(other?),
        };
        if let Some(files) = &files {
            self.order(files, &tip, commit);
            self.bound(files, &tip);
            self.book(files, &tip, commit)?;
        }
        let itself = Files::at(self.repository, Some(commit.id()));
        self.held(itself.map(|_| ()), FindingKind::State, commit)?;
        Ok(())
    }

    /// The last event, its book, and nothing else.
    fn shape(&mut self, commit: &Commit<'_>) -> Result<()> {
        if commit.parent_count() > 1 {
            let message = format!("commit {} brings another history in", short(commit));
            self.find(None, FindingKind::Added, message);
        }
        for entry in &commit.tree()? {
            let known = matches!(
                (entry.name(), entry.kind()),
                (Ok(EVENT_PATH), Some(ObjectType::Blob)) | (Ok(BOOK_PATH), Some(ObjectType::Tree))
            );
            if !known {
                let name = entry.name().unwrap_or("a file").to_owned();
                self.find(None, FindingKind::Added, format!("{name} is no part of the ledger"));
            }
        }
        Ok(())
    }

    fn order(&mut self, before: &Files<'_>, tip: &Tip, commit: &Commit<'_>) {
        let (last, found) = (before.last(), tip.event.sequence);
        if found == last {
            let same = before.tip().is_some_and(|before| before.digest == tip.digest);
            let (kind, message) = match same {
                true => (FindingKind::Added, format!("commit {} adds no event", short(commit))),
                false => (
                    FindingKind::Changed,
                    format!(
                        "event {found} ({}) was changed by commit {}",
                        tip.event.body.kind(),
                        short(commit)
                    ),
                ),
            };
            self.find(Some(found), kind, message);
        } else if found < last {
            let message = format!("event {found} stands after event {last}");
            self.find(Some(found), FindingKind::Reordered, message);
        }
        if found == tree::next_number(last, &tip.event.body) {
            return;
        }
        for missing in (last + 1..found).take(MOST) {
            let (kind, message) = match self.named.contains(&missing) {
                true => (
                    FindingKind::Reordered,
                    format!("event {missing} does not stand before event {found}"),
                ),
                false => (FindingKind::Removed, format!("event {missing} was removed")),
            };
            self.find(Some(missing), kind, message);
        }
    }

    fn bound(&mut self, before: &Files<'_>, tip: &Tip) {
        if tip.event.previous.as_ref() == before.tip().map(|tip| &tip.digest) {
            return;
        }
        let (named, last) = (tip.event.sequence, before.last());
        if named != tree::next_number(last, &tip.event.body) {
            return;
        }
        match before.tip() {
            Some(before) => self.find(
                Some(last),
                FindingKind::Changed,
                format!(
                    "event {last} ({}) was changed after it was written",
                    before.event.body.kind()
                ),
            ),
            None => self.find(
                Some(named),
                FindingKind::Changed,
                format!("event {named} names an event before it, and there is none"),
            ),
        }
    }

    /// The states and the chain must be what the event leaves behind.
    fn book(&mut self, before: &Files<'_>, tip: &Tip, commit: &Commit<'_>) -> Result<()> {
        if tip.event.sequence != tree::next_number(before.last(), &tip.event.body) {
            return Ok(());
        }
        let after = || -> Result<Oid> {
            let file = chain::advance(before.stream(&tip.event.stream)?, &Draft::from(&tip.event));
            before.book_after(&file)
        };
        let Some(expected) = self.held(after(), FindingKind::State, commit)? else {
            return Ok(());
        };
        let found = tree::entry(&commit.tree()?, BOOK_PATH, ObjectType::Tree)?;
        let (sequence, stream) = (tip.event.sequence, &tip.event.stream);
        if tip.event.stream != tip.event.body.stream() {
            let message = format!("event {sequence} says that it is about {stream}, and it is not");
            self.find(Some(sequence), FindingKind::Changed, message);
        } else if found != Some(expected) {
            let message = format!(
                "event {sequence} does not leave the book of commit {} behind",
                short(commit)
            );
            self.find(Some(sequence), FindingKind::State, message);
        }
        Ok(())
    }
}

fn short(commit: &Commit<'_>) -> String {
    commit.id().to_string()[..9].to_owned()
}
