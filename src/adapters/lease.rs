//! Who is at work in this clone: an identifier of the clone, and a lock for each environment that the system takes
//! back when the process ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::model::stream::Stream;

/// A lock that is held as long as this value lives.
#[derive(Debug)]
pub struct Lease(#[allow(dead_code, reason = "held for its lock")] File);

/// Takes the lock of a stream in this clone. Nothing when another process of this machine holds it.
pub fn take(common_dir: &Path, stream: &Stream) -> Result<Option<Lease>> {
    let name = stream.to_string().replace('/', "+");
    let path = folder(common_dir)?.join(format!("{name}.lock"));
    let fails = |error: std::io::Error| Error::file("locking", &path, &error);
    let mut options = OpenOptions::new();
    let file = options
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(fails)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lease(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(fails(error)),
    }
}

/// The identifier of this clone, made once.
pub fn clone_id(common_dir: &Path) -> Result<String> {
    let path = folder(common_dir)?.join("clone");
    let fails = |error: std::io::Error| Error::file("identifying the clone", &path, &error);
    if let Ok(id) = std::fs::read_to_string(&path) {
        return Ok(id.trim().to_owned());
    }
    let id = crate::random::hex(16).map_err(fails)?;
    let mut file = tempfile::NamedTempFile::new_in(folder(common_dir)?).map_err(fails)?;
    writeln!(file, "{id}").map_err(fails)?;
    // Whoever comes second takes the first one's.
    if file.persist_noclobber(&path).is_ok() {
        return Ok(id);
    }
    let id = std::fs::read_to_string(&path).map_err(fails)?;
    Ok(id.trim().to_owned())
}

fn folder(common_dir: &Path) -> Result<PathBuf> {
    let folder = common_dir.join("tidegate");
    std::fs::create_dir_all(&folder).map_err(|error| Error::file("creating", &folder, &error))?;
    Ok(folder)
}
