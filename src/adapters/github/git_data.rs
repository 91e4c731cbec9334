//! Tags and commits that GitHub makes itself (<https://docs.github.com/en/rest/git>).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use octocrab::Error::GitHub as Refusal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::GitHub;
use super::failure::{failure, words};
use crate::error::Result;
use crate::model::forge::{CommittedFile, FileChange, FileMode};
use crate::model::name::CommitId;
use crate::plan::notes::links::encoded;
use crate::ports::forge::Shared;

#[derive(Deserialize)]
struct RefRecord {
    object: ObjectRecord,
}

#[derive(Deserialize)]
struct ObjectRecord {
    #[serde(rename = "type", default)]
    kind: String,
    sha: CommitId,
}

#[derive(Deserialize)]
struct CommitRecord {
    tree: ObjectRecord,
}

/// The commit that a ref such as `tags/v1` or `heads/main` leads to.
pub(super) async fn find(github: &GitHub, name: &str) -> Result<Option<CommitId>> {
    let found: Option<RefRecord> = github
        .look("looking for a ref", &format!("git/ref/{}", encoded(name)))
        .await?;
    let Some(RefRecord { object }) = found else {
        return Ok(None);
    };
    if object.kind != "tag" {
        return Ok(Some(object.sha));
    }
    let route = github.route(&format!("git/tags/{}", object.sha));
    let tag: octocrab::Result<RefRecord> = github.client.get(route, None::<&()>).await;
    let tag = tag.map_err(|error| failure("reading a tag", name, &error))?;
    Ok(Some(tag.object.sha))
}

pub(super) async fn create_tag(
    github: &GitHub,
    name: &str,
    commit: &CommitId,
    message: Option<&str>,
) -> Result<Shared> {
    let object = match message {
        None => commit.clone(),
        Some(message) => {
            let body = json!({ "tag": name, "message": message, "object": commit, "type": "commit" });
            let made: octocrab::Result<ObjectRecord> = github.client.post(github.route("git/tags"), Some(&body)).await;
            made.map_err(|error| failure("making the tag", name, &error))?.sha
        }
    };
    let body = json!({ "ref": format!("refs/tags/{name}"), "sha": object });
    let made: octocrab::Result<RefRecord> = github.client.post(github.route("git/refs"), Some(&body)).await;
    shared(github, made, &format!("tags/{name}"), None, commit).await
}

pub(super) async fn create_branch(github: &GitHub, name: &str, commit: &CommitId) -> Result<Shared> {
    let body = json!({ "ref": format!("refs/heads/{name}"), "sha": commit });
    let made: octocrab::Result<RefRecord> = github.client.post(github.route("git/refs"), Some(&body)).await;
    shared(github, made, &format!("heads/{name}"), None, commit).await
}

pub(super) async fn commit(
    github: &GitHub,
    parent: &CommitId,
    files: &[CommittedFile],
    message: &str,
) -> Result<CommitId> {
    let failed = |error: octocrab::Error| failure("making a commit", parent.as_str(), &error);
    let route = github.route(&format!("git/commits/{parent}"));
    let below: octocrab::Result<CommitRecord> = github.client.get(route, None::<&()>).await;
    let below = below.map_err(failed)?.tree;
    let tree = match files.is_empty() {
        true => below,
        false => {
            let mut entries = Vec::new();
            for file in files {
                entries.push(entry(github, file).await?);
            }
            let body = json!({ "base_tree": below.sha, "tree": entries });
            let made: octocrab::Result<ObjectRecord> = github.client.post(github.route("git/trees"), Some(&body)).await;
            made.map_err(failed)?
        }
    };
    // Without an author GitHub takes the one whose token it is, and signs where that is no person.
    let body = json!({ "message": message, "tree": tree.sha, "parents": [parent] });
    let made: octocrab::Result<ObjectRecord> = github.client.post(github.route("git/commits"), Some(&body)).await;
    Ok(made.map_err(failed)?.sha)
}

/// The entry of a tree. What is no text GitHub takes as a blob of its own.
async fn entry(github: &GitHub, file: &CommittedFile) -> Result<Value> {
    let path = &file.path;
    let plain = |executable: bool| {
        if executable {
            FileMode::Executable
        } else {
            FileMode::File
        }
    };
    Ok(match &file.change {
        FileChange::Deleted => json!({ "path": path, "mode": "100644", "type": "blob", "sha": null }),
        FileChange::Placed { mode, object } => {
            let kind = if *mode == FileMode::Submodule { "commit" } else { "blob" };
            json!({ "path": path, "mode": mode.octal(), "type": kind, "sha": object })
        }
        FileChange::Written { executable, content } => {
            let mode = plain(*executable).octal();
            match std::str::from_utf8(content) {
                Ok(text) => json!({ "path": path, "mode": mode, "type": "blob", "content": text }),
                Err(_) => {
                    let body = json!({ "content": STANDARD.encode(content), "encoding": "base64" });
                    let route = github.route("git/blobs");
                    let made: octocrab::Result<ObjectRecord> = github.client.post(route, Some(&body)).await;
                    let blob = made.map_err(|error| failure("uploading a file", path, &error))?;
                    json!({ "path": path, "mode": mode, "type": "blob", "sha": blob.sha })
                }
            }
        }
    })
}

/// A branch is only ever moved forward, and the new commit is right above the old one: whoever comes second is refused.
pub(super) async fn advance(github: &GitHub, branch: &str, from: &CommitId, to: &CommitId) -> Result<Shared> {
    let name = format!("heads/{branch}");
    let route = github.route(&format!("git/refs/{}", encoded(&name)));
    let moved: octocrab::Result<RefRecord> = github
        .client
        .patch(route, Some(&json!({ "sha": to, "force": false })))
        .await;
    shared(github, moved, &name, Some(from), to).await
}

/// What became of a ref. GitHub answers 422 both when others were faster and when it does not want it.
async fn shared(
    github: &GitHub,
    made: octocrab::Result<RefRecord>,
    name: &str,
    from: Option<&CommitId>,
    to: &CommitId,
) -> Result<Shared> {
    let said = match made {
        Ok(_) => return Ok(Shared::Done),
        Err(Refusal { source, .. }) if matches!(source.status_code.as_u16(), 409 | 422) => words(&source),
        Err(error) => return Err(failure("making or moving a ref", name, &error)),
    };
    let there = find(github, name).await?;
    Ok(match there {
        Some(there) if there == *to => Shared::Same,
        there if there.as_ref() == from => Shared::Refused(said),
        there => Shared::Elsewhere(there),
    })
}
