//! A message taken apart into the changes that were squashed into it.

use super::Rules;
use super::message::{quoted, title};
use crate::plan::conventional::{Parsed, Unread, parse};

/// A part of a message that is a change of its own.
pub(super) struct Segment {
    /// Its first line, without the number of a pull request.
    pub(super) title: String,
    pub(super) parsed: Parsed,
}

/// A message in its parts.
#[derive(Default)]
pub(super) struct Split {
    /// The subject, when it is conventional, and the lines `* type: …` of a squash merge.
    pub(super) segments: Vec<Segment>,
    /// Whether none of it is conventional.
    pub(super) foreign: bool,
    /// Whether the first segment is the subject.
    pub(super) has_subject: bool,
}

/// What a part of the text begins with.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Subject,
    Line,
    /// A squashed commit that is not conventional: its footers are heard, and it ends the text of those above.
    Aside,
}

pub(super) fn split(text: &str, rules: &Rules) -> Split {
    let (subject, body) = text.split_once('\n').unwrap_or((text, ""));
    let mut parts = vec![(Part::Subject, subject.to_owned())];
    let is_squash = body.lines().any(|line| bullet(line, rules).is_some());
    let mut after_blank = true;
    for line in body.lines() {
        match bullet(line, rules) {
            Some(head) => parts.push((Part::Line, head.to_owned())),
            None if is_squash && after_blank && line.starts_with("* ") => {
                parts.push((Part::Aside, "chore: aside\n".to_owned()));
            }
            None => {
                if let Some((_, part)) = parts.last_mut() {
                    part.push('\n');
                    part.push_str(line);
                }
            }
        }
        after_blank = line.trim().is_empty();
    }
    let mut split = Split {
        foreign: true,
        ..Split::default()
    };
    for (part, text) in parts {
        match (part, read(&text)) {
            (Part::Aside, Ok(aside)) => {
                if let Some(above) = split.segments.last_mut().map(|segment| &mut segment.parsed) {
                    above.breaking = above.breaking.take().or(aside.breaking);
                    above.footers.extend(aside.footers);
                }
            }
            (_, Ok(parsed)) => {
                split.foreign = false;
                split.has_subject |= part == Part::Subject;
                let head = text.lines().next().unwrap_or_default();
                split.segments.push(Segment {
                    title: title(head.trim()).0.to_owned(),
                    parsed,
                });
            }
            // A commit that is to be folded into another one is that one's.
            (Part::Subject, Err(Unread::Fixup)) => return Split::default(),
            (_, Err(_)) => {}
        }
    }
    without_release(split)
}

/// A commit that was made for a release repeats the changes that it released.
fn without_release(mut split: Split) -> Split {
    let subject = split.segments.first_mut().filter(|_| split.has_subject);
    if let Some(Segment { parsed, .. }) = subject
        && (parsed.kind.as_str(), parsed.scope.as_deref()) == ("chore", Some("release"))
    {
        parsed.breaking = None;
        parsed.footers.clear();
        split.segments.truncate(1);
    }
    split
}

/// A line of a squash merge that is a change.
fn bullet<'a>(line: &'a str, rules: &Rules) -> Option<&'a str> {
    let head = line.strip_prefix("* ").or_else(|| line.strip_prefix("- "))?;
    if quoted(head, "Revert").is_some() {
        return Some(head);
    }
    let parsed = parse(head).ok()?;
    rules.knows(&parsed.kind).then_some(head)
}

/// Reads a part; git's `Revert "…"` is one of type `revert` where it is a line of a squash.
fn read(text: &str) -> Result<Parsed, Unread> {
    let (head, rest) = text.split_once('\n').unwrap_or((text, ""));
    parse(text).or_else(|unread| match quoted(title(head.trim()).0, "Revert") {
        Some(named) => parse(&format!("revert: {named}\n{rest}")),
        None => Err(unread),
    })
}
