//! What a hotfix's branch takes: patches alone, for the one version that it is for.

use super::Facts;
use super::why::{Why, asks};
use crate::model::fact::BranchTip;
use crate::model::hotfix::Hotfix;
use crate::model::name::CommitId;
use crate::model::refusal::Refusal;
use crate::model::state::ComponentState;
use crate::model::version::{Bump, Version};

/// The version of a hotfix's branch, whatever its commits ask for; nothing while it has no commit.
///
/// # Errors
/// A refusal when the version is out already, or a commit brings more than a fix.
pub fn target(facts: &Facts<'_>, version: &Version) -> Result<Option<(Version, Why)>, Refusal> {
    if let Some(base) = facts.stable.filter(|base| base.version >= *version) {
        let next = Version::new(version.0.major, version.0.minor, base.version.0.patch + 1);
        return Err(Refusal::new(
            format!(
                "hotfix {version} is released: {} is on commit {}",
                base.tag.name, base.tag.commit
            ),
            format!("a fix on top of it has a branch of its own: `tidegate hotfix {next}`"),
        ));
    }
    // What it depends on is fixed with it.
    let dependencies = facts.whole.dependencies.iter().map(|(_, changes)| changes);
    let all: Vec<_> = std::iter::once(&facts.whole.changes).chain(dependencies).collect();
    let more = |bump: &Bump| *bump > Bump::Patch;
    let mut changes = all.iter().flat_map(|changes| &changes.changes);
    if let Some((change, bump)) = changes.find_map(|change| Some((change, change.bump.filter(more)?))) {
        return Err(Refusal::new(
            format!(
                "hotfix {version} takes fixes alone, and commit {}, `{}`, is more: {}",
                change.commit.short(),
                change.description,
                asks(change, bump)
            ),
            "take that commit out of the branch with `git revert`; it goes out with the next version of the default branch",
        ));
    }
    let rule = format!("the branch is for hotfix {version} alone");
    let is_made = all.iter().any(|changes| changes.commits > 0);
    Ok(is_made.then(|| (version.clone(), Why::rule(facts, rule))))
}

/// Why a commit does not get a hotfix's version: it does not come from the release that is fixed, or the branch that it is made on, as the remote has it, does not reach the commit.
/// A candidate that was made there may become final when the branch is gone.
pub fn stray(
    (version, hotfix): (&Version, &Hotfix),
    commit: &CommitId,
    branch: Option<&BranchTip>,
    state: &ComponentState,
    comes_from_release: bool,
) -> Option<Refusal> {
    if !comes_from_release {
        return Some(Refusal::new(
            format!(
                "commit {commit} does not come from {}, which hotfix {version} fixes",
                hotfix.commit
            ),
            format!("make {} again from there, and the fix on it", hotfix.branch),
        ));
    }
    let mut records = state.versions.iter();
    let made = records.any(|(other, record)| other.core() == *version && record.commit == *commit && record.made);
    let name = &hotfix.branch;
    let is_on = match branch {
        Some(tip) if tip.holds => return None,
        Some(tip) => format!("which is at {}", tip.tip),
        None if made => return None,
        None => "which is not there".to_owned(),
    };
    Some(Refusal::new(
        format!("commit {commit} is not on {name}, {is_on}, and hotfix {version} is made there alone"),
        "push the fix to that branch first, and tag it there",
    ))
}

/// Why a version is not given on a branch: it is a hotfix's, and that is made elsewhere.
pub fn reserved(version: &Version, hotfix: (&Version, &Hotfix), branch: Option<&str>) -> Option<Refusal> {
    let (opened, hotfix) = hotfix;
    (branch != Some(&hotfix.branch)).then(|| {
        Refusal::new(
            format!(
                "{version} is kept for hotfix {opened}, which is made on {}",
                hotfix.branch
            ),
            format!(
                "finish the hotfix there, and let this branch reach it: `git merge {}`; where it was opened by mistake, go on \
                 above it: `tidegate tag --version {}`",
                hotfix.branch,
                Version::new(opened.0.major, opened.0.minor, opened.0.patch + 1)
            ),
        )
    })
}
