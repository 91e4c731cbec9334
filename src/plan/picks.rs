//! Whether what a commit changes stands on another branch: by the commit itself, by the line of `git cherry-pick -x`, by the
//! same words of the same author and time, or by the same patch; and nobody has taken it back there.

mod reverts;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::commit::Commit;
use crate::model::name::CommitId;
use crate::plan::changes::{picked_from, title};
use reverts::Reverts;
pub use reverts::{Brought, named};

/// A commit that one branch has and another lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Lacked {
    /// The commit.
    pub commit: CommitId,
    /// The first line of its message.
    pub subject: String,
    /// The pull request that asks for it, where one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull: Option<u64>,
}

impl Lacked {
    /// A commit that no pull request asks for.
    pub fn of(commit: &Commit) -> Self {
        Self {
            commit: commit.id.clone(),
            subject: commit.subject().to_owned(),
            pull: None,
        }
    }

    /// It in one line.
    pub fn words(&self) -> String {
        format!("{} {}", self.commit.short(), self.subject)
    }
}

/// What a pick keeps of its original, though its parents are others. Both together tell it; each alone makes it worth
/// comparing the patches.
#[derive(PartialEq, Eq, Hash)]
enum Mark<'a> {
    /// What it says.
    Title(&'a str),
    /// Who wrote it, and when.
    Written(&'a str, Timestamp),
}

fn marks(commit: &Commit) -> [Mark<'_>; 2] {
    [
        Mark::Title(title(commit.subject()).0),
        Mark::Written(&commit.author.email, commit.authored),
    ]
}

/// The commits of a branch that stand, by what tells them again on another.
#[derive(Default)]
pub struct Picks<'a> {
    reverts: Reverts,
    ids: HashMap<&'a str, &'a CommitId>,
    origins: HashMap<&'a str, &'a CommitId>,
    marked: HashMap<Mark<'a>, Vec<&'a Commit>>,
}

impl<'a> Picks<'a> {
    /// The commits of a branch, the newest first. `brought` is what the merges brought that reverts among them name.
    pub fn of(commits: impl IntoIterator<Item = &'a Commit>, brought: &Brought) -> Self {
        let mut picks = Self::default();
        for commit in commits {
            if !picks.reverts.pass(commit, brought) {
                continue;
            }
            picks.ids.insert(commit.id.as_str(), &commit.id);
            for origin in picked_from(&commit.message) {
                picks.origins.entry(origin).or_insert(&commit.id);
            }
            if !commit.merge {
                for mark in marks(commit) {
                    picks.marked.entry(mark).or_default().push(commit);
                }
            }
        }
        picks
    }

    /// Whether one of the branch's commits takes this one back, and none has brought it back.
    pub fn take_back(&self, commit: &CommitId) -> bool {
        self.reverts.name(commit.as_str())
    }

    /// The newest commit that says it was picked from this one.
    pub fn of_origin(&self, origin: &CommitId) -> Option<&'a CommitId> {
        self.origins.get(origin.as_str()).copied()
    }

    /// The commits whose patches have to be known before it can be told whether this one is there.
    pub fn doubtful(&self, commit: &Commit) -> Vec<CommitId> {
        let alike: BTreeSet<&CommitId> = match self.told(commit) {
            Some(_) => BTreeSet::new(),
            None => self.alike(commit).map(|other| &other.id).collect(),
        };
        let own = (!alike.is_empty()).then_some(&commit.id);
        own.into_iter().chain(alike).cloned().collect()
    }

    /// The commit that brings what this one changes. `patches` are the identities of those that were doubtful.
    pub fn find(&self, commit: &Commit, patches: &BTreeMap<CommitId, String>) -> Option<&'a CommitId> {
        let by_patch = || {
            let own = patches.get(&commit.id)?;
            self.alike(commit).find(|other| patches.get(&other.id) == Some(own))
        };
        self.told(commit).or_else(|| by_patch().map(|other| &other.id))
    }

    /// The commit that says that it brings the same: as a pick of this one or of the merge that brought it, as what this one
    /// was picked from or another pick of that, or by all its marks.
    fn told(&self, commit: &Commit) -> Option<&'a CommitId> {
        let whole = || self.of_origin(commit.brought_by.as_ref()?);
        let before = |origin| self.ids.get(origin).or_else(|| self.origins.get(origin)).copied();
        let same = || self.alike(commit).find(|other| marks(other) == marks(commit));
        self.of_origin(&commit.id)
            .or_else(whole)
            .or_else(|| picked_from(&commit.message).find_map(before))
            .or_else(|| same().map(|other| &other.id))
    }

    fn alike<'s>(&'s self, commit: &'s Commit) -> impl Iterator<Item = &'a Commit> + 's {
        let found = marks(commit).map(|mark| self.marked.get(&mark).map(Vec::as_slice).unwrap_or_default());
        found.into_iter().flatten().copied()
    }
}

/// The commits of a branch that another may lack: no merge, none that changes nothing or that a release has made for itself,
/// and none that a later one of them takes back. The newest first, as they were given.
pub fn lasting<'a>(commits: &[&'a Commit], brought: &Brought) -> Vec<&'a Commit> {
    let mut reverts = Reverts::default();
    let mut left: Vec<&Commit> = commits.to_vec();
    left.retain(|commit| reverts.pass(commit, brought));
    left.retain(|commit| {
        let is_own = commit.subject().starts_with("chore(release):");
        !commit.merge && !commit.empty && !is_own && !reverts.undo(commit)
    });
    left
}
