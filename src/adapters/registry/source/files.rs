//! The files of a layout folder or of an archive.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use oci_spec::image::{Descriptor, ImageIndex};

use super::archive::Archive;
use super::{damaged, docker};
use crate::adapters::registry::oci::LARGEST;
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::image::{Content, Part};

/// The files of an image, with what was made beside them.
#[derive(Clone, Debug)]
pub(super) struct Files {
    place: Place,
    /// Manifests and layers of an archive that has no layout.
    made: Vec<Part>,
    listed: Vec<Descriptor>,
}

#[derive(Clone, Debug)]
enum Place {
    Folder(PathBuf),
    Archive(Archive),
}

impl Files {
    /// Opens a folder or an archive.
    ///
    /// # Errors
    /// An image error when it is neither a layout nor an archive of docker's.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let place = match path.is_file() {
            true => Place::Archive(Archive::open(path)?),
            false => Place::Folder(path.to_owned()),
        };
        let mut files = Self {
            place,
            made: Vec::new(),
            listed: Vec::new(),
        };
        files.list()?;
        Ok(files)
    }

    /// The images: those of `index.json` where there is one, else those of docker's `manifest.json`.
    pub(super) fn listed(&self) -> &[Descriptor] {
        &self.listed
    }

    fn list(&mut self) -> Result<()> {
        if self.find("index.json")?.is_none() && self.find("manifest.json")?.is_some() {
            (self.listed, self.made) = docker::images(self)?;
            return Ok(());
        }
        for file in ["oci-layout", "index.json"] {
            if self.find(file)?.is_none() {
                let message = format!("there is no OCI image layout and no archive of docker's: {file} is missing");
                return Err(damaged(&self.name(""), message));
            }
        }
        let bytes = self.read("index.json")?;
        let index: ImageIndex = serde_json::from_slice(&bytes)
            .map_err(|error| damaged(&self.name("index.json"), format!("it is no index: {error}")))?;
        self.listed = index.manifests().clone();
        Ok(())
    }

    /// The part that a descriptor tells of, not read.
    pub(super) fn part(&self, descriptor: &Descriptor) -> Result<Part> {
        let digest: Digest = descriptor.digest().as_ref().parse()?;
        let made = self.made.iter().find(|part| part.digest == digest);
        let file = format!("blobs/sha256/{}", digest.hex());
        let (content, bytes) = match made {
            Some(part) => (part.content.clone(), part.bytes),
            None => self.find(&file)?.ok_or_else(|| {
                damaged(
                    &self.name(&file),
                    format!(
                        "it is missing; the image needs {digest}. Of an image with many platforms, --platform takes one"
                    ),
                )
            })?,
        };
        if bytes != descriptor.size() {
            let message = format!(
                "it should have {digest} and {} bytes; it has {bytes} bytes",
                descriptor.size()
            );
            return Err(damaged(&self.name(&file), message));
        }
        Ok(Part {
            digest,
            bytes,
            media_type: descriptor.media_type().to_string(),
            content,
        })
    }

    /// A short file.
    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>> {
        let (content, bytes) = self
            .find(name)?
            .ok_or_else(|| damaged(&self.name(name), "it is missing".to_owned()))?;
        if bytes > LARGEST {
            return Err(damaged(
                &self.name(name),
                format!("a manifest of {bytes} bytes is none"),
            ));
        }
        read(&content, bytes)
    }

    /// Where a file is, and how long.
    pub(super) fn find(&self, name: &str) -> Result<Option<(Content, u64)>> {
        match &self.place {
            Place::Folder(folder) => {
                let path = folder.join(name);
                match std::fs::metadata(&path) {
                    Ok(found) if found.is_file() => Ok(Some((Content::File { path, offset: 0 }, found.len()))),
                    Ok(_) => Ok(None),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                    Err(error) => Err(Error::file("reading", &path, &error)),
                }
            }
            Place::Archive(archive) => Ok(archive.find(name).map(|(offset, length)| {
                let path = archive.path.clone();
                (Content::File { path, offset }, length)
            })),
        }
    }

    /// A file by name, for people.
    pub(super) fn name(&self, file: &str) -> String {
        match &self.place {
            Place::Folder(folder) => folder.join(file).display().to_string(),
            Place::Archive(archive) if file.is_empty() => archive.path.display().to_string(),
            Place::Archive(archive) => format!("{}: {file}", archive.path.display()),
        }
    }
}

/// The bytes of a content that is a file.
pub(super) fn read(content: &Content, length: u64) -> Result<Vec<u8>> {
    let (path, offset) = match content {
        Content::File { path, offset } => (path, *offset),
        Content::Held(bytes) => return Ok(bytes.to_vec()),
        Content::Repository(repository) => {
            return Err(Error::Internal(format!("{repository} is no file")));
        }
    };
    let failed = |error: std::io::Error| Error::file("reading", path, &error);
    let mut file = File::open(path).map_err(failed)?;
    file.seek(SeekFrom::Start(offset)).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}
