//! What was taken back by `git revert`, whole merges too (git-revert(1), `-m`), and what was brought back since.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::model::commit::Commit;
use crate::model::name::CommitId;
use crate::plan::changes::{picked_from, reverted};

/// What merges brought, by the names that reverts call them by.
pub type Brought = BTreeMap<String, Vec<CommitId>>;

/// Everything that reverts among the commits name; what the merges among it brought has to be known.
pub fn named<'a>(commits: impl IntoIterator<Item = &'a Commit>) -> BTreeSet<String> {
    let names = commits.into_iter().flat_map(|commit| reverted(&commit.message));
    names.collect()
}

/// What the commits that have passed take back, each name with the commit that does it.
#[derive(Default)]
pub(super) struct Reverts {
    by: BTreeMap<String, CommitId>,
    effective: BTreeSet<CommitId>,
}

impl Reverts {
    /// Lets the next older commit pass, and tells whether it stands. One that was taken back takes nothing back. A revert
    /// that was picked names the commit of the other branch: the pick of that one goes.
    pub(super) fn pass(&mut self, commit: &Commit, brought: &Brought) -> bool {
        let by_origin = || picked_from(&commit.message).find_map(|origin| self.find(origin));
        if let Some(by) = self.find(commit.id.as_str()).or_else(by_origin).cloned() {
            self.effective.insert(by);
            return false;
        }
        for name in reverted(&commit.message) {
            for part in brought.get(&name).into_iter().flatten() {
                self.by.insert(part.to_string(), commit.id.clone());
            }
            self.by.insert(name, commit.id.clone());
        }
        true
    }

    /// Whether a commit of that name is taken back.
    pub(super) fn name(&self, commit: &str) -> bool {
        self.find(commit).is_some()
    }

    /// Whether a commit does nothing but take back one that has passed.
    pub(super) fn undo(&self, commit: &Commit) -> bool {
        let subject = commit.subject().to_ascii_lowercase();
        let reverts = ["revert", "reapply"].iter().any(|word| subject.starts_with(word));
        reverts && self.effective.contains(&commit.id)
    }

    /// Who takes it back. Names may be short (git-revert(1), `--reference`): what a name begins with comes right before it.
    fn find(&self, commit: &str) -> Option<&CommitId> {
        let before = self.by.range::<str, _>((Bound::Unbounded, Bound::Included(commit)));
        let (name, by) = before.into_iter().next_back()?;
        commit.starts_with(name.as_str()).then_some(by)
    }
}
