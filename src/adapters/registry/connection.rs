//! The connection to one repository of a registry: who asks, what is sent again, and what an answer means.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::AUTHORIZATION;
use reqwest::{Client, Method, Request, Response, StatusCode, Url, redirect};

use super::auth::{Challenge, Credentials, Token};
use super::retry::{Trouble, passes, pause_asked_for, persist};
use crate::error::{Error, Result};

/// How long a request without a large body may take.
const SHORT: Duration = Duration::from_secs(60);
/// One repository, as far as requests go.
pub(super) struct Connection {
    http: Client,
    /// `HOST/PATH`, for people.
    pub(super) name: String,
    /// `…/v2/PATH/`.
    base: Url,
    credentials: Option<Credentials>,
    /// The last `Authorization` that a challenge asked for.
    authorization: Mutex<Option<String>>,
}

impl Connection {
    /// A repository; https, or plain http for a host of this machine.
    pub(super) fn open(host: &str, path: &str, credentials: Option<Credentials>) -> Result<Self> {
        let name = format!("{host}/{path}");
        let bad = |_| Error::usage(format!("`{name}` is no image repository"), "write `HOST[:PORT]/PATH`");
        // Docker Hub is named by another host than the one that answers.
        let host = if host == "docker.io" {
            "registry-1.docker.io"
        } else {
            host
        };
        let mut base = Url::parse(&format!("http://{host}/v2/{path}/")).map_err(bad)?;
        if !is_loopback(&base) {
            base = Url::parse(&format!("https://{host}/v2/{path}/")).map_err(bad)?;
        }
        // The client takes `Authorization` away when a redirect leaves the host.
        let redirects = redirect::Policy::custom(|attempt| {
            if attempt.previous().len() > 10 {
                attempt.error("too many redirects")
            } else if is_safe(attempt.url()) {
                attempt.follow()
            } else {
                attempt.error("a redirect to plain http")
            }
        });
        let mut http = Client::builder();
        if is_loopback(&base) {
            // A proxy would hear in plain text what is meant for this machine alone.
            http = http.no_proxy();
        }
        let http = http
            .connect_timeout(Duration::from_secs(10))
            .redirect(redirects)
            .user_agent(concat!("tidegate/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Self {
            http,
            name,
            base,
            credentials,
            authorization: Mutex::default(),
        })
    }

    pub(super) fn request(&self, method: Method, place: &str) -> Result<Request> {
        let url = self.base.join(place);
        let url = url.map_err(|error| Error::Internal(format!("{place}: {error}")))?;
        let mut request = Request::new(method, url);
        *request.timeout_mut() = Some(SHORT);
        Ok(request)
    }

    /// Sends until an answer comes that stands. One that is not a success is given back for the caller to read.
    pub(super) async fn send(&self, operation: &'static str, request: &Request) -> Result<Response> {
        persist(|| async {
            let again = request.try_clone();
            let again = again.ok_or_else(|| Error::Internal("a request that cannot be sent twice".to_owned()))?;
            self.once(operation, again).await
        })
        .await
    }

