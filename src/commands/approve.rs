//! `approve` and `reject`: a person's word about a release for an environment.

use clap::Args;

use crate::cli::EnvironmentReleaseArgs;

/// The arguments of `approve` and `reject`.
#[derive(Clone, Debug, Args)]
pub struct ApproveArgs {
    /// The environment and the release.
    #[command(flatten)]
    pub subject: EnvironmentReleaseArgs,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}
