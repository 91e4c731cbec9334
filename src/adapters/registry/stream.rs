//! A blob on its way: read and hashed while it is sent. The last bytes of one that is not what it should be are never sent.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::retry::Trouble;
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::image::Part;
use crate::ports::registry::{Chunks, Input};

/// How much is read at once.
const CHUNK: usize = 256 * 1024;

/// How long nothing may come from where a blob is read.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many chunks wait to be sent.
const WAITING: usize = 2;

/// The bytes of a blob, and what became of reading them: an error where they cannot be read or are others.
pub(super) struct Sending {
    pub(super) chunks: mpsc::Receiver<std::io::Result<Bytes>>,
    reading: JoinHandle<Result<(), Trouble>>,
}

impl Sending {
    /// Starts reading. Whoever takes the chunks away ends it.
    pub(super) async fn open(blob: &Part, from: &Input) -> Result<Self> {
        let (sender, chunks) = mpsc::channel(WAITING);
        let wanted = (blob.digest.clone(), blob.bytes);
        let reading = match from {
            Input::File { path, offset } => {
                let (path, offset) = (path.clone(), *offset);
                tokio::task::spawn_blocking(move || {
                    let read = of_file(&path, offset, wanted, &sender);
                    if let Some(end) = broken_off(&read) {
                        sender.blocking_send(end).ok();
                    }
                    read
                })
            }
            Input::Held(bytes) => of_memory(bytes, &wanted, sender),
            Input::Stored(registry) => {
                let stream = registry.read_blob(&blob.digest).await?;
                tokio::spawn(async move {
                    let read = of_stream(stream, wanted, &sender).await;
                    if let Some(end) = broken_off(&read) {
                        sender.send(end).await.ok();
                    }
                    read
                })
            }
        };
        Ok(Self { chunks, reading })
    }

    /// What became of reading, once nobody takes chunks any more.
    pub(super) async fn ended(reading: JoinHandle<Result<(), Trouble>>) -> Result<(), Trouble> {
        let joined = reading.await;
        joined.unwrap_or_else(|error| Err(Error::Internal(error.to_string()).into()))
    }

    /// The chunks, and what will have become of reading them.
    pub(super) fn split(self) -> (mpsc::Receiver<std::io::Result<Bytes>>, JoinHandle<Result<(), Trouble>>) {
        (self.chunks, self.reading)
    }
}

/// What ends a body that is not to be whole, so that nobody takes half a blob for a whole one.
fn broken_off(read: &Result<(), Trouble>) -> Option<std::io::Result<Bytes>> {
    let (Trouble::Passing { error, .. } | Trouble::Final(error)) = read.as_ref().err()?;
    Some(Err(std::io::Error::other(error.to_string())))
}

/// Hashes chunks and holds the last one back.
struct Holding {
    hasher: Sha256,
    length: u64,
    last: Option<Bytes>,
}

impl Holding {
    fn new() -> Self {
        Self {
            hasher: Sha256::new(),
            length: 0,
            last: None,
        }
    }

    /// Takes a chunk and gives the one before.
    fn next(&mut self, chunk: Bytes) -> Option<Bytes> {
        self.hasher.update(&chunk);
        self.length += chunk.len() as u64;
        self.last.replace(chunk)
    }

    /// The last chunk, when all of it is what it should be.
    fn finish(self, (digest, bytes): &(Digest, u64), place: &str) -> Result<Option<Bytes>> {
        let actual = Digest::from_hasher(self.hasher);
        if actual == *digest {
            return Ok(self.last);
        }
        Err(Error::Image {
            image: place.to_owned(),
            message: match self.length == *bytes {
                true => format!("it should have {digest} and has {actual}"),
                false => format!(
                    "it should have {digest} and {bytes} bytes; it has {actual} and {} bytes",
                    self.length
                ),
            },
            help: "build the image again; what was sent of it carries no tag".to_owned(),
        })
    }
}

type Wanted = (Digest, u64);
type Sender = mpsc::Sender<std::io::Result<Bytes>>;

fn of_file(path: &Path, offset: u64, wanted: Wanted, sender: &Sender) -> Result<(), Trouble> {
    let failed = |error: std::io::Error| Error::file("reading a blob", path, &error);
    let mut file = File::open(path).map_err(failed)?;
    file.seek(SeekFrom::Start(offset)).map_err(failed)?;
    let mut file = file.take(wanted.1);
    let mut holding = Holding::new();
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        let count = (&mut file).take(CHUNK as u64).read_to_end(&mut chunk).map_err(failed)?;
        if count == 0 {
            break;
        }
        if let Some(before) = holding.next(chunk.into())
            && sender.blocking_send(Ok(before)).is_err()
        {
            return Ok(());
        }
    }
    if let Some(last) = holding.finish(&wanted, &path.display().to_string())? {
        sender.blocking_send(Ok(last)).ok();
    }
    Ok(())
}

fn of_memory(bytes: &Arc<[u8]>, wanted: &Wanted, sender: Sender) -> JoinHandle<Result<(), Trouble>> {
    let mut holding = Holding::new();
    holding.next(Bytes::from_owner(bytes.clone()));
    let last = holding.finish(wanted, "what is held of the image");
    tokio::spawn(async move {
        if let Some(last) = last? {
            sender.send(Ok(last)).await.ok();
        }
        Ok(())
    })
}

async fn of_stream(mut stream: Chunks, wanted: Wanted, sender: &Sender) -> Result<(), Trouble> {
    let mut holding = Holding::new();
    let passing = |error: &dyn std::fmt::Display| Trouble::Passing {
        error: Error::outside("reading a blob", wanted.0.as_str(), error),
        after: None,
    };
    loop {
        let next = tokio::time::timeout(PATIENCE, stream.next()).await;
        let next = next.map_err(|_| passing(&format!("nothing came for {} s", PATIENCE.as_secs())))?;
        let Some(chunk) = next else { break };
        let chunk = chunk.map_err(|error| passing(&error))?;
        if let Some(before) = holding.next(chunk)
            && sender.send(Ok(before)).await.is_err()
        {
            return Ok(());
        }
        if holding.length > wanted.1 {
            break;
        }
    }
    if let Some(last) = holding.finish(&wanted, wanted.0.as_str())? {
        sender.send(Ok(last)).await.ok();
    }
    Ok(())
}
