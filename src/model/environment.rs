//! An environment: every column of a team's table, as `tidegate.toml` writes it.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration::Duration;
use super::hotfix::HotfixRules;
use super::name::EnvironmentName;
use super::policy::Gate;

/// A place where a release runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Environment {
    /// The name people read; the key when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The tier that it belongs to.
    pub tier: Tier,
    /// What it is for, in the team's words.
    pub purpose: String,
    /// The class of the data it holds. It never falls on the way up the ladder.
    pub data: DataClass,
    /// The environments that come before it; none for the first rung.
    #[serde(default, skip_serializing_if = "After::is_empty")]
    pub after: After,
    /// What sets off a promotion into it.
    pub trigger: Trigger,
    /// Who may use it.
    pub access: Access,
    /// What runs its containers, such as `EKS (small)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orchestrator: Option<String>,
    /// Its database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Its cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<String>,
    /// Its message broker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broker: Option<String>,
    /// How many copies of the component run.
    #[serde(default)]
    pub replicas: Replicas,
    /// The object storage that is expected there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
    /// The content delivery network that is expected in front of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cdn: Option<Cdn>,
    /// Features it is run with, such as `hot reloading` or `auto-scaling`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// Where it answers; verification asks here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// How a release gets there.
    pub deploy: Deploy,
    /// How a deployed release is verified.
    #[serde(default)]
    pub verify: Verify,
    /// The rules a release must meet to enter.
    #[serde(default)]
    pub gate: Gate,
    /// The rules that a hotfix meets in the place of the gate's own.
    #[serde(default, skip_serializing_if = "HotfixRules::is_empty")]
    pub hotfix: HotfixRules,
}

impl Environment {
    /// The rules for a hotfix, or for any other release.
    pub fn gate_for(&self, hotfix: bool) -> Cow<'_, Gate> {
        match hotfix {
            true => Cow::Owned(self.hotfix.over(&self.gate)),
            false => Cow::Borrowed(&self.gate),
        }
    }
}

/// The tiers of a ladder, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// A developer's machine or a shared integration environment.
    Development,
    /// Formal testing.
    Testing,
    /// User acceptance testing.
    Uat,
    /// A mirror of production.
    PreProduction,
    /// Production.
    Production,
}

/// The class of the data in an environment, from harmless to real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DataClass {
    /// Mocks and seeds.
    Mock,
    /// Generated.
    Synthetic,
    /// Curated test data.
    Test,
    /// Production data without what identifies people.
    Sanitized,
    /// A copy of production data.
    Clone,
    /// Production data itself.
    Real,
}

/// The environments before this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "write a list of environments, or { all = [...], any = [...], at-least = 1 }"
)]
pub enum After {
    /// All of them.
    All(Vec<EnvironmentName>),
    /// All of the first list, and some of the second where it is not empty.
    Mixed(AfterMixed),
}

/// The long form of `after`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AfterMixed {
    /// Each of these.
    #[serde(default)]
    pub all: Vec<EnvironmentName>,
    /// Some of these.
    #[serde(default)]
    pub any: Vec<EnvironmentName>,
    /// How many of `any` at least; one when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
}

impl Default for After {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl After {
    /// The environments of which each is needed.
    pub fn all(&self) -> &[EnvironmentName] {
        match self {
            Self::All(all) => all,
            Self::Mixed(mixed) => &mixed.all,
        }
    }

    /// The environments of which some are needed.
    pub fn any(&self) -> &[EnvironmentName] {
        match self {
            Self::All(_) => &[],
            Self::Mixed(mixed) => &mixed.any,
        }
    }

    /// How many of `any` are needed: none where it names none.
    pub fn at_least(&self) -> usize {
        match self {
            Self::All(_) => 0,
            Self::Mixed(mixed) if mixed.any.is_empty() => 0,
            Self::Mixed(mixed) => mixed.at_least.map_or(1, |least| least as usize),
        }
    }

