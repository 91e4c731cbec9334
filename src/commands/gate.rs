//! `gate`.

use clap::Args;

use crate::cli::EnvironmentReleaseArgs;

/// The arguments of `gate`.
#[derive(Clone, Debug, Args)]
pub struct GateArgs {
    /// The environment and the release.
    #[command(flatten)]
    pub subject: EnvironmentReleaseArgs,
}
