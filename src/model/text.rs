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

/// Gives a type with `FromStr` and `Display` its serde and JSON Schema as a string.
macro_rules! text_type {
    ($type:ty, $name:literal, $description:literal) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
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
                schemars::json_schema!({ "type": "string", "description": $description })
            }
        }
    };
}

pub(crate) use text_type;
