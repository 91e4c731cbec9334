//! A message taken apart: itself, and each line `* type: …` of a squash merge as a message of its own.

use std::borrow::Cow;
use std::collections::HashSet;

use super::Rules;
use super::message::title;
use super::reverts::{Reverts, read_named, read_reverts};
use crate::model::text::one_line;
use crate::plan::conventional::{Footer, Parsed, Unread, begins_footer, parse};

/// What is found in a message.
pub(super) struct Segments<'a> {
    pub(super) found: Vec<Segment<'a>>,
    /// Nothing of it is conventional.
    pub(super) foreign: bool,
}

/// A part of a message that counts.
pub(super) struct Segment<'a> {
    /// Its first line without the number of the pull request.
    pub(super) title: &'a str,
    pub(super) is_subject: bool,
    pub(super) kind: String,
    pub(super) scope: Option<String>,
    pub(super) description: String,
    pub(super) breaking: Option<String>,
    pub(super) pull_request: Option<u64>,
    pub(super) footers: Vec<Footer>,
    pub(super) reverts: Option<Reverts>,
}

impl<'a> Segment<'a> {
    fn of(head: &'a str, is_subject: bool, text: &str, parsed: Option<Parsed>) -> Option<Self> {
        let (title, _) = title(head.trim());
        let reverts = read_reverts(title, parsed.as_ref(), text);
        let (kind, description, pull_request) = match (&reverts, &parsed) {
            (Some(reverts), _) => ("revert".to_owned(), one_line(&reverts.title), None),
            (None, Some(parsed)) => {
                let (description, number) = super::message::title(&parsed.description);
                (parsed.kind.clone(), description.to_owned(), number)
            }
            (None, None) => return None,
        };
        let (scope, breaking, footers) = match parsed {
            Some(parsed) => (parsed.scope, parsed.breaking, parsed.footers),
            None => Default::default(),
        };
        Some(Self {
            title,
            is_subject,
            kind,
            scope,
            description,
            breaking,
            pull_request,
            footers,
            reverts,
        })
    }
}

pub(super) fn segments<'a>(text: &'a str, rules: &Rules) -> Segments<'a> {
    let subject = text.split_once('\n').map_or(text, |(subject, _)| subject);
    let head = parse(subject).ok();
    // Bots list there what the release brings, which its own commits tell.
    let is_release = |head: &Parsed| head.kind == "chore" && head.scope.as_deref() == Some("release");
    let release = head.filter(is_release);
    let parts = match &release {
        Some(_) => vec![(subject, Cow::Borrowed(text))],
        None => parts(text, rules),
    };
    let mut found: Vec<Segment<'_>> = Vec::new();
    let mut foreign = true;
    for (place, (head, text)) in parts.iter().enumerate() {
        let mut parsed = match parse(text) {
            Ok(parsed) => Some(parsed),
            // A commit that is to be folded into another one is that one's.
            Err(Unread::Fixup) if found.is_empty() => {
                foreign = false;
                found.clear();
                break;
            }
            Err(_) => None,
        };
        if let (Some(release), Some(parsed)) = (&release, &mut parsed) {
            parsed.breaking.clone_from(&release.breaking);
        }
        found.extend(Segment::of(head, place == 0, text, parsed));
    }
    join_reverts(&mut found, text);
    Segments {
        foreign: foreign && found.is_empty(),
        found,
    }
}

/// The message and each line of a squash, with its first line.
fn parts<'a>(text: &'a str, rules: &Rules) -> Vec<(&'a str, Cow<'a, str>)> {
    let (subject, body) = text.split_once('\n').unwrap_or((text, ""));
    let heads: Vec<Option<&str>> = body.lines().map(|line| bullet(line, rules)).collect();
    let listed = body.lines().zip(&heads).find(|(_, head)| head.is_some());
    let mark = listed.and_then(|(line, _)| line.get(..2));
    let by_github = is_by_github(body);
    let mut parts = vec![(subject, subject.to_owned())];
    let (mut after_blank, mut is_other) = (false, false);
    for (line, head) in body.lines().zip(heads) {
        if let Some(head) = head {
            parts.push((head, head.to_owned()));
            is_other = false;
        } else {
            let begins_other = match mark {
                Some(mark) => line.starts_with(mark),
                None => by_github && after_blank && line.starts_with("* "),
            };
            // The text of a commit that is no change belongs to no footer above it; its own footers are heard.
            is_other = begins_other || (is_other && !begins_footer(line));
            if let Some((_, part)) = parts.last_mut().filter(|_| !is_other) {
                part.push('\n');
                part.push_str(line);
            }
        }
        after_blank = line.trim().is_empty();
    }
    parts.into_iter().map(|(head, text)| (head, text.into())).collect()
}

/// Whether a body is GitHub's list of squashed commits: it begins with `* title` and a blank line.
fn is_by_github(body: &str) -> bool {
    let mut lines = body.lines().skip_while(|line| line.trim().is_empty());
    lines.next().is_some_and(|line| line.starts_with("* ")) && lines.next().is_none_or(|line| line.trim().is_empty())
}

fn bullet<'a>(line: &'a str, rules: &Rules) -> Option<&'a str> {
    let head = line.strip_prefix("* ").or_else(|| line.strip_prefix("- "))?;
    let parsed = parse(head).ok();
    let known = parsed.as_ref().is_some_and(|parsed| rules.knows(&parsed.kind));
    let (title, _) = title(head.trim());
    (known || read_reverts(title, parsed.as_ref(), "").is_some()).then_some(head)
}

/// A title that reverts names what no line below it does. It is told by a line that reverts the same, which another one
/// may take back.
fn join_reverts(found: &mut Vec<Segment<'_>>, text: &str) {
    let Some((subject, lines)) = found.split_first_mut().filter(|(subject, _)| subject.is_subject) else {
        return;
    };
    let Some(reverts) = &mut subject.reverts else { return };
    let told = lines.iter().filter_map(|line| line.reverts.as_ref());
    let told: HashSet<&String> = told.flat_map(|named| &named.commits).collect();
    let named = read_named(text);
    let named_here = named.commits.into_iter().filter(|id| !told.contains(id));
    reverts.commits.extend(named_here);
    reverts.pull_request = named.pull_request.or(reverts.pull_request);
    let fits = |line: &Segment<'_>, title: bool| match &line.reverts {
        Some(named) if title => named.title == reverts.title,
        Some(named) => reverts.commits.is_empty() && !named.commits.is_empty(),
        None => false,
    };
    let same = lines.iter().position(|line| fits(line, true));
    let teller = same.or_else(|| lines.iter().position(|line| fits(line, false)));
    let Some(line) = teller.and_then(|place| lines.get_mut(place)) else {
        return;
    };
    line.breaking = line.breaking.take().or(subject.breaking.take());
    line.scope = line.scope.take().or(subject.scope.take());
    if let Some(named) = line.reverts.as_mut().filter(|_| same.is_some()) {
        named.commits.append(&mut reverts.commits);
        named.pull_request = named.pull_request.or(reverts.pull_request);
    }
    line.footers.append(&mut subject.footers);
    found.remove(0);
}
