//! How release branches stand: what each has made, what the default branch lacks of it, and what it lacks of that.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::support::{Support, Window};
use crate::model::commit::Commit;
use crate::model::name::{CommitId, ComponentName};
use crate::model::state::BranchRecord;
use crate::plan::changes::{Rules, Twins, read};
use crate::plan::picks::{Brought, Lacked, Picks, lasting};
use crate::plan::tag::line::Line;
use crate::plan::tag::tags::VersionTag;

/// How a release line stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LineStatus {
    /// The component.
    pub component: ComponentName,
    /// The line, such as `1.4`.
    pub line: String,
    /// Its branch.
    pub branch: String,
    /// The last commit of the branch; absent where the branch is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// When it was cut, where the ledger knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub cut_at: Option<Timestamp>,
    /// The tags of the line's candidates, the newest first.
    pub candidates: Vec<String>,
    /// The tags of its final versions, the newest first.
    pub finals: Vec<String>,
    /// How many commits the branch has beyond its last tag, or beyond the default branch where it has none.
    pub ahead: usize,
    /// What the default branch lacks, the newest first.
    pub missing: Vec<Lacked>,
    /// The fixes of the default branch that are not back-ported: first those that a pull request asks for, then the newest
    /// first. None are told of a line that is closed.
    pub unported: Vec<Lacked>,
    /// How it is kept up.
    pub support: Support,
    /// The same in words.
    pub support_reason: String,
}

/// How a hotfix stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HotfixStatus {
    /// The component.
    pub component: ComponentName,
    /// The version.
    pub version: String,
    /// Its branch.
    pub branch: String,
    /// Its last commit: of the branch, or of the version's tag where the branch is gone; absent where both are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// How many commits were made for it.
    pub commits: usize,
    /// What the default branch lacks of them.
    pub missing: Vec<Lacked>,
}

/// A release line, as it was found.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    /// The component.
    pub component: &'a ComponentName,
    /// The line.
    pub line: Line,
    /// Its branch.
    pub branch: &'a str,
    /// The last commit of the branch.
    pub tip: Option<&'a CommitId>,
    /// What the ledger knows of it.
    pub record: Option<&'a BranchRecord>,
    /// Its tags, the highest version first.
    pub tags: &'a [&'a VersionTag],
}

/// The commits that branches do not share, with the default branch as the first tip.
pub struct Apart<'a> {
    commits: &'a [Commit],
    brought: &'a Brought,
    off_main: Vec<&'a Commit>,
    main: Picks<'a>,
    fixes: Vec<&'a Commit>,
}

impl<'a> Apart<'a> {
    /// The commits, each with the places of the tips that reach it as its scopes. `brought` is what the merges brought that
    /// reverts among them name; `rules` tell fixes.
    pub fn new(commits: &'a [Commit], brought: &'a Brought, rules: &Rules) -> Self {
        let on_main = || commits.iter().filter(|commit| commit.scopes.first() == Some(&0));
        // What can be no fix, and can take none back, need not be read.
        let concerns = |commit: &&Commit| {
            ["fix", "Fix", "FIX", "evert", "Reapply"]
                .iter()
                .any(|word| commit.message.contains(word))
        };
        let concerned: Vec<&Commit> = on_main().filter(concerns).collect();
        let changes = read(&concerned, rules, &Twins::default()).changes;
        let fixes: BTreeSet<CommitId> = changes
            .into_iter()
            .filter(|change| change.kind == "fix")
            .map(|change| change.commit)
            .collect();
        Self {
            commits,
            brought,
            main: Picks::of(on_main(), brought),
            off_main: commits
                .iter()
                .filter(|commit| commit.scopes.first() != Some(&0))
                .collect(),
            fixes: concerned
                .into_iter()
                .filter(|commit| fixes.contains(&commit.id) && !commit.empty)
                .collect(),
        }
    }

