//! Hotfixes: from which release one starts, and what is left to do until its branch is there and recorded.

use crate::model::commit::Through;
use crate::model::event::EventBody;
use crate::model::hotfix::Hotfix;
use crate::model::name::{CommitId, ComponentName};
use crate::model::proof::Proof;
use crate::model::refusal::Refusal;
use crate::model::state::ComponentState;
use crate::model::step::{Action, BranchAction, Step};
use crate::model::version::Version;
use crate::plan::cut::support::Window;
use crate::plan::tag::line::Line;
use crate::plan::tag::tags::{VersionTag, VersionTags};
use crate::templates;

/// The template of a hotfix's branch where the configuration has none.
const BRANCH: &str = "hotfix/{{{version}}}";

/// The same where there are many components.
const BRANCH_OF_MANY: &str = "hotfix/{{{component}}}-{{{version}}}";

/// The template of hotfixes' branches: the configuration's own, else the usual one. `many` says whether the repository has
/// more than one component.
pub fn template(own: Option<&str>, many: bool) -> &str {
    own.unwrap_or(if many { BRANCH_OF_MANY } else { BRANCH })
}

/// The commit status that is red until the fix is on the default branch.
pub const STATUS: &str = "tidegate/hotfix";

/// The name of a hotfix's branch.
///
/// # Errors
/// What is wrong with the template.
pub fn branch_name(template: &str, version: &Version, component: &str) -> Result<String, String> {
    let values = serde_json::json!({ "version": version, "component": component });
    templates::fill(template, &values).map_err(|error| error.to_string())?
}

/// The version that a branch is a hotfix for, when its name is what the template gives for it.
pub fn of_branch(template: &str, branch: &str, component: &str) -> Option<Version> {
    let numbers = branch.split(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let versions = numbers.filter_map(|text| text.trim_matches('.').parse::<Version>().ok());
    let named = |version: &Version| branch_name(template, version, component).is_ok_and(|name| name == branch);
    versions.into_iter().find(named)
}

/// What a hotfix is decided from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The component.
    pub component: &'a ComponentName,
    /// The version that it is to become.
    pub version: &'a Version,
    /// The branch that it is to be made on.
    pub branch: &'a str,
    /// The component's tags.
    pub tags: &'a VersionTags,
    /// The commit of the line's last tag, for all who share the repository.
    pub base_there: Option<&'a CommitId>,
    /// The release lines.
    pub window: &'a Window,
    /// What the ledger knows of the component.
    pub recorded: &'a ComponentState,
    /// Where the branch is, for all who share the repository.
    pub there: Option<&'a CommitId>,
    /// How the branch gets to the remote.
    pub through: Through,
}

/// A hotfix and what is left to do for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// The tag of the release that it fixes; absent where the ledger knows the commit alone.
    pub base: Option<String>,
    /// The commit that it starts at.
    pub commit: CommitId,
    /// The branch.
    pub branch: String,
    /// Whether the branch was there before.
    pub exists: bool,
    /// The tag of the hotfix itself, once it is out.
    pub released: Option<String>,
    /// What is left to do.
    pub steps: Vec<Step>,
}

/// Decides. The word that opens it is for [`record`] to keep, as the last step.
///
/// # Errors
/// A refusal that says what is in the way.
pub fn decide(facts: &Facts<'_>) -> Result<Opened, Refusal> {
    let version = facts.version;
    let recorded = facts.recorded.hotfixes.get(version);
    let tagged = facts.tags.known.iter().find(|tag| tag.version == *version);
    let known = facts.recorded.versions.get(version).map(|record| &record.tag);
    if let (Some(hotfix), Some(tag)) = (recorded, tagged.map(|tag| &tag.tag.name).or(known)) {
        return Ok(Opened {
            released: Some(tag.clone()),
            steps: Vec::new(),
            ..opened(facts, hotfix, true)
        });
    }
    if let Some(refusal) = facts.window.refusal(Line::of(version)) {
        return Err(refusal);
    }
    if let Some(hotfix) = recorded {
        let mut opened = opened(facts, hotfix, facts.there.is_some());
        if facts.there.is_none() {
            opened.steps = vec![share(&hotfix.branch, &hotfix.commit, facts)];
        }
        return Ok(opened);
    }
    let (base, commit) = base(facts)?;
    let mut steps = Vec::new();
    match facts.there {
        Some(there) if there != commit => return Err(elsewhere(facts.branch, there, base, commit)),
        Some(_) => {}
        None => steps.push(share(facts.branch, commit, facts)),
    }
    Ok(Opened {
        base: Some(base.to_owned()),
        commit: commit.clone(),
        branch: facts.branch.to_owned(),
        exists: facts.there.is_some(),
        released: None,
        steps,
    })
}

