//! Evidence: a verdict with the facts that were judged, as a statement that tools for supply chains read
//! (in-toto Statement v1, <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::facts::Facts;
use super::release::Release;
use super::verdict::Verdict;

/// The type of an in-toto statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The type of the predicate. A field that changes its meaning raises the number.
pub const VERDICT_TYPE: &str = "https://github.com/tidegate/tidegate/verdict/v1";

/// A verdict as an in-toto statement about the image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// `https://in-toto.io/Statement/v1`.
    #[serde(rename = "_type")]
    pub statement_type: String,
    /// The image, alone.
    pub subject: Vec<Image>,
    /// `https://github.com/tidegate/tidegate/verdict/v1`.
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// What is said about it.
    pub predicate: Judgement,
}

/// An image, as a resource descriptor
/// (<https://github.com/in-toto/attestation/blob/main/spec/v1/resource_descriptor.md>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Image {
    /// Its repository.
    pub name: String,
    /// Its digest.
    pub digest: DigestSet,
}

/// The digests of an image, by algorithm
/// (<https://github.com/in-toto/attestation/blob/main/spec/v1/digest_set.md>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DigestSet {
    /// SHA-256, in 64 hexadecimal digits.
    pub sha256: String,
}

/// A verdict with what it rests on: the same facts, judged by the same policy at the same time, give it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judgement {
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What was judged.
    pub facts: Facts,
}

impl Evidence {
    /// The statement of a verdict.
    pub fn new(verdict: Verdict, facts: Facts) -> Self {
        Self {
            statement_type: STATEMENT_TYPE.to_owned(),
            subject: vec![Image::of(&verdict.release)],
            predicate_type: VERDICT_TYPE.to_owned(),
            predicate: Judgement { verdict, facts },
        }
    }

    /// The verdict.
    pub fn verdict(&self) -> &Verdict {
        &self.predicate.verdict
    }
}

impl Image {
    fn of(release: &Release) -> Self {
        Self {
            name: release.image.clone(),
            digest: DigestSet {
                sha256: release.digest.hex().to_owned(),
            },
        }
    }
}
