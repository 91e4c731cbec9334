//! A release's notes in `CHANGELOG.md`, in place: what is there already stays as it is, to the byte.
//! The form is that of Keep a Changelog 1.1.0 (<https://keepachangelog.com/en/1.1.0/>).

mod document;
mod heading;
mod place;
mod references;

use jiff::civil::Date;

use super::notes::Links;
use crate::model::refusal::Refusal;
use crate::model::version::Version;
use document::{Document, Kind};
use heading::Style;

/// What a file starts with that did not exist.
const HEAD: &str = "# Changelog\n\nAll notable changes, in the form of [Keep a Changelog](https://keepachangelog.com/en/1.1.0/). \
                    Versions follow\n[Semantic Versioning](https://semver.org/).\n";
/// The line after the notes that tidegate may replace.
const END: &str = "<!-- tidegate: end of notes -->";

/// A release as the file tells it.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its version.
    pub version: &'a Version,
    /// Its tag.
    pub tag: &'a str,
    /// The tag before.
    pub previous_tag: Option<&'a str>,
    /// Its day.
    pub date: Date,
    /// The notes in Markdown. A heading of this version at their start takes the place of tidegate's.
    pub text: &'a str,
    /// Where the comparison with the tag before is found.
    pub links: Option<&'a Links>,
    /// Whether comments mark the notes, so that a later run may replace what stands between them.
    pub mark: bool,
}

/// What became of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The version was put in.
    Added,
    /// The version was there between tidegate's marks, with other notes.
    Replaced,
    /// The version was there with these notes.
    Same,
    /// The version was there with other notes and without marks: somebody's own, left alone.
    Kept {
        /// The line of its heading, counted from 1.
        line: usize,
    },
}

/// The file afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inserted {
    /// Its whole text.
    pub text: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// Puts a release into the file: before the first version that is lower, below `Unreleased`. The newest stable version
/// takes what is written under `Unreleased`, and puts it before its own notes.
pub fn insert(existing: Option<&str>, entry: &Entry<'_>) -> Result<Inserted, Refusal> {
    let whole = existing.unwrap_or_default();
    let (mark, text) = match whole.strip_prefix('\u{feff}') {
        Some(text) => ("\u{feff}", text),
        None => ("", whole),
    };
    let text = if text.trim().is_empty() { &fresh(entry) } else { text };
    let document = Document::read(text, prefix(entry))?;
    let (text, outcome) = match document.version(entry.version) {
        Some(line) => there(&document, line, entry)?,
        None => (place::add(&document, entry), Outcome::Added),
    };
    let text = if text == document.text() && existing.is_some() && outcome != Outcome::Added {
        whole.to_owned()
    } else {
        format!("{mark}{text}")
    };
    Ok(Inserted { text, outcome })
}

fn fresh(entry: &Entry<'_>) -> String {
    match entry.links {
        Some(_) => format!("{HEAD}\n## [Unreleased]\n"),
        None => format!("{HEAD}\n## Unreleased\n"),
    }
}

/// What stands before the version in its tag.
fn prefix<'a>(entry: &Entry<'a>) -> &'a str {
    entry.tag.strip_suffix(&entry.version.to_string()).unwrap_or_default()
}

/// The line before notes that tidegate may replace.
fn start(version: &Version) -> String {
    format!("<!-- tidegate: notes of {version} -->")
}

/// The file with a version that it has already.
fn there(document: &Document<'_>, line: usize, entry: &Entry<'_>) -> Result<(String, Outcome), Refusal> {
    let (_, notes) = notes(entry);
    let section = line + 1..document.next_version(line);
    let lines: Vec<&str> = document.lines(section.clone()).map(str::trim_end).collect();
    let unchanged = || document.text().to_owned();
    if format!("\n{}\n", lines.join("\n")).contains(&format!("\n{notes}\n")) || notes.is_empty() {
        return Ok((unchanged(), Outcome::Same));
    }
    let begin = start(entry.version);
    let Some(first) = lines.iter().position(|text| *text == begin) else {
        return Ok((unchanged(), Outcome::Kept { line: line + 1 }));
    };
    let Some(last) = lines.iter().rposition(|text| *text == END).filter(|last| *last > first) else {
        return Err(Refusal::new(
            format!("line {}: `{begin}` has no `{END}` after it", section.start + first + 1),
            "put that line back where the notes end, or remove both; then run the command again",
        ));
    };
    let between = section.start + first + 1..section.start + last;
    let notes = document.broken(&format!("\n{notes}\n\n"));
    Ok((document.replaced(between, &notes), Outcome::Replaced))
}

/// A heading of this version that the notes start with, and the rest of them, without empty lines around it.
fn notes<'a>(entry: &Entry<'a>) -> (Option<&'a str>, String) {
    let text = entry.text.trim_matches(['\n', '\r']).trim_end();
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let own = match heading::read(first, prefix(entry)) {
        Some((_, Kind::Version(version, _))) => version == *entry.version,
        _ => false,
    };
    let (heading, rest) = if own {
        (Some(first.trim_end()), rest)
    } else {
        (None, text)
    };
    let lines: Vec<&str> = rest.trim_matches(['\n', '\r']).lines().map(str::trim_end).collect();
    (heading, lines.join("\n").trim_matches('\n').to_owned())
}

/// The heading of a release in the style of the file.
fn title(entry: &Entry<'_>, style: Option<&Style>) -> String {
    let new = Style::new(entry.links.is_some());
    let url = entry.links.map(|links| links.compare(entry.previous_tag, entry.tag));
    style.unwrap_or(&new).write(entry.version, entry.date, url.as_deref())
}
