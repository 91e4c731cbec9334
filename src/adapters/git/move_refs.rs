//! Changing refs of the remote that are there: always by compare-and-swap, never blindly.

use super::program::{self, Program};
use super::remote;
use crate::error::Result;
use crate::model::name::CommitId;
use crate::ports::repository::{Moved, Pushed, Update};

const PUSH: [&str; 4] = ["push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no"];

/// Moves a tag of the remote from the commit that is expected to another one.
pub(super) async fn tag(
    program: &Program,
    remote: &str,
    name: &str,
    commit: &CommitId,
    expected: Option<&CommitId>,
) -> Result<Moved> {
    let before = remote::tag(program, remote, name).await?;
    let there = before.as_ref().map(|tag| &tag.commit);
    if there == Some(commit) {
        return Ok(Moved::Same);
    }
    if there != expected {
        return Ok(Moved::Lost(there.cloned()));
    }
    // The lease names the object, which is the annotation where there is one; without one the ref must not be there.
    let object = before.as_ref().map(|tag| tag.object.as_str()).unwrap_or_default();
    let lease = format!("--force-with-lease=refs/tags/{name}:{object}");
    let refspec = format!("{commit}:refs/tags/{name}");
    let mut arguments = PUSH.to_vec();
    arguments.extend([lease.as_str(), remote, refspec.as_str()]);
    let output = program.push(&arguments).await?;
    if output.status.success() {
        return Ok(Moved::Done);
    }
    let after = remote::tag(program, remote, name).await?;
    match after.as_ref().map(|tag| &tag.commit) {
        Some(there) if there == commit => Ok(Moved::Same),
        there if there != expected => Ok(Moved::Lost(there.cloned())),
        _ => match program::declined(&output) {
            Some(words) => Ok(Moved::Refused(words)),
            None => Err(program::failure(
                "git push",
                &format!("refs/tags/{name} to {remote}"),
                &output,
            )),
        },
    }
}

/// Changes refs of the remote together. `wanted` holds the commit that each is to lead to.
pub(super) async fn together(
    program: &Program,
    remote: &str,
    updates: &[Update],
    wanted: &[CommitId],
) -> Result<Pushed> {
    let leases = updates.iter().map(|update| {
        let expected = update.expected.as_ref().map(CommitId::as_str).unwrap_or_default();
        format!("--force-with-lease={}:{expected}", update.reference)
    });
    let refspecs = updates
        .iter()
        .map(|update| format!("{}:{}", update.from, update.reference));
    let (leases, refspecs): (Vec<_>, Vec<_>) = (leases.collect(), refspecs.collect());
    let mut arguments = PUSH.to_vec();
    arguments.push("--atomic");
    arguments.extend(leases.iter().map(String::as_str));
    arguments.push(remote);
    arguments.extend(refspecs.iter().map(String::as_str));
    let output = program.push(&arguments).await?;
    if output.status.success() {
        let said = String::from_utf8_lossy(&output.stdout);
        // git-push(1), "Output": `=` stands before a ref that was like that already.
        let same = said.lines().filter(|line| line.starts_with("=\t")).count();
        return Ok(if same == updates.len() {
            Pushed::Same
        } else {
            Pushed::Done
        });
    }
    let (mut lost, mut same) = (Vec::new(), 0);
    for (update, wanted) in updates.iter().zip(wanted) {
        let there = remote::reference(program, remote, &update.reference).await?;
        if there.as_ref() == Some(wanted) {
            same += 1;
        } else if there != update.expected {
            lost.push(update.reference.clone());
        }
    }
    match lost.is_empty() {
        false => Ok(Pushed::Lost(lost)),
        true if same == updates.len() => Ok(Pushed::Same),
        true => match program::declined(&output) {
            Some(words) => Ok(Pushed::Refused(words)),
            None => Err(program::failure("git push", remote, &output)),
        },
    }
}
