//! What events are made of: a person's word, and the part of a promotion that failed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::digest::Digest;
use crate::model::name::{ComponentName, EnvironmentName};
use crate::model::proof::Proof;

/// What a person says about a release in an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Word {
    /// The environment.
    pub environment: EnvironmentName,
    /// The component.
    pub component: ComponentName,
    /// The release, by digest.
    pub digest: Digest,
    /// The digest of the policy that was in force.
    pub policy: Digest,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What proves who said it; without one it counts nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
}

/// The part of a promotion that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The target.
    Deploy,
    /// The verification.
    Verify,
}
