//! The three things the ledger asks of the `git` program: where its branch is, its objects, and to move it forward.

use std::path::Path;
use std::process::{Output, Stdio};

use tokio::process::Command;

use crate::error::{Error, Result};

/// Runs git without ever asking a person.
async fn git(folder: &Path, arguments: &[&str]) -> std::io::Result<Output> {
    Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .output()
        .await
}

async fn answer(operation: &'static str, folder: &Path, remote: &str, arguments: &[&str]) -> Result<String> {
    let output = git(folder, arguments)
        .await
        .map_err(|error| Error::outside(operation, "git", error))?;
    if !output.status.success() {
        return Err(Error::outside(operation, remote, said(&output)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.trim().replace('\n', "; ")
}

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
    let arguments = [
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-auto-gc",
        remote,
        reference,
    ];
    answer("fetching the ledger", folder, remote, &arguments).await?;
    Ok(())
}

/// Moves a ref of the remote forward, never by force. The error is what git said; only a look at the remote tells
/// whether the ref moved all the same.
pub async fn push_objects(folder: &Path, remote: &str, refspec: &str) -> std::result::Result<(), String> {
    let output = git(folder, &["push", "--quiet", "--no-verify", remote, refspec])
        .await
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(said(&output))
}
