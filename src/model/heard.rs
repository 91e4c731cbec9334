//! What people said, as a gate hears it: who, what, where, and whether it is proven.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::fact::{Fact, FactState};
use super::policy::{Approver, WordSource};
use super::proof::Standing;
use super::state::Lock;
use super::verdict::RuleOutcome;
use super::version::Version;

/// Everything that a gate knows about people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct People {
    /// Their words about this release, here, under this policy: of each source oldest first.
    pub words: Fact<Vec<Heard>>,
    /// The overrides for this release, here, under this policy, oldest first.
    #[serde(default)]
    pub overrides: Vec<HeardOverride>,
    /// Who had a hand in the release, and so may not approve it.
    pub involved: Fact<Vec<Involved>>,
    /// What the forge says about who belongs to a team or has a permission.
    #[serde(default)]
    pub members: Members,
    /// Who wants to promote; absent where nobody does, as for a look at the state of things.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asker: Option<Asker>,
    /// What was shut here for the release and opened again: locks, of this environment and of the ladder, a hold, a no for
    /// every environment.
    #[serde(default)]
    pub unlocks: Vec<HeardUnlock>,
}

/// Whether people belong to a team of the forge or have a permission there, by team or permission and by person.
pub type Members = BTreeMap<Approver, BTreeMap<String, FactState<bool>>>;

/// A yes or no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Heard {
    /// Who.
    pub by: Actor,
    /// When it was said: the signed time where there is one.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Where it was heard.
    pub source: WordSource,
    /// What.
    pub said: Answer,
    /// Whether it is proven who said it.
    #[serde(flatten)]
    pub standing: Standing,
}

/// What a word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// The word before was taken back, or dismissed by somebody; nothing stands in its place.
    Withdrawn,
}

/// Rules that somebody set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeardOverride {
    /// Who.
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
    /// Whether it is proven who said it.
    #[serde(flatten)]
    pub standing: Standing,
}

/// Something that was shut and that somebody opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeardUnlock {
    /// What was shut.
    pub shut: Shut,
    /// Who opened it, oldest first.
    pub by: Vec<Unlocker>,
}

/// What a person's word opens again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Shut {
    /// A lock.
    Lock {
        /// What was locked: an environment, or `--all`.
        scope: String,
        /// The lock.
        lock: Lock,
    },
    /// The digest, after it failed here.
    Hold {
        /// Why it failed.
        reason: String,
    },
    /// The digest, after a no for every environment.
    Rejection {
        /// Why it was rejected.
        reason: String,
    },
}

/// Who opened something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unlocker {
    /// Who.
    pub by: Actor,
    /// Whether that is proven.
    #[serde(flatten)]
    pub standing: Standing,
}

/// A hotfix, as a gate hears of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HeardHotfix {
    /// The version that it is to become.
    pub version: Version,
    /// The branch that it is made on.
    pub branch: String,
    /// Whether `tag` gave the release's version to its commit, which it does on that branch alone.
    pub made: bool,
    /// Who opened it, oldest first.
    pub opened: Vec<Unlocker>,
    /// What the forge says about who belongs to a team or has a permission.
    #[serde(default)]
    pub members: Members,
}

/// Who wants to promote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Asker {
    /// Who.
    pub by: Actor,
    /// Whether that is proven.
    #[serde(flatten)]
    pub standing: Standing,
}

/// A name that had a hand in a release.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Involved {
    /// The name: a login, a git name, an e-mail address or a principal of the allowed signers.
    pub name: String,
    /// What it did.
    pub part: Part,
}

/// A hand in a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Asked for it: tagged its version, or merged what a bot then tagged.
    Requester,
    /// Wrote its commit, alone or with others.
    Author,
    /// Pushed last to the branch of its pull request.
    Pusher,
}

impl Part {
    /// What the person did, after the name.
    pub fn words(self) -> &'static str {
        match self {
            Self::Requester => "asked for the release",
            Self::Author => "wrote the commit",
            Self::Pusher => "pushed last",
        }
    }
}
