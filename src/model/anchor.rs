//! Anchors: an event as it is noted outside of the ledger, so that a ledger that was rewritten is found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::digest::Digest;
use super::text::ParseError;

/// The trailer of a tag's message that holds an anchor: `Tidegate-Ledger: 17 sha256:…`.
const TRAILER: &str = "Tidegate-Ledger";

/// An event of the ledger, by number and content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Anchor {
    /// The event's sequence number.
    pub sequence: u64,
    /// The digest of its file.
    pub event: Digest,
}

impl Anchor {
    /// The line that a message ends with.
    pub fn trailer(&self) -> String {
        format!("{TRAILER}: {self}")
    }

    /// The anchor in a message: its last trailer of that name.
    ///
    /// # Errors
    /// There is such a trailer, and it is no anchor.
    pub fn in_message(message: &str) -> Result<Option<Self>, ParseError> {
        let value = |line: &str| Some(line.strip_prefix(TRAILER)?.strip_prefix(':')?.trim().to_owned());
        match message.lines().rev().find_map(value) {
            Some(value) => value.parse().map(Some),
            None => Ok(None),
        }
    }
}

impl std::fmt::Display for Anchor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.sequence, self.event)
    }
}

impl std::str::FromStr for Anchor {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bad = || {
            ParseError::new(
                "anchor of the ledger",
                text,
                "write a number and a digest: `17 sha256:…`",
            )
        };
        let (sequence, event) = text.split_once(' ').ok_or_else(bad)?;
        Ok(Self {
            sequence: sequence.parse().map_err(|_| bad())?,
            event: event.parse()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_trailer_of_a_message_is_read() {
        let anchor = |sequence| Anchor {
            sequence,
            event: Digest::of(b"an event"),
        };
        let message = format!("v1.4.0\n\n{}\n{}\n", anchor(3).trailer(), anchor(17).trailer());
        assert_eq!(Anchor::in_message(&message), Ok(Some(anchor(17))));
        assert_eq!(Anchor::in_message("v1.4.0\n"), Ok(None));
        assert!(Anchor::in_message("v1.4.0\n\nTidegate-Ledger: seventeen\n").is_err());
    }
}
