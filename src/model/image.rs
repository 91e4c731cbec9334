//! Images, and where an image repository is: a registry's, or an OCI layout folder that stands in for one.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

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

/// A part of an image: a blob or a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its digest.
    pub digest: Digest,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its media type.
    pub media_type: String,
}

/// An image with all that it consists of, each part once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The manifest or index that the release is known by.
    pub root: Part,
    /// The manifests under the root, each after those that it names.
    pub children: Vec<Part>,
    /// The configurations and layers; not the layers that are elsewhere (`urls`).
    pub blobs: Vec<Part>,
}
