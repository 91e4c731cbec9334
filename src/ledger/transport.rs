//! The three things the ledger asks of the `git` program: where its branch is, its objects, and to move it forward.

use std::path::Path;

use crate::adapters::git::program::{Program, failure};
use crate::error::Result;

/// The object that a ref of the remote names, asked over the network.
pub async fn remote_reference(folder: &Path, remote: &str, reference: &str) -> Result<Option<String>> {
    let text = answer("asking the remote", folder, remote, &["ls-remote", remote, reference]).await?;
    let named = text.lines().find_map(|line| {
        let (object, name) = line.split_once('\t')?;
        (name == reference).then(|| object.to_owned())
    });
    Ok(named)
}

/// Brings the objects of a ref of the remote here, without writing any ref.
pub async fn fetch_objects(folder: &Path, remote: &str, reference: &str) -> Result<()> {
    // Without a refmap git would write the tracking ref, which several processes of one clone then fight over.
    let flags = [
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-auto-gc",
        "--refmap=",
    ];
    let arguments = [&["fetch"], flags.as_slice(), &[remote, reference]].concat();
    answer("fetching the ledger", folder, remote, &arguments).await?;
    Ok(())
}

/// Moves a ref of the remote forward, never by force. The error is what git said; only a look at the remote tells
/// whether the ref moved all the same.
pub async fn push_objects(folder: &Path, remote: &str, refspec: &str) -> std::result::Result<(), String> {
    let arguments = ["push", "--quiet", "--no-verify", remote, refspec];
    match answer("writing the ledger", folder, remote, &arguments).await {
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

async fn answer(operation: &'static str, folder: &Path, remote: &str, arguments: &[&str]) -> Result<String> {
    let output = Program::new(folder.to_owned()).run(arguments).await?;
    if !output.status.success() {
        return Err(failure(operation, remote, &output));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
