//! Every environment variable that tidegate reads; the flags' own variables stand beside them in `cli`.
//! `docs/environment-variables.md` lists them, and a test compares.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::model::hosted::{App, Said};
use crate::model::secret::Secret;

/// The variables, with what they are for. Those of the flags (`TIDEGATE_CONFIG` …) are documented by `--help`.
pub const ALL: [(&str, &str); 24] = [
    (GITHUB_ACTIONS, "`true` on a runner: annotations are written"),
    (GITHUB_ACTOR, "who acts, where `--actor` does not say"),
    (
        GITHUB_REF_NAME,
        "the branch that is worked on, where none is checked out",
    ),
    (GITHUB_REF_TYPE, "`branch`, where `GITHUB_REF_NAME` is one"),
    (
        GITHUB_TOKEN,
        "the token for GitHub; on a runner git has it as well, where the checkout left none",
    ),
    (
        APP_ID,
        "the GitHub App that acts instead of the token, by its number or client identifier",
    ),
    (APP_PRIVATE_KEY, "the App's private key, in PEM"),
    (GITHUB_API_URL, "GitHub's API, else the one of the server"),
    (
        GITHUB_REPOSITORY,
        "the repository, as `OWNER/NAME`, where the remote is not at GitHub",
    ),
    (
        GITHUB_SERVER_URL,
        "the GitHub server, else the one of the remote when that is GitHub's",
    ),
    (GITHUB_OUTPUT, "the file that step outputs are appended to"),
    (GITHUB_STEP_SUMMARY, "the file that the step summary is appended to"),
    (
        GITHUB_RUN_ID,
        "the workflow run: a re-run can take over what it began, and GitHub's record of it proves who acts",
    ),
    (GITHUB_RUN_ATTEMPT, "the attempt of that run"),
    (GITHUB_JOB, "the job of that run, whose own check is not waited for"),
    (REGISTRY_USERNAME, "the name for the image registry"),
    (REGISTRY_PASSWORD, "the password for the image registry"),
    (
        REGISTRY_CA,
        "a file with the certificates, in PEM, of the authority that image registries are trusted by, beside the system's",
    ),
    (
        ECR_REGISTRY,
        "the address that stands for the registry hosts of ECR, as for a stand-in on this machine; its API is found by AWS's \
         own `AWS_ENDPOINT_URL_ECR`",
    ),
    (
        REGISTRY_PLAIN_HTTP,
        "`true`: image registries are spoken to in plain http",
    ),
    (
        DOCKER_CONFIG,
        "the folder of docker's `config.json`, read for registry credentials",
    ),
    (
        HOME,
        "the folder that holds `.docker/config.json` where `DOCKER_CONFIG` is not set",
    ),
    (
        LOG,
        "what is logged to stderr, as `tracing` filters; `--verbose` sets it too",
    ),
    (NO_COLOR, "any value: no colours (<https://no-color.org>)"),
];

const GITHUB_ACTIONS: &str = "GITHUB_ACTIONS";
const GITHUB_ACTOR: &str = "GITHUB_ACTOR";
const GITHUB_REF_NAME: &str = "GITHUB_REF_NAME";
const GITHUB_REF_TYPE: &str = "GITHUB_REF_TYPE";
const GITHUB_TOKEN: &str = "GITHUB_TOKEN";
const APP_ID: &str = "TIDEGATE_APP_ID";
const APP_PRIVATE_KEY: &str = "TIDEGATE_APP_PRIVATE_KEY";
const GITHUB_API_URL: &str = "GITHUB_API_URL";
const GITHUB_REPOSITORY: &str = "GITHUB_REPOSITORY";
const GITHUB_SERVER_URL: &str = "GITHUB_SERVER_URL";
const GITHUB_OUTPUT: &str = "GITHUB_OUTPUT";
const GITHUB_STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";
const GITHUB_RUN_ID: &str = "GITHUB_RUN_ID";
const GITHUB_RUN_ATTEMPT: &str = "GITHUB_RUN_ATTEMPT";
const GITHUB_JOB: &str = "GITHUB_JOB";
const REGISTRY_USERNAME: &str = "TIDEGATE_REGISTRY_USERNAME";
const REGISTRY_PASSWORD: &str = "TIDEGATE_REGISTRY_PASSWORD";
const REGISTRY_CA: &str = "TIDEGATE_REGISTRY_CA";
const REGISTRY_PLAIN_HTTP: &str = "TIDEGATE_REGISTRY_PLAIN_HTTP";
const ECR_REGISTRY: &str = "TIDEGATE_ECR_REGISTRY";
const DOCKER_CONFIG: &str = "DOCKER_CONFIG";
const HOME: &str = "HOME";
const LOG: &str = "TIDEGATE_LOG";
const NO_COLOR: &str = "NO_COLOR";

