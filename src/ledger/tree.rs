//! The files of the ledger at one commit, read straight from git's objects.
//!
//! The last event names the tree of the book, and git names every part of a tree by its content: whoever has checked
//! that one name can trust each state and each digest that he reads from the book, however few of them he reads.

use std::collections::HashMap;
use std::path::Path;

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, ObjectType, Oid, Repository, Tree};
use serde::de::DeserializeOwned;

use super::chain::{self, StreamFile};
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::event::{Event, EventBody};
use crate::model::recovery::Loss;
use crate::model::stream::Stream;

/// The path of the last event.
pub const EVENT_PATH: &str = "event.json";

/// The folder of everything that the events left behind.
pub const BOOK_PATH: &str = "book";

/// How many events a page of the chain names, and how many pages a folder holds.
const PAGE: u64 = 64;

/// The highest number that an event can have: up to there the names of the pages' folders have four digits.
const LAST: u64 = PAGE * PAGE * 10_000;

/// How many numbers stay free at least where events were lost: so many may have been written after the last one that is
/// noted anywhere, and be noted in a place that nobody looked at.
const FREE: u64 = 1_000;

/// The number of the event that a recovered ledger goes on with: the first of a page.
pub fn number_after(loss: &Loss) -> u64 {
    (loss.highest() + FREE).div_ceil(PAGE) * PAGE + 1
}

/// The number that an event must have after the last one.
pub fn next_number(last: u64, body: &EventBody) -> u64 {
    match body {
        EventBody::Recovered { loss } if loss.after == last => number_after(loss),
        _ => last + 1,
    }
}

/// The path of a stream's state in the book. The folder is there to keep folders small: two digits of the name's digest.
pub fn stream_path(stream: &Stream) -> String {
    let name = stream.to_string();
    let digest = Digest::of(name.as_bytes());
    format!("streams/{}/{}.json", &digest.hex()[..2], name.replace('/', "+"))
}

/// The path in the book of the page that names an event.
pub fn page_path(sequence: u64) -> String {
    let page = sequence.saturating_sub(1) / PAGE;
    format!("chain/{:04}/{page:06}", page / PAGE)
}

/// The last event.
#[derive(Clone, Debug)]
pub struct Tip {
    /// The event.
    pub event: Event,
    /// The digest of its file.
    pub digest: Digest,
    /// The object of its file.
    pub blob: Oid,
}

/// Where an event before the last is, as the chain's pages tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The digest of its file.
    pub digest: Digest,
    /// The object of its file.
    pub blob: Oid,
}

/// The files of the ledger at one commit.
pub struct Files<'a> {
    repository: &'a Repository,
    tip: Option<Tip>,
    book: Option<Tree<'a>>,
}

impl<'a> Files<'a> {
    /// The files at a commit; none when the ledger has not begun.
    ///
    /// # Errors
    /// The ledger does not hold: its last event does not name its book.
    pub fn at(repository: &'a Repository, commit: Option<Oid>) -> Result<Self> {
        let Some(commit) = commit else {
            return Ok(Self {
                repository,
                tip: None,
                book: None,
            });
        };
        let tree = repository.find_commit(commit)?.tree()?;
        let tip = tip(repository, &tree)?;
        let book = entry(&tree, BOOK_PATH, ObjectType::Tree)?.ok_or_else(|| broken("the book was removed"))?;
        if tip.event.book.as_str() != book.to_string() {
            let finding = format!("the book is not what event {} left behind", tip.event.sequence);
            return Err(broken(finding));
        }
        Self::after(repository, tip)
    }

    /// The files after an event that was read with its book before.
    pub fn after(repository: &'a Repository, tip: Tip) -> Result<Self> {
        let book = Oid::from_str(tip.event.book.as_str())?;
        Ok(Self {
            repository,
            tip: Some(tip),
            book: Some(repository.find_tree(book)?),
        })
    }

    /// The last event.
    pub fn tip(&self) -> Option<&Tip> {
        self.tip.as_ref()
    }

    /// The sequence number of the last event, 0 where there is none.
    pub fn last(&self) -> u64 {
        self.tip.as_ref().map_or(0, |tip| tip.event.sequence)
    }

