//! Releases as a forge such as GitHub keeps them: a page for a tag, with files.

use std::path::PathBuf;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::name::CommitId;

/// A release to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Draft {
    /// Its tag, which is there already.
    pub tag: String,
    /// The commit of the tag.
    pub commit: CommitId,
    /// Its title.
    pub title: String,
    /// Its text, in Markdown.
    pub body: String,
    /// Whether it is one of a prerelease.
    pub prerelease: bool,
    /// Whether it becomes the one that is shown as the latest.
    pub latest: bool,
}

/// A file of a release to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Asset {
    /// Its name there.
    pub name: String,
    /// Where it is here.
    pub path: PathBuf,
    /// Its length in bytes.
    pub size: u64,
    /// Its digest.
    pub digest: Digest,
}

/// A release that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRelease {
    /// Its number at the forge.
    pub id: u64,
    /// Whether it is a draft, which nobody sees.
    pub draft: bool,
    /// Its text.
    pub body: String,
    /// Its page.
    pub url: String,
    /// Its files.
    pub assets: Vec<KeptAsset>,
}

/// A file of a release that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAsset {
    /// Its number at the forge.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its digest, where the forge tells it.
    pub digest: Option<Digest>,
    /// Whether it was uploaded as a whole.
    pub whole: bool,
    /// When its upload began.
    pub began_at: Timestamp,
}
