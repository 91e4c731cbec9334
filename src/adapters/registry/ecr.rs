//! Amazon ECR beside the registry protocol: its login, which layers it has, and its repositories.
//! Credentials and endpoints are found as every AWS program finds them; the region is the one of the host.

mod failure;
mod host;
mod permission;
mod private;
mod public;

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::try_join_all;
use tokio::sync::OnceCell;
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::NoSubscriber;

use self::failure::Call;
use self::private::Private;
use self::public::Public;
use super::auth::Credentials;
use crate::error::Result;
use crate::model::digest::Digest;
use crate::model::repository_setup::{Existing, Wanted};

pub use self::host::EcrHost;
pub use self::permission::{Request, advice, permission};

/// How many digests one call may ask for (BatchCheckLayerAvailability, `layerDigests`).
const DIGESTS: usize = 100;

/// One registry of ECR. Nothing is read or asked until it is used.
pub struct Ecr {
    host: EcrHost,
    api: OnceCell<Api>,
}

enum Api {
    Private(Private),
    Public(Public),
}

/// A repository that is there now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Whether this call made it.
    pub made: bool,
    /// The repository as it is.
    pub repository: Existing,
}

impl Ecr {
    /// The registry of a host.
    pub fn new(host: EcrHost) -> Self {
        Self {
            host,
            api: OnceCell::new(),
        }
    }

    /// Whether it is ECR Public.
    pub fn is_public(&self) -> bool {
        self.host.is_public()
    }

    /// A login for the registry protocol, good for twelve hours. It is kept in memory alone.
    ///
    /// # Errors
    /// There are no AWS credentials, they may not do this, or AWS does not answer.
    pub async fn login(&self) -> Result<Credentials> {
        let ask = async {
            match self.api().await {
                Api::Private(api) => api.login().await,
                Api::Public(api) => api.login().await,
            }
        };
        // The SDK writes whole answers, and so the token, into a log of every detail.
        ask.with_subscriber(NoSubscriber::new()).await
    }

    /// Which blobs a repository has, in the order of the digests; nothing where ECR may not be asked or does not know.
    ///
    /// # Errors
    /// There are no AWS credentials, or AWS does not answer.
    pub async fn available(&self, path: &str, digests: &[Digest]) -> Result<Option<Vec<bool>>> {
        let api = self.api().await;
        let calls = digests.chunks(DIGESTS).map(|digests| async move {
            match api {
                Api::Private(api) => api.available(path, digests).await,
                Api::Public(api) => api.available(path, digests).await,
            }
        });
        let found: Option<Vec<Vec<bool>>> = try_join_all(calls).await?.into_iter().collect();
        Ok(found.map(|found| found.concat()))
    }

    /// A repository as it is, when it is there. Its policies are asked for where the setup names them.
    ///
    /// # Errors
    /// There are no AWS credentials, they may not do this, or AWS does not answer.
    pub async fn repository(&self, path: &str, wanted: &Wanted) -> Result<Option<Existing>> {
        match self.api().await {
            Api::Private(api) => api.repository(path, wanted).await,
            Api::Public(api) => api.repository(path, wanted).await,
        }
    }

    /// Makes a repository with its policies, or finishes one that a killed run has begun (`Wanted::is_unfinished`).
    /// Nothing else of one that is there is altered: the caller tells in what it differs.
    ///
    /// # Errors
    /// There are no AWS credentials, they may not do this, AWS does not take the setup, or does not answer.
    pub async fn create(&self, path: &str, wanted: &Wanted) -> Result<Created> {
        match self.api().await {
            Api::Private(api) => api.create(path, wanted).await,
            Api::Public(api) => api.create(path, wanted).await,
        }
    }

    async fn api(&self) -> &Api {
        self.api
            .get_or_init(|| async {
                let config = config(&self.host).await;
                match &self.host {
                    EcrHost::Private { account, .. } => {
                        Api::Private(Private::new(&config, account, self.host.region()))
                    }
                    EcrHost::Public { .. } => Api::Public(Public::new(&config)),
                }
            })
            .await
    }
}

/// What the SDK finds on this machine, with our TLS, our patience, and the region and endpoint of the host.
async fn config(host: &EcrHost) -> SdkConfig {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(10))
        .operation_attempt_timeout(Duration::from_secs(30))
        .operation_timeout(Duration::from_secs(90));
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .timeout_config(timeouts.build())
        .region(Region::new(host.region().to_owned()));
    if host.is_fips() {
        loader = loader.use_fips(true);
    }
    if host.is_dual_stack() {
        loader = loader.use_dual_stack(true);
    }
    loader.load().await
}

/// The login that a token stands for: a name and a password in base64, with a colon between.
fn login(call: &Call, token: Option<&str>) -> Result<Credentials> {
    let decoded = token.and_then(|token| STANDARD.decode(token).ok());
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = text.as_deref().and_then(|text| text.split_once(':'));
    let (username, password) = pair.ok_or_else(|| call.strange("without a login"))?;
    Ok(Credentials::new(username, password))
}

/// Whether each digest is among those that were found.
fn among(digests: &[Digest], found: &[&str]) -> Vec<bool> {
    digests.iter().map(|digest| found.contains(&digest.as_str())).collect()
}
