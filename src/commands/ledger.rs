//! `ledger`: reads and checks the ledger.

use clap::{Args, Subcommand};

/// What can be done with the ledger.
#[derive(Clone, Debug, Subcommand)]
pub enum LedgerCommand {
    /// Show the last events, newest first
    Log(LedgerLogArgs),
    /// Check the whole chain and say what was changed, removed or reordered
    Verify,
}

/// The arguments of `ledger log`.
#[derive(Clone, Debug, Args)]
pub struct LedgerLogArgs {
    /// One environment alone
    #[arg(long, value_name = "ENVIRONMENT")]
    pub environment: Option<crate::model::name::EnvironmentName>,
    /// The component; needed beside --environment when there are many
    #[arg(long, value_name = "NAME")]
    pub component: Option<crate::model::name::ComponentName>,
    /// How many events at most
    #[arg(long, short = 'n', default_value_t = 50, value_name = "COUNT")]
    pub limit: usize,
}
