//! The remote, through the `git` program. What became of a push is decided by asking the remote, never by what git said.

use super::program::{self, Program};
use crate::error::Result;
use crate::model::name::CommitId;
use crate::ports::repository::Created;

/// A tag of the remote.
pub(super) struct RemoteTag {
    /// Its name, without `refs/tags/`.
    pub(super) name: String,
    /// The object that the ref names: the annotation where there is one.
    pub(super) object: CommitId,
    /// What it leads to.
    pub(super) commit: CommitId,
}

/// Every tag of the remote.
pub(super) async fn tags(program: &Program, remote: &str) -> Result<Vec<RemoteTag>> {
    let mut tags: Vec<RemoteTag> = Vec::new();
    for (object, name) in list(program, remote, &["refs/tags/*"]).await? {
        let Some(name) = name.strip_prefix("refs/tags/") else {
            continue;
        };
        // The peeled line follows the line of its tag (git-ls-remote(1)).
        match (name.strip_suffix("^{}"), tags.last_mut()) {
            (Some(_), Some(tag)) => tag.commit = object,
            _ => tags.push(RemoteTag {
                name: name.to_owned(),
                commit: object.clone(),
                object,
            }),
        }
    }
    Ok(tags)
}

/// The default branch of the remote and its tip; nothing where the remote names none that is there.
pub(super) async fn head(program: &Program, remote: &str) -> Result<Option<(String, CommitId)>> {
    let output = program
        .run(&["ls-remote", "--quiet", "--symref", remote, "HEAD"])
        .await?;
    if !output.status.success() {
        return Err(program::failure("git ls-remote", remote, &output));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let own = || text.lines().filter_map(|line| line.strip_suffix("\tHEAD"));
    let name = own().find_map(|line| line.strip_prefix("ref: refs/heads/"));
    let commit = own().find(|line| !line.starts_with("ref: "));
    Ok(match (name, commit) {
        (Some(name), Some(commit)) => Some((name.to_owned(), commit.parse()?)),
        _ => None,
    })
}

/// The commit that a ref of the remote leads to.
pub(super) async fn reference(program: &Program, remote: &str, name: &str) -> Result<Option<CommitId>> {
    let peeled = format!("{name}^{{}}");
    let mut found = list(program, remote, &[name, &peeled]).await?;
    // git matches patterns at the end of names: `refs/x/refs/tags/v1` is found as well.
    found.retain(|(_, listed)| *listed == name || *listed == peeled);
    found.sort_by_key(|(_, listed)| *listed == peeled);
    Ok(found.pop().map(|(commit, _)| commit))
}

/// The tag of the remote.
pub(super) async fn tag(program: &Program, remote: &str, name: &str) -> Result<Option<RemoteTag>> {
    let full = format!("refs/tags/{name}");
    let peeled = format!("{full}^{{}}");
    let listed = list(program, remote, &[&full, &peeled]).await?;
    let find = |wanted: &str| {
        listed
            .iter()
            .find(|(_, listed)| listed == wanted)
            .map(|(object, _)| object.clone())
    };
    Ok(find(&full).map(|object| RemoteTag {
        name: name.to_owned(),
        commit: find(&peeled).unwrap_or_else(|| object.clone()),
        object,
    }))
}

pub(super) async fn list(program: &Program, remote: &str, patterns: &[&str]) -> Result<Vec<(CommitId, String)>> {
    let mut arguments = vec!["ls-remote", "--quiet", remote];
    arguments.extend(patterns);
    let output = program.run(&arguments).await?;
    if !output.status.success() {
        return Err(program::failure("git ls-remote", remote, &output));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut listed = Vec::new();
    for line in text.lines() {
        if let Some((object, name)) = line.split_once('\t') {
            listed.push((object.parse()?, name.to_owned()));
        }
    }
    Ok(listed)
}

/// Creates a ref at the remote from an object here, which leads to `here`.
pub(super) async fn push(
    program: &Program,
    remote: &str,
    full: &str,
    object: &CommitId,
    here: &CommitId,
) -> Result<Created> {
    // The lease with nothing after the colon says that the ref must not be there yet (git-push(1)): without it git would
    // move a branch forward that somebody else has made.
    let lease = format!("--force-with-lease={full}:");
    let refspec = format!("{object}:{full}");
    let output = program
        .push(&[
            "push",
            "--porcelain",
            "--no-follow-tags",
            "--recurse-submodules=no",
            &lease,
            remote,
            &refspec,
        ])
        .await?;
    if output.status.success() {
        let said = String::from_utf8_lossy(&output.stdout);
        // git-push(1), "Output": the first character of a ref's line says what became of it; `=` means it was there.
        let same = said.lines().any(|line| line.starts_with("=\t"));
        return Ok(if same { Created::Same } else { Created::New });
    }
    match (reference(program, remote, full).await?, program::declined(&output)) {
        (Some(there), _) if there == *here => Ok(Created::Same),
        (Some(there), _) => Ok(Created::Elsewhere(there)),
        (None, Some(words)) => Ok(Created::Refused(words)),
        (None, None) => Err(program::failure("git push", &format!("{full} to {remote}"), &output)),
    }
}
