//! Programs that keep credentials for docker (<https://github.com/docker/docker-credential-helpers>): each is asked for a
//! host on its standard input and answers in JSON.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::auth::Credentials;
use crate::error::{Error, Result};

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username")]
    username: String,
    #[serde(rename = "Secret")]
    secret: String,
}

/// What `docker-credential-NAME` has for a host; nothing when it has none.
///
/// # Errors
/// A usage error when the program is not there or does not answer as one of docker's.
pub(super) fn ask(name: &str, host: &str) -> Result<Option<Credentials>> {
    let program = format!("docker-credential-{name}");
    let failed = |cause: String| {
        Error::usage(
            format!("{program} gives no login for {host}: {cause}"),
            "docker's config.json names it: install it, take it out there, or set TIDEGATE_REGISTRY_USERNAME and \
             TIDEGATE_REGISTRY_PASSWORD",
        )
    };
    let mut child = Command::new(&program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    if let Some(mut input) = child.stdin.take() {
        // One that ends early says why itself.
        input.write_all(host.as_bytes()).ok();
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stdout);
        // The words of the helpers' own library for a host that they do not know.
        return match said.trim() {
            "credentials not found in native keychain" => Ok(None),
            "" => Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned())),
            words => Err(failed(words.to_owned())),
        };
    }
    let answer: Answer = serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))?;
    Ok(Some(Credentials::new(&answer.username, &answer.secret)))
}
