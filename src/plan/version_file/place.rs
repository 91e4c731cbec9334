//! The places of a file where a version stands, and the replacing of the bytes there: everything else stays as it is.

use std::ops::Range;

use crate::model::version::Version;

const MARK: &str = "\u{feff}";

/// A place that holds a version, in bytes of the text without its byte order mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) span: Range<usize>,
    pub(super) writing: Writing,
}

/// How a version is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    /// By Semantic Versioning.
    Semantic,
    /// By PEP 440.
    Python,
}

/// What is in the way, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) line: Option<usize>,
    pub(super) reason: String,
    pub(super) help: String,
}

impl Trouble {
    pub(super) fn new(reason: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            line: None,
            reason: reason.into(),
            help: help.into(),
        }
    }

    /// The same, at a byte of the text.
    pub(super) fn at(self, text: &str, offset: usize) -> Self {
        Self {
            line: Some(line(text, offset)),
            ..self
        }
    }

    /// A file that its own parser does not take.
    pub(super) fn broken(what: &str, cause: impl std::fmt::Display, line: Option<usize>) -> Self {
        Self {
            line,
            reason: format!("it is no {what}: {cause}"),
            help: "mend the file; nothing is changed before every file can be read".to_owned(),
        }
    }
}

/// The line of a byte, counted from 1.
pub(super) fn line(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    1 + before.filter(|byte| **byte == b'\n').count()
}

impl Place {
    pub(super) fn semantic(span: Range<usize>) -> Self {
        let writing = Writing::Semantic;
        Self { span, writing }
    }

    /// A place that may start with the `v` of `v1.2.3`, which stays.
    pub(super) fn after_v(text: &str, span: Range<usize>) -> Self {
        let letter = matches!(text.as_bytes().get(span.clone()), Some([b'v', digit, ..]) if digit.is_ascii_digit());
        Self::semantic(span.start + usize::from(letter)..span.end)
    }

    pub(super) fn text<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.span.clone()).unwrap_or_default()
    }

    /// The version that stands there.
    pub(super) fn version(&self, text: &str) -> Option<Version> {
        let said = self.text(text);
        match self.writing {
            Writing::Semantic => said.parse().ok(),
            Writing::Python => super::pyproject::parse(said),
        }
    }

    fn write(&self, version: &Version) -> Result<String, Trouble> {
        match self.writing {
            Writing::Semantic => Ok(version.to_string()),
            Writing::Python => super::pyproject::write(version),
        }
    }
}

/// The text of a file, and its byte order mark where it has one.
pub(super) fn decode(content: &[u8]) -> Result<(&'static str, &str), Trouble> {
    let text = std::str::from_utf8(content).map_err(|error| {
        let valid = content.get(..error.valid_up_to()).unwrap_or_default();
        Trouble {
            line: Some(1 + valid.iter().filter(|byte| **byte == b'\n').count()),
            reason: "it is no text in UTF-8".to_owned(),
            help: "save the file as UTF-8".to_owned(),
        }
    })?;
    Ok(text.strip_prefix(MARK).map_or(("", text), |rest| (MARK, rest)))
}

/// The text with the version at each place.
pub(super) fn replace(text: &str, places: &[Place], version: &Version) -> Result<String, Trouble> {
    let mut places: Vec<&Place> = places.iter().collect();
    places.sort_by_key(|place| place.span.start);
    let mut edited = String::with_capacity(text.len() + 32);
    let mut end = 0;
    for place in places {
        let written = place
            .write(version)
            .map_err(|trouble| trouble.at(text, place.span.start))?;
        edited.push_str(text.get(end..place.span.start).unwrap_or_default());
        edited.push_str(&written);
        end = place.span.end;
    }
    edited.push_str(text.get(end..).unwrap_or_default());
    Ok(edited)
}
