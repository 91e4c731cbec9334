//! One commit's message as changes.

use std::collections::{HashMap, HashSet};

use super::squash::{Segment, Split, split};
use super::{ReleaseAs, Rules};
use crate::model::change::Change;
use crate::model::commit::{Commit, Person};
use crate::model::name::CommitId;
use crate::model::text::one_line;
use crate::model::version::Bump;
use crate::plan::conventional::{Footer, Parsed};

/// How many authors a change has at most.
const MOST_AUTHORS: usize = 50;

/// What a message was found to say.
pub(super) struct Message<'a> {
    pub(super) commit: &'a Commit,
    /// The subject without the number of the pull request.
    pub(super) title: &'a str,
    pub(super) pull_request: Option<u64>,
    pub(super) changes: Vec<Change>,
    pub(super) release_as: Vec<ReleaseAs>,
    /// It is not conventional.
    pub(super) foreign: bool,
    /// It is taken out: reverted, a revert of something here, or there twice.
    pub(super) cancelled: bool,
    pub(super) reverts: Option<Reverts>,
    /// The titles that lines of a squash take back and that are none of its own.
    pub(super) line_reverts: Vec<String>,
    /// The commits that it was picked from.
    pub(super) picked_from: Vec<String>,
}

/// What a commit takes back, as it names it.
#[derive(Default)]
pub(super) struct Reverts {
    pub(super) commits: Vec<String>,
    pub(super) pull_request: Option<u64>,
    pub(super) title: String,
}

/// The commits that a message was picked from, as `git cherry-pick -x` writes them.
pub(super) fn picked_from(text: &str) -> impl Iterator<Item = &str> {
    let named = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("(cherry picked from commit "));
    named.filter_map(|rest| rest.strip_suffix(')'))
}

/// A subject and the number of the pull request that stands at its end: `title (#12)`.
pub(super) fn title(subject: &str) -> (&str, Option<u64>) {
    let split = || {
        let (title, number) = subject.strip_suffix(')')?.rsplit_once(" (#")?;
        Some((title.trim_end(), Some(number.parse().ok()?)))
    };
    split().unwrap_or((subject, None))
}

pub(super) fn read_message<'a>(commit: &'a Commit, rules: &Rules) -> Message<'a> {
    let (own_title, pull_request) = title(commit.subject());
    let mut message = Message {
        commit,
        title: own_title,
        pull_request,
        changes: Vec::new(),
        release_as: Vec::new(),
        foreign: false,
        cancelled: false,
        reverts: None,
        line_reverts: Vec::new(),
        picked_from: Vec::new(),
    };
    let text = commit.message.trim_start();
    let merged = merged_pull_request(commit);
    let text = match &merged {
        Some((number, rest)) => {
            message.pull_request = Some(*number);
            rest
        }
        None => text,
    };
    let Split {
        mut segments,
        foreign,
        has_subject,
    } = split(text, rules);
    message.foreign = foreign && !commit.merge;
    message.picked_from = picked_from(text).map(str::to_owned).collect();
    let authors = authors(
        &commit.author,
        segments.iter().flat_map(|segment| &segment.parsed.footers),
    );
    for segment in &segments {
        let asked = segment.parsed.footers.iter().filter(|footer| footer.is("Release-As"));
        message
            .release_as
            .extend(asked.map(|footer| release_as(&commit.id, &footer.value)));
    }
    let subject = segments.first().filter(|_| has_subject).map(|segment| &segment.parsed);
    message.reverts = reverts(&message, subject, text);
    if let Some(reverts) = &message.reverts {
        message.foreign = false;
        let description = one_line(&reverts.title);
        let breaking = subject.and_then(|subject| subject.breaking.clone());
        let scope = subject.and_then(|subject| subject.scope.clone());
        let one = change(
            &message,
            rules,
            &authors,
            "revert".to_owned(),
            scope,
            description,
            breaking,
        );
        message.changes.push(one);
        segments.drain(..usize::from(has_subject));
    }
    let lines = usize::from(has_subject && message.reverts.is_none());
    take_back(&mut segments, lines);
    let mut places: HashMap<(String, Option<String>, String), usize> = HashMap::new();
    for (place, Segment { parsed, .. }) in segments.into_iter().enumerate() {
        let (description, number) = title(&parsed.description);
        message.pull_request = message.pull_request.or(number);
        let description = description.to_owned();
        if place >= lines && parsed.kind == "revert" {
            message.line_reverts.push(description.clone());
        }
        let one = change(
            &message,
            rules,
            &authors,
            parsed.kind,
            parsed.scope,
            description,
            parsed.breaking,
        );
        // A title is often a line of its own squash: it counts once, and keeps the louder of the two.
        let key = (one.kind.clone(), one.scope.clone(), one.description.clone());
        match places.get(&key).and_then(|place| message.changes.get_mut(*place)) {
            Some(there) if there.bump < one.bump => *there = one,
            Some(_) => {}
            None => {
                places.insert(key, message.changes.len());
                message.changes.push(one);
            }
        }
    }
    message
}

/// Takes out, from that place on, the lines of a squash that a later one of it reverts, and those that do.
fn take_back(segments: &mut Vec<Segment>, from: usize) {
    let mut open: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, segment) in segments.iter().enumerate().skip(from) {
        open.entry(segment.title.clone()).or_default().push(place);
    }
    // The last one first: whether a revert holds is known before what it reverts is looked at.
    let mut gone = HashSet::new();
    for (place, segment) in segments.iter().enumerate().skip(from).rev() {
        if segment.parsed.kind != "revert" || gone.contains(&place) {
            continue;
        }
        let Some(titled) = open.get_mut(title(&segment.parsed.description).0) else {
            continue;
        };
        while titled.last().is_some_and(|other| *other >= place) {
            titled.pop();
        }
        if let Some(target) = titled.pop() {
            gone.extend([target, place]);
        }
    }
    let mut place = 0;
    segments.retain(|_| {
        place += 1;
        !gone.contains(&(place - 1))
    });
}

