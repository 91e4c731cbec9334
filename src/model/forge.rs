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
    /// Where its content is.
    #[serde(flatten)]
    pub source: Source,
    /// Its length in bytes.
    pub size: u64,
    /// Its digest.
    pub digest: Digest,
}

/// Where the content of a file of a release is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// In a file here.
    File(PathBuf),
    /// This text.
    Text(String),
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

/// A file of a commit that is made at the forge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedFile {
    /// Its path from the root of the repository.
    pub path: String,
    /// What becomes of it.
    pub change: FileChange,
}

/// What becomes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileChange {
    /// It gets this content.
    Written {
        /// Whether it can be run.
        executable: bool,
        /// What it holds.
        content: Vec<u8>,
    },
    /// It becomes an object that the forge has: a blob, or the commit of a submodule.
    Placed {
        /// What it is.
        mode: FileMode,
        /// The object.
        object: String,
    },
    /// It is taken away.
    Deleted,
}

/// What an entry of a tree is (gitformat-index(5), "Index entry").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileMode {
    /// A file.
    File,
    /// A file that can be run.
    Executable,
    /// A symbolic link.
    Link,
    /// The commit of a submodule.
    Submodule,
}

impl FileMode {
    /// As git writes it.
    pub fn octal(self) -> &'static str {
        match self {
            Self::File => "100644",
            Self::Executable => "100755",
            Self::Link => "120000",
            Self::Submodule => "160000",
        }
    }
}

/// Rules for tags that are in force
/// (<https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets>).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ruleset {
    /// Its name.
    pub name: String,
    /// Its page.
    pub url: Option<String>,
    /// Patterns of the refs that it is for, by their full names, as in fnmatch(3); `~ALL` is for every one.
    pub include: Vec<String>,
    /// Patterns of those that it is not for.
    pub exclude: Vec<String>,
    /// What it demands.
    pub rules: Vec<TagRule>,
}

/// What is demanded of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagRule {
    /// None may be created.
    Creation,
    /// None may be moved.
    Update,
    /// The name must be like this.
    Name {
        /// How the name is compared: `starts_with`, `ends_with`, `contains` or `regex`.
        operator: String,
        /// What with.
        pattern: String,
        /// Whether it must not be like this.
        negate: bool,
    },
}
