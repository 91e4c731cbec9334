//! Which version comes next, and what has to be done until it is tagged, pushed and recorded.

use super::conventional::{Meaning, Reading, read};
use crate::model::commit::{Commit, Tag, TagKind};
use crate::model::event::EventBody;
use crate::model::name::{CommitId, ComponentName};
use crate::model::refusal::Refusal;
use crate::model::state::ComponentState;
use crate::model::step::{Action, Step};
use crate::model::version::{Bump, Version, ZeroMajor};

/// How many commits a tag's message lists.
const NOTES: usize = 50;

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
    /// Those that have the prefix and no semantic version behind it.
    pub ignored: Vec<String>,
}

/// Sorts out the tags with a prefix.
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

/// The version that a commit carries already: the one asked for, or the highest.
pub fn standing<'a>(tags: &'a VersionTags, target: &CommitId, wanted: Option<&Version>) -> Option<&'a VersionTag> {
    let fits = |found: &&VersionTag| {
        found.tag.commit == *target && wanted.is_none_or(|wanted| same_precedence(wanted, &found.version))
    };
    tags.known.iter().find(fits)
}

fn same_precedence(one: &Version, other: &Version) -> bool {
    one.0.cmp_precedence(&other.0).is_eq()
}

/// What a version is decided from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The component.
    pub component: &'a ComponentName,
    /// What stands before the version in its tags.
    pub prefix: &'a str,
    /// What breaking changes and features do below 1.0.0.
    pub zero_major: ZeroMajor,
    /// The version that was given by hand.
    pub release_as: Option<&'a Version>,
    /// The commit to tag.
    pub target: &'a CommitId,
    /// The component's tags.
    pub tags: &'a VersionTags,
    /// The highest version that the commit reaches.
    pub base: Option<&'a VersionTag>,
    /// The commits that the target reaches and the base does not, newest first.
    pub commits: &'a [Commit],
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing asks for a release.
    None {
        /// Why, in words.
        explanation: String,
    },
    /// The commit carries this version already.
    Exists(Chosen),
    /// This version is to be made.
    Create(Chosen),
}

/// A version and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The version.
    pub version: Version,
    /// The tag.
    pub tag: String,
    /// How far it moves from the version before; absent when it was given by hand.
    pub bump: Option<Bump>,
    /// The base, the deciding commit and the rule, in words.
    pub explanation: String,
    /// The message of the tag.
    pub message: String,
}

/// Decides.
pub fn decide(facts: &Facts<'_>) -> Result<Decision, Refusal> {
    if let Some(found) = standing(facts.tags, facts.target, facts.release_as) {
        return Ok(Decision::Exists(Chosen {
            version: found.version.clone(),
            tag: found.tag.name.clone(),
            bump: facts.release_as.is_none().then(|| moved(facts.base, &found.version)),
            explanation: format!("{} is on this commit already", found.tag.name),
            message: String::new(),
        }));
    }
    let changes = Changes::of(facts);
    let (version, explanation) = match facts.release_as {
        Some(wanted) => (by_hand(facts, wanted)?, "the version was given by hand".to_owned()),
        None => match changes.deciding {
            None => {
                return Ok(Decision::None {
                    explanation: changes.nothing(facts),
                });
            }
            Some((commit, meaning)) => {
                let next = next(facts.base.map(|base| &base.version), meaning.bump, facts.zero_major);
                let explanation = changes.explain(facts, &next, commit, meaning);
                (next, explanation)
            }
        },
    };
    if let Some(taken) = facts
        .tags
        .known
        .iter()
        .find(|found| same_precedence(&found.version, &version))
    {
        return Err(elsewhere(&taken.tag.name, &taken.tag.commit, facts.target));
    }
    Ok(Decision::Create(Chosen {
        tag: version.tag(facts.prefix),
        bump: facts.release_as.is_none().then(|| moved(facts.base, &version)),
        explanation,
        message: changes.notes(facts, &version),
        version,
    }))
}

/// The refusal of a tag that is on another commit.
fn elsewhere(tag: &str, there: &CommitId, wanted: &CommitId) -> Refusal {
    Refusal::new(
        format!("{tag} is on commit {there}; it was to go on {wanted}"),
        "a tag that others may have seen is never moved: tag that commit's successor, or give a free version with --release-as",
    )
}

fn by_hand(facts: &Facts<'_>, wanted: &Version) -> Result<Version, Refusal> {
    match facts.base {
        Some(base) if wanted.0.cmp_precedence(&base.version.0).is_le() => Err(Refusal::new(
            format!("{wanted} is not above {}, which this commit reaches", base.tag.name),
            "versions only rise: give a higher one",
        )),
        _ => Ok(wanted.clone()),
    }
}

/// The version after `base`. The first one is 0.1.0; a prerelease is finished by the version that it leads to, unless the
/// commits ask for more.
pub fn next(base: Option<&Version>, bump: Bump, zero_major: ZeroMajor) -> Version {
    let Some(Version(base)) = base else {
        return Version::new(0, 1, 0);
    };
    let (major, minor, patch) = (base.major, base.minor, base.patch);
    let leads_to = |fits: bool, version: Version| {
        if fits && !base.pre.is_empty() {
            Version::new(major, minor, patch)
        } else {
            version
        }
    };
    match below_one(major, bump, zero_major) {
        Bump::Major => leads_to(minor == 0 && patch == 0, Version::new(major + 1, 0, 0)),
        Bump::Minor => leads_to(patch == 0, Version::new(major, minor + 1, 0)),
        Bump::Patch => leads_to(true, Version::new(major, minor, patch + 1)),
    }
}

