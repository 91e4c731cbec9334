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
use crate::error::Result;
/// temp
pub fn schema() -> Result<String> {
    Ok(String::new())
}
/// temp
pub async fn run(context: &crate::context::Context) -> Result<crate::commands::lock::LockDocument> {
    crate::commands::lock::run_unlock(
        context,
        &crate::commands::lock::UnlockArgs {
            scope: crate::commands::lock::LockScope {
                environment: None,
                all: true,
            },
            reason: None,
        },
    )
    .await
}
