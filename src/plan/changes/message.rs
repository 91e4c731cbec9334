//! One commit's message as changes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::reverts::Reverts;
use super::segments::{Segments, segments};
use super::{ReleaseAs, Rules};
use crate::model::change::Change;
use crate::model::commit::{Commit, Person};
use crate::model::name::CommitId;
use crate::model::text::one_line;
use crate::model::version::Bump;
use crate::plan::conventional::Footer;

/// What a message was found to say.
pub(super) struct Message<'a> {
    pub(super) commit: &'a Commit,
    /// The subject without the number of the pull request.
    pub(super) title: &'a str,
    pub(super) pull_request: Option<u64>,
    /// What counts of it: the subject, then the lines of a squash.
    pub(super) lines: Vec<Line<'a>>,
    pub(super) release_as: Vec<ReleaseAs>,
    /// It is not conventional.
    pub(super) foreign: bool,
    /// It is reverted as a whole, or there twice.
    pub(super) cancelled: bool,
    /// The commits that it was picked from.
    pub(super) picked_from: Vec<String>,
}

/// One change of a message.
pub(super) struct Line<'a> {
    /// It as a revert calls it.
    pub(super) title: &'a str,
    pub(super) is_subject: bool,
    pub(super) change: Change,
    pub(super) reverts: Option<Reverts>,
    /// It does not count: told elsewhere, reverted, or a revert of something here.
    pub(super) cancelled: bool,
}

impl<'a> Message<'a> {
    /// The lines with their places, the oldest first: a squash is younger than what it is made of.
    pub(super) fn lines_in_time(&self) -> impl Iterator<Item = (usize, &Line<'a>)> {
        let (subject, body): (Vec<_>, Vec<_>) = self.lines.iter().enumerate().partition(|(_, line)| line.is_subject);
        body.into_iter().chain(subject)
    }

    /// The largest bump that it asks for.
    pub(super) fn asks(&self) -> Option<Bump> {
        self.lines.iter().map(|line| line.change.bump).max().flatten()
    }

    /// The changes that are left. A title is often a line of its own squash: it counts once, and keeps the louder of the
    /// two.
    pub(super) fn into_changes(self) -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::new();
        let mut places: HashMap<(String, Option<String>, String), usize> = HashMap::new();
        for line in self.lines.into_iter().filter(|line| !line.cancelled) {
            let one = line.change;
            let key = (one.kind.clone(), one.scope.clone(), one.description.clone());
            match places.get(&key).and_then(|place| changes.get_mut(*place)) {
                Some(there) if there.bump < one.bump => *there = one,
                Some(_) => {}
                None => {
                    places.insert(key, changes.len());
                    changes.push(one);
                }
            }
        }
        changes
    }
}

/// The commits that a message was picked from, as `git cherry-pick -x` writes them.
pub fn picked_from(text: &str) -> impl Iterator<Item = &str> {
    let named = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("(cherry picked from commit "));
    named.filter_map(|rest| rest.strip_suffix(')'))
}

/// A subject and the number of the pull request that stands at its end: `title (#12)`.
pub fn title(subject: &str) -> (&str, Option<u64>) {
    let split = || {
        let (title, number) = subject.strip_suffix(')')?.rsplit_once(" (#")?;
        Some((title.trim_end(), Some(number.parse().ok()?)))
    };
    split().unwrap_or((subject, None))
}

pub(super) fn read_message<'a>(commit: &'a Commit, rules: &Rules) -> Message<'a> {
    let (own_title, own_number) = title(commit.subject());
    let merged = merged_pull_request(commit);
    let text = merged.map_or(commit.message.trim_start(), |(_, rest)| rest);
    let Segments { found, foreign } = segments(text, rules);
    let footers = || found.iter().flat_map(|segment| &segment.footers);
    let asked = footers().filter(|footer| footer.is("Release-As"));
    let release_as = asked.map(|footer| release_as(&commit.id, &footer.value)).collect();
    let authors = authors(&commit.author, footers());
    let mut pull_request = merged.map(|(number, _)| number).or(own_number);
    let mut lines = Vec::new();
    for segment in found {
        pull_request = pull_request.or(segment.pull_request);
        let change = Change {
            commit: commit.id.clone(),
            bump: rules.asks(&segment.kind, segment.breaking.is_some()),
            kind: segment.kind,
            scope: segment.scope,
            description: segment.description,
            breaking: segment.breaking,
            pull_request,
            authors: authors.clone(),
            time: commit.time,
        };
        lines.push(Line {
            title: segment.title,
            is_subject: segment.is_subject,
            change,
            reverts: segment.reverts,
            cancelled: false,
        });
    }
    Message {
        commit,
        title: own_title,
        pull_request,
        lines,
        release_as,
        foreign: foreign && !commit.merge,
        cancelled: false,
        picked_from: picked_from(text).map(str::to_owned).collect(),
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

fn authors<'a>(author: &Person, footers: impl Iterator<Item = &'a Footer>) -> Arc<[Person]> {
    let named = |footer: &Footer| {
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
    };
    let named = footers.filter(|footer| footer.is("Co-authored-by")).filter_map(named);
    let mut known = HashSet::new();
    let all = std::iter::once(author.clone()).chain(named);
    all.filter(|person| known.insert(person.email.to_ascii_lowercase()))
        .collect()
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
