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
    let server = status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED;
    server || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
}

/// How long `Retry-After` asks to wait: its seconds, or until its date (RFC 9110, section 10.2.3).
pub fn pause_asked_for(response: &Response) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    // The clocks of both sides differ: a date counts from the one that the answer carries.
    let date = |text: &str| jiff::fmt::rfc2822::parse(text).ok().map(|date| date.timestamp());
    let now = response.headers().get(header::DATE)?.to_str().ok().and_then(date)?;
    date(value)?.duration_since(now).try_into().ok()
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use super::pause_asked_for;

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_by_a_date() {
        let table = [
            ("7", None, Some(7)),
            (
                "Wed, 21 Oct 2015 07:28:30 GMT",
                Some("Wed, 21 Oct 2015 07:28:00 GMT"),
                Some(30),
            ),
            (
                "Wed, 21 Oct 2015 07:28:00 GMT",
                Some("Wed, 21 Oct 2015 07:28:30 GMT"),
                None,
            ),
            ("Wed, 21 Oct 2015 07:28:00 GMT", None, None),
            ("soon", Some("Wed, 21 Oct 2015 07:28:30 GMT"), None),
        ];
        for (after, date, expected) in table {
            let mut answer = hyper::Response::builder().header("retry-after", after);
            if let Some(date) = date {
                answer = answer.header("date", date);
            }
            let answer = reqwest::Response::from(answer.body("").unwrap());
            assert_eq!(
                pause_asked_for(&answer),
                expected.map(Duration::from_secs),
                "{after} {date:?}"
            );
        }
    }
}
