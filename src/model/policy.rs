//! The policy of a gate, as `tidegate.toml` writes it: one type a rule.

use std::collections::{BTreeMap, BTreeSet};

use globset::{GlobBuilder, GlobMatcher};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::calendar::Calendar;
use super::check::{Accepted, RequiredCheck};
use super::duration::Duration;
use super::name::EnvironmentName;
use super::text::{ParseError, text_type};
use super::window::{Window, Zone};

/// The rules that a release must meet to enter an environment. A lock counts everywhere and needs no key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// The digest is verified in the environments before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
    /// The digest has run somewhere for long enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soak: Option<Soak>,
    /// The commit's checks have passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checks: Option<Checks>,
    /// People have approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvals: Option<Approvals>,
    /// The time is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freeze: Option<Freeze>,
    /// The commit is on a branch that may enter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<BranchRule>,
    /// The version is released, and none that is lower than what runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionRule>,
}

/// The rule `previous`: deployed and verified in the environments named by `after`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Previous {}

/// The rule `soak`: verified and continuous residence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Soak {
    /// Where.
    #[serde(rename = "in")]
    pub environment: EnvironmentName,
    /// For how long at least.
    #[serde(rename = "for")]
    pub length: Duration,
}

/// The rule `checks`: each named check has succeeded on the release's commit; see [checks](rules/checks.md).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Checks {
    /// Their names; of one that a certain app must report, `{ name = "build", app = "github-actions" }`.
    pub require: Vec<RequiredCheck>,
    /// The endings that count beside success.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accept: Vec<Accepted>,
}

/// The rule `approvals`: enough of the right people have approved this digest here, under this policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Approvals {
    /// How many different people.
    #[serde(default = "one")]
    pub count: u32,
    /// Whose approval counts.
    pub from: Vec<Approver>,
    /// Whether the person who asked for the release may not be among them.
    #[serde(default = "yes")]
    pub no_self_approval: bool,
}

impl Approvals {
    /// The people whose word counts, given the members of each team.
    pub fn entitled<'a>(&'a self, teams: &'a BTreeMap<String, Vec<String>>) -> BTreeSet<&'a str> {
        let members = |approver: &'a Approver| match approver {
            Approver::User(login) => std::slice::from_ref(login),
            Approver::Team(team) => teams.get(team).map(Vec::as_slice).unwrap_or_default(),
        };
        self.from.iter().flat_map(members).map(String::as_str).collect()
    }

    /// Whether this person's word counts.
    pub fn entitles(&self, person: &str, teams: &BTreeMap<String, Vec<String>>) -> bool {
        self.entitled(teams).contains(person)
    }
}

fn one() -> u32 {
    1
}

fn yes() -> bool {
    true
}

/// A team or a person whose approval counts: `team:NAME` or `user:LOGIN`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Approver {
    /// The members of a team declared under `[team.NAME]`.
    Team(String),
    /// One person.
    User(String),
}

impl std::fmt::Display for Approver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Team(name) => write!(f, "team:{name}"),
            Self::User(name) => write!(f, "user:{name}"),
        }
    }
}

impl std::str::FromStr for Approver {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text.split_once(':') {
            Some(("team", name)) if !name.is_empty() => Ok(Self::Team(name.to_owned())),
            Some(("user", name)) if !name.is_empty() => Ok(Self::User(name.to_owned())),
            _ => Err(ParseError::new("approver", text, "write `team:NAME` or `user:LOGIN`")),
        }
    }
}

text_type!(
    Approver,
    "Approver",
    "Whose approval counts: `team:NAME` or `user:LOGIN`."
);

/// The rule `freeze`: times in which a release may or may not enter. A denied time wins over an allowed one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// The IANA time zone that the windows are written in.
    pub zone: Zone,
    /// Nothing enters in these.
    #[serde(default)]
    pub deny: Vec<Window>,
    /// Things enter in these alone, where any is given.
    #[serde(default)]
    pub allow: Vec<Window>,
    /// Nothing enters during its events either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Calendar>,
    /// Whether a roll-back is bound by them.
    #[serde(default)]
    pub rollback: RollbackFreeze,
}

/// Whether roll-backs are frozen too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RollbackFreeze {
    /// A roll-back may enter at any time.
    #[default]
    Exempt,
    /// A roll-back waits like everything else.
    Blocked,
}

/// The rule `branch`: a branch of the remote that may enter reaches the release's commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchRule {
    /// The branches that may enter.
    pub from: Vec<BranchPattern>,
}

impl BranchRule {
    /// Whether a branch of that name may enter.
    pub fn admits(&self, branch: &str) -> bool {
        self.from.iter().any(|pattern| pattern.matches(branch))
    }
}

/// A branch, or a pattern of branches in which `*` stands for a part of the name up to the next `/`.
#[derive(Clone, Debug)]
pub struct BranchPattern(GlobMatcher);

impl PartialEq for BranchPattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.glob() == other.0.glob()
    }
}

impl Eq for BranchPattern {}

impl BranchPattern {
    fn matches(&self, branch: &str) -> bool {
        self.0.is_match(branch)
    }
}

impl std::fmt::Display for BranchPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.glob().glob())
    }
}

impl std::str::FromStr for BranchPattern {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let why = "write a branch such as `main`, or a pattern such as `release/*`";
        match GlobBuilder::new(text).literal_separator(true).build() {
            Ok(glob) if !text.is_empty() && !text.starts_with("refs/") => Ok(Self(glob.compile_matcher())),
            _ => Err(ParseError::new("branch or pattern of branches", text, why)),
        }
    }
}

text_type!(
    BranchPattern,
    "BranchPattern",
    "A branch such as `main`, or a pattern such as `release/*`, in which `*` stops at a `/` and `**` does not."
);

/// The rule `version`: the version's tag leads to the release's commit, and the version is none that is lower than what
/// runs there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionRule {
    /// Whether a prerelease, such as `1.4.0-rc.1`, may enter.
    #[serde(default)]
    pub prerelease: bool,
}
