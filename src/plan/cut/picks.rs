//! Whether what a commit changes is on another branch as well: by `git cherry-pick -x`, or by the same patch.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::commit::Commit;
use crate::model::name::CommitId;
use crate::plan::changes::{picked_from, title};

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

/// What a pick keeps of its original, though its parents are others. Each alone makes it worth comparing the patches.
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

/// The commits of a branch, by what tells them again on another.
#[derive(Default)]
pub struct Picks<'a> {
    ids: HashSet<&'a str>,
    origins: HashSet<&'a str>,
    marked: HashMap<Mark<'a>, Vec<&'a CommitId>>,
}

impl<'a> Picks<'a> {
    /// The commits of a branch.
    pub fn of(commits: impl IntoIterator<Item = &'a Commit>) -> Self {
        let mut picks = Self::default();
        for commit in commits {
            picks.ids.insert(commit.id.as_str());
            picks.origins.extend(picked_from(&commit.message));
            if !commit.merge {
                for mark in marks(commit) {
                    picks.marked.entry(mark).or_default().push(&commit.id);
                }
            }
        }
        picks
    }

    /// The commits whose patches have to be known before it can be told whether this one is there.
    pub fn doubtful(&self, commit: &Commit) -> Vec<CommitId> {
        let alike: BTreeSet<&CommitId> = match self.names(commit) {
            true => BTreeSet::new(),
            false => self.alike(commit).into_iter().collect(),
        };
        let own = (!alike.is_empty()).then_some(&commit.id);
        own.into_iter().chain(alike).cloned().collect()
    }

    /// Whether what the commit changes is there. `patches` are the identities of those that were doubtful.
    pub fn have(&self, commit: &Commit, patches: &BTreeMap<CommitId, String>) -> bool {
        let own = patches.get(&commit.id);
        self.names(commit) || own.is_some() && self.alike(commit).into_iter().any(|other| patches.get(other) == own)
    }

    fn names(&self, commit: &Commit) -> bool {
        let known = |id: &str| self.ids.contains(id) || self.origins.contains(id);
        self.origins.contains(commit.id.as_str()) || picked_from(&commit.message).any(known)
    }

    fn alike(&self, commit: &Commit) -> Vec<&'a CommitId> {
        let [title, written] = marks(commit);
        let found = [self.marked.get(&title), self.marked.get(&written)];
        found.into_iter().flatten().flatten().copied().collect()
    }
}

/// The commits of a branch that another may lack: no merge, none that a release has made for itself, and none that a later
/// one of them takes back by name. The newest first, as they were given.
pub fn lasting<'a>(commits: &[&'a Commit]) -> Vec<&'a Commit> {
    let own: HashSet<&str> = commits.iter().map(|commit| commit.id.as_str()).collect();
    let mut gone: HashSet<&str> = HashSet::new();
    let mut left = Vec::new();
    for commit in commits.iter().copied() {
        let reverted: Vec<&str> = reverted(&commit.message).filter(|id| own.contains(id)).collect();
        // One that was taken back takes nothing back.
        if gone.contains(commit.id.as_str()) {
            continue;
        }
        let is_undone = !reverted.is_empty();
        gone.extend(reverted);
        if !is_undone && !commit.merge && !commit.subject().starts_with("chore(release):") {
            left.push(commit);
        }
    }
    left
}

/// The commits that a message says it reverts, as git writes it.
fn reverted(message: &str) -> impl Iterator<Item = &str> {
    let named = message
        .lines()
        .filter_map(|line| line.trim().strip_prefix("This reverts commit "));
    named.map(|rest| rest.trim_end_matches('.'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::commit::Person;

    fn commit(number: u8, message: &str) -> Commit {
        Commit {
            id: id(number),
            message: message.to_owned(),
            author: Person {
                name: "developer-1".to_owned(),
                email: "developer-1@example.com".to_owned(),
            },
            authored: Timestamp::from_second(i64::from(number)).unwrap(),
            time: Timestamp::UNIX_EPOCH,
            merge: false,
            brought_by: None,
            scopes: Vec::new(),
        }
    }

    fn id(number: u8) -> CommitId {
        format!("{number:040x}").parse().unwrap()
    }

    #[test]
    fn a_pick_is_told_by_its_line_or_by_its_patch() {
        let fix = commit(1, "fix: a");
        let line = format!("fix: other words\n\n(cherry picked from commit {})", id(1));
        let (named, alike, other) = (commit(2, &line), commit(3, "fix: a (#7)"), commit(4, "fix: b"));
        let patches = |pairs: &[(u8, &str)]| {
            let pairs = pairs.iter().map(|(number, patch)| (id(*number), (*patch).to_owned()));
            pairs.collect::<BTreeMap<_, _>>()
        };
        let have = |there: &Commit, one: &Commit, known: &[(u8, &str)]| Picks::of([there]).have(one, &patches(known));
        assert!(have(&named, &fix, &[]) && have(&fix, &named, &[]));
        assert!(have(&alike, &fix, &[(1, "p"), (3, "p")]));
        assert!(!have(&alike, &fix, &[(1, "p"), (3, "q")]) && !have(&alike, &fix, &[]));
        assert!(
            !have(&other, &fix, &[(1, "p"), (4, "p")]),
            "nothing says that they are one"
        );
        assert_eq!(Picks::of([&alike, &other]).doubtful(&fix), [id(1), id(3)]);
        assert_eq!(Picks::of([&named]).doubtful(&fix), []);
    }

    #[test]
    fn what_does_not_last_is_lacked_by_nobody() {
        let revert = commit(3, &format!("Revert \"fix: a\"\n\nThis reverts commit {}.", id(1)));
        let again = commit(4, &format!("Reapply \"fix: a\"\n\nThis reverts commit {}.", id(3)));
        let (fix, kept) = (commit(1, "fix: a"), commit(2, "fix: b"));
        let release = commit(5, "chore(release): v1.4.1");
        let mut merge = commit(6, "Merge branch 'main'");
        merge.merge = true;
        let last = |commits: &[&Commit]| lasting(commits).iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        assert_eq!(last(&[&merge, &release, &revert, &kept, &fix]), [id(2)]);
        assert_eq!(last(&[&again, &revert, &kept, &fix]), [id(2), id(1)]);
    }
}
