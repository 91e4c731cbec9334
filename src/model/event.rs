//! The events of the ledger.

mod kind;
mod word;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::{Actor, Holder};
use super::digest::Digest;
use super::evidence::Evidence;
use super::name::{CommitId, ComponentName, EnvironmentName, TreeId};
use super::proof::Proof;
use super::recovery::{Loss, Origin, Outcome};
use super::release::Release;
use super::stream::Stream;
use super::verdict::RuleOutcome;
use super::version::{Bump, Version};
pub use word::{Phase, Word};

/// The version of the event format.
pub const EVENT_SCHEMA: &str = "tidegate.event/1";

/// One entry of the ledger, as it stands in its file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// `tidegate.event/1`.
    pub schema: String,
    /// Its place in the ledger, counted from 1, without gaps but for what a recovered ledger has lost.
    pub sequence: u64,
    /// The SHA-256 digest of the file of the event before; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
    /// When it was written.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What it is about.
    pub stream: Stream,
    /// The git tree of the ledger's book after this event: every stream's state, and the digests of the events before.
    pub book: TreeId,
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum EventBody {
    /// A version was tagged.
    Tagged {
        /// The component.
        component: ComponentName,
        /// The version.
        version: Version,
        /// The tag.
        tag: String,
        /// The commit that carries it.
        commit: CommitId,
        /// How far the version moved; absent when it was given by hand.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bump: Option<Bump>,
    },
    /// An image was pushed, and version and digest belong together from here on.
    Pushed {
        /// The release.
        release: Release,
    },
    /// A release branch was cut.
    BranchCut {
        /// The component.
        component: ComponentName,
        /// The branch.
        branch: String,
        /// The commit it starts at.
        commit: CommitId,
    },
    /// A change was proposed to a branch: by a pull request, or by a pushed branch where there is no forge. It is not
    /// proposed a second time, whatever people make of it.
    Proposed {
        /// The component.
        component: ComponentName,
        /// The branch that holds the change.
        head: String,
        /// The branch that is to get it.
        base: String,
    },
    /// A hotfix was opened: a branch on the commit of the release that it fixes. Said again, it is somebody else's word
    /// for the same.
    HotfixOpened {
        /// The component.
        component: ComponentName,
        /// The version that it is to become.
        version: Version,
        /// The branch.
        branch: String,
        /// The commit it starts at.
        commit: CommitId,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// What proves who did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Proof>,
    },
    /// A deployment began.
    DeploymentStarted {
        /// The environment.
        environment: EnvironmentName,
        /// What is deployed.
        release: Release,
        /// The digest of the policy that let it in.
        policy: Digest,
        /// Where it runs.
        holder: Holder,
        /// When another run may take it over.
        #[schemars(with = "String")]
        until: Timestamp,
        /// The digest that is taken away, when a person rolls back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rollback_from: Option<Digest>,
        /// The verdict that let it in, as an in-toto statement: `evidence` in the format of `gate`'s document. A person's
        /// roll-back has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<BTreeMap<String, serde_json::Value>>")]
        evidence: Option<Box<Evidence>>,
    },
    /// A gate was asked and was not open, or somebody wanted its answer kept.
    Judged {
        /// The verdict as an in-toto statement: `evidence` in the format of `gate`'s document.
        #[schemars(with = "BTreeMap<String, serde_json::Value>")]
        evidence: Box<Evidence>,
    },
    /// The target carried the deployment out.
    DeploymentSucceeded {
        /// The environment.
        environment: EnvironmentName,
        /// The component.
        component: ComponentName,
        /// What was deployed.
        digest: Digest,
    },
    /// The deployment, or the verification after it, failed.
    DeploymentFailed {
        /// The environment.
        environment: EnvironmentName,
        /// The component.
        component: ComponentName,
        /// What was deployed.
        digest: Digest,
        /// What failed.
        during: Phase,
        /// Why.
        reason: String,
    },
    /// A deployed release was seen to work.
    Verified {
        /// The environment.
        environment: EnvironmentName,
        /// The component.
        component: ComponentName,
        /// What was verified.
        digest: Digest,
        /// What was seen.
        saw: String,
    },
    /// An environment went back to an earlier release, which was verified again.
    RolledBack {
        /// The environment.
        environment: EnvironmentName,
        /// What was taken away.
        from: Digest,
        /// What runs again.
        to: Release,
        /// Why.
        reason: String,
    },
    /// A person said no to a digest for every environment.
    RejectedEverywhere {
        /// The component.
        component: ComponentName,
        /// The release, by digest.
        digest: Digest,
        /// Why.
        reason: String,
    },
    /// A person has withdrawn such a no.
    RejectionWithdrawn {
        /// The component.
        component: ComponentName,
        /// The release, by digest.
        digest: Digest,
        /// Why.
        reason: String,
        /// What proves who did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Proof>,
    },
    /// A person lets a digest that failed in an environment try again there.
    HoldCleared {
        /// The environment.
        environment: EnvironmentName,
        /// The component.
        component: ComponentName,
        /// The release, by digest.
        digest: Digest,
        /// Why.
        reason: String,
        /// What proves who did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Proof>,
    },
    /// A person approved a release for an environment.
    Approved(Word),
    /// A person said no to a release for an environment.
    Rejected(Word),
    /// A person set rules aside for a release in an environment.
    Overridden {
        /// What was said.
        #[serde(flatten)]
        word: Word,
        /// The rules that are set aside.
        rules: Vec<String>,
        /// When it ends.
        #[schemars(with = "String")]
        until: Timestamp,
        /// What these rules said at that time.
        set_aside: Vec<RuleOutcome>,
    },
    /// An environment, or the whole ladder, was locked.
    Locked {
        /// The environment; absent for the whole ladder.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        environment: Option<EnvironmentName>,
        /// Why.
        reason: String,
        /// When it ends by itself; absent when a person must end it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<String>")]
        until: Option<Timestamp>,
    },
    /// Events were lost with the branch, and the ledger goes on. It shuts the ladder, as a lock does.
    Recovered {
        /// What was lost.
        #[serde(flatten)]
        loss: Loss,
    },
    /// What is left of a lost version: its tag, and where it was deployed its image. Who asked for it is not known.
    VersionRecovered {
        /// The component.
        component: ComponentName,
        /// The version.
        version: Version,
        /// The tag.
        tag: String,
        /// The commit that carries it.
        commit: CommitId,
        /// The release, where a deployment names it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        release: Option<Release>,
        /// Where it was found.
        from: Vec<Origin>,
    },
    /// What is left of a lost deployment.
    DeploymentRecovered {
        /// The environment.
        environment: EnvironmentName,
        /// What was deployed.
        release: Release,
        /// When it began, by the forge's clock.
        #[schemars(with = "String")]
        began_at: Timestamp,
        /// How it ended.
        outcome: Outcome,
        /// Where it was found.
        from: Origin,
    },
    /// A lock was taken away.
    Unlocked {
        /// The environment; absent for the whole ladder.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        environment: Option<EnvironmentName>,
        /// The lock, by the sequence number of its event.
        number: u64,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// What proves who did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proof: Option<Proof>,
    },
    /// A branch was frozen: pull requests stay out of it.
    BranchFrozen {
        /// The branch.
        branch: String,
        /// Why.
        reason: String,
        /// When it ends by itself; absent when a person must end it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<String>")]
        until: Option<Timestamp>,
        /// The label of a pull request that may come in all the same.
        label: String,
    },
    /// A frozen branch was thawed.
    BranchThawed {
        /// The branch.
        branch: String,
        /// The freeze, by the sequence number of its event.
        number: u64,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

impl EventBody {
    /// The stream that it belongs to.
    pub fn stream(&self) -> Stream {
        let lock = |environment: &Option<EnvironmentName>| environment.clone().map_or(Stream::Ladder, Stream::Lock);
        match self {
            Self::Judged { evidence } => {
                let verdict = evidence.verdict();
                Stream::Environment(verdict.environment.clone(), verdict.release.component.clone())
            }
            Self::Tagged { component, .. }
            | Self::BranchCut { component, .. }
            | Self::Proposed { component, .. }
            | Self::HotfixOpened { component, .. }
            | Self::RejectedEverywhere { component, .. }
            | Self::RejectionWithdrawn { component, .. }
            | Self::VersionRecovered { component, .. } => Stream::Component(component.clone()),
            Self::Pushed { release } => Stream::Component(release.component.clone()),
            Self::DeploymentStarted {
                environment, release, ..
            }
            | Self::DeploymentRecovered {
                environment, release, ..
            }
            | Self::RolledBack {
                environment,
                to: release,
                ..
            } => Stream::Environment(environment.clone(), release.component.clone()),
            Self::DeploymentSucceeded {
                environment, component, ..
            }
            | Self::DeploymentFailed {
                environment, component, ..
            }
            | Self::Verified {
                environment, component, ..
            }
            | Self::HoldCleared {
                environment, component, ..
            } => Stream::Environment(environment.clone(), component.clone()),
            Self::Approved(word) | Self::Rejected(word) | Self::Overridden { word, .. } => {
                Stream::Environment(word.environment.clone(), word.component.clone())
            }
            Self::Locked { environment, .. } | Self::Unlocked { environment, .. } => lock(environment),
            Self::BranchFrozen { .. } | Self::BranchThawed { .. } => Stream::Branches,
            Self::Recovered { .. } => Stream::Ladder,
        }
    }
}
