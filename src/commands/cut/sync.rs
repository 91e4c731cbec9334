//! `cut --sync`: moves a release branch forward with the default branch.

use super::{CutArgs, CutDocument};
use crate::context::Context;
use crate::error::{Error, Result};

/// Moves a release branch forward.
pub async fn run(_: &Context, _: &CutArgs) -> Result<CutDocument> {
    Err(Error::Internal("`cut --sync` is written by part line".to_owned()))
}
