//! The names of components and environments, and the identifiers of commits.

use std::fmt;
use std::str::FromStr;

use super::text::{ParseError, text_type};

macro_rules! name {
    ($type:ident, $what:literal, $schema:literal) => {
        #[doc = concat!("The name of ", $what, ": lower-case letters, digits, `-`, `_` and `.`, starting with a letter or digit, at most 63.")]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $type {
            type Err = ParseError;

            fn from_str(text: &str) -> Result<Self, ParseError> {
                let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
                let starts = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
                // A component of a git ref must not hold `..` nor end in `.` or `.lock` (git-check-ref-format).
                let refuses = text.contains("..") || text.ends_with('.') || text.ends_with(".lock");
                if !starts || refuses || text.len() > 63 || !text.bytes().all(fits) {
                    return Err(ParseError::new(
                        concat!("name of ", $what),
                        text,
                        "use lower-case letters, digits, `-`, `_` and `.`, starting with a letter or digit, at most 63",
                    ));
                }
                Ok(Self(text.to_owned()))
            }
        }

        text_type!($type, $schema, "Lower-case letters, digits, `-`, `_` and `.`, starting with a letter or digit.");
    };
}

name!(ComponentName, "a component", "ComponentName");
name!(EnvironmentName, "an environment", "EnvironmentName");

macro_rules! object_id {
    ($type:ident, $what:literal, $schema:literal) => {
        #[doc = concat!("The identifier of a git ", $what, ": 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.")]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(String);

        impl $type {
            /// The whole identifier.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The first nine digits, as git abbreviates them.
            pub fn short(&self) -> &str {
                &self.0[..9]
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $type {
            type Err = ParseError;

            fn from_str(text: &str) -> Result<Self, ParseError> {
                let hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                if !hex || !matches!(text.len(), 40 | 64) {
                    return Err(ParseError::new(
                        concat!($what, " identifier"),
                        text,
                        "40 or 64 lower-case hexadecimal digits are needed",
                    ));
                }
                Ok(Self(text.to_owned()))
            }
        }

        text_type!($type, $schema, concat!("A git ", $what, ": 40 or 64 lower-case hexadecimal digits."));
    };
}

object_id!(CommitId, "commit", "CommitId");
object_id!(TreeId, "tree", "TreeId");
