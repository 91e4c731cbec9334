//! The connections to GitHub: one for its API, one that streams files.

use std::sync::Arc;
use std::time::Duration;

use hyper::{Request, StatusCode};
use octocrab::service::middleware::retry::{RateLimitMetrics, RetryConfig};
use octocrab::{OctoBody, Octocrab};

use crate::error::{Error, Result};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(20);

/// How long an answer may say nothing.
const SILENCE: Duration = Duration::from_secs(120);

/// How often a call is made again: when GitHub asks to wait, fails itself, or does not answer.
const RETRIES: usize = 3;

/// How many seconds it is waited where GitHub asks for less to be sent and does not say how long
/// (<https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>).
const WAIT: u64 = 60;

/// A client of an API such as `https://api.github.com`.
///
/// # Errors
/// A usage error when the address is none.
pub(super) fn open(api: &str, token: &str) -> Result<Octocrab> {
    let wrong = |cause: String| {
        Error::usage(
            format!("`{api}` is no address of a GitHub API: {cause}"),
            "set GITHUB_API_URL to one such as https://api.github.com or https://HOST/api/v3",
        )
    };
    Octocrab::builder()
        .base_uri(api)
        .map_err(|error| wrong(error.to_string()))?
        .personal_token(token.to_owned())
        .set_connect_timeout(Some(CONNECT))
        .set_read_timeout(Some(SILENCE))
        .add_retry_config(RetryConfig::HandleRateLimits {
            metrics: Arc::new(Told),
            max_retries: RETRIES,
            min_wait_seconds: WAIT,
            retry_on_forbidden: false,
        })
        .build()
        .map_err(|error| wrong(error.to_string()))
}

/// A client that streams what it sends.
pub(super) fn uploads() -> Result<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent(concat!("tidegate/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .build()
        .map_err(|error| Error::Internal(error.to_string()))
}

/// Tells people why nothing happens.
struct Told;

impl RateLimitMetrics for Told {
    fn retry_after_error(&self, _: &Request<OctoBody>, _: StatusCode, _: usize) {}

    fn rate_limited(&self, _: &Request<OctoBody>, status: StatusCode, _: usize, seconds: u64) {
        tracing::warn!("GitHub answered {status}: waiting {seconds} s until its rate limit is over");
    }
}
