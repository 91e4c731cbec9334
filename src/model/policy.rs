//! The policy of a gate, as `tidegate.toml` writes it: one type a rule.

use std::collections::BTreeMap;

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
    /// Who may do what here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessRules>,
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// Whether the people whom `access.override` names may set the rule aside.
    #[serde(default = "yes")]
    pub overridable: bool,
}

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
    /// Whether the people whom `access.override` names may set the rule aside.
    #[serde(default = "yes")]
    pub overridable: bool,
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
    /// Whether the people whom `access.override` names may set the rule aside.
    #[serde(default = "yes")]
    pub overridable: bool,
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
    /// Whether the person who asked for the release, the authors of its commit and the last pusher may not be among them.
    #[serde(default = "yes")]
    pub no_self_approval: bool,
    /// Where words are heard: in the ledger and in the reviews of this workflow run when it is left out.
    #[serde(default = "usual_sources")]
    pub sources: Vec<WordSource>,
    /// Whether the people whom `access.override` names may set the rule aside.
    #[serde(default = "yes")]
    pub overridable: bool,
}

/// Where people's words are heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WordSource {
    /// In the ledger: `tidegate approve` and `tidegate reject`.
    Ledger,
    /// In the reviews of this workflow run for the environment of the same name.
    RunReview,
    /// In the reviews of the pull request that brought the commit, at its last commit.
    PullRequest,
}

impl WordSource {
    /// Where it is, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Ledger => "the ledger",
            Self::RunReview => "the reviews of the run",
            Self::PullRequest => "the reviews of the pull request",
        }
    }
}

/// Who may do what in an environment. A deed for which nobody is named is open to anybody, but for `override`, which is
/// open to nobody. Whoever is named must prove who they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AccessRules {
    /// Who may promote a release here, and roll it back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promote: Vec<Approver>,
    /// Whose words count for `approvals` here; it narrows `approvals.from`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approve: Vec<Approver>,
    /// Who may set rules aside here.
    #[serde(default, rename = "override", skip_serializing_if = "Vec::is_empty")]
    pub overriding: Vec<Approver>,
    /// Whose hotfixes meet the rules under `hotfix` here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hotfix: Vec<Approver>,
    /// Who may open what was shut here: a lock, this environment's or the ladder's, a hold, a rejection everywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlock: Vec<Approver>,
}

/// A team.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Team {
    /// The name people read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Who is in it, by the names that they act under.
    #[serde(default)]
    pub members: Vec<String>,
    /// The team on GitHub whose members are in it too, as `ORGANISATION/SLUG`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub github: Option<String>,
}

fn one() -> u32 {
    1
}

fn yes() -> bool {
    true
}

fn usual_sources() -> Vec<WordSource> {
    vec![WordSource::Ledger, WordSource::RunReview]
}

/// Whose word counts: `team:NAME`, `user:LOGIN` or `permission:LEVEL`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Approver {
    /// The members of a team declared under `[team.NAME]`.
    Team(String),
    /// One person.
    User(String),
    /// Whoever has at least this permission in the repository on GitHub.
    Permission(Permission),
}

impl Approver {
    /// The people whom it names itself; those whom the forge knows are not among them.
    pub fn named<'a>(&'a self, teams: &'a BTreeMap<String, Team>) -> &'a [String] {
        match self {
            Self::User(login) => std::slice::from_ref(login),
            Self::Team(team) => teams.get(team).map(|team| team.members.as_slice()).unwrap_or_default(),
            Self::Permission(_) => &[],
        }
    }

    /// Whether the forge has to be asked who is meant.
    pub fn asks_forge(&self, teams: &BTreeMap<String, Team>) -> bool {
        match self {
            Self::User(_) => false,
            Self::Team(team) => teams.get(team).is_some_and(|team| team.github.is_some()),
            Self::Permission(_) => true,
        }
    }
}

/// What a person may do in the repository, least first
/// (<https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories/managing-repository-roles/repository-roles-for-an-organization>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Read it.
    Read,
    /// Manage its issues.
    Triage,
    /// Push to it.
    Write,
    /// Manage it.
    Maintain,
    /// Everything.
    Admin,
}

impl Permission {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Read, "read"),
        (Self::Triage, "triage"),
        (Self::Write, "write"),
        (Self::Maintain, "maintain"),
        (Self::Admin, "admin"),
    ];

    /// The permission of that word; nothing for `none` and for a role of an organisation's own.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(level, _)| *level)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(level, _)| *level == self)
            .map_or("", |(_, word)| word)
    }
}

impl std::fmt::Display for Approver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Team(name) => write!(f, "team:{name}"),
            Self::User(name) => write!(f, "user:{name}"),
            Self::Permission(level) => write!(f, "permission:{}", level.word()),
        }
    }
}

impl std::str::FromStr for Approver {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text.split_once(':') {
            Some(("team", name)) if !name.is_empty() => Ok(Self::Team(name.to_owned())),
            Some(("user", name)) if !name.is_empty() => Ok(Self::User(name.to_owned())),
            Some(("permission", word)) => match Permission::of(word) {
                Some(level) => Ok(Self::Permission(level)),
                None => {
                    let help = "the permissions are read, triage, write, maintain and admin";
                    Err(ParseError::new("approver", text, help))
                }
            },
            _ => {
                let help = "write `team:NAME`, `user:LOGIN` or `permission:LEVEL`";
                Err(ParseError::new("approver", text, help))
            }
        }
    }
}

text_type!(
    Approver,
    "Approver",
    "Who is meant: `team:NAME`, `user:LOGIN` or `permission:LEVEL`, where LEVEL is `read`, `triage`, `write`, `maintain` or `admin`."
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
    /// Whether the people whom `access.override` names may set the rule aside.
    #[serde(default = "yes")]
    pub overridable: bool,
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
    /// Whether the people whom `access.override` names may set the rule aside.
    #[serde(default = "yes")]
    pub overridable: bool,
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionRule {
    /// Whether a prerelease, such as `1.4.0-rc.1`, may enter.
    #[serde(default)]
    pub prerelease: bool,
    /// Whether the people whom `access.override` names may set the rule aside.
    #[serde(default = "yes")]
    pub overridable: bool,
}
