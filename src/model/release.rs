//! A release: what moves up the ladder. Its digest is its identity; version, tag and commit are attributes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::name::{CommitId, ComponentName};
use super::version::Version;

/// A component's version, commit and image digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Release {
    /// The component it is a release of.
    pub component: ComponentName,
    /// Its version.
    pub version: Version,
    /// The git tag that carries the version.
    pub tag: String,
    /// The commit that was built.
    pub commit: CommitId,
    /// The digest of the image: what was tested is what goes live.
    pub digest: Digest,
    /// Where the image is, without tag or digest.
    pub image: String,
}

impl Release {
    /// The image by digest, as a deployment must name it.
    pub fn image_by_digest(&self) -> String {
        format!("{}@{}", self.image, self.digest)
    }
}

impl std::fmt::Display for Release {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.tag, self.digest.short())
    }
}