/// The step that keeps a person's word for a hotfix in the ledger.
pub fn record(
    component: &ComponentName,
    version: &Version,
    opened: &Opened,
    reason: Option<&str>,
    proof: Option<Proof>,
) -> Step {
    let event = EventBody::HotfixOpened {
        component: component.clone(),
        version: version.clone(),
        branch: opened.branch.clone(),
        commit: opened.commit.clone(),
        reason: reason.map(str::to_owned),
        proof,
    };
    let action = Action::Record { event: Box::new(event) };
    Step::new(action, "gates know a hotfix by the ledger, and so does the next cut")
}

fn opened(facts: &Facts<'_>, hotfix: &Hotfix, exists: bool) -> Opened {
    let is_base = |commit: &CommitId| *commit == hotfix.commit;
    let base = facts
        .tags
        .known
        .iter()
        .find(|tag| is_base(&tag.tag.commit) && !tag.version.is_prerelease());
    Opened {
        base: base.map(|tag| tag.tag.name.clone()),
        commit: hotfix.commit.clone(),
        branch: hotfix.branch.clone(),
        exists,
        released: None,
        steps: Vec::new(),
    }
}

fn share(branch: &str, commit: &CommitId, facts: &Facts<'_>) -> Step {
    let action = BranchAction::ShareBranch {
        branch: branch.to_owned(),
        commit: commit.clone(),
        through: facts.through,
    };
    Step::new(
        Action::Branch(action),
        "the fix is made on what is released, and on nothing else",
    )
}

/// The release that the hotfix starts from: the highest of its line, which the hotfix is the next patch of.
fn base<'a>(facts: &Facts<'a>) -> Result<(&'a str, &'a CommitId), Refusal> {
    let (version, line) = (facts.version, Line::of(facts.version));
    let known = &facts.tags.known;
    let Some(last) = last(facts.tags, line) else {
        return Err(Refusal::new(
            format!("the release line {line} has no final version that could be fixed"),
            format!("fix it where {line}.0 is made, and tag that"),
        ));
    };
    as_shared(facts, last)?;
    let next = Version::new(line.major, line.minor, last.version.0.patch + 1);
    if *version <= last.version {
        return Err(Refusal::new(
            format!(
                "{version} is not above {}, the last release of the line {line}",
                last.tag.name
            ),
            format!("a fix on top of that one is `tidegate hotfix {next}`"),
        ));
    }
    if next != *version {
        return Err(Refusal::new(
            format!(
                "{version} is not the next patch of {}, the last release of the line {line}",
                last.tag.name
            ),
            format!("a hotfix starts from what was released last: `tidegate hotfix {next}`"),
        ));
    }
    let is_candidate = |tag: &&VersionTag| tag.version.is_prerelease() && tag.version.core() == *version;
    if let Some(candidate) = known.iter().find(is_candidate) {
        return Err(Refusal::new(
            format!(
                "{version} is on its way elsewhere: {} is on commit {}",
                candidate.tag.name, candidate.tag.commit
            ),
            format!(
                "finish it with `tidegate tag --final` on that commit, or bring the fix to its branch and make the next candidate; after it comes `tidegate hotfix {}`",
                Version::new(line.major, line.minor, version.0.patch + 1)
            ),
        ));
    }
    Ok((&last.tag.name, &last.tag.commit))
}

