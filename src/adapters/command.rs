//! The `command` target: a program of the project's own deploys.

use std::path::PathBuf;
use std::process::Stdio;

use async_trait::async_trait;
use tokio::process::Command;

use crate::ports::target::{Deployment, Target};

/// How much of what the program says on stderr is told on.
const LONGEST_REASON: usize = 2_000;

/// Runs the environment's `deploy.command`, which gets the release in `TIDEGATE_*` variables.
/// What it prints is passed on to stderr.
pub struct CommandTarget {
    /// The folder that it runs in.
    pub folder: PathBuf,
}

/// A variable that a deploy command gets: its name, what it holds, and how it is found.
pub type Variable = (&'static str, &'static str, fn(&Deployment<'_>) -> String);

/// Every variable that a deploy command gets; `docs/environment-variables.md` lists them.
pub const VARIABLES: [Variable; 14] = [
    ("TIDEGATE_ENVIRONMENT", "the environment", |d| d.environment.to_string()),
    ("TIDEGATE_COMPONENT", "the component", |d| {
        d.release.component.to_string()
    }),
    ("TIDEGATE_VERSION", "the version", |d| d.release.version.to_string()),
    ("TIDEGATE_TAG", "the tag", |d| d.release.tag.clone()),
    ("TIDEGATE_COMMIT", "the whole commit", |d| d.release.commit.to_string()),
    ("TIDEGATE_DIGEST", "the digest of the image", |d| {
        d.release.digest.to_string()
    }),
    ("TIDEGATE_IMAGE", "the image by digest", |d| d.release.image_by_digest()),
    (
        "TIDEGATE_LEDGER_ANCHOR",
        "the last event of the ledger, as `NUMBER DIGEST`: keep it on the workload, for `ledger verify --anchor`",
        |d| d.ledger.as_ref().map(ToString::to_string).unwrap_or_default(),
    ),
    ("TIDEGATE_STRATEGY", "`deploy.strategy`", strategy),
    ("TIDEGATE_CLUSTER", "`deploy.cluster`", |d| {
        d.settings.deploy.cluster.clone().unwrap_or_default()
    }),
    ("TIDEGATE_NAMESPACE", "`deploy.namespace`", |d| {
        d.settings.deploy.namespace.clone().unwrap_or_default()
    }),
    ("TIDEGATE_REPLICAS_MIN", "`replicas.min`", |d| {
        d.settings.replicas.min.to_string()
    }),
    ("TIDEGATE_REPLICAS_MAX", "`replicas.max`", |d| {
        d.settings.replicas.max.to_string()
    }),
    ("TIDEGATE_URL", "`url`", |d| d.settings.url.clone().unwrap_or_default()),
];

/// The strategy as the configuration writes it.
fn strategy(deployment: &Deployment<'_>) -> String {
    let strategy = serde_json::to_value(deployment.settings.deploy.strategy).ok();
    strategy
        .as_ref()
        .and_then(|value| value.as_str())
        .unwrap_or_default()
        .to_owned()
}

/// The variables that a deploy command gets.
pub fn variables(deployment: &Deployment<'_>) -> Vec<(&'static str, String)> {
    let each = VARIABLES.iter();
    each.map(|(name, _, value)| (*name, value(deployment))).collect()
}

#[async_trait]
impl Target for CommandTarget {
    async fn deploy(&self, deployment: Deployment<'_>) -> std::result::Result<(), String> {
        let deploy = &deployment.settings.deploy;
        let Some((program, arguments)) = deploy.command.split_first() else {
            return Err("`deploy.command` is empty".to_owned());
        };
        let child = Command::new(program)
            .args(arguments)
            .current_dir(&self.folder)
            .envs(variables(&deployment))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("`{program}` could not be started: {error}"))?;
        let output = match tokio::time::timeout(deploy.timeout.std(), child.wait_with_output()).await {
            Ok(output) => output.map_err(|error| error.to_string())?,
            Err(_) => return Err(format!("`{program}` did not end within {}", deploy.timeout)),
        };
        let said = String::from_utf8_lossy(&output.stderr);
        tracing::info!(stdout = %String::from_utf8_lossy(&output.stdout), stderr = %said, "`{program}` ended");
        if output.status.success() {
            return Ok(());
        }
        let tail: String = said.trim().chars().rev().take(LONGEST_REASON).collect();
        let tail: String = tail.chars().rev().collect();
        Err(format!("`{program}` ended with {}: {tail}", output.status))
    }
}
