//! Which version comes next, and what has to be done until it is tagged, pushed and recorded.

pub mod candidate;
pub mod floating;
pub mod hotfix;
pub mod line;
pub mod next;
pub mod release;
pub mod rules;
pub mod steps;
pub mod tags;
pub mod target;
pub mod triggers;
pub mod why;

use std::collections::BTreeMap;

use line::Line;
use next::moved;
use tags::{VersionTag, VersionTags, same_precedence, standing};
use why::{Why, deciding};

use crate::model::change::Change;
use crate::model::name::{CommitId, ComponentName};
use crate::model::refusal::Refusal;
use crate::model::version::{Bump, Channel, Maintenance, Version, ZeroMajor};
use crate::plan::changes::Changes;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The next version: a candidate of the channel, or a stable one.
    Next(Option<Channel>),
    /// The version that the last candidate led to.
    Final,
    /// This version.
    Version(Version),
}

/// What happened since a base.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The component's own changes.
    pub changes: Changes,
    /// The changes of what it depends on.
    pub dependencies: Vec<(ComponentName, Changes)>,
}

impl Span {
    /// Whether anything in it asks for a release.
    pub fn asks(&self) -> bool {
        let own = std::iter::once(&self.changes);
        let mut all = own.chain(self.dependencies.iter().map(|(_, changes)| changes));
        all.any(|changes| deciding(changes).is_some()) || !self.changes.release_as.is_empty()
    }

    /// What the notes tell: its own changes, and each dependency that was released for a change of its own.
    pub fn told(&self) -> Vec<Change> {
        let newer = |(name, changes): &(ComponentName, Changes)| {
            let (change, _) = deciding(changes)?;
            Some(Change {
                kind: "deps".to_owned(),
                scope: None,
                description: format!("built on a newer {name}"),
                breaking: None,
                bump: Some(Bump::Patch),
                ..change.clone()
            })
        };
        let newer = self.dependencies.iter().filter_map(newer);
        newer.chain(self.changes.changes.iter().cloned()).collect()
    }
}

/// What a version is decided from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The component.
    pub component: &'a ComponentName,
    /// What stands before the version in its tags.
    pub prefix: &'a str,
    /// What is asked for.
    pub wanted: &'a Wanted,
    /// What breaking changes and features do below 1.0.0.
    pub zero_major: ZeroMajor,
    /// The first version.
    pub initial: &'a Version,
    /// The release line of the branch.
    pub line: Option<Line>,
    /// The hotfix that the branch is for.
    pub hotfix: Option<&'a Version>,
    /// What a release line takes.
    pub maintenance: Maintenance,
    /// The last release line that was cut below the commit, where its branch goes on with what comes after.
    pub cut: Option<Line>,
    /// The commit to tag.
    pub target: &'a CommitId,
    /// The component's tags.
    pub tags: &'a VersionTags,
    /// The highest stable version that the commit reaches.
    pub stable: Option<&'a VersionTag>,
    /// The highest version of any kind that it reaches.
    pub latest: Option<&'a VersionTag>,
    /// The version that the notes start after.
    pub previous: Option<&'a VersionTag>,
    /// What happened since the stable version.
    pub whole: &'a Span,
    /// What happened since the previous one.
    pub fresh: &'a Span,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing asks for a release.
    None(Why),
    /// The commit carries this version already.
    Exists(Chosen),
    /// This version is to be made.
    Create(Chosen),
    /// A commit above this one carries this version or a higher one: what is here went out with it.
    Superseded {
        /// The version that would have been made.
        version: Version,
        /// The tag that it went out with.
        by: String,
    },
}

/// A version and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The version.
    pub version: Version,
    /// The tag.
    pub tag: String,
    /// How far it moves from the stable version before; absent when it was given by hand.
    pub bump: Option<Bump>,
    /// Why it is this one.
    pub why: Option<Why>,
    /// The same in one line.
    pub explanation: String,
    /// The message of the tag, once its notes are told.
    pub message: String,
}

/// What was found by a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing to release.
    Nothing(Why),
    /// A version.
    Version(Version, Why),
}

