//! Clones that were made without a part of the history or of the objects (`git clone --depth`, `--filter`).

use std::collections::BTreeSet;

use git2::{Oid, Repository};

use super::program::{self, Program};
use super::walk;
use crate::error::{Error, Result};
use crate::model::commit::Scope;
use crate::model::name::CommitId;

const FETCH: [&str; 5] = [
    "fetch",
    "--quiet",
    "--no-tags",
    "--no-recurse-submodules",
    "--no-write-fetch-head",
];

pub(super) fn is_shallow(repository: &Repository) -> bool {
    // libgit2 looks for the file in a work tree's own git folder; git keeps it in the shared one.
    let boundary = repository.commondir().join("shallow");
    repository.is_shallow() || std::fs::metadata(boundary).is_ok_and(|file| file.len() > 0)
}

/// The filter that a remote leaves objects out by, as git-clone(1) notes it down.
pub(super) fn filter(repository: &Repository) -> Option<String> {
    let config = repository.config().ok()?.snapshot().ok()?;
    let mut entries = config
        .entries(Some("^remote\\..*\\.(promisor|partialclonefilter)$"))
        .ok()?;
    let (mut promised, mut filter) = (false, None);
    while let Some(Ok(entry)) = entries.next() {
        let (Ok(name), Ok(value)) = (entry.name(), entry.value()) else {
            continue;
        };
        if name.ends_with(".promisor") {
            promised |= value == "true";
        } else {
            filter = Some(value.to_owned());
        }
    }
    filter.or_else(|| promised.then(|| "unknown".to_owned()))
}

/// Brings the commits behind the boundary of a shallow clone.
pub(super) async fn deepen(program: &Program, remote: &str) -> Result<()> {
    let mut arguments = FETCH.to_vec();
    arguments.extend(["--unshallow", remote]);
    let output = program.run(&arguments).await?;
    if output.status.success() {
        return Ok(());
    }
    Err(program::failure("git fetch --unshallow", remote, &output))
}

/// The error for a clone that stays without a part of its history.
pub(super) fn shallow(place: &str, why: &str) -> Error {
    Error::usage(
        format!("the clone at {place} is shallow: a part of its history is missing, and {why}"),
        "run `git fetch --unshallow` with a remote that has it all; in a workflow, give actions/checkout `fetch-depth: 0`",
    )
}

/// The folders at the root of what `history` compares that are not in this clone.
pub(super) fn missing_folders(repository: &Repository, to: &CommitId, scopes: &[Scope]) -> Result<Vec<Oid>> {
    let limited: Vec<Scope> = scopes
        .iter()
        .filter(|scope| !scope.ownership.is_everything())
        .map(|scope| Scope {
            since: scope.since.clone(),
            ..Scope::default()
        })
        .collect();
    if limited.is_empty() {
        return Ok(Vec::new());
    }
    let objects = repository.odb()?;
    let mut trees: BTreeSet<Oid> = BTreeSet::new();
    for tree in walk::trees(repository, to, &limited)? {
        trees.insert(tree);
    }
    Ok(trees.into_iter().filter(|tree| !objects.exists(*tree)).collect())
}

/// Brings folders with all folders below them, and no file but those that are named themselves: what git itself does for an object that it misses, for all
/// of them at once.
pub(super) async fn fetch_folders(program: &Program, remote: &str, trees: &[Oid]) -> Result<()> {
    let mut arguments = vec!["-c", "fetch.negotiationAlgorithm=noop"];
    arguments.extend(FETCH);
    arguments.extend(["--filter=blob:none", "--stdin", remote]);
    let names: Vec<String> = trees.iter().map(Oid::to_string).collect();
    let output = program.run_with(&arguments, &names).await?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Error::usage(
        format!(
            "the clone is without folders or files of its history, and {remote} does not give them: {}",
            said.trim()
        ),
        "run `git fetch --refetch --filter=blob:none`; in a workflow, give actions/checkout no `filter`",
    ))
}
