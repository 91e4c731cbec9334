//! A token for the `git` program. It reaches git through a variable, so that no list of processes shows it.

use crate::model::secret::Secret;

/// The variable that the helper reads.
const VARIABLE: &str = "TIDEGATE_GIT_TOKEN";

/// The user name that GitHub expects beside a token
/// (<https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation>).
const HELPER: &str =
    "!f() { test \"$1\" = get || exit 0; echo username=x-access-token; echo \"password=$TIDEGATE_GIT_TOKEN\"; }; f";

/// What git answers a server with that asks who it is.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The server, such as `https://github.com`.
    pub server: String,
    /// The token.
    pub token: Secret,
    /// Whether nothing else is tried: what a checkout left behind or a helper of this machine knows is somebody else.
    pub alone: bool,
}

impl Credentials {
    /// The settings to start git with (git-config(1), `credential.<url>.*`, `http.<url>.*`; an empty value empties a list).
    pub(super) fn settings(&self) -> Vec<String> {
        let server = &self.server;
        let mut settings = Vec::new();
        if self.alone {
            settings.push(format!("credential.{server}.helper="));
            settings.push(format!("http.{server}/.extraheader="));
        }
        settings.push(format!("credential.{server}.helper={HELPER}"));
        settings
            .into_iter()
            .flat_map(|setting| ["-c".to_owned(), setting])
            .collect()
    }

    /// The variable that the helper reads, with its value.
    pub(super) fn variable(&self) -> (&'static str, &str) {
        (VARIABLE, self.token.expose())
    }
}
