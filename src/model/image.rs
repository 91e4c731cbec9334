//! Images, and where an image repository is: a registry's, or an OCI layout folder that stands in for one.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use super::digest::Digest;
use super::text::{ParseError, text_type};

/// An image repository, without tag or digest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageRepository {
    /// `HOST[:PORT]/PATH`: a repository of a registry that speaks the OCI distribution protocol.
    Registry {
        /// Host and port.
        host: String,
        /// The repository's path.
        path: String,
    },
    /// `oci:FOLDER`: an OCI image layout folder used as a registry.
    Layout(PathBuf),
}

impl ImageRepository {
    /// Whether both are repositories of one registry.
    pub fn shares_registry(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Registry { host, .. }, Self::Registry { host: other, .. }) => host == other,
            _ => false,
        }
    }
}

impl fmt::Display for ImageRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry { host, path } => write!(f, "{host}/{path}"),
            Self::Layout(folder) => write!(f, "oci:{}", folder.display()),
        }
    }
}

impl FromStr for ImageRepository {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bad = |why: &str| ParseError::new("image repository", text, why);
        if let Some(folder) = text.strip_prefix("oci:") {
            if folder.is_empty() {
                return Err(bad("name the layout folder after `oci:`"));
            }
            return Ok(Self::Layout(folder.into()));
        }
        let (host, path) = text
            .split_once('/')
            .filter(|(host, _)| host.contains('.') || host.contains(':') || *host == "localhost")
            .ok_or_else(|| bad("write `HOST/PATH`, such as `ghcr.io/acme/app`, or `oci:FOLDER`"))?;
        // OCI distribution specification 1.1, "Pulling manifests": the grammar of <name>.
        let segment = |part: &str| {
            let inner = part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b));
            let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            inner && edge(part.bytes().next()) && edge(part.bytes().last())
        };
        if !path.split('/').all(segment) {
            return Err(bad(
                "the path must be of lower-case letters, digits, `.`, `_`, `-` and `/`, and carry no tag or digest",
            ));
        }
        Ok(Self::Registry {
            host: host.to_owned(),
            path: path.to_owned(),
        })
    }
}

text_type!(
    ImageRepository,
    "ImageRepository",
    "`HOST[:PORT]/PATH`, or `oci:FOLDER` for an OCI layout folder; without tag or digest."
);

/// Where the bytes of a part are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// In a file, from a place on: the file of a layout folder, or a part of an archive.
    File {
        /// The file.
        path: PathBuf,
        /// Where they begin, in bytes.
        offset: u64,
    },
    /// Here.
    Held(Arc<[u8]>),
    /// In a repository.
    Repository(ImageRepository),
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, offset: 0 } => write!(f, "{}", path.display()),
            Self::File { path, offset } => write!(f, "{} at byte {offset}", path.display()),
            Self::Held(_) => f.write_str("memory"),
            Self::Repository(repository) => repository.fmt(f),
        }
    }
}

/// A part of an image: a blob or a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its digest.
    pub digest: Digest,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its media type.
    pub media_type: String,
    /// Where it is.
    pub content: Content,
}

impl Part {
    /// A manifest or a small blob that is held.
    pub fn held(media_type: &str, bytes: Vec<u8>) -> Self {
        Self {
            digest: Digest::of(&bytes),
            bytes: bytes.len() as u64,
            media_type: media_type.to_owned(),
            content: Content::Held(bytes.into()),
        }
    }
}

/// A manifest or an index with all that it names, each part once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// What names the others.
    pub root: Part,
    /// The manifests under the root, each after those that it names.
    pub children: Vec<Part>,
    /// The configurations and layers; not the layers that are elsewhere (`urls`).
    pub blobs: Vec<Part>,
}

impl Tree {
    /// The children, then the root.
    pub fn manifests(&self) -> impl Iterator<Item = &Part> {
        self.children.iter().chain([&self.root])
    }
}

/// What is attached to a manifest, such as a bill of materials (OCI image specification 1.1, "subject").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// The manifest that it is attached to.
    pub subject: Digest,
    /// What it consists of.
    pub tree: Tree,
}

/// An image with all that travels along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// What the release is known by.
    pub tree: Tree,
    /// What is attached to it or to one of its manifests.
    pub referrers: Vec<Referrer>,
    /// The manifest of each platform, such as `linux/arm64/v8`.
    pub platforms: BTreeMap<String, Digest>,
    /// The image that it was built on, as its annotations have it (OCI image specification 1.1, "Pre-Defined Annotation Keys").
    pub base: Option<String>,
}

impl Image {
    /// The digest that it is known by.
    pub fn digest(&self) -> &Digest {
        &self.tree.root.digest
    }

    /// The image and what is attached to it, in the order in which they are sent.
    pub fn trees(&self) -> impl Iterator<Item = &Tree> {
        [&self.tree]
            .into_iter()
            .chain(self.referrers.iter().map(|referrer| &referrer.tree))
    }
}
