//! `init`: writes tidegate.toml and renders the workflows.

use clap::Args;

/// The arguments of `init`.
#[derive(Clone, Debug, Args)]
pub struct InitArgs {
    /// Change nothing; fail with a diff when a rendered file is stale
    #[arg(long)]
    pub check: bool,
}
