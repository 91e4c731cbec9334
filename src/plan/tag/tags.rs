//! The tags of a component that carry versions, and which of them a decision has to ask for.

use super::Wanted;
use super::line::Line;
use crate::model::commit::Tag;
use crate::model::name::CommitId;
use crate::model::version::Version;

/// A tag that carries a version of the component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionTag {
    /// The version.
    pub version: Version,
    /// The tag.
    pub tag: Tag,
}

/// The tags of a component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionTags {
    /// Those that carry a version, highest precedence first. Build metadata only orders equals by name.
    pub known: Vec<VersionTag>,
    /// Those with the prefix that carry none, in order.
    pub ignored: Vec<String>,
}

/// Sorts out the tags of a component.
pub fn version_tags(prefix: &str, tags: Vec<Tag>) -> VersionTags {
    let mut sorted = VersionTags::default();
    for tag in tags.into_iter().filter(|tag| tag.name.starts_with(prefix)) {
        match Version::from_tag(prefix, &tag.name) {
            Some(version) => sorted.known.push(VersionTag { version, tag }),
            None => sorted.ignored.push(tag.name),
        }
    }
    sorted.known.sort_by(|one, other| {
        let precedence = other.version.0.cmp_precedence(&one.version.0);
        precedence.then_with(|| one.tag.name.cmp(&other.tag.name))
    });
    sorted.ignored.sort();
    sorted
}

/// Whether two versions are the same but for build metadata.
pub fn same_precedence(one: &Version, other: &Version) -> bool {
    one.0.cmp_precedence(&other.0).is_eq()
}

/// The version that a commit carries already, of the kind that is wanted: a stable one, one of the channel, or the very
/// one. A candidate and its final version on one commit are two answers to two questions.
pub fn standing<'a>(
    tags: &'a VersionTags,
    target: &CommitId,
    wanted: &Wanted,
    line: Option<&Line>,
) -> Option<&'a VersionTag> {
    let fits = |found: &Version| match wanted {
        Wanted::Version(version) => same_precedence(version, found),
        Wanted::Next(Some(channel)) => found.candidate().is_some_and(|candidate| candidate.channel == *channel),
        Wanted::Next(None) | Wanted::Final => !found.is_prerelease(),
    };
    let mut on_it = tags.known.iter().filter(|found| found.tag.commit == *target);
    on_it.find(|found| fits(&found.version) && line.is_none_or(|line| line.holds(&found.version)))
}

/// What is counted from on the branch that a line was cut from: where it was cut, as the highest version of the line, whether
/// the branch reaches that or not.
pub fn after_cut(tags: &VersionTags, line: Line, cut: Tag) -> VersionTag {
    let highest = tags.known.iter().find(|tag| line.holds(&tag.version));
    VersionTag {
        version: highest.map_or_else(|| line.first(), |tag| tag.version.core()),
        tag: Tag {
            name: highest.map_or(cut.name, |tag| tag.tag.name.clone()),
            commit: cut.commit,
        },
    }
}

/// The tags that may be what the commits are counted from, each list highest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bases<'a> {
    /// Stable versions.
    pub stable: Vec<&'a VersionTag>,
    /// All versions.
    pub any: Vec<&'a VersionTag>,
    /// What the notes start after: a candidate follows a candidate of its channel, a stable version a stable one.
    pub previous: Vec<&'a VersionTag>,
}

/// Sorts out what a version can be counted from: what is below the one that the commit carries and, on a release line,
/// not beyond the line.
pub fn bases<'a>(
    tags: &'a VersionTags,
    carried: Option<&VersionTag>,
    wanted: &Wanted,
    line: Option<&Line>,
) -> Bases<'a> {
    let mut bases = Bases::default();
    for tag in &tags.known {
        let below = carried.is_none_or(|carried| tag.version.0.cmp_precedence(&carried.version.0).is_lt());
        if !below || line.is_some_and(|line| line.is_below(&tag.version)) {
            continue;
        }
        let stable = !tag.version.is_prerelease();
        let follows = match wanted {
            Wanted::Next(Some(channel)) => {
                let candidate = tag.version.candidate();
                stable || candidate.is_some_and(|candidate| candidate.channel == *channel)
            }
            Wanted::Version(version) => stable || version.is_prerelease(),
            Wanted::Next(None) | Wanted::Final => stable,
        };
        bases.any.push(tag);
        if stable {
            bases.stable.push(tag);
        }
        if follows {
            bases.previous.push(tag);
        }
    }
    bases
}