    /// The state of a stream.
    ///
    /// # Errors
    /// It is not there to be read, or it is another stream's.
    pub fn stream(&self, stream: &Stream) -> Result<Option<StreamFile>> {
        let path = stream_path(stream);
        let blob = match &self.book {
            Some(book) => entry(book, &path, ObjectType::Blob)?,
            None => None,
        };
        self.stream_in(stream, blob)
    }

    /// The state of a stream whose object is known.
    ///
    /// # Errors
    /// As of [`Self::stream`].
    pub fn stream_in(&self, stream: &Stream, blob: Option<Oid>) -> Result<Option<StreamFile>> {
        let Some(blob) = blob else { return Ok(None) };
        let file: StreamFile = decode(self.repository.find_blob(blob)?.content(), &stream_path(stream))?;
        if file.stream != *stream {
            return Err(broken(format!(
                "the state of {} stands in the place of {stream}",
                file.stream
            )));
        }
        Ok(Some(file))
    }

    /// The object of each stream's state, by its path: read once, where every stream will be asked for.
    pub fn objects(&self) -> Result<HashMap<String, Oid>> {
        let mut objects = HashMap::new();
        if let Some(book) = &self.book {
            walk(book, "streams/", &mut |path, blob| {
                objects.insert(path, blob);
            })?;
        }
        Ok(objects)
    }

    /// Where an event is; nothing when there is none of that number.
    ///
    /// # Errors
    /// The chain's page does not name it.
    pub fn entry(&self, sequence: u64) -> Result<Option<Entry>> {
        if let Some(tip) = self.tip.as_ref().filter(|tip| tip.event.sequence == sequence) {
            return Ok(Some(Entry {
                digest: tip.digest.clone(),
                blob: tip.blob,
            }));
        }
        if sequence == 0 || sequence > self.last() {
            return Ok(None);
        }
        let page = self.page(sequence)?;
        let line = usize::try_from((sequence - 1) % PAGE)
            .ok()
            .and_then(|line| page.lines().nth(line));
        let read = line.and_then(|line| {
            let (digest, blob) = line.split_once(' ')?;
            Some(Entry {
                digest: digest.parse().ok()?,
                blob: Oid::from_str(blob).ok()?,
            })
        });
        let missing = || broken(format!("the chain does not name event {sequence}"));
        read.map(Some).ok_or_else(missing)
    }

    /// An event, which must be the one that the chain names.
    ///
    /// # Errors
    /// It was changed, or it is not there.
    pub fn event(&self, sequence: u64) -> Result<Option<Event>> {
        let Some(entry) = self.entry(sequence)? else {
            return Ok(None);
        };
        let bytes = self.repository.find_blob(entry.blob)?.content().to_vec();
        let event: Event = decode(&bytes, &format!("event {sequence}"))?;
        if Digest::of(&bytes) != entry.digest || event.sequence != sequence {
            return Err(broken(format!("event {sequence} was changed after it was written")));
        }
        Ok(Some(event))
    }

    /// The book after one more event: the stream's new state, and the present last event on the chain's page.
    pub fn book_after(&self, file: &StreamFile) -> Result<Oid> {
        let mut update = TreeUpdateBuilder::new();
        let state = self.repository.blob(&chain::bytes(file)?)?;
        update.upsert(stream_path(&file.stream), state, FileMode::Blob);
        if let Some(tip) = &self.tip {
            let sequence = tip.event.sequence;
            let mut page = match (sequence.saturating_sub(1)) % PAGE {
                0 => String::new(),
                _ => self.page(sequence)?,
            };
            page.push_str(&format!("{} {}\n", tip.digest, tip.blob));
            update.upsert(
                page_path(sequence),
                self.repository.blob(page.as_bytes())?,
                FileMode::Blob,
            );
        }
        let empty;
        let baseline = match &self.book {
            Some(book) => book,
            None => {
                empty = self.repository.find_tree(self.repository.treebuilder(None)?.write()?)?;
                &empty
            }
        };
        Ok(update.create_updated(self.repository, baseline)?)
    }

    fn page(&self, sequence: u64) -> Result<String> {
        let path = page_path(sequence);
        let bytes = self
            .bytes(&path)?
            .ok_or_else(|| broken(format!("{path} was removed")))?;
        String::from_utf8(bytes).map_err(|_| broken(format!("{path} cannot be read")))
    }