fn below_one(major: u64, bump: Bump, zero_major: ZeroMajor) -> Bump {
    match (zero_major, bump) {
        _ if major > 0 => bump,
        (ZeroMajor::Cargo | ZeroMajor::Shift, Bump::Major) => Bump::Minor,
        (ZeroMajor::Cargo, Bump::Minor) => Bump::Patch,
        _ => bump,
    }
}

/// How far a version is from the one before.
fn moved(base: Option<&VersionTag>, version: &Version) -> Bump {
    let (major, minor) = base.map_or((0, 0), |base| (base.version.0.major, base.version.0.minor));
    match &version.0 {
        to if to.major != major => Bump::Major,
        to if to.minor != minor => Bump::Minor,
        _ => Bump::Patch,
    }
}

/// What the commits since the base say.
struct Changes<'a> {
    releasing: Vec<&'a Commit>,
    deciding: Option<(&'a Commit, Meaning)>,
    own: usize,
    foreign: usize,
}

impl<'a> Changes<'a> {
    fn of(facts: &Facts<'a>) -> Self {
        let mut changes = Self {
            releasing: Vec::new(),
            deciding: None,
            own: 0,
            foreign: 0,
        };
        for commit in facts.commits {
            changes.own += 1;
            match read(&commit.message) {
                Reading::Releases(meaning) => {
                    changes.releasing.push(commit);
                    if changes.deciding.is_none_or(|(_, highest)| highest.bump < meaning.bump) {
                        changes.deciding = Some((commit, meaning));
                    }
                }
                Reading::Quiet => {}
                Reading::Foreign => changes.foreign += 1,
            }
        }
        changes
    }

    fn counted(&self, facts: &Facts<'_>) -> String {
        let since = facts
            .base
            .map_or("in the history".to_owned(), |base| format!("since {}", base.tag.name));
        let commits = if self.own == 1 {
            "1 commit"
        } else {
            &format!("{} commits", self.own)
        };
        format!(
            "{commits} of {} {since}, {} of them not conventional",
            facts.component, self.foreign
        )
    }

    fn nothing(&self, facts: &Facts<'_>) -> String {
        format!("nothing asks for a release: {}", self.counted(facts))
    }

    fn explain(&self, facts: &Facts<'_>, next: &Version, commit: &Commit, meaning: Meaning) -> String {
        let rule = match facts.base {
            None => "the first version is 0.1.0".to_owned(),
            Some(base) if base.version.0.major == 0 && meaning.bump > Bump::Patch => {
                let setting = match facts.zero_major {
                    ZeroMajor::Cargo => "cargo",
                    ZeroMajor::Shift => "shift",
                    ZeroMajor::Literal => "literal",
                };
                format!(
                    "{}, and zero-major = \"{setting}\" makes that {next} below 1.0.0",
                    meaning.rule
                )
            }
            Some(_) => meaning.rule.to_owned(),
        };
        let base = facts.base.map_or("no version", |base| &base.tag.name);
        let subject = line(commit.subject());
        format!(
            "{base} → {next}: {} \"{subject}\": {rule} ({})",
            commit.id.short(),
            self.counted(facts)
        )
    }

    fn notes(&self, facts: &Facts<'_>, version: &Version) -> String {
        let mut message = format!("{} {version}\n", facts.component);
        if !self.releasing.is_empty() {
            message.push('\n');
        }
        for commit in self.releasing.iter().take(NOTES) {
            message.push_str(&format!("- {}\n", line(commit.subject())));
        }
        if let Some(more) = self.releasing.len().checked_sub(NOTES).filter(|more| *more > 0) {
            message.push_str(&format!("- and {more} more\n"));
        }
        message
    }
}

/// Text from a commit as a part of one line.
fn line(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).collect()
}

/// What is known about a chosen version beside the tags of this clone.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// What the remote has under the tag's name; the outer option is empty when there is no remote.
    pub remote: Option<Option<&'a CommitId>>,
    /// What the ledger knows of the component.
    pub recorded: &'a ComponentState,
}

/// What is left to do until the version is tagged, pushed and recorded.
pub fn steps(facts: &Facts<'_>, decision: &Decision, surroundings: &Surroundings<'_>) -> Result<Vec<Step>, Refusal> {
    let (chosen, new) = match decision {
        Decision::None { .. } => return Ok(Vec::new()),
        Decision::Exists(chosen) => (chosen, false),
        Decision::Create(chosen) => (chosen, true),
    };
    let target = facts.target.clone();
    let known = surroundings.recorded.versions.get(&chosen.version);
    if let Some(record) = known.filter(|record| record.commit != target) {
        return Err(Refusal::new(
            format!(
                "the ledger has {} on commit {}; it was to go on {target}",
                chosen.version, record.commit
            ),
            "a version names one commit for ever: give a free one with --release-as",
        ));
    }
    let mut steps = Vec::new();
    if new {
        let action = Action::CreateTag {
            tag: chosen.tag.clone(),
            commit: target.clone(),
            message: chosen.message.clone(),
            kind: TagKind::default(),
        };
        steps.push(Step::new(action, chosen.explanation.as_str()));
    }
    match surroundings.remote {
        Some(Some(there)) if *there != target => return Err(elsewhere(&chosen.tag, there, &target)),
        Some(None) => {
            let reference = format!("refs/tags/{}", chosen.tag);
            steps.push(Step::new(
                Action::PushRef { reference },
                "others count on from this tag",
            ));
        }
        _ => {}
    }
    if known.is_none() {
        let event = EventBody::Tagged {
            component: facts.component.clone(),
            version: chosen.version.clone(),
            tag: chosen.tag.clone(),
            commit: target,
            bump: chosen.bump,
        };
        steps.push(Step::new(
            Action::Record { event: Box::new(event) },
            "later commands find the version in the ledger",
        ));
    }
    Ok(steps)
}
