//! The rule `version`: the version is released, which its tag says, and none that is lower than what runs there. A
//! roll-back does not come this way.

use super::facts::{Facts, Policy};
use super::rule::Rule;
use crate::model::policy::VersionRule;
use crate::model::verdict::RuleOutcome;

/// Judges the version.
pub fn judge(own: &VersionRule, policy: &Policy<'_>, facts: &Facts) -> RuleOutcome {
    let (release, place) = (&facts.release, policy.name);
    let (version, tag) = (&release.version, &release.tag);
    let source = facts.tag.as_ref().map_or("git", |fact| fact.source.as_str());
    let kind = if own.prerelease { "" } else { ", no prerelease" };
    let needs = format!(
        "{tag} on {}{kind}, not lower than what runs in {place}",
        release.commit.short()
    );
    let rule = Rule::new("version", needs, source);
    let state = match rule.value(facts.environments.get(place), "the environment's history") {
        Ok(state) => state,
        Err(unknown) => return *unknown,
    };
    let tagged = match rule.value(facts.tag.as_ref(), "the tag") {
        Ok(tagged) => tagged,
        Err(unknown) => return *unknown,
    };
    match tagged {
        None => {
            return rule.fail(
                format!("there is no tag {tag}"),
                "`tidegate tag`, and a release of that version",
            );
        }
        Some(commit) if *commit != release.commit => {
            let saw = format!(
                "{tag} leads to {commit}, and the release was made from {}",
                release.commit
            );
            return rule.fail(
                saw,
                "a release of another version: a tag that was moved says nothing any more",
            );
        }
        Some(_) => {}
    }
    if version.is_prerelease() && !own.prerelease {
        return rule.fail(
            format!("{version} is a prerelease"),
            format!("a release of {}", version.core()),
        );
    }
    // What failed there is no reason to keep a lower version out.
    let current = state.current.as_ref().map(|current| &current.release);
    let current = current.filter(|running| !state.failures.contains_key(&running.digest));
    match current.filter(|running| version.0.cmp_precedence(&running.version.0).is_lt()) {
        Some(running) => rule.fail(
            format!("{} runs there, which is higher", running.version),
            format!("`tidegate rollback {place}` where it was verified before, or a newer release"),
        ),
        None => rule.pass(format!("{tag} is there")),
    }
}
