//! A blob on its way: read from disk and hashed while it is sent. The last bytes of one that is not what it should be are
//! never sent.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use futures_util::stream::unfold;
use reqwest::Body;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::error::{Error, Result};
use crate::model::digest::Digest;

/// How much is read at once.
const CHUNK: usize = 256 * 1024;

/// How many chunks wait to be sent.
const WAITING: usize = 2;

/// A body to send, and what became of reading it: an error where the file cannot be read or is another one.
pub(super) struct Sending {
    pub(super) body: Body,
    pub(super) reading: JoinHandle<Result<()>>,
}

/// Starts reading. Whoever takes the body away ends it.
pub(super) fn send(digest: &Digest, file: &Path) -> Sending {
    let (sender, receiver) = mpsc::channel::<std::io::Result<Vec<u8>>>(WAITING);
    let (digest, file) = (digest.clone(), file.to_owned());
    let reading = tokio::task::spawn_blocking(move || {
        let read = read(&digest, &file, &sender);
        if let Err(error) = &read {
            // The connection is broken off, so that nobody takes half a blob for a whole one.
            sender.blocking_send(Err(std::io::Error::other(error.to_string()))).ok();
        }
        read
    });
    let chunks = unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
    Sending {
        body: Body::wrap_stream(chunks),
        reading,
    }
}

fn read(digest: &Digest, file: &Path, sender: &mpsc::Sender<std::io::Result<Vec<u8>>>) -> Result<()> {
    let failed = |error: std::io::Error| Error::file("reading a blob", file, &error);
    let mut open = File::open(file).map_err(failed)?;
    let mut hasher = Sha256::new();
    let mut last: Option<Vec<u8>> = None;
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        let count = (&mut open).take(CHUNK as u64).read_to_end(&mut chunk).map_err(failed)?;
        if count == 0 {
            break;
        }
        hasher.update(&chunk);
        if let Some(before) = last.replace(chunk)
            && sender.blocking_send(Ok(before)).is_err()
        {
            return Ok(());
        }
    }
    let actual = Digest::from_hasher(hasher);
    if actual != *digest {
        return Err(other(file, digest, &actual));
    }
    if let Some(last) = last {
        sender.blocking_send(Ok(last)).ok();
    }
    Ok(())
}

/// The error for a file that is not what its name says.
pub(super) fn other(file: &Path, digest: &Digest, actual: &Digest) -> Error {
    Error::Image {
        image: PathBuf::from(file).display().to_string(),
        message: format!("it should have {digest} and has {actual}"),
        help: "build the image again; what was sent of it carries no tag".to_owned(),
    }
}
