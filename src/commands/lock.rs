//! `lock` and `unlock`: closes an environment or the whole ladder, and opens it again.

use clap::Args;

use crate::model::name::EnvironmentName;

/// Which lock.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct LockScope {
    /// The environment
    pub environment: Option<EnvironmentName>,
    /// The whole ladder
    #[arg(long)]
    pub all: bool,
}

/// The arguments of `lock`.
#[derive(Clone, Debug, Args)]
pub struct LockArgs {
    /// Which lock.
    #[command(flatten)]
    pub scope: LockScope,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// When it ends by itself: a time (2026-12-24T18:00:00Z) or a length from now (4h)
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
}

/// The arguments of `unlock`.
#[derive(Clone, Debug, Args)]
pub struct UnlockArgs {
    /// Which lock.
    #[command(flatten)]
    pub scope: LockScope,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}
