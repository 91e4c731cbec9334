//! Versions (Semantic Versioning 2.0.0) and the tags that carry them.

use std::fmt;
use std::str::FromStr;

use super::text::{ParseError, text_type};

/// A semantic version, without prefix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub semver::Version);

impl Version {
    /// `major.minor.patch` without prerelease or build metadata.
    pub fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self(semver::Version::new(major, minor, patch))
    }

    /// Whether it is a prerelease, such as `1.4.0-rc.1`.
    pub fn is_prerelease(&self) -> bool {
        !self.0.pre.is_empty()
    }

    /// The tag that carries this version for a component with that prefix.
    pub fn tag(&self, prefix: &str) -> String {
        format!("{prefix}{self}")
    }

    /// The version that `tag` carries, when it starts with the prefix and a version is all that follows.
    pub fn from_tag(prefix: &str, tag: &str) -> Option<Self> {
        tag.strip_prefix(prefix)?.parse().ok()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

impl FromStr for Version {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        semver::Version::parse(text).map(Self).map_err(|error| {
            ParseError::new(
                "semantic version",
                text,
                format!("{error}; write it as 1.4.0 or 1.4.0-rc.1"),
            )
        })
    }
}

text_type!(
    Version,
    "Version",
    "A semantic version (2.0.0), such as `1.4.0` or `1.4.0-rc.1`."
);

/// How far a release moves the version.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Bump {
    /// A fix.
    Patch,
    /// A new feature.
    Minor,
    /// A breaking change.
    Major,
}

impl fmt::Display for Bump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        })
    }
}

/// What a breaking change and a feature do to a version below 1.0.0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ZeroMajor {
    /// As Cargo reads versions: breaking → minor, feature and fix → patch.
    #[default]
    Cargo,
    /// Everything one place down: breaking → minor, feature → minor, fix → patch.
    Shift,
    /// As written: breaking → 1.0.0, feature → minor, fix → patch.
    Literal,
}
