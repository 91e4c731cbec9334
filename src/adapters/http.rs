//! Asking a deployed release how it is, over HTTP.

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::OnceCell;

use crate::ports::probe::{Answer, Probe};

/// How much of a body is read.
const LONGEST_BODY: usize = 64 * 1024;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks with a plain GET request. The client, which reads the machine's certificates, is made when it is needed first.
#[derive(Default)]
pub struct HttpProbe(OnceCell<reqwest::Client>);

impl HttpProbe {
    async fn client(&self) -> std::result::Result<&reqwest::Client, String> {
        let make = || async {
            let builder = reqwest::Client::builder().timeout(PATIENCE);
            let agent = concat!("tidegate/", env!("CARGO_PKG_VERSION"));
            builder.user_agent(agent).build().map_err(chain)
        };
        self.0.get_or_try_init(make).await
    }
}

#[async_trait]
impl Probe for HttpProbe {
    async fn get(&self, url: &str) -> std::result::Result<Answer, String> {
        let mut response = self.client().await?.get(url).send().await.map_err(chain)?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(chain)? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_BODY {
                body.truncate(LONGEST_BODY);
                break;
            }
        }
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(Answer { status, body })
    }
}

/// The error with what lies under it, without the address, which the caller names.
pub(super) fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
