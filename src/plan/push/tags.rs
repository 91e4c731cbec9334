//! The tags of an image, by template, in the vocabulary of docker's metadata action
//! (<https://github.com/docker/metadata-action#tags-input>), and which of them a version may move.

use minijinja::{Environment, UndefinedBehavior};
use schemars::JsonSchema;
use serde::Serialize;

use crate::model::text::ParseError;
use crate::model::version::Version;
use crate::templates::mistake;

/// What a template can name, with why it may have no value.
const NAMES: [(&str, &str); 11] = [
    ("version", NO_VERSION),
    ("major", NO_VERSION),
    ("minor", NO_VERSION),
    ("patch", NO_VERSION),
    ("sha", "there is no commit"),
    ("branch", "no branch is worked on"),
    ("pr", "this run is of no pull request"),
    ("date", "there is no date"),
    ("year", "there is no date"),
    ("month", "there is no date"),
    ("day", "there is no date"),
];

/// How much of a branch's name a tag holds, in letters: there is room for more beside it.
const LONGEST_BRANCH: usize = 100;

const NO_VERSION: &str = "HEAD carries no version";

/// The tag of a version's image: the version, with `_` for the `+` that a tag cannot hold.
pub fn image_tag(version: &Version) -> String {
    version.to_string().replace('+', "_")
}

/// Whether a text can be a tag (OCI distribution specification 1.1, "Pulling manifests").
///
/// # Errors
/// It can not; the error says what would.
pub fn check_tag(tag: &str) -> Result<(), ParseError> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let starts = tag.bytes().next().is_some_and(word);
    if starts && tag.len() <= 128 && tag.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'-')) {
        return Ok(());
    }
    Err(ParseError::new(
        "image tag",
        tag,
        "at most 128 letters, digits, `_`, `.` and `-`, the first a letter, a digit or `_`",
    ))
}

/// What templates are filled in with.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Values {
    /// The version as a tag has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its first number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub major: Option<u64>,
    /// Its second number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minor: Option<u64>,
    /// Its third number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patch: Option<u64>,
    /// The first seven digits of the commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha: Option<String>,
    /// The branch, with `-` for what a tag cannot hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The number of the pull request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pr: Option<u64>,
    /// The day, as `20261121`, in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Its year, month and day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<String>,
    /// The month, in two digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month: Option<String>,
    /// The day of the month, in two digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
}

impl Values {
    /// The values of a version.
    #[must_use]
    pub fn with_version(mut self, version: &Version) -> Self {
        self.version = Some(image_tag(version));
        self.major = Some(version.0.major);
        self.minor = Some(version.0.minor);
        self.patch = Some(version.0.patch);
        self
    }

    /// The values of a branch, or of a pull request.
    #[must_use]
    pub fn with_branch(mut self, branch: &str) -> Self {
        // What GitHub checks out for a pull request is called `12/merge`.
        if let Some(number) = branch.strip_suffix("/merge").and_then(|number| number.parse().ok()) {
            self.pr = Some(number);
            return self;
        }
        let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-');
        let fitting: String = branch
            .chars()
            .map(|letter| if fits(letter) { letter } else { '-' })
            .collect();
        let fitting = fitting.trim_start_matches(['.', '-']);
        let fitting = &fitting[..fitting.len().min(LONGEST_BRANCH)];
        self.branch = Some(fitting.to_owned()).filter(|branch| !branch.is_empty());
        self
    }
}

/// A tag, and how it moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The tag.
    pub name: String,
    /// Among which versions it stands for the highest; nothing for one that moves freely.
    pub highest: Option<Highest>,
}

/// Among which versions the highest is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Highest {
    /// All.
    OfAll,
    /// Those with the same first number.
    OfMajor,
    /// Those with the same first two numbers.
    OfMinor,
}

/// A tag that was asked for and is not set, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeptBack {
    /// The tag, or the template that makes none.
    pub tag: String,
    /// Why.
    pub reason: String,
}

/// What a template makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Made {
    /// A tag.
    Tag(Tag),
    /// None, in this run.
    None(KeptBack),
}