/// Decides. Whether the version is free is for [`settle`] to say.
///
/// # Errors
/// A refusal that says what is in the way.
pub fn decide(facts: &Facts<'_>) -> Result<Decision, Refusal> {
    if let Some(found) = standing(facts.tags, facts.target, facts.wanted, facts.line.as_ref()) {
        return Ok(Decision::Exists(Chosen {
            version: found.version.clone(),
            tag: found.tag.name.clone(),
            bump: by_commits(facts).then(|| moved(facts.stable, &found.version)),
            why: None,
            explanation: format!("{} is on this commit already", found.tag.name),
            message: String::new(),
        }));
    }
    let found = match facts.wanted {
        Wanted::Version(wanted) => {
            target::fits(facts, wanted, &wanted.to_string())?;
            Found::Version(wanted.clone(), Why::rule(facts, "the version was given by hand"))
        }
        Wanted::Final => candidate::last_becomes_final(facts).map(|(version, why)| Found::Version(version, why))?,
        Wanted::Next(Some(channel)) => candidate::candidate(facts, channel)?,
        Wanted::Next(None) => match target::target(facts)? {
            Some((version, why)) => Found::Version(version, why),
            None => Found::Nothing(Why::rule(facts, "nothing asks for a release")),
        },
    };
    Ok(match found {
        Found::Nothing(why) => Decision::None(why),
        Found::Version(version, why) => Decision::Create(Chosen {
            tag: version.tag(facts.prefix),
            bump: by_commits(facts).then(|| moved(facts.stable, &version)),
            explanation: why.words(facts.component, Some(&version)),
            why: Some(why),
            message: String::new(),
            version,
        }),
    })
}

fn by_commits(facts: &Facts<'_>) -> bool {
    !matches!(facts.wanted, Wanted::Version(_))
}

/// The tags that are not below a version which is to be made: either it is taken, or it went out with one of them.
pub fn rivals<'a>(facts: &Facts<'a>, decision: &Decision) -> Vec<&'a VersionTag> {
    let Decision::Create(chosen) = decision else {
        return Vec::new();
    };
    let not_below = |tag: &&VersionTag| {
        tag.version.0.cmp_precedence(&chosen.version.0).is_ge()
            && facts.line.is_none_or(|line| line.holds(&tag.version))
    };
    facts.tags.known.iter().filter(not_below).collect()
}

/// Whether the version is free. `above` are the rivals whose commits reach the target.
///
/// # Errors
/// A refusal when another commit has the version.
pub fn settle(
    facts: &Facts<'_>,
    decision: Decision,
    rivals: &[&VersionTag],
    above: &[&VersionTag],
) -> Result<Decision, Refusal> {
    let Decision::Create(chosen) = decision else {
        return Ok(decision);
    };
    let lowest = above
        .iter()
        .min_by(|one, other| one.version.0.cmp_precedence(&other.version.0));
    if let (Some(by), Wanted::Next(_)) = (lowest, facts.wanted) {
        return Ok(Decision::Superseded {
            version: chosen.version,
            by: by.tag.name.clone(),
        });
    }
    let released = |rival: &&&VersionTag| !rival.version.is_prerelease() && rival.version == chosen.version.core();
    if let Some(last) = rivals.iter().find(released).filter(|_| chosen.version.is_prerelease()) {
        return Err(Refusal::new(
            format!("{} is released already, on commit {}", last.tag.name, last.tag.commit),
            "a candidate comes before its version: make this branch reach that commit, or give a higher version",
        ));
    }
    match rivals
        .iter()
        .find(|rival| same_precedence(&rival.version, &chosen.version))
    {
        Some(taken) => Err(elsewhere(&taken.tag.name, &taken.tag.commit, facts.target)),
        None => Ok(Decision::Create(chosen)),
    }
}

/// The channel of a branch: by its name, else by the longest pattern that fits; `*` stands for anything.
pub fn channel_of(channels: &BTreeMap<String, Channel>, branch: &str) -> Option<Channel> {
    let fits =
        |pattern: &&String| globset::Glob::new(pattern).is_ok_and(|glob| glob.compile_matcher().is_match(branch));
    let named = channels.get(branch);
    let by_pattern = || {
        let longest = channels.keys().filter(fits).max_by_key(|pattern| pattern.len())?;
        channels.get(longest)
    };
    named.or_else(by_pattern).cloned()
}

/// The refusal of a tag that is on another commit.
fn elsewhere(tag: &str, there: &CommitId, wanted: &CommitId) -> Refusal {
    Refusal::new(
        format!("{tag} is on commit {there}; it was to go on {wanted}"),
        "a tag that others may have seen is never moved: tag that commit's successor, or give a free version with --version",
    )
}
