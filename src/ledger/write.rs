//! Writing: the commit that adds an event, and many of them one after the other.

use git2::{Oid, Repository, Signature, Time};

use super::chain::{self, Draft};
use super::tree::{BOOK_PATH, EVENT_PATH, Files};
use crate::adapters::git::program::{Program, failure};
use crate::error::Result;
use crate::model::event::Event;

/// After how many events their objects are packed.
const PACK: usize = 2_000;

/// What a ledger that is being written anew hangs on until it is whole.
const UNDER_WAY: &str = "refs/tidegate/writing";

/// Makes the commit that adds an event. The same event on the same commit gives the same commit, whoever makes it.
pub fn add(repository: &Repository, base: Option<Oid>, files: &Files<'_>, draft: Draft) -> Result<(Oid, Event)> {
    let file = chain::advance(files.stream(&draft.body.stream())?, &draft);
    let book = files.book_after(&file)?;
    let event = draft.event(book.to_string().parse()?);
    let mut root = repository.treebuilder(None)?;
    root.insert(EVENT_PATH, repository.blob(&chain::bytes(&event)?)?, 0o100_644)?;
    root.insert(BOOK_PATH, book, 0o040_000)?;
    let root = repository.find_tree(root.write()?)?;
    let name: String = event
        .actor
        .0
        .chars()
        .filter(|letter| !"<>\n\0".contains(*letter))
        .collect();
    let name = if name.trim().is_empty() {
        "tidegate"
    } else {
        name.trim()
    };
    let time = Time::new(event.at.as_second(), 0);
    let signature = Signature::new(name, "ledger@tidegate.invalid", &time)?;
    let message = format!("{} {} {}\n", event.sequence, event.body.kind(), event.stream);
    let parent = base.map(|base| repository.find_commit(base)).transpose()?;
    let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
    let commit = repository.commit(None, &signature, &signature, &message, &root, &parents)?;
    Ok((commit, event))
}

/// Writes many events, one after the other, in one repository.
pub struct Writer {
    repository: Repository,
    commit: Option<Oid>,
    loose: usize,
}

impl Writer {
    /// A writer that goes on from a commit, or begins.
    pub fn new(repository: Repository, commit: Option<Oid>) -> Self {
        Self {
            repository,
            commit,
            loose: 0,
        }
    }

    /// The commit of the last event.
    pub fn commit(&self) -> Option<Oid> {
        self.commit
    }

    /// Adds an event.
    ///
    /// # Errors
    /// The ledger does not hold, or git fails.
    pub fn add(&mut self, draft: Draft) -> Result<Event> {
        let files = Files::at(&self.repository, self.commit)?;
        let (commit, event) = add(&self.repository, self.commit, &files, draft)?;
        self.commit = Some(commit);
        self.loose += 1;
        if self.loose == PACK {
            self.loose = 0;
            self.pack(commit)?;
        }
        Ok(event)
    }

    fn pack(&self, commit: Oid) -> Result<()> {
        self.repository.reference(UNDER_WAY, commit, true, "tidegate: ledger")?;
        let git = Program::new(self.repository.path().to_owned());
        let output = git.run_here(&["repack", "-d", "-l", "-q"])?;
        match output.status.success() {
            true => Ok(()),
            false => Err(failure(
                "packing the ledger",
                &self.repository.path().display().to_string(),
                &output,
            )),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Ok(mut reference) = self.repository.find_reference(UNDER_WAY) {
            let _ = reference.delete();
        }
    }
}
