//! The `git` program: it has the credentials, the proxies and the filters that this machine is set up with.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::credentials::Credentials;
use crate::error::{Error, Result};

/// What a calling git (a hook, an alias) leaves in the environment to point at its own repository
/// (`git rev-parse --local-env-vars`); ours is named on the command line instead.
const LOCAL: [&str; 8] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];

/// The settings that say how a remote is reached.
const REACH: [&str; 10] = [
    "core.askpass",
    "core.gitproxy",
    "core.sshcommand",
    "credential.",
    "http.",
    "protocol.",
    "push.",
    "remote.",
    "ssh.",
    "url.",
];

/// A remote that sends nothing for a minute is given up; `GIT_HTTP_LOW_SPEED_TIME` says otherwise (git-config(1),
/// `http.lowSpeedLimit`).
const SILENCE: [&str; 4] = ["-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=60"];

/// How long a remote may hold a lock for another push.
const LOCK: Duration = Duration::from_millis(300);

/// The `git` program at work in one repository. It never asks a question on the terminal.
#[derive(Clone)]
pub(crate) struct Program {
    folder: PathBuf,
    credentials: Option<Credentials>,
    beside: Option<Beside>,
}

/// A repository that is worked in under the settings of another one.
#[derive(Clone)]
struct Beside {
    git_dir: PathBuf,
    settings: Vec<(String, String)>,
}

impl Program {
    /// git in that folder.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            credentials: None,
            beside: None,
        }
    }

    /// The same with something to answer a server that asks who it is.
    #[must_use]
    pub(crate) fn with_credentials(self, credentials: Option<Credentials>) -> Self {
        Self { credentials, ..self }
    }

    /// git at work in another repository, under these settings beside the person's own.
    #[must_use]
    pub(crate) fn beside(self, git_dir: PathBuf, settings: Vec<(String, String)>) -> Self {
        let beside = Some(Beside { git_dir, settings });
        Self { beside, ..self }
    }

    /// The settings of this repository that say how a remote is reached: what a checkout or a person wrote into it
    /// (git-config(1), `--show-scope`).
    pub(crate) fn settings(&self) -> Result<Vec<(String, String)>> {
        let output = self.run_here(&["config", "--list", "--includes", "--show-scope", "-z"])?;
        if !output.status.success() {
            return Err(failure(
                "reading git's settings",
                &self.folder.display().to_string(),
                &output,
            ));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let mut parts = text.split('\0');
        let mut settings = Vec::new();
        while let (Some(scope), Some(entry)) = (parts.next(), parts.next()) {
            let (name, value) = entry.split_once('\n').unwrap_or((entry, "true"));
            let reaches = REACH.iter().any(|start| name.starts_with(start));
            if reaches && matches!(scope, "local" | "worktree" | "command") {
                settings.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(settings)
    }

    /// Runs git and gives its output, however it ended.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = tokio::process::Command::from(self.command(arguments));
        command.kill_on_drop(true);
        command.output().await.map_err(|error| missing(&self.folder, &error))
    }

    /// Runs a push. One that the remote rejects is tried once more: two pushes at once meet at a lock of its.
    pub(crate) async fn push(&self, arguments: &[&str]) -> Result<Output> {
        let output = self.run(arguments).await?;
        if output.status.success() || declined(&output).is_none() {
            return Ok(output);
        }
        tokio::time::sleep(LOCK).await;
        self.run(arguments).await
    }

    /// The same with lines for its standard input.
    pub(crate) async fn run_with(&self, arguments: &[&str], lines: &[String]) -> Result<Output> {
        let mut command = tokio::process::Command::from(self.command(arguments));
        command
            .kill_on_drop(true)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let failed = |error: std::io::Error| missing(&self.folder, &error);
        let mut child = command.spawn().map_err(failed)?;
        if let Some(mut input) = child.stdin.take() {
            let mut text = lines.join("\n");
            text.push('\n');
            // A git that ends early says why itself.
            input.write_all(text.as_bytes()).await.ok();
        }
        child.wait_with_output().await.map_err(failed)
    }

    /// The same without a runtime, for what takes milliseconds and needs no network.
    pub(crate) fn run_here(&self, arguments: &[&str]) -> Result<Output> {
        self.run_as(arguments, &[])
    }

    /// The same with variables of its own.
    pub(crate) fn run_as(&self, arguments: &[&str], variables: &[(&str, String)]) -> Result<Output> {
        self.command(arguments)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .output()
            .map_err(|error| missing(&self.folder, &error))
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new("git");
        command
            .arg("-C")
            .arg(&self.folder)
            .args(SILENCE)
            .args(self.credentials.iter().flat_map(Credentials::settings))
            .args(arguments)
            .envs(self.credentials.iter().map(Credentials::variable))
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(Stdio::null());
        for name in LOCAL {
            command.env_remove(name);
        }
        if let Some(beside) = &self.beside {
            // git-config(1), "GIT_CONFIG_COUNT".
            command.env("GIT_DIR", &beside.git_dir);
            command.env("GIT_CONFIG_COUNT", beside.settings.len().to_string());
            for (index, (name, value)) in beside.settings.iter().enumerate() {
                command.env(format!("GIT_CONFIG_KEY_{index}"), name);
                command.env(format!("GIT_CONFIG_VALUE_{index}"), value);
            }
        }
        command
    }
}

/// What the remote says where it refuses a ref by rules of its own: git-push(1), "Output", with `--porcelain` and
/// `[remote rejected]`.
pub(crate) fn declined(output: &Output) -> Option<String> {
    let lines = String::from_utf8_lossy(&output.stdout);
    let rejected = lines.lines().find_map(|line| {
        let (_, summary) = line.strip_prefix("!\t")?.split_once('\t')?;
        summary.strip_prefix("[remote rejected] ")
    })?;
    let said = String::from_utf8_lossy(&output.stderr);
    let words = said.lines().filter_map(|line| line.strip_prefix("remote:"));
    let words: Vec<&str> = words.map(str::trim).filter(|words| !words.is_empty()).collect();
    let reason = rejected.trim_start_matches('(').trim_end_matches(')');
    Some(match words.is_empty() {
        true => reason.to_owned(),
        false => format!("{} ({reason})", words.join("; ")),
    })
}

/// The error for a git that ended badly, with what it said.
pub(crate) fn failure(operation: &'static str, target: &str, output: &Output) -> Error {
    let said = String::from_utf8_lossy(&output.stderr);
    let cause = match said.trim() {
        "" => format!("git ended with {}", output.status),
        words => words.to_owned(),
    };
    Error::Outside {
        operation,
        target: target.to_owned(),
        cause,
        retryable: true,
        help: "check the remote and your access to it; run the same command again and it goes on where it stopped"
            .to_owned(),
    }
}

fn missing(folder: &Path, error: &std::io::Error) -> Error {
    Error::Outside {
        operation: "starting git",
        target: folder.display().to_string(),
        cause: error.to_string(),
        retryable: false,
        help: "install the `git` program and put it on the PATH".to_owned(),
    }
}
