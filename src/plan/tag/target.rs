//! The stable version that the commits lead to, whether it is made at once or by candidates.

use super::next::next;
use super::tags::same_precedence;
use super::why::{self, Why, asks, deciding};
use super::{Facts, hotfix};
use crate::model::refusal::Refusal;
use crate::model::version::{Bump, Maintenance, Version};
use crate::plan::changes::ReleaseAs;

/// The version, and why; nothing when no commit asks for a release.
///
/// # Errors
/// A refusal when a footer asks for a version that cannot be.
pub fn target(facts: &Facts<'_>) -> Result<Option<(Version, Why)>, Refusal> {
    if let Some(version) = facts.hotfix {
        return hotfix::target(facts, version);
    }
    if let Some(asked) = release_as(facts)? {
        return Ok(Some(asked));
    }
    let Some((version, why)) = by_commits(facts).map(|found| beyond_cut(facts, found)) else {
        return Ok(None);
    };
    // A candidate that was given by hand may lead further than the commits do.
    let promised = facts.latest.filter(|latest| latest.version.is_prerelease());
    Ok(Some(match promised {
        Some(latest) if latest.version.core() > version => {
            let rule = format!("{} leads to it", latest.tag.name);
            (latest.version.core(), Why::rule(facts, rule))
        }
        _ => (version, why),
    }))
}

/// The version, raised to the line after the one that was cut: what belongs to a line is released from its branch.
fn beyond_cut(facts: &Facts<'_>, (version, why): (Version, Why)) -> (Version, Why) {
    match facts.cut.filter(|cut| !cut.is_below(&version)) {
        Some(cut) => {
            let rule = format!(
                "{}, and the release line {cut} was cut, so that {} comes next",
                why.rule,
                cut.next()
            );
            (cut.next().first(), Why { rule, ..why })
        }
        None => (version, why),
    }
}

fn by_commits(facts: &Facts<'_>) -> Option<(Version, Why)> {
    if let Some(line) = facts
        .line
        .filter(|line| !facts.stable.is_some_and(|base| line.holds(&base.version)))
    {
        let rule = format!("the release line {line} has no version yet");
        return Some((line.first(), Why::rule(facts, rule)));
    }
    let asked = deciding(&facts.whole.changes);
    let Some((change, bump)) = asked else {
        let mut dependencies = facts.whole.dependencies.iter();
        let (name, change) =
            dependencies.find_map(|(name, changes)| deciding(changes).map(|(change, _)| (name, change)))?;
        let rule = format!("a change of {name}, which it depends on, asks for a patch");
        let version = match facts.stable {
            Some(base) => next(&base.version, Bump::Patch, facts.zero_major),
            None => facts.initial.clone(),
        };
        return Some((version, Why::commit(facts, change, rule)));
    };
    let Some(base) = facts.stable else {
        let rule = format!("the first version is {}", facts.initial);
        return Some((facts.initial.clone(), Why::commit(facts, change, rule)));
    };
    let mut rule = asks(change, bump);
    if let Some(line) = facts.line.filter(|_| facts.maintenance == Maintenance::Patch) {
        if bump > Bump::Patch {
            rule.push_str(&format!(", and the release line {line} takes patches only"));
        }
        let version = next(&base.version, Bump::Patch, facts.zero_major);
        return Some((version, Why::commit(facts, change, rule)));
    }
    let version = next(&base.version, bump, facts.zero_major);
    if base.version.0.major == 0 && bump > Bump::Patch {
        rule = why::below_one(rule, &version, facts.zero_major);
    }
    Some((version, Why::commit(facts, change, rule)))
}

/// The version that the newest `Release-As` footer asks for. One that is tagged is used up.
fn release_as(facts: &Facts<'_>) -> Result<Option<(Version, Why)>, Refusal> {
    let Some(footer) = facts.whole.changes.release_as.first() else {
        return Ok(None);
    };
    let Some(version) = &footer.version else {
        return Err(Refusal::new(
            format!(
                "the footer `Release-As: {}` of commit {} names no semantic version",
                footer.text, footer.commit
            ),
            "correct it by a commit with another `Release-As:` footer, or give --version",
        ));
    };
    let known = &facts.tags.known;
    if known.iter().any(|tag| same_precedence(&tag.version, version)) {
        return Ok(None);
    }
    fits(facts, version, &said_by(footer))?;
    let rule = format!("its footer asks for {version}");
    let why = Why {
        commit: Some(footer.commit.clone()),
        subject: Some(format!("Release-As: {}", footer.text)),
        ..Why::rule(facts, rule)
    };
    Ok(Some((version.clone(), why)))
}

fn said_by(footer: &ReleaseAs) -> String {
    format!("`Release-As: {}` of commit {}", footer.text, footer.commit.short())
}

/// Whether a version that somebody gave rises above what the commit reaches and belongs to its release line.
///
/// # Errors
/// A refusal that says what is in the way. `given` names the version's origin.
pub fn fits(facts: &Facts<'_>, version: &Version, given: &str) -> Result<(), Refusal> {
    if let Some(latest) = facts
        .latest
        .filter(|latest| version.0.cmp_precedence(&latest.version.0).is_le())
    {
        return Err(Refusal::new(
            format!("{given} is not above {}, which this commit reaches", latest.tag.name),
            "versions only rise: give a higher one with --version",
        ));
    }
    if let Some(cut) = facts.cut.filter(|cut| !cut.is_below(version)) {
        return Err(Refusal::new(
            format!("{given} is not beyond the release line {cut}, which was cut"),
            format!(
                "release it from the branch of its line, or give a version from {} on",
                cut.next().first()
            ),
        ));
    }
    match (facts.hotfix, facts.line) {
        (Some(hotfix), _) if version.core() != *hotfix => Err(Refusal::new(
            format!("{given} is not the version of this branch, which is for hotfix {hotfix} alone"),
            "tag it without --version, or release the other version from its own branch",
        )),
        (None, Some(line)) if !line.holds(version) => Err(Refusal::new(
            format!("{given} does not belong to the release line {line} of this branch"),
            format!("give a version {line}.x with --version, or release it from another branch"),
        )),
        _ => Ok(()),
    }
}
