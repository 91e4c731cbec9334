//! A changelog line by line: what each line is, and what must not be taken for a heading.

use std::ops::Range;

use super::heading::{self, Style};
use crate::model::refusal::Refusal;
use crate::model::version::Version;

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The heading of a version.
    Version(Version, Style),
    /// The heading of what is not released yet.
    Unreleased {
        /// Whether it is in brackets.
        bracket: bool,
        /// Its level.
        level: usize,
    },
    /// Another heading, with its level.
    Heading(usize),
    /// The definition of a link, with its label.
    Definition(String),
    /// Nothing but blanks.
    Empty,
    /// Anything else.
    Text,
}

/// A changelog.
#[derive(Debug)]
pub(super) struct Document<'a> {
    text: &'a str,
    lines: Vec<&'a str>,
    kinds: Vec<Kind>,
    line_break: &'static str,
}

impl<'a> Document<'a> {
    /// Reads a text without a byte order mark.
    ///
    /// # Errors
    /// A refusal for a comment that is never closed: whatever is put behind it would be a part of it.
    pub(super) fn read(text: &'a str, prefix: &str) -> Result<Self, Refusal> {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let mut kinds = Vec::with_capacity(lines.len());
        let mut unclosed = [usize::MAX; 2];
        while let Some(line) = lines.get(kinds.len()) {
            let at = kinds.len();
            let later = lines.get(at + 1..).unwrap_or_default();
            let end = if at == 0 { front_matter(line, later) } else { None };
            let end = end.or_else(|| fence(line, later, &mut unclosed));
            let end = match end {
                None if begins_comment(line) => Some(comment(line, later).ok_or_else(|| unclosed_comment(at + 1))?),
                end => end,
            };
            match end {
                Some(further) => kinds.resize(at + 1 + further, Kind::Text),
                None => kinds.push(kind(line, prefix)),
            }
        }
        let first = lines.first().copied().unwrap_or_default();
        let line_break = if first.ends_with("\r\n") { "\r\n" } else { "\n" };
        Ok(Self {
            text,
            lines,
            kinds,
            line_break,
        })
    }

    /// The whole text.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// How many lines it has.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Some lines with their breaks.
    pub(super) fn lines(&self, range: Range<usize>) -> impl Iterator<Item = &'a str> {
        self.lines.get(range).unwrap_or_default().iter().copied()
    }

    /// What a line is; nothing behind the end.
    pub(super) fn kind(&self, line: usize) -> Option<&Kind> {
        self.kinds.get(line)
    }

    /// Every line's kind, in order.
    pub(super) fn kinds(&self) -> impl DoubleEndedIterator<Item = (usize, &Kind)> + ExactSizeIterator {
        self.kinds.iter().enumerate()
    }

    /// The line of a version's heading.
    pub(super) fn version(&self, wanted: &Version) -> Option<usize> {
        let is = |kind: &Kind| matches!(kind, Kind::Version(found, _) if found.0.cmp_precedence(&wanted.0).is_eq());
        self.kinds.iter().position(is)
    }

    /// The first line of the link definitions that the file ends with, or its end.
    pub(super) fn tail(&self) -> usize {
        let mut tail = self.len();
        for (line, kind) in self.kinds().rev() {
            match kind {
                Kind::Definition(_) => tail = line,
                Kind::Empty => {}
                _ => break,
            }
        }
        tail
    }

    /// The line after the section of a heading.
    pub(super) fn end(&self, heading: usize) -> usize {
        let level = match self.kind(heading) {
            Some(Kind::Version(_, style)) => style.level(),
            Some(Kind::Unreleased { level, .. }) => *level,
            _ => 0,
        };
        let ends = |kind: &Kind| match kind {
            Kind::Version(..) | Kind::Unreleased { .. } => true,
            Kind::Heading(other) => *other <= level,
            _ => false,
        };
        let next = self.kinds().skip(heading + 1).find(|(_, kind)| ends(kind));
        next.map_or(self.len(), |(line, _)| line).min(self.tail())
    }

    /// The line of the next version, or where the link definitions begin: notes may bring headings of any level.
    pub(super) fn next_version(&self, heading: usize) -> usize {
        let mut later = self.kinds().skip(heading + 1);
        let next = later.find(|(_, kind)| matches!(kind, Kind::Version(..) | Kind::Unreleased { .. }));
        next.map_or(self.len(), |(line, _)| line).min(self.tail())
    }

    /// A text with the line breaks of the file.
    pub(super) fn broken(&self, text: &str) -> String {
        text.replace('\n', self.line_break)
    }

    /// The text with other lines in the place of some.
    pub(super) fn replaced(&self, range: Range<usize>, text: &str) -> String {
        let before: String = self.lines(0..range.start).collect();
        let after: String = self.lines(range.end..self.len()).collect();
        format!("{before}{text}{after}")
    }
}

fn kind(line: &str, prefix: &str) -> Kind {
    if line.trim().is_empty() {
        return Kind::Empty;
    }
    let definition = || {
        let (label, rest) = line.strip_prefix('[')?.split_once("]:")?;
        let fits =
            !label.is_empty() && !label.contains(['[', ']']) && !label.starts_with('^') && !rest.trim().is_empty();
        fits.then(|| Kind::Definition(label.to_owned()))
    };
    match heading::read(line, prefix) {
        Some((_, kind)) => kind,
        None => definition().unwrap_or(Kind::Text),
    }
}

/// How many further lines front matter takes.
fn front_matter(line: &str, later: &[&str]) -> Option<usize> {
    let mark = line.trim_end();
    let opens = mark == "---" || mark == "+++";
    let end = later.iter().position(|line| line.trim_end() == mark)?;
    opens.then_some(end + 1)
}

/// How many further lines a code block takes (CommonMark 0.31.2, 4.5); one that is never closed counts for none.
/// `unclosed` remembers per mark the shortest that found no end, so that nobody looks for it again.
fn fence(line: &str, later: &[&str], unclosed: &mut [usize; 2]) -> Option<usize> {
    let (mark, length, info) = fence_mark(line)?;
    let known = unclosed.get_mut(usize::from(mark == '~'))?;
    if length >= *known || (mark == '`' && info.contains('`')) {
        return None;
    }
    let closes = |line: &&str| {
        let end = fence_mark(line);
        end.is_some_and(|(other, long, info)| other == mark && long >= length && info.trim().is_empty())
    };
    match later.iter().position(closes) {
        Some(end) => Some(end + 1),
        None => {
            *known = length;
            None
        }
    }
}

fn fence_mark(line: &str) -> Option<(char, usize, &str)> {
    let text = line.trim_start_matches(' ');
    let mark = text.chars().next().filter(|mark| ['`', '~'].contains(mark))?;
    let info = text.trim_start_matches(mark);
    let length = text.len() - info.len();
    (length >= 3 && line.len() - text.len() <= 3).then_some((mark, length, info))
}

/// Whether a line begins a comment (CommonMark 0.31.2, 4.6).
fn begins_comment(line: &str) -> bool {
    let text = line.trim_start_matches(' ');
    line.len() - text.len() <= 3 && text.starts_with("<!--")
}

/// How many further lines a comment takes; nothing when it is never closed.
fn comment(line: &str, later: &[&str]) -> Option<usize> {
    let closes = |line: &&str| line.contains("-->");
    std::iter::once(&line).chain(later).position(closes)
}

fn unclosed_comment(line: usize) -> Refusal {
    Refusal::new(
        format!("the changelog has a comment that is never closed, at line {line}"),
        "close it with `-->`: all that stands behind it would be hidden",
    )
}
