//! The link definitions of a changelog: `[1.2.0]: https://…/compare/v1.1.0...v1.2.0`.

use std::ops::Range;

use super::document::{Document, Kind};
use super::heading::{Style, version};
use super::{Entry, prefix};
use crate::plan::notes::links::encoded;

/// The label that the new version's heading needs a definition for.
pub(super) fn label(entry: &Entry<'_>, style: Option<&Style>) -> Option<String> {
    let new = Style::new(entry.links.is_some());
    style.unwrap_or(&new).label(entry.version)
}

/// The file with a block in the place of some lines and its definitions brought up to date.
pub(super) fn finish(
    document: &Document<'_>,
    entry: &Entry<'_>,
    range: Range<usize>,
    block: &str,
    label: Option<&str>,
    newest: bool,
) -> String {
    let (new, at) = definitions(document, entry, label, newest);
    let mut text = String::with_capacity(document.text().len() + block.len() + new.len());
    for line in 0..=document.len() {
        if line == range.start {
            broken_off(document, &mut text);
            text.push_str(block);
        }
        if line == at && !new.is_empty() {
            broken_off(document, &mut text);
            let follows = at.checked_sub(1).and_then(|line| document.kind(line));
            if !matches!(follows, Some(Kind::Definition(_))) && at == document.tail() && at == document.len() {
                text.push_str(&document.broken("\n"));
            }
            text.push_str(&document.broken(&new));
        }
        if range.contains(&line) {
            continue;
        }
        for old in document.lines(line..(line + 1).min(document.len())) {
            let moves = newest && is_unreleased(document.kind(line));
            match rebased(old, entry.tag).filter(|_| moves) {
                Some(line) => text.push_str(&line),
                None => text.push_str(old),
            }
        }
    }
    text
}

/// Ends the last line, where the file did not.
fn broken_off(document: &Document<'_>, text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str(&document.broken("\n"));
    }
}

fn is_unreleased(kind: Option<&Kind>) -> bool {
    match kind {
        Some(Kind::Unreleased { .. }) => true,
        Some(Kind::Definition(label)) => label.eq_ignore_ascii_case("unreleased"),
        _ => false,
    }
}

/// A line with `…/compare/OLD...REST` that starts from another tag.
fn rebased(line: &str, tag: &str) -> Option<String> {
    let start = line.find("/compare/")? + "/compare/".len();
    let (before, rest) = line.split_at_checked(start)?;
    let (_, after) = rest.split_at_checked(rest.find("...")?)?;
    Some(format!("{before}{}{after}", encoded(tag)))
}

/// The definitions to add and the line before which they go.
fn definitions(document: &Document<'_>, entry: &Entry<'_>, label: Option<&str>, newest: bool) -> (String, usize) {
    let tail = document.tail();
    let defined: Vec<(usize, &str)> = document
        .kinds()
        .filter_map(|(line, kind)| match kind {
            Kind::Definition(label) => Some((line, label.as_str())),
            _ => None,
        })
        .collect();
    let has = |wanted: &str| defined.iter().any(|(_, label)| label.eq_ignore_ascii_case(wanted));
    let mut new = String::new();
    let Some(links) = entry.links else {
        return (new, document.len());
    };
    let in_brackets = |kind: &Kind| matches!(kind, Kind::Unreleased { bracket: true, .. });
    let linked = |kind: &Kind| matches!(kind, Kind::Version(_, style) if style.label(entry.version).is_none());
    let named = document.kinds().any(|(_, kind)| in_brackets(kind)) && !document.kinds().any(|(_, kind)| linked(kind));
    if newest && named && !has("unreleased") {
        new.push_str(&format!("[Unreleased]: {}\n", links.compare(Some(entry.tag), "HEAD")));
    }
    if let Some(label) = label.filter(|label| !has(label)) {
        new.push_str(&format!(
            "[{label}]: {}\n",
            links.compare(entry.previous_tag, entry.tag)
        ));
    }
    let lower = |label: &str| {
        let found = version(label, prefix(entry));
        found.is_some_and(|(_, found)| found.0.cmp_precedence(&entry.version.0).is_lt())
    };
    let last = |wanted: &dyn Fn(&str) -> bool| {
        let mut found = defined.iter().rev().filter(|(line, _)| *line >= tail);
        found.find(|(_, label)| wanted(label)).map(|(line, _)| line + 1)
    };
    let mut tailing = defined.iter().filter(|(line, _)| *line >= tail);
    let place = tailing.find(|(_, label)| lower(label)).map(|(line, _)| *line);
    let place = place.or_else(|| last(&|label| version(label, prefix(entry)).is_some()));
    let place = place.or_else(|| last(&|label| label.eq_ignore_ascii_case("unreleased")));
    let place = place.or_else(|| last(&|_| true));
    (new, place.unwrap_or_else(|| document.len()))
}