    pub(super) async fn once(&self, operation: &'static str, request: Request) -> Result<Response, Trouble> {
        let again = request.try_clone();
        let response = self.exchange(operation, request).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return self.judge(operation, response).await;
        }
        let Some(authorization) = self.answer(operation, &response).await? else {
            return Err(self.denied(operation, response).await.into());
        };
        let known = self.remember(authorization);
        match again {
            Some(again) => {
                let response = self.exchange(operation, again).await?;
                self.judge(operation, response).await
            }
            // A body that streams is gone. With a new token a new session can be begun.
            None if !known => Err(Trouble::Passing {
                error: self.denied(operation, response).await,
                after: None,
            }),
            None => Err(self.denied(operation, response).await.into()),
        }
    }

    /// Keeps an authorization; tells whether it was the one before.
    fn remember(&self, authorization: String) -> bool {
        let mut kept = self.authorization.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.as_ref() == Some(&authorization);
        *kept = Some(authorization);
        known
    }

    async fn exchange(&self, operation: &'static str, mut request: Request) -> Result<Response, Trouble> {
        let kept = self
            .authorization
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        // An upload may be sent to another host, which must not see what is meant for this one.
        if let Some(kept) = kept.filter(|_| request.url().origin() == self.base.origin()) {
            let value = reqwest::header::HeaderValue::try_from(kept);
            let mut value = value.map_err(|error| Error::outside(operation, &self.name, error))?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        self.http.execute(request).await.map_err(|error| Trouble::Passing {
            error: Error::outside(operation, &self.name, crate::adapters::http::chain(error)),
            after: None,
        })
    }

    async fn judge(&self, operation: &'static str, response: Response) -> Result<Response, Trouble> {
        let status = response.status();
        if status == StatusCode::UNAUTHORIZED {
            return Err(self.denied(operation, response).await.into());
        }
        if passes(status) {
            let after = pause_asked_for(&response);
            let error = Error::outside(operation, &self.name, said(response).await);
            return Err(Trouble::Passing { error, after });
        }
        Ok(response)
    }

    /// What the registry wants to see, when it can be had.
    async fn answer(&self, operation: &'static str, response: &Response) -> Result<Option<String>, Trouble> {
        // A host that the registry has sent us to may not ask for the registry's login.
        if response.url().origin() != self.base.origin() {
            return Ok(None);
        }
        let (realm, service, scope) = match Challenge::of(response.headers()) {
            Some(Challenge::Bearer { realm, service, scope }) => (realm, service, scope),
            Some(Challenge::Basic) => return Ok(self.credentials.as_ref().map(Credentials::basic)),
            None => return Ok(None),
        };
        let mut url = Url::parse(&realm)
            .ok()
            .filter(is_safe)
            .ok_or_else(|| Error::outside(operation, &self.name, format!("it asks for a token from `{realm}`")))?;
        for (name, value) in [("service", service), ("scope", scope)] {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, &value);
            }
        }
        let mut request = self.http.get(url).timeout(SHORT);
        if let Some(credentials) = &self.credentials {
            request = request.header(AUTHORIZATION, credentials.basic());
        }
        let passing = |error: reqwest::Error| Trouble::Passing {
            error: Error::outside("asking for a token", &self.name, crate::adapters::http::chain(error)),
            after: None,
        };
        let response = self
            .judge("asking for a token", request.send().await.map_err(passing)?)
            .await?;
        if !response.status().is_success() {
            return Ok(None);
        }
        let token: Token = response.json().await.map_err(passing)?;
        Ok(token.bearer())
    }

    async fn denied(&self, operation: &'static str, response: Response) -> Error {
        Error::Outside {
            operation,
            target: self.name.clone(),
            cause: said(response).await,
            retryable: false,
            help: "give a login that may do this: set TIDEGATE_REGISTRY_USERNAME and TIDEGATE_REGISTRY_PASSWORD, or \
                   put one into docker's config.json with `docker login`"
                .to_owned(),
        }
    }

    pub(super) async fn unexpected(&self, operation: &'static str, response: Response) -> Error {
        if response.status() == StatusCode::FORBIDDEN {
            return self.denied(operation, response).await;
        }
        Error::Outside {
            operation,
            target: self.name.clone(),
            cause: said(response).await,
            retryable: false,
            help: "look up the answer in the registry's documentation".to_owned(),
        }
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

/// What an answer says: its status and the messages in it (OCI distribution specification 1.1, "Error Codes").
async fn said(response: Response) -> String {
    let status = response.status();
    let body = response.bytes().await.unwrap_or_default();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    let messages: Vec<String> = errors
        .iter()
        .map(|error| {
            ["code", "message"]
                .map(|key| error[key].as_str().unwrap_or_default())
                .join(" ")
        })
        .collect();
    match messages.is_empty() {
        true => format!("it answered {status}"),
        false => format!("it answered {status}: {}", messages.join("; ")),
    }
}
