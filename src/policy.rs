//! The policy that judges: the configuration as the default branch has it now, asked of the remote each time. Neither the
//! checkout under judgment nor what this clone fetched last says anything about it.

use std::path::{Path, PathBuf};

use crate::config::settings::{ReadAt, Settings};
use crate::config::{self, Overrides};
use crate::env_vars;
use crate::error::{Error, Result};
use crate::ports::repository::{DefaultTip, Repository};

/// The settings as the default branch has them. One that has no configuration yet, as before the first commit of it, is
/// judged by the work tree, and the verdict's source says so.
///
/// # Errors
/// The remote does not answer, or its default branch cannot be known.
pub async fn in_force(
    repository: &dyn Repository,
    file: &Path,
    overrides: &Overrides,
    own: Settings,
) -> Result<Settings> {
    let root = canonical(&repository.root())?;
    let Ok(path) = canonical(file)?.strip_prefix(&root).map(Path::to_owned) else {
        return Ok(own);
    };
    match repository.default_tip().await? {
        Some(tip) => of_branch(repository, tip, path, overrides, own),
        None => Ok(own),
    }
}

/// The same as this clone has fetched it last, for what asks no network.
///
/// # Errors
/// The configuration is wrong.
pub fn last_seen(repository: &dyn Repository, file: &Path, overrides: &Overrides, own: Settings) -> Result<Settings> {
    let root = canonical(&repository.root())?;
    let Ok(path) = canonical(file)?.strip_prefix(&root).map(Path::to_owned) else {
        return Ok(own);
    };
    match repository.known_default_tip()? {
        Some(tip) => of_branch(repository, tip, path, overrides, own),
        None => Ok(own),
    }
}

fn of_branch(
    repository: &dyn Repository,
    tip: DefaultTip,
    path: PathBuf,
    overrides: &Overrides,
    own: Settings,
) -> Result<Settings> {
    let DefaultTip { name, commit } = tip;
    let branch = match repository.has_remote() {
        true => format!("{}/{name}", own.remote),
        false => name.clone(),
    };
    let place = ReadAt { commit, path };
    let default_branch = Some(name);
    Ok(match at(repository, &place, &branch, &own, overrides)? {
        Some(found) => Settings {
            default_branch,
            read_at: Some(place),
            ..found
        },
        None => Settings { default_branch, ..own },
    })
}

/// The settings at a commit; nothing where it has no configuration there. Where it says what `own` says, that is not read
/// once more.
///
/// # Errors
/// The commit is not in this clone, or the configuration is wrong.
pub fn at(
    repository: &dyn Repository,
    place: &ReadAt,
    branch: &str,
    own: &Settings,
    overrides: &Overrides,
) -> Result<Option<Settings>> {
    let (commit, path) = (&place.commit, &place.path);
    let Some(bytes) = repository.file(commit, &path.to_string_lossy())? else {
        return Ok(None);
    };
    let text = String::from_utf8(bytes)
        .map_err(|_| Error::usage(format!("{} is no UTF-8 text", path.display()), "save it as UTF-8"))?;
    let source = format!("{branch}@{}:{}", commit.short(), path.display());
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let beside = |name: &str| repository.file(commit, &folder.join(name).to_string_lossy());
    if own.says(&text, &beside)? {
        let own = own.clone();
        return Ok(Some(Settings { source, ..own }));
    }
    config::load_with(&text, &source, &own.root, overrides, &env_vars::text, &beside).map(Some)
}

fn canonical(path: &Path) -> Result<PathBuf> {
    std::fs::canonicalize(path).map_err(|error| Error::file("reading", path, &error))
}
