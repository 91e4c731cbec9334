//! The members of a JSON object with their places. Values are passed over without descending into them.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::place::Trouble;

/// The members of an object, in order.
pub(super) struct Members<'t>(Vec<(Cow<'t, str>, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Collect)
    }
}

struct Collect;

impl<'de> Visitor<'de> for Collect {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            members.push((Cow::Owned(key), map.next_value()?));
        }
        Ok(Members(members))
    }
}

/// Parses an object.
pub(super) fn parse(text: &str) -> Result<Members<'_>, Trouble> {
    serde_json::from_str(text).map_err(|error| Trouble::broken("JSON object", &error, Some(error.line())))
}

/// Where a value stands in the text that it was parsed from.
fn offset(text: &str, value: &RawValue) -> usize {
    value.get().as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

impl<'t> Members<'t> {
    /// The value under a key.
    fn get(&self, text: &str, key: &str) -> Result<Option<&'t RawValue>, Trouble> {
        let mut found = self.0.iter().filter(|(name, _)| name == key).map(|(_, value)| *value);
        let first = found.next();
        match found.next() {
            Some(second) => Err(Trouble::new(
                format!("`{key}` stands there twice"),
                "remove one of the two: readers differ in which one they take",
            )
            .at(text, offset(text, second))),
            None => Ok(first),
        }
    }

    /// The object under a key.
    pub(super) fn object(&self, text: &str, key: &str) -> Result<Option<Members<'t>>, Trouble> {
        let value = self.get(text, key)?.filter(|value| value.get().starts_with('{'));
        let parsed = value.map(|value| serde_json::from_str(value.get()));
        parsed
            .transpose()
            .map_err(|error| Trouble::broken("JSON object", error, None))
    }

    /// What stands between the quotes of the string under a key.
    pub(super) fn string(&self, text: &str, key: &str) -> Result<Option<Range<usize>>, Trouble> {
        let Some(value) = self.get(text, key)? else {
            return Ok(None);
        };
        let start = offset(text, value);
        if !value.get().starts_with('"') {
            return Err(Trouble::new(
                format!("`{key}` is no string"),
                format!("write it as `\"{key}\": \"0.0.0\"`"),
            )
            .at(text, start));
        }
        Ok(Some(start + 1..start + value.get().len() - 1))
    }
}
