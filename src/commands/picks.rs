//! What has to be looked up before it can be told which commits stand on a branch.

use crate::context::Context;
use crate::error::Result;
use crate::model::commit::{Commit, Scope};
use crate::plan::picks::{Brought, named};

/// What the merges brought that reverts among the commits name: what they reach, and their first parents do not.
pub(super) fn brought(context: &Context, commits: &[Commit]) -> Result<Brought> {
    let repository = &context.repository;
    let mut brought = Brought::new();
    for name in named(commits) {
        // People name commits that this clone does not have.
        let Ok(commit) = repository.resolve(&name) else {
            continue;
        };
        if let [first, _, ..] = repository.parents(&commit)?.as_slice() {
            let scope = Scope {
                since: Some(first.clone()),
                ..Scope::default()
            };
            let parts = repository.history(&commit, &[scope])?;
            brought.insert(name, parts.into_iter().map(|part| part.id).collect());
        }
    }
    Ok(brought)
}
