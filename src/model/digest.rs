//! The identity of what is released: the digest of an image, as the OCI image specification writes it.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use super::text::{ParseError, text_type};

/// `sha256:` and 64 lower-case hexadecimal digits
/// (OCI image specification 1.1, descriptor, "Digests").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_hash(&Sha256::digest(bytes))
    }

    /// The digest that a finished SHA-256 hasher gives.
    pub fn from_hasher(hasher: Sha256) -> Self {
        Self::from_hash(&hasher.finalize())
    }

    fn from_hash(hash: &[u8]) -> Self {
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("sha256:{hex}"))
    }

    /// The 64 digits without the algorithm.
    pub fn hex(&self) -> &str {
        self.0.trim_start_matches("sha256:")
    }

    /// The first twelve digits: enough for a person to tell two apart.
    pub fn short(&self) -> &str {
        &self.hex()[..12]
    }

    /// The whole digest, `sha256:…`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Digest {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bad = |why: &str| ParseError::new("image digest", text, why);
        let hex = text
            .strip_prefix("sha256:")
            .ok_or_else(|| bad("it must start with `sha256:`"))?;
        if hex.len() != 64 || !hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(bad("64 lower-case hexadecimal digits must follow `sha256:`"));
        }
        Ok(Self(text.to_owned()))
    }
}

text_type!(
    Digest,
    "Digest",
    "A SHA-256 digest: `sha256:` and 64 lower-case hexadecimal digits."
);
