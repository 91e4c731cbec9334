//! What a gate needs to know about a release and the world.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::check::{Check, SameTree};
use crate::model::environment::Environment;
use crate::model::fact::{BranchTip, Fact};
use crate::model::heard::People;
use crate::model::name::{CommitId, EnvironmentName};
use crate::model::policy::Team;
use crate::model::release::Release;
use crate::model::state::{EnvironmentState, LockState, Rejection};
use crate::model::verdict::PolicyRef;

/// What a gate judges by: the environment's columns, its policy, and the members of the teams.
#[derive(Clone, Debug)]
pub struct Policy<'a> {
    /// The environment.
    pub name: &'a EnvironmentName,
    /// Its columns and rules.
    pub environment: &'a Environment,
    /// The teams.
    pub teams: BTreeMap<String, Team>,
    /// Its digest and where it was read.
    pub reference: PolicyRef,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// The release that wants to enter.
    pub release: Release,
    /// The component in this and every environment that a rule names.
    pub environments: BTreeMap<EnvironmentName, Fact<EnvironmentState>>,
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
