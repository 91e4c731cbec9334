//! How a registry is reached: by which address, and with whose certificates.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Client, Url, redirect};

use super::ecr::EcrHost;
use crate::error::{Error, Result};

/// How a registry is reached.
#[derive(Clone, Debug)]
pub struct Transport {
    /// Whether plain http is spoken to any host, not only to this machine.
    pub plain_http: bool,
    /// A file with the certificates, in PEM, of an authority of one's own.
    pub ca: Option<PathBuf>,
    /// How long an upload may go without a byte being taken.
    pub patience: Duration,
    /// The address that stands for every registry of ECR.
    pub ecr: Option<String>,
}

impl Default for Transport {
    fn default() -> Self {
        Self {
            plain_http: false,
            ca: None,
            patience: Duration::from_secs(60),
            ecr: None,
        }
    }
}

impl Transport {
    /// The client, and the address under which the registry is.
    pub(super) fn client(&self, host: &str, path: &str) -> Result<(Client, Url)> {
        let name = format!("{host}/{path}");
        let bad = |_| Error::usage(format!("`{name}` is no image repository"), "write `HOST[:PORT]/PATH`");
        // Docker Hub is named by another host than the one that answers.
        let host = if host == "docker.io" {
            "registry-1.docker.io"
        } else {
            host
        };
        if let Some(address) = self.ecr.as_ref().filter(|_| EcrHost::parse(host).is_some()) {
            let base = Url::parse(&format!("{}/v2/{path}/", address.trim_end_matches('/'))).map_err(bad)?;
            if !is_safe(&base) && !self.plain_http {
                return Err(Error::usage(
                    format!("TIDEGATE_ECR_REGISTRY is {address}: AWS's login would go there in plain text"),
                    "write `https://…`, or an address of this machine",
                ));
            }
            return Ok((self.http(&base)?, base));
        }
        let plain = Url::parse(&format!("http://{host}/v2/{path}/")).map_err(bad)?;
        let here = is_loopback(&plain);
        let base = match (self.ca.is_some(), here || self.plain_http) {
            (false, true) => plain,
            _ => Url::parse(&format!("https://{host}/v2/{path}/")).map_err(bad)?,
        };
        Ok((self.http(&base)?, base))
    }

    fn http(&self, base: &Url) -> Result<Client> {
        // The client takes `Authorization` away when a redirect leaves the host.
        let own = base.origin();
        let redirects = redirect::Policy::custom(move |attempt| {
            if attempt.previous().len() > 10 {
                attempt.error("too many redirects")
            } else if attempt.url().origin() == own || is_safe(attempt.url()) {
                attempt.follow()
            } else {
                attempt.error("a redirect to plain http")
            }
        });
        let mut http = Client::builder();
        if is_loopback(base) {
            // A proxy would hear in plain text what is meant for this machine alone.
            http = http.no_proxy();
        }
        if let Some(file) = &self.ca {
            let bytes = std::fs::read(file)
                .map_err(|error| Error::file("reading the certificates of the authority", file, &error))?;
            let certificates = reqwest::Certificate::from_pem_bundle(&bytes)
                .ok()
                .filter(|found| !found.is_empty());
            let certificates = certificates.ok_or_else(|| {
                Error::usage(
                    format!("{} holds no certificate in PEM", file.display()),
                    "give the certificate of the authority: it begins with `-----BEGIN CERTIFICATE-----`",
                )
            })?;
            http = http.tls_certs_merge(certificates);
        }
        http.connect_timeout(Duration::from_secs(10))
            .redirect(redirects)
            .user_agent(concat!("tidegate/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::Internal(error.to_string()))
    }
}

/// Whether a host is this machine: 127.0.0.0/8, `[::1]` or `localhost`.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

pub(super) fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || is_loopback(url)
}
