//! `tag`: finds the next version and tags it.

use clap::Args;

/// The arguments of `tag`.
#[derive(Clone, Debug, Args)]
pub struct TagArgs {
    /// The component; needed when there are many
    #[arg(long, value_name = "NAME")]
    pub component: Option<crate::model::name::ComponentName>,
    /// The version, instead of the one that the commits ask for
    #[arg(long, value_name = "VERSION")]
    pub release_as: Option<String>,
    /// The commit to tag
    #[arg(long, value_name = "REVISION", default_value = "HEAD")]
    pub commit: String,
    /// Tag although tracked files differ from the commit
    #[arg(long)]
    pub allow_dirty: bool,
}
