//! Signing with the key that git is set up to sign with: `gpg.format`, `user.signingkey`, `gpg.ssh.program` and `gpg.program`
//! (git-config(1)), so that who signs commits has nothing to set up.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::adapters::git::program::Program;
use crate::error::{Error, Result};
use crate::model::proof::{NAMESPACE, Proof, Signed};
use crate::ports::identity::Signing;

/// What to do without a key.
const SET_UP: &str = "set one up: `git config gpg.format ssh` and `git config user.signingkey ~/.ssh/id_ed25519.pub`, and have \
                      its public half listed in the file that `identity.allowed-signers` names";

/// The key of whoever works in a repository.
pub struct GitKey {
    folder: PathBuf,
}

impl GitKey {
    /// The key for the repository at `folder`.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Signs a text.
    ///
    /// # Errors
    /// An outside error when there is a key, and signing with it fails.
    pub async fn sign(&self, text: &str) -> Result<Signing> {
        let Some(key) = self.setting("user.signingkey").await? else {
            return Ok(Signing::NoKey(format!("git has no `user.signingkey`; {SET_UP}")));
        };
        let format = self.setting("gpg.format").await?;
        let signed = |signature| Signed {
            statement: text.to_owned(),
            signature,
        };
        let proof = match format.as_deref() {
            Some("ssh") => Proof::Ssh(signed(self.ssh(&key, text).await?)),
            None | Some("openpgp") => Proof::Gpg(signed(self.gpg(&key, text).await?)),
            Some(other) => {
                return Ok(Signing::NoKey(format!(
                    "`gpg.format` is {other}, which is not supported; {SET_UP}"
                )));
            }
        };
        Ok(Signing::Signed(Box::new(proof)))
    }

    async fn ssh(&self, key: &str, text: &str) -> Result<String> {
        let program = self.setting("gpg.ssh.program").await?;
        let mut command = self.command(program.as_deref().unwrap_or("ssh-keygen"));
        command.args(["-Y", "sign", "-n", NAMESPACE]);
        // A key itself in the place of a file is one of the agent's.
        let literal = key
            .strip_prefix("key::")
            .or_else(|| key.starts_with("ssh-").then_some(key));
        let mut file = None;
        match literal {
            Some(literal) => {
                let kept = file.insert(written(literal)?);
                command.arg("-U").arg("-f").arg(kept.path());
            }
            None => {
                command.arg("-f").arg(key);
            }
        }
        run(command, "signing with ssh-keygen", key, text).await
    }

    async fn gpg(&self, key: &str, text: &str) -> Result<String> {
        let program = self.setting("gpg.program").await?;
        let mut command = self.command(program.as_deref().unwrap_or("gpg"));
        command.args(["--batch", "--detach-sign", "--armor", "--local-user", key]);
        run(command, "signing with gpg", key, text).await
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder);
        command
    }

    /// A setting of git's; `~` in it is the home folder.
    async fn setting(&self, name: &str) -> Result<Option<String>> {
        let git = Program::new(self.folder.clone());
        let output = git.run(&["config", "--type=path", "--get", name]).await?;
        let value = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok((output.status.success() && !value.is_empty()).then_some(value))
    }
}

fn written(key: &str) -> Result<tempfile::NamedTempFile> {
    let fails = |error| Error::file("writing a public key into", &std::env::temp_dir(), &error);
    let mut file = tempfile::NamedTempFile::new().map_err(fails)?;
    std::io::Write::write_all(&mut file, format!("{key}\n").as_bytes()).map_err(fails)?;
    Ok(file)
}

async fn run(mut command: Command, operation: &'static str, key: &str, text: &str) -> Result<String> {
    let fails = |cause: String| Error::Outside {
        operation,
        target: Path::new(key).display().to_string(),
        cause,
        retryable: false,
        help: "check that `git commit -S` works: the same key and program sign here".to_owned(),
    };
    command
        .kill_on_drop(true)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| fails(error.to_string()))?;
    if let Some(mut input) = child.stdin.take() {
        // A program that ends early says why itself.
        input.write_all(text.as_bytes()).await.ok();
    }
    let output = child
        .wait_with_output()
        .await
        .map_err(|error| fails(error.to_string()))?;
    if !output.status.success() {
        return Err(fails(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
