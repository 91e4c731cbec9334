//! What every type that is written as one string shares: parsing, display, serde and JSON Schema.

/// A text that does not fit the type it was given for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is no {what}: {why}")]
pub struct ParseError {
    /// The rejected text.
    pub value: String,
    /// The kind of value that was expected, in words.
    pub what: &'static str,
    /// What is wrong with it and what would fit.
    pub why: String,
}

impl ParseError {
    /// An error about `value`, which should have been a `what`.
    pub fn new(what: &'static str, value: &str, why: impl Into<String>) -> Self {
        Self {
            value: value.to_owned(),
            what,
            why: why.into(),
        }
    }
}

/// Text as a part of one line: control characters are spaces, and runs of white space are one.
pub fn one_line(text: &str) -> String {
    let plain = text.replace(|letter: char| letter.is_control(), " ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text for a terminal: of the control characters it keeps line ends and tabs, and it turns no direction of reading
/// (Unicode Standard Annex #9, section 2).
pub fn plain(text: &str) -> String {
    let turns = |letter| matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let shown = |letter: &char| matches!(letter, '\n' | '\t') || !(letter.is_control() || turns(*letter));
    text.chars().filter(shown).collect()
}

/// Reads a text as a type. It fails inside the deserializer, which knows the place of the text.
pub(crate) struct TextVisitor<T>(pub std::marker::PhantomData<T>);

impl<T: std::str::FromStr<Err = ParseError>> serde::de::Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// Gives a type with `FromStr` and `Display` its serde and JSON Schema as a string.
macro_rules! text_type {
    ($type:ty, $name:literal, $description:expr) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(crate::model::text::TextVisitor(std::marker::PhantomData))
            }
        }

        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "title": $name, "description": $description })
            }
        }
    };
}

pub(crate) use text_type;
