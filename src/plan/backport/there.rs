//! What a target has already: by the commit itself, by the line that `git cherry-pick -x` writes, or by the patch.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::commit::Commit;
use crate::model::name::CommitId;
use crate::plan::changes::picked_from;

/// What the commits of a branch were picked from: each origin with the newest commit that names it. The commits come the
/// newest first, and those that were reverted since do not count.
pub fn traces(commits: &[Commit]) -> BTreeMap<CommitId, CommitId> {
    let mut traces = BTreeMap::new();
    for commit in standing(commits) {
        for origin in picked_from(&commit.message).filter_map(|origin| origin.parse().ok()) {
            traces.entry(origin).or_insert_with(|| commit.id.clone());
        }
    }
    traces
}

/// What is known of a target.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The commits that only the target has, the newest first.
    pub commits: &'a [Commit],
    /// Which of the commits in question it reaches.
    pub reached: &'a [CommitId],
    /// The patches of both sides.
    pub patches: &'a BTreeMap<CommitId, String>,
}

/// The commits that the target has, each with the one that brought it there. `whole` is the merge that the commits are of:
/// it may have been picked as one.
pub fn there(commits: &[Commit], whole: Option<&CommitId>, known: &Known<'_>) -> BTreeMap<CommitId, CommitId> {
    let traces = traces(known.commits);
    let gone = reverted(known.commits);
    let whole = whole.and_then(|whole| traces.get(whole));
    let find = |commit: &Commit| {
        let itself = known.reached.contains(&commit.id) && !gone.contains(commit.id.as_str());
        let by_trace = || traces.get(&commit.id).or(whole).cloned();
        let by_patch = || {
            let patch = known.patches.get(&commit.id)?;
            let mut there = standing(known.commits);
            let same = there.find(|other| known.patches.get(&other.id) == Some(patch));
            same.map(|other| other.id.clone())
        };
        itself.then(|| commit.id.clone()).or_else(by_trace).or_else(by_patch)
    };
    let found = commits
        .iter()
        .filter_map(|commit| Some((commit.id.clone(), find(commit)?)));
    found.collect()
}

/// The commits that were not reverted since.
fn standing(commits: &[Commit]) -> impl Iterator<Item = &Commit> {
    let gone = reverted(commits);
    commits.iter().filter(move |commit| !gone.contains(commit.id.as_str()))
}

/// What was reverted and not brought back: a revert that was reverted itself does not count.
fn reverted(commits: &[Commit]) -> BTreeSet<&str> {
    let mut gone = BTreeSet::new();
    for commit in commits {
        if gone.contains(commit.id.as_str()) {
            continue;
        }
        let lines = commit.message.lines().map(str::trim);
        let named = lines.filter_map(|line| line.strip_prefix("This reverts commit "));
        gone.extend(named.filter_map(|rest| rest.get(..40)));
    }
    gone
}
