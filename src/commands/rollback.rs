//! `rollback`: goes back to the release that was verified before.

use clap::Args;

use crate::model::name::{ComponentName, EnvironmentName};

/// The arguments of `rollback`.
#[derive(Clone, Debug, Args)]
pub struct RollbackArgs {
    /// The environment
    pub environment: EnvironmentName,
    /// The component; needed when there are many
    #[arg(long, value_name = "NAME")]
    pub component: Option<ComponentName>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}
