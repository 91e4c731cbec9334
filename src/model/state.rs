//! What the events of a stream leave behind: what runs where, since when, and what people said about it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::{Actor, Holder};
use super::digest::Digest;
use super::duration::Duration;
use super::event::Phase;
use super::freeze::BranchesState;
use super::hotfix::Hotfix;
use super::last_verdict::LastVerdict;
use super::name::CommitId;
use super::proof::Proof;
use super::recovery::Loss;
use super::release::Release;
use super::verdict::RuleOutcome;
use super::version::Version;

/// The state of one stream, by the kind of stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum StreamState {
    /// Of a component.
    Component(ComponentState),
    /// Of a component in an environment.
    Environment(Box<EnvironmentState>),
    /// Of a lock.
    Lock(LockState),
    /// Of the branches that are frozen.
    Branches(BranchesState),
}

/// A component's versions, images and release branches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComponentState {
    /// Its versions.
    #[serde(default)]
    pub versions: BTreeMap<Version, VersionRecord>,
    /// Its release branches.
    #[serde(default)]
    pub branches: BTreeMap<String, BranchRecord>,
    /// The changes that were proposed to branches, by the branch that holds each, with the branch that is to get it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub proposals: BTreeMap<String, String>,
    /// Its hotfixes, by the versions that they are to become.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hotfixes: BTreeMap<Version, Hotfix>,
    /// The digests that were rejected for every environment, with what became of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rejections: BTreeMap<Digest, Rejection>,
}

/// What is known of a release branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BranchRecord {
    /// The commit that it was cut at.
    pub commit: CommitId,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
}

/// A person's no to a digest, everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rejection {
    /// Who said it.
    pub by: Actor,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// Who has withdrawn it since, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<Lifted>,
}

/// A person's word that opens what was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lifted {
    /// Who said it.
    pub by: Actor,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What proves who said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
}

/// What is known of a version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VersionRecord {
    /// The tag that carries it.
    pub tag: String,
    /// The commit that carries the tag.
    pub commit: CommitId,
    /// Who asked for it; not known where that was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_by: Option<Actor>,
    /// Whether `tag` gave it to that commit; a tag that was made by other means is known by the push of its image alone.
    #[serde(default)]
    pub made: bool,
    /// The release, once its image is pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Release>,
}

impl ComponentState {
    /// Every release, lowest version first.
    pub fn releases(&self) -> impl DoubleEndedIterator<Item = &Release> {
        self.versions.values().filter_map(|record| record.release.as_ref())
    }

    /// The hotfix that a version, or the one that a candidate leads to, was opened as.
    pub fn hotfix(&self, version: &Version) -> Option<(&Version, &Hotfix)> {
        self.hotfixes.get_key_value(&version.core())
    }

    /// The rejection of a digest, unless it was withdrawn.
    pub fn rejection(&self, digest: &Digest) -> Option<&Rejection> {
        let rejection = self.rejections.get(digest)?;
        rejection.withdrawn.is_empty().then_some(rejection)
    }
}

/// A component in an environment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EnvironmentState {
    /// What runs there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Residence>,
    /// The deployment under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempt>,
    /// The releases that were verified there, newest first, each once, ten at most: what a roll-back goes back to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verified: Vec<Residence>,
    /// The longest completed verified stay of each digest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stays: BTreeMap<Digest, Duration>,
    /// The digests that failed there, with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub failures: BTreeMap<Digest, Failure>,
    /// The digest that the last roll-back took away, until another release is verified there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled_back_from: Option<Digest>,
    /// The last verdict on each digest that wants to enter, the newest twenty: until it, or a higher version, is verified.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub verdicts: BTreeMap<Digest, LastVerdict>,
    /// What people said, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<SpokenWord>,
}

impl EnvironmentState {
    /// How long `digest` has run there verified and without a break: its longest stay, the present one included.
    pub fn longest_stay(&self, digest: &Digest, now: Timestamp) -> Duration {
        let past = self.stays.get(digest).copied().unwrap_or_default();
        let present = self
            .verified_since(digest)
            .map_or(Duration::default(), |since| now.duration_since(since).into());
        past.max(present)
    }

    /// Whether `digest` was ever verified there.
    pub fn was_verified(&self, digest: &Digest) -> bool {
        self.stays.contains_key(digest) || self.verified_since(digest).is_some()
    }

    /// Since when `digest` has run there verified, when it runs there now.
    pub fn verified_since(&self, digest: &Digest) -> Option<Timestamp> {
        let current = self.current.as_ref()?;
        current.verified_at.filter(|_| current.release.digest == *digest)
    }

    /// The newest release other than `digest` that was verified there, has not failed there since and is not rejected.
    pub fn rollback_target(&self, digest: &Digest, component: &ComponentState) -> Option<&Release> {
        let is_wanted = |release: &&Release| {
            let other = release.digest != *digest && !self.failures.contains_key(&release.digest);
            other && component.rejection(&release.digest).is_none()
        };
        self.verified.iter().map(|residence| &residence.release).find(is_wanted)
    }
}

