//! Tags that are not here as they are at the remote.

use git2::Repository;

use super::program::{self, Program};
use super::read::{id, oid};
use super::remote::RemoteTag;
use super::write::leads_to;
use crate::error::Result;
use crate::model::name::CommitId;
use crate::ports::repository::Conflict;

/// A tag that is here and at the remote as two objects; they may still lead to one commit.
pub(super) struct Differing {
    pub(super) conflict: Conflict,
    /// The object at the remote.
    pub(super) object: CommitId,
    /// Whether the one here is nothing but a ref to the commit.
    bare: bool,
}

impl Differing {
    /// Whether it is the remote's tag without its annotation, as actions/checkout leaves it behind.
    pub(super) fn lost_its_annotation(&self) -> bool {
        self.bare && self.conflict.here == self.conflict.there && self.object != self.conflict.there
    }
}

pub(super) fn differing(repository: &Repository, there: &[RemoteTag]) -> Result<Vec<Differing>> {
    let mut differing = Vec::new();
    for tag in there {
        let Ok(reference) = repository.find_reference(&format!("refs/tags/{}", tag.name)) else {
            continue;
        };
        let Some(target) = reference.target() else { continue };
        if target == oid(&tag.object)? {
            continue;
        }
        let here = leads_to(&reference)?;
        differing.push(Differing {
            conflict: Conflict {
                name: tag.name.clone(),
                here: id(here)?,
                there: tag.commit.clone(),
            },
            object: tag.object.clone(),
            bare: here == target,
        });
    }
    Ok(differing)
}

/// Brings the annotations of tags, without touching a ref.
pub(super) async fn fetch_objects(program: &Program, remote: &str, tags: &[&Differing]) -> Result<()> {
    let names: Vec<String> = tags
        .iter()
        .map(|tag| format!("refs/tags/{}", tag.conflict.name))
        .collect();
    let arguments = [
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        "--stdin",
        remote,
    ];
    let output = program.run_with(&arguments, &names).await?;
    if output.status.success() {
        return Ok(());
    }
    Err(program::failure("git fetch", remote, &output))
}