    /// Every environment that is named.
    pub fn names(&self) -> impl Iterator<Item = &EnvironmentName> {
        self.all().iter().chain(self.any())
    }

    /// Whether nothing comes before.
    pub fn is_empty(&self) -> bool {
        self.names().next().is_none()
    }
}

/// What sets off a promotion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// The event.
    pub on: TriggerEvent,
    /// The schedule as five cron fields in UTC; for `schedule` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
}

/// The events that set off a promotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TriggerEvent {
    /// A person starts it.
    Manual,
    /// A commit on the default branch.
    Commit,
    /// A merged pull request.
    PullRequestMerge,
    /// A schedule.
    Schedule,
    /// A release.
    Release,
    /// A person of those who control the environment starts it.
    Controlled,
}

/// Who may use an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Teams, as declared under `[team.NAME]`.
    #[serde(default)]
    pub teams: Vec<String>,
}

/// How many copies run, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replicas {
    /// At least.
    pub min: u32,
    /// At most.
    pub max: u32,
}

impl Default for Replicas {
    fn default() -> Self {
        Self { min: 1, max: 1 }
    }
}

/// The object storage that an environment expects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// The bucket.
    pub bucket: String,
    /// When its objects move or go, such as `30d-IA, 90d-Glacier`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<String>,
    /// How its objects are encrypted at rest, such as `SSE-KMS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<String>,
}

/// The content delivery network that an environment expects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cdn {
    /// Whether it is there.
    pub state: CdnState,
    /// The product, such as `CloudFront`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Whether a web application firewall stands in front.
    #[serde(default)]
    pub waf: bool,
    /// Whether it is shielded from denial of service.
    #[serde(default)]
    pub shield: bool,
}

/// Whether an environment has a content delivery network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CdnState {
    /// There is none.
    None,
    /// There is one, switched off.
    Disabled,
    /// It may be on or off.
    Optional,
    /// It is on.
    Enabled,
}

/// How a release gets into an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Deploy {
    /// What carries it out.
    #[serde(default)]
    pub target: Target,
    /// The program and its arguments; it gets the release and the environment in `TIDEGATE_*` variables.
    pub command: Vec<String>,
    /// How the new release takes the place of the old one.
    #[serde(default)]
    pub strategy: Strategy,
    /// The cluster that is written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The namespace that is written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// How long a deployment may take before it counts as failed.
    #[serde(default = "ten_minutes")]
    pub timeout: Duration,
}

fn ten_minutes() -> Duration {
    Duration::from_secs(600)
}

/// What carries out a deployment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// A program of the project's own.
    #[default]
    Command,
}

/// How a new release takes the place of the old one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// The old one is stopped, then the new one started.
    Recreate,
    /// Copy by copy.
    #[default]
    Rolling,
    /// Two sides; traffic is switched from one to the other.
    BlueGreen,
    /// A growing share of the traffic.
    Canary,
}

/// How a deployed release is verified: one HTTP request, repeated until it fits or the time is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Verify {
    /// The path under the environment's URL.
    #[serde(default = "health")]
    pub path: String,
    /// The HTTP status that is needed.
    #[serde(default = "ok")]
    pub status: u16,
    /// A JSON Pointer (RFC 6901) into the answer, whose value must be the release's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How long to go on asking.
    #[serde(default = "minute")]
    pub timeout: Duration,
    /// How long to wait between two requests.
    #[serde(default = "two_seconds")]
    pub interval: Duration,
}

fn health() -> String {
    "/health".to_owned()
}

fn ok() -> u16 {
    200
}

fn minute() -> Duration {
    Duration::from_secs(60)
}

fn two_seconds() -> Duration {
    Duration::from_secs(2)
}

impl Default for Verify {
    fn default() -> Self {
        Self {
            path: health(),
            status: ok(),
            version: None,
            timeout: minute(),
            interval: two_seconds(),
        }
    }
}
