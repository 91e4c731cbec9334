//! The files that a repository's setup names, read when a repository is to be made or compared.

use std::path::Path;

use crate::error::{Error, Result};
use crate::model::repository_setup::{Policy, RepositorySetup, Wanted};

/// A setup with its policies; `root` is the folder that their paths start from.
///
/// # Errors
/// A usage error for a file that is not there or is no policy.
pub fn read_policies(root: &Path, setup: &RepositorySetup) -> Result<Wanted> {
    let read = |file: &Option<std::path::PathBuf>, key: &str| -> Result<Option<Policy>> {
        let Some(file) = file else {
            return Ok(None);
        };
        let whole = root.join(file);
        let bad = |why: String| {
            Error::usage(
                format!("`{key}` names {}, which cannot be read: {why}", file.display()),
                "name a file with a JSON object that is there, relative to tidegate.toml",
            )
        };
        let text = std::fs::read_to_string(&whole).map_err(|error| bad(error.to_string()))?;
        Policy::parse(&text).map(Some).map_err(bad)
    };
    Ok(Wanted {
        setup: setup.clone(),
        lifecycle_policy: read(&setup.lifecycle_policy, "lifecycle-policy")?,
        policy: read(&setup.policy, "policy")?,
    })
}
