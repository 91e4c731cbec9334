//! A tar archive that is read in place: where the bytes of each file are. Nothing is ever unpacked.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use tar::EntryType;

use super::damaged;
use crate::error::{Error, Result};
use crate::model::text::one_line;

/// How deep folders may lie in folders. An image needs three levels.
const DEEPEST: usize = 32;

/// How many files an archive may hold. An image has some for each layer.
const MOST: usize = 100_000;

/// How long a name may be, in bytes.
const LONGEST: usize = 4096;

/// How much of an archive is read for its names, in bytes; what files hold is passed over.
const READ: u64 = 64 << 20;

/// How many links lead to a file at most.
const LINKS: usize = 8;

/// An archive and where its files are.
#[derive(Clone, Debug)]
pub(super) struct Archive {
    pub(super) path: PathBuf,
    entries: BTreeMap<String, Found>,
}

/// What stands under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A file.
    File {
        /// Its first byte in the archive.
        offset: u64,
        /// Its length in bytes.
        length: u64,
    },
    /// The file of another name.
    Link(String),
}

impl Archive {
    /// Reads the names of an archive.
    ///
    /// # Errors
    /// An image error where it is none, is cut off, or holds a name that leads out of it; a usage error for one that is
    /// compressed as a whole.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let failed = |error: std::io::Error| Error::file("reading an archive", path, &error);
        let mut file = File::open(path).map_err(failed)?;
        let mut first = Vec::new();
        (&mut file).take(4).read_to_end(&mut first).map_err(failed)?;
        if first.starts_with(&[0x1f, 0x8b]) || first.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            return Err(Error::usage(
                format!("{} is compressed as a whole", path.display()),
                "unpack it with `gunzip` or `unzstd` first: an archive is read in place",
            ));
        }
        let entries = names(std::io::BufReader::new(file));
        Ok(Self {
            path: path.to_owned(),
            entries: entries.map_err(|error| damaged(&path.display().to_string(), error))?,
        })
    }

    /// The first byte of a file, and its length; links are followed.
    pub(super) fn find(&self, name: &str) -> Option<(u64, u64)> {
        let mut name = name;
        for _ in 0..LINKS {
            match self.entries.get(name)? {
                Found::File { offset, length } => return Some((*offset, *length)),
                Found::Link(target) => name = target,
            }
        }
        None
    }
}

/// What stands where in an archive (POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header").
///
/// # Errors
/// What is wrong with it.
pub fn names<R: Read + Seek>(mut reader: R) -> Result<BTreeMap<String, Found>, String> {
    let told = |error: std::io::Error| one_line(&error.to_string());
    let end = reader.seek(SeekFrom::End(0)).map_err(told)?;
    reader.rewind().map_err(told)?;
    let mut archive = tar::Archive::new(Sparing { reader, left: READ });
    let mut found = BTreeMap::new();
    for entry in archive.entries_with_seek().map_err(told)? {
        let entry = entry.map_err(|error| format!("it is no tar archive, or is cut off: {}", told(error)))?;
        let path = entry.path().map_err(told)?;
        let name = inside(Path::new(""), &path)?;
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {
                let (offset, length) = (entry.raw_file_position(), entry.size());
                if offset.checked_add(length).is_none_or(|after| after > end) {
                    return Err(format!("it is cut off in {name}"));
                }
                found.insert(name, Found::File { offset, length });
            }
            EntryType::Symlink | EntryType::Link => {
                let target = entry.link_name().map_err(told)?.unwrap_or_default();
                // A symbolic link starts from its own folder, a hard link from the top.
                let folder = match entry.header().entry_type() {
                    EntryType::Symlink => Path::new(&name).parent().unwrap_or(Path::new("")),
                    _ => Path::new(""),
                };
                let target = inside(folder, &target)?;
                found.insert(name, Found::Link(target));
            }
            EntryType::GNUSparse => return Err(format!("{name} is stored with holes in it")),
            _ => {}
        }
        if found.len() > MOST {
            return Err(format!("it holds more than {MOST} files"));
        }
    }
    Ok(found)
}

/// A reader that gives no more than so much: long names are read into memory as a whole.
struct Sparing<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Read for Sparing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            return Err(std::io::Error::other(format!("its names have more than {READ} bytes")));
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.reader.read(&mut buffer[..most])?;
        self.left -= count as u64;
        Ok(count)
    }
}

impl<R: Seek> Seek for Sparing<R> {
    fn seek(&mut self, place: SeekFrom) -> std::io::Result<u64> {
        self.reader.seek(place)
    }
}

/// A path in the archive, taken from a folder in it.
fn inside(folder: &Path, path: &Path) -> Result<String, String> {
    if path.as_os_str().len() > LONGEST {
        return Err(format!("it holds a name of {} bytes", path.as_os_str().len()));
    }
    let outside = || {
        let path = one_line(&path.display().to_string());
        format!("it holds the name {path}, which leads out of it")
    };
    let mut parts: Vec<&str> = Vec::new();
    for component in folder.components().chain(path.components()) {
        match component {
            Component::Normal(part) => parts.push(part.to_str().ok_or("it holds a name that is no UTF-8")?),
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop().ok_or_else(outside)?;
            }
            Component::RootDir | Component::Prefix(_) => return Err(outside()),
        }
    }
    if parts.len() > DEEPEST {
        return Err(format!("it holds folders more than {DEEPEST} deep in one another"));
    }
    Ok(parts.join("/"))
}
