//! A verdict: what a gate says about a release, and why.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::digest::Digest;
use super::name::{CommitId, EnvironmentName};
use super::release::Release;

/// What a gate says about a release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The environment whose gate was asked.
    pub environment: EnvironmentName,
    /// The release that wants to enter.
    pub release: Release,
    /// When it was judged.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// The policy it was judged by.
    pub policy: PolicyRef,
    /// The answer: that of the worst rule.
    pub status: VerdictStatus,
    /// When asking again can give another answer, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub next_check_at: Option<Timestamp>,
    /// What each rule said.
    pub rules: Vec<RuleOutcome>,
    /// Every override for this release, here, under this policy, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<PastOverride>,
}

/// An override, whether it counts or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PastOverride {
    /// Who set the rules aside.
    pub by: Actor,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Which rules.
    pub rules: Vec<String>,
    /// When it ends.
    #[schemars(with = "String")]
    pub until: Timestamp,
    /// Why.
    pub reason: String,
    /// What these rules said at that time.
    pub set_aside: Vec<RuleOutcome>,
    /// Why it does not count, or does not any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// Which policy judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyRef {
    /// The SHA-256 digest of the gate's rules in canonical JSON.
    pub digest: Digest,
    /// Where they were read, such as `origin/main` at a commit.
    pub source: String,
    /// That commit; absent where they were read in the work tree, for want of any on the default branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
}

/// The answer of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictStatus {
    /// The release may enter.
    Open,
    /// It will open by itself or by something that is under way.
    Waiting,
    /// A needed fact is forbidden or unavailable.
    Undecidable,
    /// Something must change before it opens.
    Closed,
}

/// What one rule said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleOutcome {
    /// The rule.
    pub rule: String,
    /// Its answer.
    pub status: RuleStatus,
    /// What it needs.
    pub needs: String,
    /// What it saw.
    pub saw: String,
    /// Where it saw that.
    pub source: String,
    /// Who or what can open it; empty when it is open.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub opens: String,
    /// When asking again can give another answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub next_check_at: Option<Timestamp>,
    /// Who set it aside, where somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overridden: Option<Overriding>,
}

/// What a rule was set aside by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Overriding {
    /// What the rule says itself.
    pub was: RuleStatus,
    /// Who set it aside.
    pub by: Actor,
    /// Why.
    pub reason: String,
    /// When that ends.
    #[schemars(with = "String")]
    pub until: Timestamp,
}

/// The answer of one rule, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RuleStatus {
    /// Met.
    Pass,
    /// Not met, or not known to be, and set aside by a person.
    Overridden,
    /// Not yet met, and time or something under way can meet it.
    Wait,
    /// A needed fact is forbidden or unavailable.
    Unknown,
    /// Not met.
    Fail,
}

impl RuleStatus {
    /// Whether it keeps nothing out.
    pub fn is_met(self) -> bool {
        matches!(self, Self::Pass | Self::Overridden)
    }
}
