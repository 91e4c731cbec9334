//! What a gate judges by, beside the facts.

use std::collections::BTreeMap;

use crate::model::environment::Environment;
pub use crate::model::facts::Facts;
use crate::model::name::EnvironmentName;
use crate::model::policy::Team;
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
