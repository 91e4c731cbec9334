//! What a gate needs to know about a release and the world: what the rules judge, and what the evidence keeps.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::{Check, SameTree};
use super::fact::{BranchTip, Fact};
use super::heard::{HeardHotfix, People};
use super::name::{CommitId, EnvironmentName};
use super::release::Release;
use super::state::{EnvironmentState, LockState, Rejection};

/// What was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// The release that wants to enter.
    pub release: Release,
    /// The component in this and every environment that a rule names.
    pub environments: BTreeMap<EnvironmentName, Fact<EnvironmentState>>,
    /// The hotfix that the release is, where it is one and the environment has rules for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hotfix: Option<Fact<HeardHotfix>>,
    /// The results of the commit's checks.
    pub checks: Option<Fact<Vec<Check>>>,
    /// The results on heads of merged pull requests with the commit's tree; looked for where the commit's own do not do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_tree: Option<Fact<Vec<SameTree>>>,
    /// The branches that may enter, as the remote has them.
    pub branches: Option<Fact<Vec<BranchTip>>>,
    /// The commit that the version's tag leads to at the remote; none where there is no such tag.
    pub tag: Option<Fact<Option<CommitId>>>,
    /// The rejection of the digest for every environment, when somebody has said it, withdrawn or not.
    pub rejection: Fact<Option<Rejection>>,
    /// The lock of this environment.
    pub lock: Fact<LockState>,
    /// The lock of the ladder.
    pub ladder_lock: Fact<LockState>,
    /// Whether the registry still has the image.
    pub image: Fact<bool>,
    /// What is known about people.
    pub people: People,
}
