//! Fetching: branches and tags of the remote, without moving a tag that is here.

use git2::Repository;

use super::program::{self, Program};
use super::{remote, tags, write};
use crate::error::Result;
use crate::ports::repository::Conflict;

/// Fetches branches and tags, but for the branches of `without`. Tags that differ stay as they are and are told. `open`
/// gives the repository, which must not be held while git is at work.
pub(super) async fn fetch<'a, R>(
    program: &Program,
    name: &str,
    without: &[String],
    open: impl Fn() -> Result<R>,
) -> Result<Vec<Conflict>>
where
    R: std::ops::Deref<Target = Repository> + 'a,
{
    let mut left_out: Vec<String> = without.iter().map(|branch| format!("refs/heads/{branch}")).collect();
    let Err(failed) = run(program, name, &left_out).await else {
        return Ok(Vec::new());
    };
    let there = remote::tags(program, name).await?;
    let differing = tags::differing(&*open()?, &there)?;
    if differing.is_empty() {
        return Err(failed);
    }
    left_out.extend(differing.iter().map(|tag| format!("refs/tags/{}", tag.conflict.name)));
    run(program, name, &left_out).await?;
    let bared: Vec<_> = differing.iter().filter(|tag| tag.lost_its_annotation()).collect();
    if !bared.is_empty() {
        tags::fetch_objects(program, name, &bared).await?;
        let open = open()?;
        for tag in bared {
            write::set_tag(&open, &tag.conflict.name, &tag.object)?;
        }
    }
    let conflicts = differing.into_iter().map(|tag| tag.conflict);
    Ok(conflicts.filter(|tag| tag.here != tag.there).collect())
}

/// Without `left_out` git refuses to move a tag and fails.
async fn run(program: &Program, remote: &str, left_out: &[String]) -> Result<()> {
    // A refspec that starts with `^` leaves refs out (git-fetch(1)).
    let settings = left_out
        .iter()
        .flat_map(|name| ["-c".to_owned(), format!("remote.{remote}.fetch=^{name}")]);
    let flags = [
        "fetch",
        "--quiet",
        "--tags",
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        remote,
    ];
    let arguments: Vec<String> = settings.chain(flags.map(str::to_owned)).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = program.run(&arguments).await?;
    match output.status.success() {
        true => Ok(()),
        false => Err(program::failure("git fetch", remote, &output)),
    }
}
