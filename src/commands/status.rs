//! `status`: shows what runs where, since when, and what blocks the next step.

use clap::Args;

use crate::model::name::ComponentName;

/// The arguments of `status`.
#[derive(Clone, Debug, Args)]
pub struct StatusArgs {
    /// One component alone
    #[arg(long, value_name = "NAME")]
    pub component: Option<ComponentName>,
}
