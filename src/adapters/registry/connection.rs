//! The connection to one repository of a registry: who asks, what is sent again, and what an answer means.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::AUTHORIZATION;
use reqwest::{Client, Method, Request, Response, StatusCode, Url};

use super::answer::Said;
use super::auth::{Challenge, Credentials, Token};
use super::ecr::{Request as AwsRequest, advice};
use super::login::Login;
use super::retry::{Trouble, passes, pause_asked_for, persist};
use super::transport::{Transport, is_safe};
use crate::error::{Error, Result};

/// How long a request without a large body may take.
pub(super) const SHORT: Duration = Duration::from_secs(60);

/// How long the answer of a token server may be, in bytes.
const LONGEST_TOKEN: usize = 1 << 20;

/// How often a request is made anew because it needs another authorization: one may have run out, and may have been for less.
const AUTHORIZATIONS: u32 = 3;

/// One repository, as far as requests go.
pub(super) struct Connection {
    http: Client,
    /// `HOST/PATH`, for people.
    pub(super) name: String,
    /// `…/v2/PATH/`.
    base: Url,
    login: Login,
    /// The last `Authorization` that a challenge asked for.
    authorization: Mutex<Option<Arc<str>>>,
    /// Held by the one request that asks for another, while the others wait for it.
    asking: tokio::sync::Mutex<()>,
}

impl Connection {
    /// A repository; https, or plain http for a host of this machine.
    pub(super) fn open(host: &str, path: &str, transport: &Transport, login: Login) -> Result<Self> {
        let (http, base) = transport.client(host, path)?;
        Ok(Self {
            http,
            name: format!("{host}/{path}"),
            base,
            login,
            authorization: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        })
    }

