//! Where a new version goes, and what goes there with it.

use std::ops::Range;

use super::document::{Document, Kind};
use super::{END, Entry, notes, references, start, title};

/// The file with a version that it does not have.
pub(super) fn add(document: &Document<'_>, entry: &Entry<'_>) -> String {
    let at = place(document, entry);
    let top = is_newest(document, entry);
    let hand = if top { hand_written(document, at) } else { at..at };
    let before = hand.start.checked_sub(1);
    let mut block = String::new();
    if before.is_some_and(|line| document.kind(line) != Some(&Kind::Empty)) {
        block.push('\n');
    }
    let style = style(document, at);
    let (own, notes) = notes(entry);
    block.push_str(&own.map_or_else(|| title(entry, style), str::to_owned));
    block.push('\n');
    let written: String = document.lines(hand.clone()).collect();
    let written = written.trim_matches(['\n', '\r']).trim_end();
    if !notes.is_empty() {
        block.push_str(&match entry.mark {
            true => format!("\n{}\n\n{notes}\n\n{END}\n", start(entry.version)),
            false => format!("\n{notes}\n"),
        });
    }
    if at < document.len() {
        block.push('\n');
    }
    let block = document.broken(&block);
    let block = match written {
        "" => block,
        // The person's own lines keep their own breaks.
        written => {
            let split = block
                .trim_start()
                .find('\n')
                .map(|end| end + 1 + block.len() - block.trim_start().len());
            let (head, rest) = block.split_at(split.unwrap_or(block.len()));
            let line_break = document.broken("\n");
            format!("{head}{line_break}{written}{line_break}{rest}")
        }
    };
    let label = match own {
        Some(_) => None,
        None => references::label(entry, style),
    };
    references::finish(document, entry, hand.start..at, &block, label.as_deref(), top)
}

/// The line before which the version goes.
fn place(document: &Document<'_>, entry: &Entry<'_>) -> usize {
    let mut last = None;
    for (line, kind) in document.kinds() {
        match kind {
            Kind::Version(found, _) if found.0.cmp_precedence(&entry.version.0).is_lt() => return line,
            Kind::Version(..) => last = Some(line),
            Kind::Unreleased { .. } if last.is_none() => last = Some(line),
            _ => {}
        }
    }
    if let Some(last) = last {
        return document.end(last);
    }
    let mut headings = document.kinds().filter_map(|(line, kind)| match kind {
        Kind::Heading(level) => Some((line, *level)),
        _ => None,
    });
    let first = headings.next().filter(|(_, level)| *level == 2);
    let below = first.or_else(|| headings.find(|(_, level)| *level <= 2));
    below.map_or(document.tail(), |(line, _)| line)
}

/// The style of the version below the place, or of any other.
fn style<'a>(document: &'a Document<'_>, at: usize) -> Option<&'a super::Style> {
    let style = |kind: &'a Kind| match kind {
        Kind::Version(_, style) => Some(style),
        _ => None,
    };
    let below = document.kind(at).and_then(style);
    below.or_else(|| document.kinds().find_map(|(_, kind)| style(kind)))
}

/// Whether it is stable and above every version of the file.
fn is_newest(document: &Document<'_>, entry: &Entry<'_>) -> bool {
    let above =
        |kind: &Kind| matches!(kind, Kind::Version(found, _) if found.0.cmp_precedence(&entry.version.0).is_gt());
    !entry.version.is_prerelease() && !document.kinds().any(|(_, kind)| above(kind))
}

/// What people wrote under `Unreleased`, when that stands right above the place. Headings alone are no text.
fn hand_written(document: &Document<'_>, at: usize) -> Range<usize> {
    let heading = document
        .kinds()
        .position(|(_, kind)| matches!(kind, Kind::Unreleased { .. }));
    let Some(heading) = heading.filter(|heading| *heading < at && document.end(*heading) == at) else {
        return at..at;
    };
    let says = |line| matches!(document.kind(line), Some(Kind::Text | Kind::Definition(_)));
    if (heading + 1..at).any(says) {
        heading + 1..at
    } else {
        at..at
    }
}