    /// The commits that a tip reaches and these others do not.
    pub fn on(&self, tip: usize, off: &[usize]) -> Vec<&'a Commit> {
        let on = |commit: &&Commit, tip: usize| commit.scopes.binary_search(&tip).is_ok();
        let kept = |commit: &&Commit| on(commit, tip) && !off.iter().any(|other| on(commit, *other));
        match off.contains(&0) {
            true => self.off_main.iter().copied().filter(kept).collect(),
            false => self.commits.iter().filter(kept).collect(),
        }
    }

    /// What a tip has that the default branch may lack.
    pub fn own(&self, tip: usize) -> Vec<&'a Commit> {
        lasting(&self.on(tip, &[0]), self.brought)
    }

    /// What was made on a tip since another, and the default branch may lack: what it merged and took back as well.
    pub fn made(&self, tip: usize, since: usize) -> Vec<&'a Commit> {
        let mut made = self.on(tip, &[since]);
        made.retain(|commit| commit.scopes.first() != Some(&0) || self.main.take_back(&commit.id));
        lasting(&made, self.brought)
    }

    /// What a tip has beyond the default branch, to find picks among.
    pub fn picks(&self, tip: usize) -> Picks<'a> {
        Picks::of(self.on(tip, &[0]), self.brought)
    }

    /// What of the default branch a tip may lack: its fixes, and what pull requests ask for, by the commits that they made.
    /// A commit that changes nothing has nothing to bring.
    pub fn wanted(&self, tip: usize, asked: &BTreeMap<CommitId, u64>) -> Vec<&'a Commit> {
        let lacks = |commit: &&Commit| commit.scopes.binary_search(&tip).is_err() && !self.main.take_back(&commit.id);
        if asked.is_empty() {
            return self.fixes.iter().copied().filter(lacks).collect();
        }
        let fixes: BTreeSet<&CommitId> = self.fixes.iter().map(|commit| &commit.id).collect();
        let is_asked = |commit: &Commit| !commit.merge && !commit.empty && pull(commit, asked).is_some();
        let wanted = |commit: &&Commit| fixes.contains(&commit.id) || is_asked(commit);
        self.on(0, &[tip]).into_iter().filter(wanted).filter(lacks).collect()
    }

    /// The commits whose patches tell whether the default branch has these.
    pub fn doubtful(&self, own: &[&Commit]) -> BTreeSet<CommitId> {
        own.iter().flat_map(|commit| self.main.doubtful(commit)).collect()
    }

    /// Those of a branch's commits that the default branch lacks.
    pub fn missing(&self, own: &[&Commit], patches: &BTreeMap<CommitId, String>) -> Vec<Lacked> {
        let lacked = own.iter().filter(|commit| self.main.find(commit, patches).is_none());
        lacked.map(|commit| Lacked::of(commit)).collect()
    }
}

/// The pull request that asks for a commit.
fn pull(commit: &Commit, asked: &BTreeMap<CommitId, u64>) -> Option<u64> {
    let by = |commit: &CommitId| asked.get(commit).copied();
    by(&commit.id).or_else(|| by(commit.brought_by.as_ref()?))
}

/// Those of the fixes that a branch lacks: first those that a pull request asks for.
pub fn unported(
    fixes: &[&Commit],
    branch: &Picks<'_>,
    asked: &BTreeMap<CommitId, u64>,
    patches: &BTreeMap<CommitId, String>,
) -> Vec<Lacked> {
    let lacked = fixes.iter().filter(|commit| branch.find(commit, patches).is_none());
    let mut lacked: Vec<Lacked> = lacked
        .map(|commit| Lacked {
            pull: pull(commit, asked),
            ..Lacked::of(commit)
        })
        .collect();
    lacked.sort_by_key(|one| one.pull.is_none());
    lacked
}

impl LineStatus {
    /// A line as it was found, with nothing counted yet.
    pub fn new(found: &Found<'_>, window: &Window) -> Self {
        let named = |candidates: bool| {
            let kept = found
                .tags
                .iter()
                .filter(|tag| tag.version.is_prerelease() == candidates);
            kept.map(|tag| tag.tag.name.clone()).collect()
        };
        Self {
            component: found.component.clone(),
            line: found.line.to_string(),
            branch: found.branch.to_owned(),
            commit: found.tip.cloned(),
            cut_at: found.record.map(|record| record.at),
            candidates: named(true),
            finals: named(false),
            ahead: 0,
            missing: Vec::new(),
            unported: Vec::new(),
            support: window.of(found.line),
            support_reason: window.words(found.line),
        }
    }
}
