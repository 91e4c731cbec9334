//! A layout folder as the source of an image: which manifest is meant, and that all of it is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use oci_spec::image::Descriptor;
use serde::Deserialize;

use super::layout::{LayoutRegistry, tag};
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::image::{Image, Part};

/// How deep indexes may lie in indexes. Images need one or two levels; what goes deeper is made to do harm.
const DEEPEST: usize = 16;

/// The longest manifest that is read, in bytes: what registries take at least (OCI distribution specification 1.1, "Pushing
/// Manifests").
const LARGEST: u64 = 4 << 20;

/// A layout folder, and which of its images is meant.
#[derive(Clone, Debug)]
pub struct Source {
    /// The folder.
    pub folder: PathBuf,
    chosen: Chosen,
}

#[derive(Clone, Debug)]
enum Chosen {
    Only,
    Tag(String),
    Digest(Digest),
}

/// What a manifest or an index names.
#[derive(Deserialize)]
struct Names {
    #[serde(default)]
    manifests: Vec<Descriptor>,
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
}

impl Source {
    /// `FOLDER`, `FOLDER:TAG` or `FOLDER@sha256:…`. A folder that is there under the whole name is meant as a whole.
    ///
    /// # Errors
    /// What follows `@` is no digest.
    pub fn parse(path: &Path) -> Result<Self> {
        let whole = Self {
            folder: path.to_owned(),
            chosen: Chosen::Only,
        };
        let Some(text) = path.to_str().filter(|_| !path.is_dir()) else {
            return Ok(whole);
        };
        if let Some((folder, digest)) = text.rsplit_once('@') {
            return Ok(Self {
                folder: folder.into(),
                chosen: Chosen::Digest(digest.parse()?),
            });
        }
        Ok(match text.rsplit_once(':') {
            Some((folder, tag)) if !tag.contains('/') => Self {
                folder: folder.into(),
                chosen: Chosen::Tag(tag.to_owned()),
            },
            _ => whole,
        })
    }

    /// Reads the image: its manifests, and whether each part is there with the length that it should have.
    ///
    /// # Errors
    /// An image error for a layout or a part that is missing or damaged; a usage error when it is open which is meant.
    pub async fn image(&self) -> Result<Image> {
        let source = self.clone();
        let joined = tokio::task::spawn_blocking(move || source.read()).await;
        joined.unwrap_or_else(|error| Err(Error::Internal(error.to_string())))
    }

    fn read(&self) -> Result<Image> {
        for file in ["oci-layout", "index.json"] {
            let file = self.folder.join(file);
            if !file.is_file() {
                let message = format!("there is no OCI image layout: {} is missing", file.display());
                return Err(damaged(&self.folder, message));
            }
        }
        let layout = LayoutRegistry::new(self.folder.clone());
        let entry = self.choose(layout.entries()?)?;
        let mut walk = Walk {
            layout,
            seen: BTreeSet::new(),
            manifests: Vec::new(),
            blobs: Vec::new(),
        };
        walk.manifest(&entry, 0)?;
        let root = walk.manifests.pop();
        Ok(Image {
            root: root.ok_or_else(|| Error::Internal("an image without a manifest".to_owned()))?,
            children: walk.manifests,
            blobs: walk.blobs,
        })
    }

    fn choose(&self, entries: Vec<Descriptor>) -> Result<Descriptor> {
        let fits = |entry: &Descriptor| match &self.chosen {
            Chosen::Only => true,
            Chosen::Tag(wanted) => tag(entry) == Some(wanted),
            Chosen::Digest(digest) => entry.digest().as_ref() == digest.as_str(),
        };
        let listed: Vec<String> = entries
            .iter()
            .map(|entry| match tag(entry) {
                Some(tag) => format!("{}:{tag} ({})", self.folder.display(), entry.digest()),
                None => format!("{}@{}", self.folder.display(), entry.digest()),
            })
            .collect();
        let mut found: Vec<Descriptor> = entries.into_iter().filter(fits).collect();
        found.dedup_by(|one, other| one.digest() == other.digest());
        match (found.pop(), found.is_empty()) {
            (Some(entry), true) => Ok(entry),
            (Some(_), false) => Err(Error::usage(
                format!("{} holds many images", self.folder.display()),
                format!("choose one: {}", listed.join(", ")),
            )),
            (None, _) if listed.is_empty() => Err(damaged(&self.folder, "its index.json names no image".to_owned())),
            (None, _) => Err(Error::usage(
                format!("{} holds no such image", self.folder.display()),
                format!("it holds {}", listed.join(", ")),
            )),
        }
    }
}

struct Walk {
    layout: LayoutRegistry,
    seen: BTreeSet<Digest>,
    manifests: Vec<Part>,
    blobs: Vec<Part>,
}

impl Walk {
    fn manifest(&mut self, descriptor: &Descriptor, depth: usize) -> Result<()> {
        let Some((part, file)) = self.check(descriptor)? else {
            return Ok(());
        };
        if depth > DEEPEST {
            return Err(damaged(&file, format!("it lies more than {DEEPEST} indexes deep")));
        }
        if part.bytes > LARGEST {
            return Err(damaged(&file, format!("a manifest of {} bytes is none", part.bytes)));
        }
        let bytes = std::fs::read(&file).map_err(|error| Error::file("reading", &file, &error))?;
        let actual = Digest::of(&bytes);
        if actual != part.digest {
            return Err(damaged(
                &file,
                format!("it should have {} and has {actual}", part.digest),
            ));
        }
        let names: Names = serde_json::from_slice(&bytes)
            .map_err(|error| damaged(&file, format!("it is no image manifest: {error}")))?;
        for child in &names.manifests {
            self.manifest(child, depth + 1)?;
        }
        for blob in names.config.iter().chain(&names.layers) {
            let elsewhere = blob.urls().as_ref().is_some_and(|urls| !urls.is_empty());
            if !elsewhere && let Some((blob, _)) = self.check(blob)? {
                self.blobs.push(blob);
            }
        }
        self.manifests.push(part);
        Ok(())
    }

    /// Compares the size of a part with what names it; nothing when that was done before. What it holds is compared when it
    /// is read: a manifest here, a blob when it is sent.
    fn check(&mut self, descriptor: &Descriptor) -> Result<Option<(Part, PathBuf)>> {
        let digest: Digest = descriptor.digest().as_ref().parse()?;
        if !self.seen.insert(digest.clone()) {
            return Ok(None);
        }
        let file = self.layout.blob(&digest);
        let bytes = match std::fs::metadata(&file) {
            Ok(found) => found.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(damaged(&file, format!("it is missing; the image needs {digest}")));
            }
            Err(error) => return Err(Error::file("reading", &file, &error)),
        };
        if bytes != descriptor.size() {
            let message = format!(
                "it should have {digest} and {} bytes; it has {bytes} bytes",
                descriptor.size()
            );
            return Err(damaged(&file, message));
        }
        let part = Part {
            digest,
            bytes,
            media_type: descriptor.media_type().to_string(),
        };
        Ok(Some((part, file)))
    }
}

fn damaged(file: &Path, message: String) -> Error {
    Error::Image {
        image: file.display().to_string(),
        message,
        help: "build the image again; nothing was sent".to_owned(),
    }
}
