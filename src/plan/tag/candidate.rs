//! Candidates: counted up until one of them becomes the version that it led to.

use super::tags::VersionTag;
use super::target::target;
use super::why::{Why, deciding};
use super::{Facts, Found, elsewhere};
use crate::model::refusal::Refusal;
use crate::model::version::{Channel, Version};

/// The next candidate of a channel.
///
/// # Errors
/// A refusal when candidates of the version are written in another way.
pub fn candidate(facts: &Facts<'_>, channel: &Channel) -> Result<Found, Refusal> {
    let Some((target, why)) = target(facts)? else {
        return Ok(Found::Nothing(Why::rule(facts, "nothing asks for a release")));
    };
    let core = target.core();
    let of_core = |tag: &&VersionTag| tag.version.core() == core;
    let mut highest = 0;
    for tag in facts.tags.known.iter().filter(of_core) {
        match tag.version.candidate() {
            Some(candidate) if candidate.channel == *channel && candidate.dotted => {
                highest = highest.max(candidate.number);
            }
            Some(candidate) if candidate.channel == *channel => return Err(mixed(tag, channel, candidate.number)),
            _ => {}
        }
    }
    let before = facts
        .previous
        .filter(|previous| previous.version.is_prerelease() && of_core(previous));
    if let Some(before) = before.filter(|_| !facts.fresh.asks()) {
        let rule = format!("nothing asks for another candidate since {}", before.tag.name);
        return Ok(Found::Nothing(Why::rule(facts, rule)));
    }
    if target.is_prerelease() {
        return Ok(Found::Version(target, why));
    }
    let number = highest + 1;
    let version = core.with_candidate(channel, number).unwrap_or(core);
    let rule = format!("{}; {channel}.{number} is the next candidate of it", why.rule);
    Ok(Found::Version(version, Why { rule, ..why }))
}

fn mixed(tag: &VersionTag, channel: &Channel, number: u64) -> Refusal {
    let name = &tag.tag.name;
    Refusal::new(
        format!(
            "{name} is written without a dot, and {channel}.{} would sort below it",
            number + 1
        ),
        format!(
            "semver compares `{channel}{number}` as a word: finish this version with `tag --final`, or delete {name} if nobody has seen it, and \
             the next candidates are counted with a dot"
        ),
    )
}

/// The version that the last candidate leads to, for the very commit of that candidate.
///
/// # Errors
/// A refusal when there is no candidate, or when the commit is not the candidate's.
pub fn last_becomes_final(facts: &Facts<'_>) -> Result<(Version, Why), Refusal> {
    let Some(last) = facts.latest.filter(|latest| latest.version.is_prerelease()) else {
        return Err(Refusal::new(
            "there is no candidate to finish below this commit",
            "make one with `tag --channel rc`, test it, and finish that one",
        ));
    };
    let version = last.version.core();
    if last.tag.commit != *facts.target {
        return Err(Refusal::new(
            format!(
                "{} is on commit {}, and the head has moved on to {}: what was tested is what goes out",
                last.tag.name, last.tag.commit, facts.target
            ),
            format!(
                "finish that very commit with `tag --final --commit {}`, or make another candidate",
                last.tag.name
            ),
        ));
    }
    if let Some(taken) = facts.tags.known.iter().find(|tag| tag.version == version) {
        return Err(elsewhere(&taken.tag.name, &taken.tag.commit, facts.target));
    }
    let rule = format!("{} is on this commit and becomes final", last.tag.name);
    let why = match deciding(&facts.whole.changes) {
        Some((change, _)) => Why::commit(facts, change, rule),
        None => Why::rule(facts, rule),
    };
    Ok((version, why))
}