/// A release that runs in an environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Residence {
    /// The release.
    pub release: Release,
    /// When it was deployed.
    #[schemars(with = "String")]
    pub deployed_at: Timestamp,
    /// When it was verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub verified_at: Option<Timestamp>,
}

/// A deployment under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Attempt {
    /// The sequence number of the event that started it: a fencing number, it only grows.
    pub number: u64,
    /// What is deployed.
    pub release: Release,
    /// How far it is.
    pub progress: Progress,
    /// Who started it.
    pub actor: Actor,
    /// Where it runs.
    pub holder: Holder,
    /// When it started.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// When another run may take it over.
    #[schemars(with = "String")]
    pub until: Timestamp,
    /// The digest that is taken away, when a person rolls back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_from: Option<Digest>,
}

/// How far a deployment is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "phase", rename_all = "kebab-case")]
pub enum Progress {
    /// It has begun; whether the target did anything is not known.
    Started,
    /// The target carried it out; it is not verified yet.
    Deployed,
    /// It failed, and the environment must go back to the release before.
    Failed {
        /// What failed.
        during: Phase,
        /// Why.
        reason: String,
    },
}

/// Why a digest failed in an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// Who has let the digest in again since, oldest first. It still has to be verified anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cleared: Vec<Lifted>,
}

/// What a person said about a release in an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SpokenWord {
    /// Who.
    pub by: Actor,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// About which release.
    pub digest: Digest,
    /// Under which policy.
    pub policy: Digest,
    /// What.
    pub said: Said,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What proves who said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
}

/// What can be said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "word", rename_all = "kebab-case")]
pub enum Said {
    /// Yes.
    Approved,
    /// No.
    Rejected,
    /// These rules do not count until then.
    Overridden {
        /// The rules.
        rules: Vec<String>,
        /// When it ends.
        #[schemars(with = "String")]
        until: Timestamp,
        /// What these rules said at that time.
        set_aside: Vec<RuleOutcome>,
    },
}

/// The locks of an environment or of the ladder. Whether whoever took one away may do that is for the policy to say, so a
/// lock stays on record until a later one ends no sooner: taking that away takes those before it away as well.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LockState {
    /// The locks, oldest first; each ends sooner than the one before, but for those that tell of a loss.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<Lock>,
    /// Who took locks away, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlocks: Vec<Unlock>,
}

/// That locks were taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unlock {
    /// The lock of this number, and those before it.
    pub number: u64,
    /// Who took them away.
    pub by: Lifted,
}

impl LockState {
    /// The locks that hold at `now` and that nobody took away, oldest first.
    pub fn standing(&self, now: Timestamp) -> impl DoubleEndedIterator<Item = &Lock> {
        let holding = self.locks.iter().filter(move |lock| lock.holds(now));
        holding.filter(|lock| self.unlocks_of(lock).next().is_none())
    }

    /// Who took a lock away, oldest first.
    pub fn unlocks_of(&self, lock: &Lock) -> impl Iterator<Item = &Unlock> {
        self.unlocks.iter().filter(|unlock| unlock.number >= lock.number)
    }

    /// The lock that tells of the loss of an event of that number.
    pub fn loss_of(&self, sequence: u64) -> Option<&Lock> {
        let mut all = self.locks.iter();
        all.find(|lock| {
            let loss = lock.loss.as_ref();
            loss.is_some_and(|loss| loss.after < sequence && sequence < lock.number)
        })
    }

    /// Adds a lock.
    pub fn put(&mut self, lock: Lock) {
        let end = |lock: &Lock| lock.until.unwrap_or(Timestamp::MAX);
        self.locks
            .retain(|before| before.loss.is_some() || end(before) > end(&lock));
        self.locks.push(lock);
        let (losses, others): (Vec<&Lock>, Vec<&Lock>) = self.locks.iter().partition(|lock| lock.loss.is_some());
        let oldest = others.first().map_or(u64::MAX, |lock| lock.number);
        let is_of_loss = |unlock: &Unlock| losses.iter().any(|lock| lock.number == unlock.number);
        self.unlocks
            .retain(|unlock| unlock.number >= oldest || is_of_loss(unlock));
    }

    /// Notes that somebody took a lock away. One that is not there cannot be.
    pub fn take(&mut self, unlock: Unlock) {
        if self.locks.iter().any(|lock| lock.number == unlock.number) {
            self.unlocks.push(unlock);
        }
    }
}

/// A lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lock {
    /// The sequence number of the event that wrote it: it only grows, so that nobody takes away a newer lock for an older.
    pub number: u64,
    /// Who locked.
    pub by: Actor,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// When it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub until: Option<Timestamp>,
    /// What was lost before this event, where the ledger was recovered by it. Such a lock stays on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Box<Loss>>,
}

impl Lock {
    /// Whether it still holds at `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// When a lock ends that is laid over this one: at the later of the two ends, so that locking takes nothing away.
    pub fn end_under(&self, until: Option<Timestamp>) -> Option<Timestamp> {
        self.until.zip(until).map(|(before, after)| before.max(after))
    }
}
