//! Who asks: credentials, and what a registry wants to see of them
//! (RFC 9110, section 11; distribution registry, "Token Authentication Specification").

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderMap;
use serde::Deserialize;

use super::helper;
use crate::error::{Error, Result};
use crate::model::secret::Secret;

/// A name with its password.
#[derive(Clone)]
pub struct Credentials {
    username: String,
    password: Secret,
}

impl Credentials {
    /// A name with its password.
    pub fn new(username: &str, password: &str) -> Self {
        Self {
            username: username.to_owned(),
            password: Secret::new(password.to_owned()),
        }
    }

    /// What docker's configuration has for a host: by the helper of the host, by the helper of all, then under `auths`;
    /// nothing when the file or the entry is missing.
    ///
    /// # Errors
    /// A usage error when the file cannot be read as one of docker's, and for a helper that fails.
    pub fn of_docker(file: &Path, host: &str) -> Result<Option<Self>> {
        let bytes = match std::fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::file("reading docker's configuration", file, &error)),
        };
        let config: DockerConfig = serde_json::from_slice(&bytes).map_err(|error| broken(file, &error.to_string()))?;
        let known = |key: &str| {
            let bare = key.trim_start_matches("https://").trim_start_matches("http://");
            let bare = bare.split('/').next().unwrap_or(bare);
            bare == host || (host == "docker.io" && bare == "index.docker.io")
        };
        // docker itself knows its hub by that address.
        let asked = if host == "docker.io" {
            "https://index.docker.io/v1/"
        } else {
            host
        };
        let own = config
            .cred_helpers
            .iter()
            .find(|(key, _)| known(key))
            .map(|(_, name)| name);
        for name in own.into_iter().chain(&config.creds_store) {
            if let Some(found) = helper::ask(name, asked)? {
                return Ok(Some(found));
            }
        }
        let mut entries = config.auths.into_iter().filter(|(key, _)| known(key));
        let Some(auth) = entries.find_map(|(_, entry)| entry.auth.filter(|auth| !auth.is_empty())) else {
            return Ok(None);
        };
        let decoded = STANDARD.decode(auth.trim()).ok();
        let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = text.as_deref().and_then(|text| text.split_once(':'));
        let (username, password) = pair.ok_or_else(|| broken(file, &format!("`auth` of {host} is no login")))?;
        Ok(Some(Self::new(username, password)))
    }

    /// The value of `Authorization` (RFC 7617).
    pub fn basic(&self) -> String {
        let pair = format!("{}:{}", self.username, self.password.expose());
        format!("Basic {}", STANDARD.encode(pair))
    }
}

fn broken(file: &Path, why: &str) -> Error {
    Error::usage(
        format!("docker's configuration {} cannot be read: {why}", file.display()),
        "log in again with `docker login`, or set TIDEGATE_REGISTRY_USERNAME and TIDEGATE_REGISTRY_PASSWORD",
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DockerConfig {
    #[serde(default)]
    auths: BTreeMap<String, DockerAuth>,
    #[serde(default)]
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Deserialize)]
struct DockerAuth {
    auth: Option<String>,
}

/// What a registry wants to see.
#[derive(Debug, PartialEq, Eq)]
pub enum Challenge {
    /// Name and password.
    Basic,
    /// A token that another server gives.
    Bearer {
        /// Where to ask for it.
        realm: String,
        /// For which service.
        service: Option<String>,
        /// To do what.
        scope: Option<String>,
    },
}

impl Challenge {
    /// The challenge of an answer 401; a token goes before a password where both would do.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(reqwest::header::WWW_AUTHENTICATE).iter();
        let mut found: Vec<Self> = values.filter_map(|value| Self::parse(value.to_str().ok()?)).collect();
        let bearer = found.iter().position(|challenge| *challenge != Self::Basic);
        match bearer {
            Some(index) => Some(found.swap_remove(index)),
            None => found.pop(),
        }
    }

    fn parse(value: &str) -> Option<Self> {
        let (scheme, rest) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Self::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let mut parameters = parameters(rest);
        Some(Self::Bearer {
            realm: parameters.remove("realm")?,
            service: parameters.remove("service"),
            scope: parameters.remove("scope"),
        })
    }
}

/// `name="value", name=value`; a quoted value may hold commas.
fn parameters(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let quoted = after.trim_start().strip_prefix('"');
        let (value, next) = match quoted {
            Some(inner) => inner.split_once('"').unwrap_or((inner, "")),
            None => after.split_once(',').unwrap_or((after, "")),
        };
        found.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        rest = next.trim_start().trim_start_matches(',');
    }
    found
}

/// What a token server answers.
#[derive(Deserialize)]
pub struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl Token {
    /// The value of `Authorization` (RFC 6750).
    pub fn bearer(self) -> Option<String> {
        let token = self.token.or(self.access_token)?;
        Some(format!("Bearer {token}"))
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};

    use super::Challenge;

    fn challenge(values: &[&'static str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(value));
        }
        Challenge::of(&headers)
    }

    #[test]
    fn a_challenge_is_read_with_commas_in_its_values() {
        let bearer = Challenge::Bearer {
            realm: "https://auth.example.com/token".to_owned(),
            service: Some("registry.example.com".to_owned()),
            scope: Some("repository:a/b:pull,push".to_owned()),
        };
        let text = r#"Bearer realm="https://auth.example.com/token",service="registry.example.com", scope="repository:a/b:pull,push""#;
        assert_eq!(challenge(&["Basic realm=\"x\"", text]), Some(bearer));
        assert_eq!(challenge(&["basic realm=x"]), Some(Challenge::Basic));
        assert_eq!(challenge(&["Bearer service=x"]), None);
        assert_eq!(challenge(&["Negotiate"]), None);
        assert_eq!(challenge(&[]), None);
    }
}
