//! `config`: shows the configuration and its schema.

use clap::Subcommand;

/// What `config` can show.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the JSON Schema of tidegate.toml, for editors
    Schema,
    /// Print every resolved setting with its origin
    Show,
}
