//! The files of the ledger at one commit, read straight from git's objects.

use git2::{ObjectType, Oid, Repository, Tree};
use serde::de::DeserializeOwned;

use super::chain::{Head, StreamFile};
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::event::Event;
use crate::model::stream::Stream;

/// The path of an event's file: a thousand to a folder.
pub fn event_path(sequence: u64) -> String {
    format!("events/{:06}/{sequence:09}.json", sequence / 1000)
}

/// The path of a stream's state file.
pub fn stream_path(stream: &Stream) -> String {
    format!("streams/{stream}.json")
}

/// The path of the end of the chain.
pub const HEAD_PATH: &str = "head.json";

/// The files of the ledger at one commit.
pub struct Files<'a> {
    repository: &'a Repository,
    tree: Option<Tree<'a>>,
}

impl<'a> Files<'a> {
    /// The files at a commit; none when the ledger has not begun.
    pub fn at(repository: &'a Repository, commit: Option<Oid>) -> Result<Self> {
        let tree = commit
            .map(|commit| repository.find_commit(commit)?.tree())
            .transpose()?;
        Ok(Self { repository, tree })
    }

    /// The tree itself.
    pub fn tree(&self) -> Option<&Tree<'a>> {
        self.tree.as_ref()
    }

    /// The bytes of a file.
    pub fn bytes(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let Some(tree) = &self.tree else { return Ok(None) };
        match tree.get_path(std::path::Path::new(path)) {
            Ok(entry) if entry.kind() == Some(ObjectType::Blob) => {
                Ok(Some(self.repository.find_blob(entry.id())?.content().to_vec()))
            }
            Ok(_) => Ok(None),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The end of the chain.
    pub fn head(&self) -> Result<Option<Head>> {
        let head = self.parsed::<Head>(HEAD_PATH)?;
        if head.is_none() && self.tree.is_some() {
            return Err(broken("head.json was removed"));
        }
        Ok(head.map(|(head, _)| head))
    }

    /// An event with the digest of its file.
    pub fn event(&self, sequence: u64) -> Result<Option<(Event, Digest)>> {
        self.parsed(&event_path(sequence))
    }

    /// The state of a stream, after checking it against its last event and that event against its successor.
    pub fn stream(&self, stream: &Stream, head: Option<&Head>) -> Result<Option<StreamFile>> {
        let Some((file, digest)) = self.parsed::<StreamFile>(&stream_path(stream))? else {
            return Ok(None);
        };
        let sequence = file.sequence;
        let Some((event, event_digest)) = self.event(sequence)? else {
            return Err(broken(format!("event {sequence} was removed")));
        };
        if event.sequence != sequence || event.stream != *stream {
            return Err(broken(format!("event {sequence} was changed or reordered")));
        }
        if event.state != digest {
            return Err(broken(format!(
                "the state of {stream} is not what event {sequence} left behind"
            )));
        }
        let bound = match head {
            Some(head) if head.sequence == sequence => Some(head.event.clone()),
            _ => self.event(sequence + 1)?.and_then(|(next, _)| next.previous),
        };
        if bound.as_ref() != Some(&event_digest) {
            return Err(broken(format!("event {sequence} was changed after it was written")));
        }
        Ok(Some(file))
    }

    fn parsed<T: DeserializeOwned>(&self, path: &str) -> Result<Option<(T, Digest)>> {
        let Some(bytes) = self.bytes(path)? else {
            return Ok(None);
        };
        let value =
            serde_json::from_slice(&bytes).map_err(|error| broken(format!("{path} cannot be read: {error}")))?;
        Ok(Some((value, Digest::of(&bytes))))
    }
}

fn broken(finding: impl Into<String>) -> Error {
    Error::LedgerBroken {
        finding: finding.into(),
    }
}