/// What was read, once, at the start.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Whether this is a GitHub runner.
    pub github_actions: bool,
    /// Who acts there.
    pub github_actor: Option<String>,
    /// The branch that is worked on there.
    pub github_branch: Option<String>,
    /// The token for GitHub.
    pub github_token: Option<Secret>,
    /// The App that acts there, by its number or client identifier.
    pub github_app_id: Option<String>,
    /// The App's private key.
    pub github_app_key: Option<Secret>,
    /// Its API.
    pub github_api_url: Option<String>,
    /// The repository there.
    pub github_repository: Option<String>,
    /// The server.
    pub github_server_url: Option<String>,
    /// The file for step outputs.
    pub github_output: Option<PathBuf>,
    /// The file for the step summary.
    pub github_step_summary: Option<PathBuf>,
    /// The workflow run.
    pub github_run_id: Option<String>,
    /// Its attempt.
    pub github_run_attempt: Option<u32>,
    /// Its job that runs this.
    pub github_job: Option<String>,
    /// The name for the registry.
    pub registry_username: Option<String>,
    /// The password for the registry.
    pub registry_password: Option<Secret>,
    /// The certificates of the registries' own authority.
    pub registry_ca: Option<PathBuf>,
    /// The address that stands for ECR's registries.
    pub ecr_registry: Option<String>,
    /// Whether registries are spoken to in plain http.
    pub registry_plain_http: bool,
    /// Docker's configuration file.
    pub docker_config: Option<PathBuf>,
    /// The log filter.
    pub log: Option<String>,
    /// Whether colours are unwanted.
    pub no_color: bool,
}

impl Environment {
    /// The App that acts at GitHub.
    ///
    /// # Errors
    /// A usage error where only one half of it is there, as with a secret that a fork does not get.
    pub fn github_app(&self) -> Result<Option<App>> {
        match (&self.github_app_id, &self.github_app_key) {
            (Some(id), Some(key)) => Ok(Some(App {
                id: id.clone(),
                key: key.clone(),
            })),
            (None, None) => Ok(None),
            _ => Err(Error::usage(
                format!("of {APP_ID} and {APP_PRIVATE_KEY} one is set and the other is empty"),
                "set both, or none: another token than the App's would act",
            )),
        }
    }

    /// What it says about where the repository is on GitHub.
    pub fn hosted(&self) -> Said<'_> {
        Said {
            repository: self.github_repository.as_deref(),
            api: self.github_api_url.as_deref(),
            server: self.github_server_url.as_deref(),
        }
    }

    /// Reads the environment of this process.
    pub fn read() -> Self {
        let docker = text(DOCKER_CONFIG).map(PathBuf::from);
        let docker = docker.or_else(|| text(HOME).map(|home| PathBuf::from(home).join(".docker")));
        Self {
            github_actions: text(GITHUB_ACTIONS).as_deref() == Some("true"),
            github_actor: text(GITHUB_ACTOR),
            github_branch: text(GITHUB_REF_NAME).filter(|_| text(GITHUB_REF_TYPE).as_deref() == Some("branch")),
            github_token: text(GITHUB_TOKEN).map(Secret::new),
            github_app_id: text(APP_ID),
            github_app_key: text(APP_PRIVATE_KEY).map(Secret::new),
            github_api_url: text(GITHUB_API_URL),
            github_repository: text(GITHUB_REPOSITORY),
            github_server_url: text(GITHUB_SERVER_URL),
            github_output: text(GITHUB_OUTPUT).map(PathBuf::from),
            github_step_summary: text(GITHUB_STEP_SUMMARY).map(PathBuf::from),
            github_run_id: text(GITHUB_RUN_ID),
            github_run_attempt: text(GITHUB_RUN_ATTEMPT).and_then(|attempt| attempt.parse().ok()),
            github_job: text(GITHUB_JOB),
            registry_username: text(REGISTRY_USERNAME),
            registry_password: text(REGISTRY_PASSWORD).map(Secret::new),
            registry_ca: text(REGISTRY_CA).map(PathBuf::from),
            ecr_registry: text(ECR_REGISTRY),
            registry_plain_http: text(REGISTRY_PLAIN_HTTP).as_deref() == Some("true"),
            docker_config: docker.map(|folder| folder.join("config.json")),
            log: text(LOG),
            no_color: text(NO_COLOR).is_some(),
        }
    }
}

/// A variable that is set and not empty. The configuration's `${NAME}` is read by this.
pub fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether a variable is set and empty.
pub fn is_empty(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| value.is_empty())
}
