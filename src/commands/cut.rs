//! `cut`: cuts a release branch.

use clap::Args;

/// The arguments of `cut`.
#[derive(Clone, Debug, Args)]
pub struct CutArgs {
    /// The minor version the branch is for, such as 1.4
    pub line: String,
    /// The component; needed when there are many
    #[arg(long, value_name = "NAME")]
    pub component: Option<crate::model::name::ComponentName>,
    /// The commit it starts at
    #[arg(long, value_name = "REVISION", default_value = "HEAD")]
    pub from: String,
}
