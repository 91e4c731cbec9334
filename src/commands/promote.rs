//! `promote`.

use clap::Args;

use crate::cli::EnvironmentReleaseArgs;

/// The arguments of `promote`.
#[derive(Clone, Debug, Args)]
pub struct PromoteArgs {
    /// The environment and the release.
    #[command(flatten)]
    pub subject: EnvironmentReleaseArgs,
}
