//! `rehearse`: walks a whole release train on this machine.

use clap::Args;

/// The arguments of `rehearse`.
#[derive(Clone, Debug, Args)]
pub struct RehearseArgs {
    /// The project: a folder with a tidegate.toml
    #[arg(default_value = ".")]
    pub project: std::path::PathBuf,
}
