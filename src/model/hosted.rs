//! Where a repository is on GitHub, from the environment and from the remote's address.

use super::secret::Secret;

const GITHUB: &str = "https://github.com";
const GITHUB_API: &str = "https://api.github.com";

/// A repository on GitHub or GitHub Enterprise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosted {
    /// `OWNER/NAME`.
    pub repository: String,
    /// The API, such as `https://api.github.com`.
    pub api: String,
    /// The server that people see, such as `https://github.com`, where it is known.
    pub server: Option<String>,
}

/// What the environment says about it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said<'a> {
    /// `OWNER/NAME`.
    pub repository: Option<&'a str>,
    /// The API.
    pub api: Option<&'a str>,
    /// The server.
    pub server: Option<&'a str>,
}

impl Hosted {
    /// What the remote's address tells, and what is said where that is on another server.
    pub fn find(said: Said<'_>, remote: Option<&str>) -> Option<Self> {
        let trimmed = |text: Option<&str>| text.map(|text| text.trim_end_matches('/').to_owned());
        let (api, server) = (trimmed(said.api), trimmed(said.server));
        let is_ours = |(there, _): &(String, String)| match (&server, &api) {
            (Some(server), _) => there == server,
            (None, Some(api)) => *api == api_of(there),
            (None, None) => there == GITHUB || there.ends_with(".ghe.com"),
        };
        let remote = remote.and_then(address).filter(is_ours);
        let repository = remote.as_ref().map(|(_, repository)| repository.clone());
        let repository = repository.or_else(|| said.repository.map(str::to_owned))?;
        let server = server.or_else(|| remote.map(|(server, _)| server));
        let server = server.or_else(|| {
            let public = api.as_ref().is_none_or(|api| api == GITHUB_API);
            public.then(|| GITHUB.to_owned())
        });
        let api = api.or_else(|| server.as_deref().map(api_of))?;
        Some(Self {
            repository,
            api,
            server,
        })
    }
}

/// The API of a server (<https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api>).
fn api_of(server: &str) -> String {
    match server.strip_prefix("https://") {
        Some("github.com") => GITHUB_API.to_owned(),
        Some(host) if host.ends_with(".ghe.com") => format!("https://api.{host}"),
        _ => format!("{server}/api/v3"),
    }
}

/// The server and `OWNER/NAME` of a remote's address: `https://HOST/OWNER/NAME.git`, `ssh://git@HOST:PORT/OWNER/NAME`
/// or `git@HOST:OWNER/NAME.git` (git-fetch(1), "GIT URLS").
fn address(url: &str) -> Option<(String, String)> {
    let (server, path) = match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_once('/')?;
            let host = authority.rsplit('@').next().unwrap_or(authority);
            let server = match scheme {
                "http" | "https" => format!("{scheme}://{host}"),
                "ssh" | "git+ssh" => https(host.split(':').next()?),
                _ => return None,
            };
            (server, path)
        }
        None => {
            let (authority, path) = url.split_once(':')?;
            (https(authority.rsplit('@').next()?), path)
        }
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let (owner, name) = path.split_once('/')?;
    let whole = !owner.is_empty() && !name.is_empty() && !name.contains('/');
    whole.then(|| (server.to_lowercase(), format!("{owner}/{name}")))
}

/// The server behind an SSH host; that of port 443 has a name of its own
/// (<https://docs.github.com/en/authentication/troubleshooting-ssh/using-ssh-over-the-https-port>).
fn https(host: &str) -> String {
    match host {
        "ssh.github.com" => GITHUB.to_owned(),
        host => format!("https://{host}"),
    }
}

/// A GitHub App that acts for itself.
#[derive(Clone, Debug)]
pub struct App {
    /// Its number, or its client identifier.
    pub id: String,
    /// Its private key, in PEM.
    pub key: Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said<'a>(repository: Option<&'a str>, api: Option<&'a str>, server: Option<&'a str>) -> Said<'a> {
        Said {
            repository,
            api,
            server,
        }
    }

    #[test]
    fn a_repository_is_found() {
        let none = said(None, None, None);
        let public = "o/r https://api.github.com https://github.com";
        let enterprise = "o/r https://git.example.com/api/v3 https://git.example.com";
        let table = [
            (none, "https://github.com/o/r.git", public),
            (none, "https://token@GitHub.com/o/r/", public),
            (none, "git@github.com:o/r.git", public),
            (none, "ssh://git@ssh.github.com:443/o/r.git", public),
            (
                none,
                "https://team.ghe.com/o/r",
                "o/r https://api.team.ghe.com https://team.ghe.com",
            ),
            (none, "https://example.com/o/r.git", "-"),
            (none, "https://github.com/o/r/more", "-"),
            (none, "../origin.git", "-"),
            (none, "/srv/o/r.git", "-"),
            (said(Some("o/r"), None, None), "../origin.git", public),
            (said(Some("other/one"), None, None), "https://github.com/o/r", public),
            (
                said(None, None, Some("https://git.example.com")),
                "https://github.com/o/r",
                "-",
            ),
            (
                said(None, Some("https://git.example.com/api/v3"), None),
                "https://github.com/o/r",
                "-",
            ),
            (
                said(None, Some("https://git.example.com/api/v3/"), None),
                "git@git.example.com:o/r.git",
                enterprise,
            ),
            (
                said(None, None, Some("https://git.example.com")),
                "https://git.example.com/o/r",
                enterprise,
            ),
            (
                said(Some("o/r"), Some("http://127.0.0.1:1"), None),
                "../origin.git",
                "o/r http://127.0.0.1:1 -",
            ),
        ];
        for (said, remote, expected) in table {
            let found = Hosted::find(said, Some(remote)).map_or("-".to_owned(), |found| {
                let server = found.server.unwrap_or("-".to_owned());
                format!("{} {} {server}", found.repository, found.api)
            });
            assert_eq!(found, expected, "{said:?} {remote}");
        }
    }
}
