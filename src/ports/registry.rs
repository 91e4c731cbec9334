//! An image repository: blobs, manifests and tags, addressed by digest.

use std::path::Path;

use async_trait::async_trait;

use crate::error::Result;
use crate::model::digest::Digest;
use crate::model::image::ImageRepository;

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

/// One image repository (OCI distribution specification 1.1).
#[async_trait]
pub trait Registry: Send + Sync {
    /// The manifest that a tag or a digest names, when it is there.
    async fn manifest(&self, reference: &str) -> Result<Option<Manifest>>;

    /// The digest of what a tag or a digest names, when it is there.
    async fn digest(&self, reference: &str) -> Result<Option<Digest>>;

    /// Whether a blob is there. Where it may not be asked, it is not.
    async fn has_blob(&self, digest: &Digest) -> Result<bool>;

    /// Uploads a blob from a file. The last bytes of one with another digest are not sent.
    async fn put_blob(&self, digest: &Digest, file: &Path) -> Result<()>;

    /// Stores a manifest under its digest, and under `tag` where one is given.
    async fn put_manifest(&self, manifest: &Manifest, tag: Option<&str>) -> Result<()>;
}

/// Opens image repositories.
pub trait Registries: Send + Sync {
    /// A repository, with the credentials that fit its host.
    fn open(&self, repository: &ImageRepository) -> Result<Box<dyn Registry>>;
}