/// The last final version of a line, by its tags.
pub fn last(tags: &VersionTags, line: Line) -> Option<&VersionTag> {
    let is_final = |tag: &&VersionTag| line.holds(&tag.version) && !tag.version.is_prerelease();
    tags.known.iter().find(is_final)
}

/// Whether the release that is fixed is the one that everybody knows: its tag is shared, the ledger has it on the same commit,
/// and nothing above it.
fn as_shared(facts: &Facts<'_>, last: &VersionTag) -> Result<(), Refusal> {
    let (name, commit) = (&last.tag.name, &last.tag.commit);
    if facts.base_there != Some(commit) {
        let there = match facts.base_there {
            Some(other) => format!("the remote has it on commit {other}"),
            None => "the remote does not have it".to_owned(),
        };
        return Err(Refusal::new(
            format!("{name} is on commit {commit} here, and {there}"),
            "share the release first, or take the tag of this clone away: others fix what they can see",
        ));
    }
    let versions = &facts.recorded.versions;
    if let Some(record) = versions.get(&last.version).filter(|record| record.commit != *commit) {
        return Err(Refusal::new(
            format!(
                "{name} is on commit {commit}, and the ledger has it on {}",
                record.commit
            ),
            "a version names one commit for ever: put the tag back there",
        ));
    }
    let line = Line::of(&last.version);
    let is_tagged = |version: &Version| facts.tags.known.iter().any(|tag| tag.version == *version);
    let is_gone = |version: &Version| line.holds(version) && *version > last.version && !is_tagged(version);
    match versions.iter().rev().find(|(version, _)| is_gone(version)) {
        Some((version, record)) => Err(Refusal::new(
            format!(
                "the ledger has {version} on commit {}, and its tag {} is gone",
                record.commit, record.tag
            ),
            format!(
                "bring the tag back: `git push REMOTE {}:refs/tags/{}`",
                record.commit, record.tag
            ),
        )),
        None => Ok(()),
    }
}

fn elsewhere(branch: &str, there: &CommitId, base: &str, wanted: &CommitId) -> Refusal {
    Refusal::new(
        format!("{branch} is on commit {there}; it was to start at {base}, which is commit {wanted}"),
        "a branch that others may work on is never moved: look who made it, and delete it if it was never meant",
    )
}

/// The refusal of a cut while the default branch lacks a hotfix; nothing when it lacks none.
pub fn owed(version: &str, branch: &str, default: &str, missing: &[super::picks::Lacked]) -> Option<Refusal> {
    let lacked: Vec<String> = missing.iter().map(super::picks::Lacked::words).collect();
    let first = missing.first()?;
    Some(Refusal::new(
        format!(
            "{default} lacks what hotfix {version} fixes on {branch}: {}",
            lacked.join("; ")
        ),
        format!(
            "bring it there with `git cherry-pick -x`; where {default} needs it no more, say so by a commit there whose message \
             ends with `(cherry picked from commit {})`",
            first.commit
        ),
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_tells_its_version() {
        for (template, branch, version) in [
            (BRANCH, "hotfix/1.4.1", Some("1.4.1")),
            (BRANCH, "hotfix/1.4", None),
            (BRANCH, "hotfix/1.4.1-rc.1", None),
            (BRANCH, "feature/1.4.1", None),
            (BRANCH_OF_MANY, "hotfix/api2-1.4.1", Some("1.4.1")),
            (BRANCH_OF_MANY, "hotfix/web-1.4.1", None),
            ("fix-{{{component}}}-v{{{version}}}", "fix-api2-v1.4.1", Some("1.4.1")),
        ] {
            let component = if template == BRANCH { "app" } else { "api2" };
            let found = of_branch(template, branch, component);
            assert_eq!(found.map(|version| version.to_string()).as_deref(), version, "{branch}");
        }
    }
}