fn change(
    message: &Message<'_>,
    rules: &Rules,
    authors: &[Person],
    kind: String,
    scope: Option<String>,
    description: String,
    breaking: Option<String>,
) -> Change {
    Change {
        commit: message.commit.id.clone(),
        bump: rules.asks(&kind, breaking.is_some()),
        kind,
        scope,
        description,
        breaking,
        pull_request: message.pull_request,
        authors: authors.to_vec(),
        time: message.commit.time,
    }
}

/// The number of the pull request that a merge commit of GitHub merges, and the text below: its title.
fn merged_pull_request(commit: &Commit) -> Option<(u64, &str)> {
    let text = commit
        .message
        .trim_start()
        .strip_prefix("Merge pull request #")
        .filter(|_| commit.merge)?;
    let (number, rest) = text.split_once(' ')?;
    let body = rest.split_once('\n').map_or("", |(_, body)| body);
    Some((number.parse().ok()?, body.trim_start()))
}

/// The author and the co-authors, each once; no more of them than a person reads.
fn authors<'a>(author: &Person, footers: impl Iterator<Item = &'a Footer>) -> Vec<Person> {
    let named = footers
        .filter(|footer| footer.is("Co-authored-by"))
        .filter_map(|footer| {
            let (name, email) = footer
                .value
                .lines()
                .next()?
                .trim()
                .strip_suffix('>')?
                .rsplit_once('<')?;
            Some(Person {
                name: one_line(name),
                email: email.trim().to_owned(),
            })
        });
    let mut known = HashSet::new();
    let everybody = std::iter::once(author.clone()).chain(named);
    let once = everybody.filter(|person| known.insert(person.email.to_ascii_lowercase()));
    once.take(MOST_AUTHORS).collect()
}

fn release_as(commit: &CommitId, value: &str) -> ReleaseAs {
    let text = one_line(value.lines().next().unwrap_or_default());
    let bare = text.strip_prefix('v').unwrap_or(&text);
    ReleaseAs {
        commit: commit.clone(),
        version: bare.parse().ok(),
        text,
    }
}

/// What a message takes back: GitHub's and git's `Revert "…"`, `Reapply "…"`, and `revert: …`.
fn reverts(message: &Message<'_>, parsed: Option<&Parsed>, text: &str) -> Option<Reverts> {
    let quoted = |word: &str| quoted(message.title, word).map(str::to_owned);
    let named = match parsed.filter(|parsed| parsed.kind == "revert") {
        Some(parsed) => parsed.description.clone(),
        None => quoted("Revert").or_else(|| quoted("Reapply").map(|title| format!("Revert \"{title}\"")))?,
    };
    let (own_title, pull_request) = title(&named);
    let mut reverts = Reverts {
        title: own_title.to_owned(),
        pull_request,
        ..Reverts::default()
    };
    for line in text.lines() {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("This reverts commit ") {
            reverts.commits.extend(ids(rest));
        } else if let Some(number) = line.strip_prefix("Reverts ").and_then(|rest| rest.rsplit_once('#')) {
            reverts.pull_request = number.1.trim_end_matches('.').parse().ok();
        }
    }
    if let Some(parsed) = parsed {
        let references = parsed.footers.iter().filter(|footer| footer.is("Refs"));
        reverts.commits.extend(references.flat_map(|footer| ids(&footer.value)));
    }
    Some(reverts)
}

/// What stands in quotes after a word: `Revert "…"`.
pub(super) fn quoted<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(word)?.strip_prefix(" \"")?;
    rest.strip_suffix('"')
}

/// The words that may be commits, whole or short, by SHA-1 or SHA-256.
fn ids(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_ascii_hexdigit());
    let ids = words.filter(|word| (7..=64).contains(&word.len()));
    ids.map(str::to_ascii_lowercase).collect()
}

/// A merged pull request counts once: by its commits where one of them is conventional, which then have its number, and
/// else by its title.
pub(super) fn settle_merges(messages: &mut [Message<'_>]) {
    let merges: HashMap<CommitId, Option<u64>> = messages
        .iter()
        .filter(|message| message.commit.merge)
        .map(|message| (message.commit.id.clone(), message.pull_request))
        .collect();
    let mut told: HashMap<CommitId, Option<Bump>> = HashMap::new();
    for message in messages.iter_mut() {
        let Some(merge) = message
            .commit
            .brought_by
            .as_ref()
            .filter(|merge| merges.contains_key(merge))
        else {
            continue;
        };
        if message.changes.is_empty() || message.commit.merge {
            continue;
        }
        let asks = message.changes.iter().map(|change| change.bump).max().flatten();
        let most = told.entry(merge.clone()).or_default();
        *most = (*most).max(asks);
        let number = merges.get(merge).copied().flatten();
        message.pull_request = message.pull_request.or(number);
        for change in &mut message.changes {
            change.pull_request = change.pull_request.or(number);
        }
    }
    for message in messages.iter_mut().filter(|message| message.commit.merge) {
        // A merge inside a branch is told by the branch's commits too; its own were not looked at apart from the others. A
        // title that asks for more than its commits do is heard as well.
        let outer = message.commit.brought_by.as_ref().and_then(|outer| told.get(outer));
        let asks = message.changes.iter().map(|change| change.bump).max().flatten();
        if told.get(&message.commit.id).or(outer).is_some_and(|most| asks <= *most) {
            message.changes.clear();
            message.reverts = None;
        }
    }
}
