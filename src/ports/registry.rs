//! An image repository: blobs, manifests and tags, addressed by digest.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;
use oci_spec::image::Descriptor;

use crate::error::Result;
use crate::model::digest::Digest;
use crate::model::image::{ImageRepository, Part};
use crate::model::repository_setup::{Existing, Wanted};

/// A manifest or an index, to the byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Manifest {
    /// Its digest.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }
}

/// Where the bytes of a blob are read, anew for each try.
pub enum Input {
    /// In a file, from a byte on.
    File {
        /// The file.
        path: PathBuf,
        /// The first byte.
        offset: u64,
    },
    /// In memory.
    Held(Arc<[u8]>),
    /// In another repository.
    Stored(Box<dyn Registry>),
}

/// The bytes of a blob as they come.
pub type Chunks = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>;

/// How many bytes have gone out. A try that fails takes its own back.
#[derive(Debug, Default)]
pub struct Meter(AtomicU64);

impl Meter {
    /// More have gone out.
    pub fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Some count no more.
    pub fn take_back(&self, bytes: u64) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// How many.
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How a blob got there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// Its bytes were sent.
    Uploaded,
    /// The registry took it from another of its repositories.
    Mounted,
}

/// What became of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is there, under its tag if it was given one.
    Done,
    /// The tag may not be moved.
    Taken {
        /// What it names, as far as the registry tells.
        named: Option<Digest>,
        /// The registry's own words.
        words: String,
    },
    /// The registry says that something which it names is not there, and goes on saying so; in its own words.
    Lacking(String),
}

/// How a registry keeps a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The first push makes it.
    ByItself,
    /// It has to be made and is not there.
    Missing,
    /// It is there like this.
    There(Box<Existing>),
}

/// One image repository (OCI distribution specification 1.1).
#[async_trait]
pub trait Registry: Send + Sync {
    /// The manifest that a tag or a digest names, when it is there.
    async fn manifest(&self, reference: &str) -> Result<Option<Manifest>>;

    /// The digest of what a tag or a digest names, when it is there.
    async fn digest(&self, reference: &str) -> Result<Option<Digest>>;

    /// Whether it takes no manifest before what it names: where a manifest is, all of it is.
    fn checks_references(&self) -> bool {
        true
    }

    /// Which of the blobs are there, in their order. Where it may not be asked, none is.
    async fn has_blobs(&self, blobs: &[&Part]) -> Result<Vec<bool>>;

    /// The bytes of a blob.
    async fn read_blob(&self, digest: &Digest) -> Result<Chunks>;

    /// Brings a blob, from the repository `mount` of the same registry when it can be mounted from there. The last bytes of
    /// one with another digest are not sent.
    async fn put_blob(&self, blob: &Part, from: &Input, mount: Option<&str>, meter: &Arc<Meter>) -> Result<Placed>;

    /// Stores a manifest under its digest, and under `tag` where one is given.
    async fn put_manifest(&self, manifest: &Manifest, tag: Option<&str>) -> Result<Stored>;

    /// All tags; nothing when they may not be listed.
    async fn tags(&self) -> Result<Option<Vec<String>>>;

    /// The descriptors of what is attached to a manifest.
    async fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>>;

    /// Stores a manifest that is attached to another, so that it is found from there.
    async fn attach(&self, manifest: &Manifest, subject: &Digest) -> Result<Stored>;

    /// How the registry keeps it; policies are told of where the setup names them.
    async fn repository(&self, _: &Wanted) -> Result<Kept> {
        Ok(Kept::ByItself)
    }

    /// Makes it, or finishes one that a killed run has begun.
    async fn create(&self, _: &Wanted) -> Result<()> {
        Ok(())
    }
}

/// Opens image repositories.
pub trait Registries: Send + Sync {
    /// A repository, with the login that was given, or the one that fits its host.
    fn open(&self, repository: &ImageRepository) -> Result<Box<dyn Registry>>;

    /// The same, where the login that was given is for the registry of one repository alone.
    fn with_login_for(&self, repository: &ImageRepository) -> Arc<dyn Registries>;
}
