//! How an image repository of ECR is to be made, and in what one that is there differs from it.
//! A repository that is there is never altered: its differences are told.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::text::{ParseError, text_type};

/// How a component's repository is made where ECR has none yet. One that is there stays as it is, and what differs is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RepositorySetup {
    /// Whether a tag that is there can be moved to another image.
    #[serde(default)]
    pub tag_mutability: Mutability,
    /// The tags that can be moved all the same, at most five patterns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mutable_tags: Vec<TagPattern>,
    /// Whether ECR scans each image that is pushed; as ECR has it when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_on_push: Option<bool>,
    /// The KMS key that encrypts the images, by ARN, identifier or `alias/NAME`; AES-256 of ECR's own when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    /// The JSON file of its lifecycle policy, relative to this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle_policy: Option<PathBuf>,
    /// The JSON file of its repository policy, relative to this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PathBuf>,
}

/// The most patterns that ECR takes (CreateRepository, `imageTagMutabilityExclusionFilters`).
pub const MOST_PATTERNS: usize = 5;

/// Whether tags can be moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mutability {
    /// A tag stays where it is.
    #[default]
    Immutable,
    /// A tag can be moved.
    Mutable,
}

/// A pattern of tags: letters, digits, `.`, `_`, `-`, and at most two `*`, each for any text
/// (ImageTagMutabilityExclusionFilter).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagPattern(String);

impl TagPattern {
    /// Whether it takes in a tag.
    pub fn matches(&self, tag: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else {
            return self.0 == tag;
        };
        let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
        let inner = tag.strip_prefix(first).and_then(|tag| tag.strip_suffix(last));
        inner.is_some_and(|inner| inner.contains(middle))
    }
}

impl fmt::Display for TagPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TagPattern {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bad = |why: &str| ParseError::new("pattern of tags", text, why);
        if !(1..=128).contains(&text.len()) {
            return Err(bad("it must have 1 to 128 letters"));
        }
        let known = |b: u8| b.is_ascii_alphanumeric() || b"._-*".contains(&b);
        if !text.bytes().all(known) {
            return Err(bad("it must be of letters, digits, `.`, `_`, `-` and `*`"));
        }
        if text.matches('*').count() > 2 {
            return Err(bad("it must have no more than two `*`"));
        }
        Ok(Self(text.to_owned()))
    }
}

text_type!(
    TagPattern,
    "TagPattern",
    "Tags, such as `latest` or `1.*`: letters, digits, `.`, `_`, `-`, and at most two `*` for any text."
);

/// Whether a tag stays where it is. `exceptions` name the tags that `mutability` does not hold for.
pub fn is_immutable(mutability: Mutability, exceptions: &[TagPattern], tag: &str) -> bool {
    let excepted = exceptions.iter().any(|pattern| pattern.matches(tag));
    (mutability == Mutability::Immutable) != excepted
}

/// A policy, compared by what it says and not by how it is laid out.
#[derive(Clone, Debug)]
pub struct Policy {
    text: String,
    meaning: Value,
}

impl Policy {
    /// A policy from its JSON text.
    ///
    /// # Errors
    /// What keeps it from being a JSON object.
    pub fn parse(text: &str) -> Result<Self, String> {
        match serde_json::from_str(text) {
            Ok(Value::Object(found)) => Ok(Self {
                text: text.to_owned(),
                meaning: plain(Value::Object(found)),
            }),
            Ok(_) => Err("it is no JSON object".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The text that was read.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Policy {
    fn eq(&self, other: &Self) -> bool {
        self.meaning == other.meaning
    }
}

impl Eq for Policy {}

/// A list of one is as good as the one.
fn plain(value: Value) -> Value {
    match value {
        Value::Array(mut list) if list.len() == 1 => list.pop().map_or(Value::Null, plain),
        Value::Array(list) => list.into_iter().map(plain).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, plain(value))).collect(),
        other => other,
    }
}

/// A setup whose policies were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The setup.
    pub setup: RepositorySetup,
    /// Its lifecycle policy.
    pub lifecycle_policy: Option<Policy>,
    /// Its repository policy.
    pub policy: Option<Policy>,
}

/// How images are encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// With a key of ECR's own.
    Aes256,
    /// With a key of KMS, where it is told which.
    Kms(Option<String>),
}

