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

    /// Whether it is a patch of a version before it: final, without build metadata.
    pub fn is_patch(&self) -> bool {
        self.0.patch > 0 && self.0.pre.is_empty() && self.0.build.is_empty()
    }

    /// The version that a prerelease leads to; without build metadata.
    #[must_use]
    pub fn core(&self) -> Self {
        Self::new(self.0.major, self.0.minor, self.0.patch)
    }

    /// What makes it a candidate: `rc.2`, or `rc2` as some write it. Nothing for other prereleases.
    pub fn candidate(&self) -> Option<Candidate> {
        let text = self.0.pre.as_str();
        let (channel, number, dotted) = match text.split_once('.') {
            Some((channel, number)) => (channel, number, true),
            None => {
                let letters = text.trim_end_matches(|letter: char| letter.is_ascii_digit());
                (letters, text.get(letters.len()..)?, false)
            }
        };
        Some(Candidate {
            channel: channel.parse().ok()?,
            number: number.parse().ok()?,
            dotted,
        })
    }

    /// Candidate `number` of a channel for this version.
    #[must_use]
    pub fn with_candidate(&self, channel: &Channel, number: u64) -> Option<Self> {
        let pre = semver::Prerelease::new(&format!("{channel}.{number}")).ok()?;
        let mut version = self.core();
        version.0.pre = pre;
        Some(version)
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
        let wrong = |why: String| ParseError::new("semantic version", text, why);
        let version =
            semver::Version::parse(text).map_err(|error| wrong(format!("{error}; write it as 1.4.0 or 1.4.0-rc.1")))?;
        if [version.major, version.minor, version.patch].contains(&u64::MAX) {
            return Err(wrong(format!("no version comes after {}", u64::MAX)));
        }
        Ok(Self(version))
    }
}

text_type!(
    Version,
    "Version",
    "A semantic version (2.0.0), such as `1.4.0` or `1.4.0-rc.1`."
);

/// A line of prereleases, such as `rc`: what stands before the dot in `1.4.0-rc.2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Channel(String);

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Channel {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_lowercase()) {
            return Ok(Self(text.to_owned()));
        }
        Err(ParseError::new(
            "channel",
            text,
            "it has lower-case letters only, such as rc, beta or alpha",
        ))
    }
}

text_type!(
    Channel,
    "Channel",
    "A line of prereleases, such as `rc`: lower-case letters."
);

/// What stands behind a version that is still worked on, such as `dev` in `1.5.0-dev`: one identifier of a prerelease
/// (Semantic Versioning 2.0.0, item 9) that is no number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Development(String);

impl Development {
    /// The version with it behind.
    #[must_use]
    pub fn of(&self, version: &Version) -> Version {
        let mut version = version.core();
        version.0.pre = semver::Prerelease::new(&self.0).unwrap_or_default();
        version
    }
}

impl Default for Development {
    fn default() -> Self {
        Self("dev".to_owned())
    }
}

impl fmt::Display for Development {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Development {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_alphabetic()) {
            return Ok(Self(text.to_owned()));
        }
        let why = "it has letters only, such as dev or SNAPSHOT";
        Err(ParseError::new("mark of development", text, why))
    }
}

text_type!(
    Development,
    "Development",
    "What stands behind a version that is still worked on, such as `dev` or `SNAPSHOT`: letters."
);

/// What makes a version a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its channel.
    pub channel: Channel,
    /// Its number, from 1.
    pub number: u64,
    /// Whether a dot stands between: `rc10` sorts below `rc2`, `rc.10` above `rc.2` (Semantic Versioning 2.0.0, item 11).
    pub dotted: bool,
}

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

/// What a release line takes: the branch of one minor version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Maintenance {
    /// Patches only, whatever the commits ask for.
    #[default]
    Patch,
    /// What the commits ask for, as on any branch.
    Any,
}

/// What commits of a type ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Asks {
    /// A major version.
    Major,
    /// A minor version.
    Minor,
    /// A patch.
    Patch,
    /// Nothing.
    None,
}

impl Asks {
    /// The bump that it comes down to.
    pub fn bump(self) -> Option<Bump> {
        match self {
            Self::Major => Some(Bump::Major),
            Self::Minor => Some(Bump::Minor),
            Self::Patch => Some(Bump::Patch),
            Self::None => None,
        }
    }
}

/// A tag that follows the newest stable version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Floating {
    /// `v1` for 1.x.y.
    Major,
    /// `v1.4` for 1.4.y.
    Minor,
}
