//! The places of strings in TOML.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::place::{Trouble, line};

/// A key's value.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// Parses a file.
pub(super) fn parse(text: &str) -> Result<DeTable<'_>, Trouble> {
    let parsed = DeTable::parse(text).map(Spanned::into_inner);
    parsed.map_err(|error| {
        let place = error.span().map(|span| line(text, span.start));
        Trouble::broken("TOML", error.message(), place)
    })
}

/// The value at a path of keys.
pub(super) fn get<'a, 't>(table: &'a DeTable<'t>, path: &[&str]) -> Option<&'a Value<'t>> {
    let (last, way) = path.split_last()?;
    let table = way
        .iter()
        .try_fold(table, |table, key| table.get(*key)?.get_ref().as_table())?;
    table.get(*last)
}

/// The table at a path of keys.
pub(super) fn table<'a, 't>(root: &'a DeTable<'t>, path: &[&str]) -> Option<&'a DeTable<'t>> {
    get(root, path)?.get_ref().as_table()
}

/// What stands between the quotes of a string, whichever of the four they are.
pub(super) fn inside(text: &str, value: &Value<'_>) -> Option<Range<usize>> {
    value.get_ref().as_str()?;
    let span = value.span();
    let raw = text.get(span.clone())?;
    let long = raw.len() >= 6 && (raw.starts_with("\"\"\"") || raw.starts_with("'''"));
    let quotes = if long { 3 } else { 1 };
    Some(span.start + quotes..span.end - quotes)
}
