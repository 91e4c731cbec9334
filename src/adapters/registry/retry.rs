//! Trying again what may pass: connections that break, and answers that say "later".

use std::future::Future;
use std::time::Duration;

use reqwest::{Response, StatusCode, header};

use crate::error::{Error, Result};

/// How often a request is made before it counts as failed.
const ATTEMPTS: u32 = 4;
/// The first pause; each later one is twice as long, and up to as much again is added by chance.
const PAUSE: Duration = Duration::from_millis(250);
/// The longest pause that a registry may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Why one attempt failed.
pub enum Trouble {
    /// It may pass.
    Passing {
        /// What to tell when it does not.
        error: Error,
        /// How long the registry asks to wait.
        after: Option<Duration>,
    },
    /// Trying again changes nothing.
    Final(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// Whether an answer says that a later one may be another.
pub fn passes(status: StatusCode) -> bool {
    matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS) || status.is_server_error()
}

/// The seconds of `Retry-After` (RFC 9110, section 10.2.3); a date there is not read.
pub fn pause_asked_for(response: &Response) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

/// Attempts until one succeeds or fails for good.
pub async fn persist<T, F>(mut attempt: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T, Trouble>>,
{
    let mut pause = PAUSE;
    let mut left = ATTEMPTS;
    loop {
        left -= 1;
        match attempt().await {
            Ok(value) => return Ok(value),
            Err(Trouble::Final(error)) => return Err(error),
            Err(Trouble::Passing { error, .. }) if left == 0 => return Err(error),
            Err(Trouble::Passing { error, after }) => {
                tracing::debug!(%error, "trying again");
                let jitter = crate::random::below(u64::try_from(pause.as_millis()).unwrap_or(u64::MAX));
                let wanted = after.unwrap_or_default().min(LONGEST_PAUSE);
                tokio::time::sleep(wanted.max(pause) + Duration::from_millis(jitter)).await;
                pause *= 2;
            }
        }
    }
}
