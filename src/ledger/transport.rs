//! The three things the ledger asks of the `git` program: where its branch is, its objects, and to move it forward.

use crate::adapters::git::program::{Program, failure};
use crate::error::Result;

/// The object that a ref of the remote names, asked over the network.
pub(super) async fn remote_reference(git: &Program, remote: &str, reference: &str) -> Result<Option<String>> {
    let text = answer("asking the remote", git, remote, &["ls-remote", remote, reference]).await?;
    let named = text.lines().find_map(|line| {
        let (object, name) = line.split_once('\t')?;
        (name == reference).then(|| object.to_owned())
    });
    Ok(named)
}

/// Brings the objects of a ref of the remote here, without writing any ref.
pub(super) async fn fetch_objects(git: &Program, remote: &str, reference: &str) -> Result<()> {
    // Without a refmap git would write the tracking ref, which several processes of one clone then fight over.
    let flags = [
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-auto-gc",
        "--refmap=",
    ];
    let arguments = [&["fetch"], flags.as_slice(), &[remote, reference]].concat();
    answer("fetching the ledger", git, remote, &arguments).await?;
    Ok(())
}

/// Moves a ref of the remote forward, never by force. The error is what git said; only a look at the remote tells
/// whether the ref moved all the same.
pub(super) async fn push_objects(git: &Program, remote: &str, refspec: &str) -> std::result::Result<(), String> {
    let arguments = ["push", "--quiet", "--no-verify", remote, refspec];
    match answer("writing the ledger", git, remote, &arguments).await {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

async fn answer(operation: &'static str, git: &Program, remote: &str, arguments: &[&str]) -> Result<String> {
    let output = git.run(arguments).await?;
    if !output.status.success() {
        return Err(failure(operation, remote, &output));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
