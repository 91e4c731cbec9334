//! `cut status`: every release branch and what it lacks.

use clap::Args;

use super::CutDocument;
use crate::context::Context;
use crate::error::{Error, Result};

/// The arguments of `cut status`.
#[derive(Clone, Debug, Args)]
pub struct CutStatusArgs {
    /// The component [default: all]
    #[arg(long, value_name = "NAME")]
    pub component: Option<crate::model::name::ComponentName>,
}

/// Shows release branches.
pub async fn run(_: &Context, _: &CutStatusArgs) -> Result<CutDocument> {
    Err(Error::Internal("`cut status` is written by part line".to_owned()))
}