    fn bytes(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let Some(book) = &self.book else { return Ok(None) };
        match entry(book, path, ObjectType::Blob)? {
            Some(blob) => Ok(Some(self.repository.find_blob(blob)?.content().to_vec())),
            None => Ok(None),
        }
    }
}

/// What is to be read of the ledger.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// The last event, the last page of the chain, and these streams.
    Streams(&'a [Stream]),
    /// The same with every stream.
    EveryStream,
}

/// The objects of what is wanted at a commit. The trees alone tell, so that what is missing can be fetched at once.
pub fn objects(repository: &Repository, commit: Oid, wanted: Wanted<'_>) -> Result<Vec<Oid>> {
    let tree = repository.find_commit(commit)?.tree()?;
    let mut objects: Vec<Oid> = entry(&tree, EVENT_PATH, ObjectType::Blob)?.into_iter().collect();
    let Some(book) = entry(&tree, BOOK_PATH, ObjectType::Tree)? else {
        return Ok(objects);
    };
    let book = repository.find_tree(book)?;
    objects.extend(last_page(repository, &book)?);
    match wanted {
        Wanted::Streams(streams) => {
            for stream in streams {
                objects.extend(entry(&book, &stream_path(stream), ObjectType::Blob)?);
            }
        }
        Wanted::EveryStream => walk(&book, "streams/", &mut |_, blob| objects.push(blob))?,
    }
    Ok(objects)
}

/// The object of the chain's last page: the last file of its last folder.
fn last_page(repository: &Repository, book: &Tree<'_>) -> Result<Option<Oid>> {
    let last = |folder: Oid, kind: ObjectType| -> Result<Option<Oid>> {
        let folder = repository.find_tree(folder)?;
        let found = folder.iter().rev().find(|entry| entry.kind() == Some(kind));
        Ok(found.map(|entry| entry.id()))
    };
    let Some(chain) = entry(book, "chain", ObjectType::Tree)? else {
        return Ok(None);
    };
    match last(chain, ObjectType::Tree)? {
        Some(folder) => last(folder, ObjectType::Blob),
        None => Ok(None),
    }
}

/// The object of the page that names an event.
pub fn page(repository: &Repository, commit: Oid, sequence: u64) -> Result<Option<Oid>> {
    let tree = repository.find_commit(commit)?.tree()?;
    entry(&tree, &format!("{BOOK_PATH}/{}", page_path(sequence)), ObjectType::Blob)
}

/// The last event of a commit's tree.
pub fn tip(repository: &Repository, tree: &Tree<'_>) -> Result<Tip> {
    let blob = entry(tree, EVENT_PATH, ObjectType::Blob)?.ok_or_else(|| broken("the last event was removed"))?;
    let bytes = repository.find_blob(blob)?.content().to_vec();
    let event: Event = decode(&bytes, EVENT_PATH)?;
    if event.sequence == 0 || event.sequence > LAST {
        return Err(broken(format!("no event has the number {}", event.sequence)));
    }
    Ok(Tip {
        event,
        digest: Digest::of(&bytes),
        blob,
    })
}

/// The object at a path of a tree, if it is of that kind.
pub fn entry(tree: &Tree<'_>, path: &str, kind: ObjectType) -> Result<Option<Oid>> {
    match tree.get_path(Path::new(path)) {
        Ok(entry) if entry.kind() == Some(kind) => Ok(Some(entry.id())),
        Ok(_) => Ok(None),
        Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn walk(book: &Tree<'_>, under: &str, each: &mut dyn FnMut(String, Oid)) -> Result<()> {
    book.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
        if folder.is_empty() && entry.name().map(|name| format!("{name}/")).as_deref() != Ok(under) {
            return git2::TreeWalkResult::Skip;
        }
        if entry.kind() == Some(ObjectType::Blob) {
            each(format!("{folder}{}", entry.name().unwrap_or_default()), entry.id());
        }
        git2::TreeWalkResult::Ok
    })?;
    Ok(())
}

fn decode<T: DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|error| broken(format!("{what} cannot be read: {error}")))
}

/// The error for a ledger that does not hold.
pub fn broken(finding: impl Into<String>) -> Error {
    Error::LedgerBroken {
        finding: finding.into(),
    }
}