/// Fills a template in.
///
/// # Errors
/// What is wrong with it, or with the tag that it makes.
pub fn make(template: &str, values: &Values) -> Result<Made, String> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    let parsed = engine.template_from_str(template).map_err(|error| mistake(&error))?;
    let mut used: Vec<String> = parsed.undeclared_variables(false).into_iter().collect();
    used.sort();
    let known: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    if let Some(unknown) = used.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("there is no `{unknown}`; there are {}", known.join(", ")));
    }
    let given = serde_json::to_value(values).map_err(|error| error.to_string())?;
    let missing = NAMES
        .iter()
        .find(|(name, _)| used.iter().any(|used| used == name) && given.get(name).is_none());
    if let Some((_, reason)) = missing {
        return Ok(Made::None(KeptBack {
            tag: template.to_owned(),
            reason: (*reason).to_owned(),
        }));
    }
    let name = parsed
        .render(minijinja::value::Serde(&given))
        .map_err(|error| mistake(&error))?;
    check_tag(&name).map_err(|error| format!("`{name}` is no {}: {}", error.what, error.why))?;
    if let Some(reason) = of_another_series(&name, &used, values) {
        return Ok(Made::None(KeptBack { tag: name, reason }));
    }
    let highest = highest(&name, &used);
    if highest.is_some() && values.version.is_none() {
        return Ok(Made::None(KeptBack {
            tag: name,
            reason: NO_VERSION.to_owned(),
        }));
    }
    Ok(Made::Tag(Tag { name, highest }))
}

/// The numbers of a tag such as `1`, `v1` or `1.4`, unless they come from what is no version, such as a date.
fn series(name: &str, used: &[String]) -> Option<(u64, Option<u64>)> {
    if used
        .iter()
        .any(|name| !["branch", "major", "minor"].contains(&name.as_str()))
    {
        return None;
    }
    let numbers = name.strip_prefix('v').unwrap_or(name);
    match numbers.split_once('.') {
        Some((major, minor)) => Some((major.parse().ok()?, Some(minor.parse().ok()?))),
        None => Some((numbers.parse().ok()?, None)),
    }
}

fn of_another_series(name: &str, used: &[String], values: &Values) -> Option<String> {
    let (major, minor) = series(name, used)?;
    let version = values.version.as_ref()?;
    let same = values.major == Some(major) && (minor.is_none() || values.minor == minor);
    (!same).then(|| format!("it stands for another series than {version} is of"))
}

fn highest(name: &str, used: &[String]) -> Option<Highest> {
    let uses = |wanted: &str| used.iter().any(|name| name == wanted);
    if name == "latest" {
        return Some(Highest::OfAll);
    }
    if uses("version") || uses("patch") {
        return None;
    }
    match series(name, used) {
        Some((_, Some(_))) => Some(Highest::OfMinor),
        Some((_, None)) => Some(Highest::OfMajor),
        None if uses("minor") => Some(Highest::OfMinor),
        None if uses("major") => Some(Highest::OfMajor),
        None => None,
    }
}

impl Highest {
    /// Why a version may not move a tag: it is a prerelease, or a higher one of its series is there.
    pub fn forbids(self, version: &Version, others: &[Version]) -> Option<String> {
        if version.is_prerelease() {
            return Some(format!("{version} is a prerelease"));
        }
        let (this, rank) = (&version.0, |other: &&Version| other.0.cmp_precedence(&version.0));
        let series = |other: &&Version| {
            let other = &other.0;
            let minor = other.major == this.major && other.minor == this.minor;
            match self {
                Self::OfAll => true,
                Self::OfMajor => other.major == this.major,
                Self::OfMinor => minor,
            }
        };
        let stable = others.iter().filter(|other| !other.is_prerelease()).filter(series);
        let higher = stable.max_by(|one, other| one.0.cmp_precedence(&other.0));
        let higher = higher.filter(|other| rank(other).is_gt())?;
        Some(format!("{higher} is higher"))
    }
}
