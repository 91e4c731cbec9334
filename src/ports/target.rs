//! What carries a release into an environment.

use async_trait::async_trait;

use crate::model::anchor::Anchor;
use crate::model::environment::Environment;
use crate::model::name::EnvironmentName;
use crate::model::release::Release;

/// One deployment.
#[derive(Clone, Debug)]
pub struct Deployment<'a> {
    /// The environment's name.
    pub environment: &'a EnvironmentName,
    /// Its columns.
    pub settings: &'a Environment,
    /// What is deployed.
    pub release: &'a Release,
    /// The end of the ledger: what is kept of it on the workload finds a ledger that was rewritten.
    pub ledger: Option<Anchor>,
}

/// Carries deployments out. Doing one twice must be without harm.
#[async_trait]
pub trait Target: Send + Sync {
    /// Deploys. The error is why it failed, in the target's words.
    async fn deploy(&self, deployment: Deployment<'_>) -> std::result::Result<(), String>;
}