/// A repository as ECR has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Existing {
    /// Whether its tags can be moved.
    pub mutability: Mutability,
    /// The tags that this does not hold for.
    pub exceptions: Vec<TagPattern>,
    /// Whether it scans each image that is pushed.
    pub scan_on_push: bool,
    /// How it encrypts.
    pub encryption: Encryption,
    /// Its lifecycle policy, where the setup names one.
    pub lifecycle_policy: Option<Policy>,
    /// Its repository policy, where the setup names one.
    pub policy: Option<Policy>,
    /// Whether it is known to hold no image. It is asked only where a policy is missing.
    pub empty: bool,
}

impl Existing {
    /// Whether a tag stays where it is.
    pub fn is_immutable(&self, tag: &str) -> bool {
        is_immutable(self.mutability, &self.exceptions, tag)
    }
}

impl Wanted {
    /// Whether a policy is missing.
    pub fn misses_policy(&self, existing: &Existing) -> bool {
        let missing = |wanted: &Option<Policy>, found: &Option<Policy>| wanted.is_some() && found.is_none();
        missing(&self.lifecycle_policy, &existing.lifecycle_policy) || missing(&self.policy, &existing.policy)
    }

    /// Whether a run ended between making the repository and giving it its policies. They go before the first image, so
    /// one that holds an image is left alone: a policy could remove images from it or let others in.
    pub fn is_unfinished(&self, existing: &Existing) -> bool {
        existing.empty && self.misses_policy(existing)
    }

    /// In what a repository differs, a sentence for each.
    pub fn differences(&self, existing: &Existing) -> Vec<String> {
        let setup = &self.setup;
        let mut found = Vec::new();
        let (is, wants) = (
            tags(existing.mutability, &existing.exceptions),
            tags(setup.tag_mutability, &setup.mutable_tags),
        );
        if is != wants {
            found.push(format!("{is}, the setup wants that {wants}"));
        }
        let word = |on: bool| if on { "on" } else { "off" };
        if let Some(wanted) = setup.scan_on_push.filter(|wanted| *wanted != existing.scan_on_push) {
            found.push(format!(
                "scan on push is {}, the setup wants it {}",
                word(existing.scan_on_push),
                word(wanted)
            ));
        }
        match (&setup.kms_key, &existing.encryption) {
            (Some(wanted), Encryption::Aes256) => found.push(format!(
                "it is encrypted with AES-256, the setup wants the KMS key {wanted}"
            )),
            (Some(wanted), Encryption::Kms(Some(key))) if !may_be_key(wanted, key) => found.push(format!(
                "it is encrypted with the KMS key {key}, the setup wants {wanted}"
            )),
            _ => {}
        }
        let policies = [
            ("lifecycle", &self.lifecycle_policy, &existing.lifecycle_policy),
            ("repository", &self.policy, &existing.policy),
        ];
        for (name, wanted, is) in policies {
            match (wanted, is) {
                (Some(_), None) => found.push(format!("it has no {name} policy, the setup names one")),
                (Some(wanted), Some(is)) if wanted != is => {
                    found.push(format!("its {name} policy is another than the setup's"));
                }
                _ => {}
            }
        }
        found
    }
}

/// Which tags can be moved, in words. The order of the patterns means nothing.
fn tags(mutability: Mutability, exceptions: &[TagPattern]) -> String {
    let word = match mutability {
        Mutability::Immutable => "immutable",
        Mutability::Mutable => "mutable",
    };
    let mut names: Vec<&str> = exceptions.iter().map(|pattern| pattern.0.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    match names.as_slice() {
        [] => format!("tags are {word}"),
        names => format!("tags are {word} except {}", names.join(", ")),
    }
}

/// Whether a key may be the one of that ARN. ECR answers with the ARN of the key, from which no alias can be told.
fn may_be_key(named: &str, arn: &str) -> bool {
    named == arn || named.contains("alias/") || arn.ends_with(&format!(":key/{named}"))
}
