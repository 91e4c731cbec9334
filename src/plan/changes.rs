//! What a range of commits changes: squashed commits are split, and what was reverted or picked twice is taken out.

mod doubles;
mod merges;
mod message;
mod reverts;
mod segments;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::model::change::Change;
use crate::model::commit::Commit;
use crate::model::name::CommitId;
use crate::model::version::{Bump, Version};
pub use message::picked_from;
pub use message::title;
use message::{Message, read_message};
pub use reverts::reverted;

/// What types ask for: `feat` for a minor version, `fix`, `perf` and `revert` for a patch, and what a team's own table
/// says instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules(BTreeMap<String, Option<Bump>>);

impl Rules {
    /// The usual rules with a team's own in their place.
    pub fn new(own: impl IntoIterator<Item = (String, Option<Bump>)>) -> Self {
        let mut rules = Self::default();
        rules
            .0
            .extend(own.into_iter().map(|(kind, bump)| (kind.to_lowercase(), bump)));
        rules
    }

    /// What a change asks for. A breaking one asks for a major version, whatever its type.
    pub fn asks(&self, kind: &str, breaks: bool) -> Option<Bump> {
        match breaks {
            true => Some(Bump::Major),
            false => self.0.get(kind).copied().flatten(),
        }
    }

    /// Whether a type is one that people write, so that a line of a squashed message may be taken for a change.
    fn knows(&self, kind: &str) -> bool {
        self.0.contains_key(kind)
    }
}

impl Default for Rules {
    fn default() -> Self {
        let asking = [
            ("feat", Some(Bump::Minor)),
            ("fix", Some(Bump::Patch)),
            ("perf", Some(Bump::Patch)),
            ("revert", Some(Bump::Patch)),
        ];
        // The others of Angular's convention, from which the specification comes.
        let quiet = ["build", "chore", "ci", "docs", "refactor", "style", "test"].map(|kind| (kind, None));
        Self(
            asking
                .into_iter()
                .chain(quiet)
                .map(|(kind, bump)| (kind.to_owned(), bump))
                .collect(),
        )
    }
}

/// What a range of commits changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The changes, newest first; those of one commit in its own order.
    pub changes: Vec<Change>,
    /// The versions that footers ask for, newest first.
    pub release_as: Vec<ReleaseAs>,
    /// How many commits were read.
    pub commits: usize,
    /// How many of them are not conventional. Merges are not counted.
    pub foreign: usize,
}

/// A footer that asks for a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseAs {
    /// The commit.
    pub commit: CommitId,
    /// What it says.
    pub text: String,
    /// The version that this is.
    pub version: Option<Version>,
}

/// Whether a message may take a commit back: it is a revert, and names that commit or none.
pub fn may_revert(commit: &Commit, original: &CommitId) -> bool {
    let named = reverts::read_named(&commit.message).commits;
    let subject = commit.subject();
    let reverts = subject.to_lowercase().starts_with("revert") || !named.is_empty();
    reverts && (named.is_empty() || named.iter().any(|id| original.as_str().starts_with(id.as_str())))
}

/// What is known of commits that may be there twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Twins {
    /// The patch identities of those that [`colliding`] names.
    pub patches: BTreeMap<CommitId, String>,
    /// Those of [`originals`] that went out with the base already.
    pub released: BTreeSet<CommitId>,
}

/// Reads commits, newest first.
pub fn read(commits: &[&Commit], rules: &Rules, twins: &Twins) -> Changes {
    let mut messages: Vec<Message<'_>> = commits.iter().map(|commit| read_message(commit, rules)).collect();
    merges::settle(&mut messages);
    reverts::cancel(&mut messages);
    doubles::drop_doubles(&mut messages, twins);
    let mut found = Changes {
        commits: commits.len(),
        ..Changes::default()
    };
    for message in messages {
        found.foreign += usize::from(message.foreign);
        if !message.cancelled {
            found.release_as.extend_from_slice(&message.release_as);
            found.changes.extend(message.into_changes());
        }
    }
    found
}

/// The commit that tells best what they are about: the oldest of those that ask for most.
pub fn telling<'a>(oldest_first: &'a [Commit], rules: &Rules) -> Option<&'a Commit> {
    let asks = |commit: &&Commit| {
        let found = read(&[commit], rules, &Twins::default());
        found.changes.iter().filter_map(|change| change.bump).max()
    };
    oldest_first.iter().rev().max_by_key(asks)
}

/// The commits outside that `git cherry-pick -x` names: what was picked onto a branch and came back by a merge is not new
/// where its original went out before.
pub fn originals(commits: &[&Commit]) -> BTreeSet<CommitId> {
    let named = commits.iter().flat_map(|commit| message::picked_from(&commit.message));
    let mut named: BTreeSet<CommitId> = named.filter_map(|id| id.parse().ok()).collect();
    if !named.is_empty() {
        let own: HashSet<&CommitId> = commits.iter().map(|commit| &commit.id).collect();
        named.retain(|id| !own.contains(id));
    }
    named
}

/// The commits whose patch identity tells whether they are one change: those that share subject, author and the moment
/// that they were written with another, as cherry-picks do.
pub fn colliding(commits: &[&Commit]) -> Vec<CommitId> {
    let key = |commit: &&&Commit| {
        let (title, _) = message::title(commit.subject());
        (title.to_owned(), commit.author.email.clone(), commit.authored)
    };
    let own = || commits.iter().filter(|commit| !commit.merge);
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    for commit in own() {
        *counts.entry(key(&commit)).or_default() += 1;
    }
    let shared = own().filter(|commit| counts.get(&key(commit)) > Some(&1));
    shared.map(|commit| commit.id.clone()).collect()
}