    /// Whether an address is the registry's own.
    pub(super) fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    /// Whether an address that the registry gave may be used: the registry's own, or one that nobody can listen to.
    pub(super) fn may_use(&self, url: &Url) -> bool {
        self.is_own(url) || is_safe(url)
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

    pub(super) async fn once(&self, operation: &'static str, mut request: Request) -> Result<Response, Trouble> {
        for left in (0..AUTHORIZATIONS).rev() {
            let again = request.try_clone();
            let used = self.first_authorization().await?;
            let response = self.exchange(operation, request, used.as_deref()).await?;
            if response.status() != StatusCode::UNAUTHORIZED {
                return self.judge(operation, response).await;
            }
            if left == 0 || !self.renew(operation, &response, used).await? {
                return Err(self.denied(operation, response).await.into());
            }
            let Some(again) = again else {
                // A body that streams is gone. With a new token a new session can be begun.
                return Err(Trouble::Passing {
                    error: self.denied(operation, response).await,
                    after: None,
                });
            };
            request = again;
        }
        Err(Error::Internal("a request without a try".to_owned()).into())
    }

    /// The authorization that is kept; where it is known which one will be asked for, that one.
    async fn first_authorization(&self) -> Result<Option<Arc<str>>> {
        let kept = self.authorization();
        if kept.is_some() || !self.login.is_private_ecr() {
            return Ok(kept);
        }
        let _asking = self.asking.lock().await;
        if self.authorization().is_none()
            && let Some(credentials) = self.login.credentials().await?
        {
            self.keep(credentials.basic().into());
        }
        Ok(self.authorization())
    }

    fn keep(&self, authorization: Arc<str>) {
        *self.authorization.lock().unwrap_or_else(PoisonError::into_inner) = Some(authorization);
    }

    fn authorization(&self) -> Option<Arc<str>> {
        let kept = self.authorization.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clone()
    }

    /// Gets another authorization than the one that was used, unless another request has done so meanwhile; tells whether
    /// there is one.
    async fn renew(
        &self,
        operation: &'static str,
        response: &Response,
        used: Option<Arc<str>>,
    ) -> Result<bool, Trouble> {
        let _asking = self.asking.lock().await;
        if self.authorization() != used {
            return Ok(true);
        }
        let answer: Option<Arc<str>> = self.answer(operation, response).await?.map(Arc::from);
        // A token may be given out again and do now; name and password that were refused are the wrong ones.
        let anew = |answer: &Arc<str>| !answer.starts_with("Basic ") || Some(answer) != used.as_ref();
        match answer.filter(anew) {
            Some(answer) => {
                self.keep(answer);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    async fn exchange(
        &self,
        operation: &'static str,
        mut request: Request,
        authorization: Option<&str>,
    ) -> Result<Response, Trouble> {
        // An upload may be sent to another host, which must not see what is meant for this one.
        if let Some(kept) = authorization.filter(|_| self.is_own(request.url())) {
            let value = reqwest::header::HeaderValue::try_from(kept);
            let mut value = value.map_err(|error| Error::outside(operation, &self.name, error))?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        let place = request.url().path().strip_prefix(self.base.path()).unwrap_or_default();
        let asked = AwsRequest::of(request.method().as_str(), place);
        let mut response = self.http.execute(request).await.map_err(|error| Trouble::Passing {
            error: Error::outside(operation, &self.name, crate::adapters::http::chain(error)),
            after: None,
        })?;
        if let Some(asked) = asked {
            response.extensions_mut().insert(asked);
        }
        Ok(response)
    }

    async fn judge(&self, operation: &'static str, response: Response) -> Result<Response, Trouble> {
        let status = response.status();
        if status == StatusCode::UNAUTHORIZED {
            return Err(self.denied(operation, response).await.into());
        }
        if passes(status) {
            let after = pause_asked_for(&response);
            let error = Error::outside(operation, &self.name, Said::by(response).await.to_string());
            return Err(Trouble::Passing { error, after });
        }
        Ok(response)
    }

    /// What the registry wants to see, when it can be had.
    async fn answer(&self, operation: &'static str, response: &Response) -> Result<Option<String>, Trouble> {
        // A host that the registry has sent us to may not ask for the registry's login.
        if !self.is_own(response.url()) {
            return Ok(None);
        }
        let (realm, service, scope) = match Challenge::of(response.headers()) {
            Some(Challenge::Bearer { realm, service, scope }) => (realm, service, scope),
            Some(Challenge::Basic) => {
                let credentials = self.login.credentials().await?;
                return Ok(credentials.as_ref().map(Credentials::basic));
            }
            None => return Ok(None),
        };
        let mut url = Url::parse(&realm)
            .ok()
            .filter(|realm| self.may_use(realm))
            .ok_or_else(|| Error::outside(operation, &self.name, format!("it asks for a token from `{realm}`")))?;
        for (name, value) in [("service", service), ("scope", scope)] {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, &value);
            }
        }
        let mut request = self.http.get(url).timeout(SHORT);
        if let Some(credentials) = self.login.credentials().await? {
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
        let mut response = response;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(passing)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > LONGEST_TOKEN {
                return Err(Error::outside(operation, &self.name, "its token server answers without end").into());
            }
        }
        let token = serde_json::from_slice::<Token>(&bytes);
        let token = token.map_err(|error| Error::outside("asking for a token", &self.name, error))?;
        Ok(token.bearer())
    }

    async fn denied(&self, operation: &'static str, response: Response) -> Error {
        self.forbidden(operation, &Said::by(response).await)
    }

    fn forbidden(&self, operation: &'static str, said: &Said) -> Error {
        Error::Outside {
            operation,
            target: self.name.clone(),
            cause: said.to_string(),
            retryable: false,
            help: match (&self.login, said.asked) {
                (Login::Ecr(ecr, _), Some(asked)) if said.status == StatusCode::FORBIDDEN => {
                    advice(asked, ecr.is_public())
                }
                _ => "give a login that may do this: set TIDEGATE_REGISTRY_USERNAME and TIDEGATE_REGISTRY_PASSWORD, or put \
                      one into docker's config.json with `docker login`"
                    .to_owned(),
            },
        }
    }

    pub(super) async fn unexpected(&self, operation: &'static str, response: Response) -> Error {
        self.refused(operation, &Said::by(response).await)
    }

    /// The error for an answer that is not what was asked for.
    pub(super) fn refused(&self, operation: &'static str, said: &Said) -> Error {
        if said.status == StatusCode::FORBIDDEN {
            return self.forbidden(operation, said);
        }
        Error::Outside {
            operation,
            target: self.name.clone(),
            cause: said.to_string(),
            retryable: false,
            help: match (&self.login, said.has(&["NAME_UNKNOWN"])) {
                (Login::Ecr(..), true) => "make the repository first: --create-repository does".to_owned(),
                (Login::Given(_), true) => {
                    "make the repository first; this registry does not do it by itself".to_owned()
                }
                (_, false) => "look up the answer in the registry's documentation".to_owned(),
            },
        }
    }
}
