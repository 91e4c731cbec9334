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
    /// Whether it is an App's: what a checkout left behind is another one's.
    pub of_app: bool,
}

impl Credentials {
    /// The settings to start git with (git-config(1), `credential.<url>.*`, `http.<url>.*`; an empty value empties a list).
    /// Other helpers are not asked: git would let them keep the token. An App's pushes go to the server by https.
    pub(super) fn settings(&self) -> Vec<String> {
        let server = &self.server;
        let mut settings = vec![
            format!("credential.{server}.helper="),
            format!("credential.{server}.helper={HELPER}"),
        ];
        if self.of_app {
            settings.push(format!("http.{server}/.extraheader="));
            let host = server.split_once("://").map_or(server.as_str(), |(_, host)| host);
            for ssh in [format!("git@{host}:"), format!("ssh://git@{host}/")] {
                settings.push(format!("url.{server}/.insteadOf={ssh}"));
            }
        }
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
