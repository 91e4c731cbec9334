//! A TOML document that knows where each of its keys and values stands.

use std::fmt;
use std::ops::Range;

use miette::NamedSource;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::{ConfigError, Finding};
use crate::error::Error;

/// One step on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// The key of a table.
    Key(String),
    /// The place in an array, counted from 0.
    Index(usize),
}

/// The way to a value, such as `environment.qa.after[0]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(pub Vec<Segment>);

impl Path {
    /// A path of keys.
    pub fn of(keys: &[&str]) -> Self {
        Self(keys.iter().map(|key| Segment::Key((*key).to_owned())).collect())
    }

    /// This path and one key more.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        let mut longer = self.clone();
        longer.0.push(Segment::Key(key.to_owned()));
        longer
    }

    /// This path and a place in its array.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        let mut longer = self.clone();
        longer.0.push(Segment::Index(index));
        longer
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if place == 0 => write!(f, "{key}")?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A parsed document with its text.
#[derive(Clone, Debug)]
pub struct Document<'t> {
    name: String,
    text: &'t str,
    /// Where each line ends.
    ends: Vec<usize>,
    root: Spanned<DeTable<'t>>,
}

/// The table that holds shell lines: what `${NAME}` means there is the shell's.
const SHELL: &str = "workflow";

impl<'t> Document<'t> {
    /// Parses TOML and replaces `${NAME}` and `${NAME:-default}` in its strings; `$${` stands for `${`. The table
    /// [`SHELL`] is left as it is.
    ///
    /// # Errors
    /// The text is no TOML, or names a variable that is not set and has no default.
    pub fn parse(name: &str, text: &'t str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let mut document = Self {
            name: name.to_owned(),
            text,
            ends: text.match_indices('\n').map(|(end, _)| end).collect(),
            root: Spanned::new(0..0, DeTable::new()),
        };
        let help = "this is no TOML; <https://toml.io> shows how it is written";
        let mut root = DeTable::parse(text).map_err(|error| document.broken(&error, Some(help)))?;
        let mut findings = Vec::new();
        let filled = root.get_mut().iter_mut().filter(|(key, _)| key.get_ref() != SHELL);
        for (_, value) in filled {
            expand(value, variable, &mut |span, name| {
                findings.push(document.finding_at(
                    span,
                    format!("the environment variable `{name}` is not set"),
                    Some(format!("set it, or give a default: `${{{name}:-default}}`")),
                    "needed here",
                ));
            });
        }
        document.root = root;
        document.check(findings)?;
        Ok(document)
    }

    /// The root table.
    pub fn root(&self) -> &DeTable<'t> {
        self.root.get_ref()
    }

    /// Reads the whole document as a type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        T::deserialize(toml::de::Deserializer::from(self.root.clone())).map_err(|error| self.broken(&error, None))
    }

    /// The text that was parsed.
    pub fn text(&self) -> &str {
        self.text
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the document itself says something at a path.
    pub fn has(&self, path: &Path) -> bool {
        self.walk(path).1 == path.0.len()
    }

    /// Where a value stands; for a path that is not there, the nearest place above it.
    pub fn span(&self, path: &Path) -> Range<usize> {
        self.walk(path).0
    }

    /// The place of the last segment that is there, and how many are.
    fn walk(&self, path: &Path) -> (Range<usize>, usize) {
        let mut span = 0..0;
        let mut steps = 0;
        let mut table = Some(self.root.get_ref());
        let mut array: Option<&[Spanned<DeValue<'t>>]> = None;
        for segment in &path.0 {
            let found = match segment {
                Segment::Key(key) => table.and_then(|table| table.get_key_value(key.as_str())),
                Segment::Index(_) => None,
            };
            let value = match (segment, found) {
                (Segment::Key(_), Some((name, value))) => {
                    // A table has no place of its own worth showing: its name has.
                    span = if value.get_ref().is_table() {
                        name.span()
                    } else {
                        value.span()
                    };
                    Some(value)
                }
                (Segment::Index(index), _) => {
                    let value = array.and_then(|array| array.get(*index));
                    span = value.map_or(span, Spanned::span);
                    value
                }
                _ => None,
            };
            let Some(value) = value else { break };
            steps += 1;
            table = value.get_ref().as_table();
            array = value.get_ref().as_array().map(|array| &**array);
        }
        (span, steps)
    }

    /// The line of a value, counted from 1.
    pub fn line(&self, path: &Path) -> usize {
        let start = self.span(path).start;
        self.ends.partition_point(|end| *end < start) + 1
    }

    /// A finding about the value at a path.
    pub fn finding(&self, path: &Path, message: String, help: Option<String>, label: &str) -> Finding {
        self.finding_at(self.span(path), message, help, label)
    }

    /// A finding about a place in the text.
    pub fn finding_at(&self, span: Range<usize>, message: String, help: Option<String>, label: &str) -> Finding {
        Finding {
            message,
            help,
            file: NamedSource::new(&self.name, self.text.to_owned()),
            span: span.into(),
            label: label.to_owned(),
        }
    }

    /// Nothing when there are no findings, and otherwise all of them, in the order of the file.
    pub fn check(&self, mut findings: Vec<Finding>) -> Result<(), Error> {
        if findings.is_empty() {
            return Ok(());
        }
        findings.sort_by_key(|finding| finding.span.offset());
        Err(Error::Config(Box::new(ConfigError {
            path: self.name.clone(),
            findings,
        })))
    }

    fn broken(&self, error: &toml::de::Error, help: Option<&str>) -> Error {
        let span = error.span().unwrap_or_default();
        let finding = self.finding_at(span, error.message().to_owned(), help.map(str::to_owned), "here");
        Error::Config(Box::new(ConfigError {
            path: self.name.clone(),
            findings: vec![finding],
        }))
    }
}

fn expand(
    value: &mut Spanned<DeValue<'_>>,
    variable: &dyn Fn(&str) -> Option<String>,
    missing: &mut dyn FnMut(Range<usize>, &str),
) {
    let span = value.span();
    match value.get_mut() {
        DeValue::String(text) if text.contains("${") => {
            let filled = fill(text, variable, &mut |name| missing(span.clone(), name));
            *text = std::borrow::Cow::Owned(filled);
        }
        DeValue::Array(array) => {
            for value in array.iter_mut() {
                expand(value, variable, missing);
            }
        }
        DeValue::Table(table) => {
            for (_, value) in table.iter_mut() {
                expand(value, variable, missing);
            }
        }
        _ => {}
    }
}

fn fill(text: &str, variable: &dyn Fn(&str) -> Option<String>, missing: &mut dyn FnMut(&str)) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            filled.push_str(before);
            filled.push_str("${");
            rest = after;
            continue;
        }
        filled.push_str(before);
        let Some((inner, after)) = after.split_once('}') else {
            filled.push_str("${");
            rest = after;
            continue;
        };
        let (name, default) = match inner.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inner, None),
        };
        match variable(name).or_else(|| default.map(str::to_owned)) {
            Some(value) => filled.push_str(&value),
            None => missing(name),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in() {
        let variable = |name: &str| (name == "HOST").then(|| "example.com".to_owned());
        let mut missing = Vec::new();
        let mut fill = |text: &str| fill(text, &variable, &mut |name| missing.push(name.to_owned()));
        assert_eq!(fill("https://${HOST}/x"), "https://example.com/x");
        assert_eq!(fill("${PORT:-80}${HOST:-none}"), "80example.com");
        assert_eq!(fill("$${HOST} ${"), "${HOST} ${");
        assert_eq!(fill("${NONE}"), "");
        assert_eq!(missing, ["NONE"]);
    }

    #[test]
    fn a_value_is_found_where_it_stands() {
        let text = "[environment.qa]\nafter = [\"dev\", \"uat\"]\n";
        let document = Document::parse("test.toml", text, &|_| None).unwrap();
        let after = Path::of(&["environment", "qa", "after"]);
        assert_eq!(&text[document.span(&after.index(1))], "\"uat\"");
        assert_eq!(&text[document.span(&Path::of(&["environment", "qa"]))], "qa");
        assert_eq!(document.line(&after), 2);
    }
}
