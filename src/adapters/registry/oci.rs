//! A repository of a registry that speaks the OCI distribution protocol (OCI distribution specification 1.1).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use reqwest::{Method, Request, Response, StatusCode};

use super::auth::Credentials;
use super::connection::{Connection, is_safe};
use super::retry::{Trouble, persist};
use super::stream::{Sending, send};
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::ports::registry::{Manifest, Registry};

const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";
/// The header that tells a manifest's digest (OCI distribution specification 1.1, "Pulling manifests").
const DIGEST: &str = "docker-content-digest";
/// How long an upload may take beside the time that its bytes need at the slowest speed.
const UPLOAD: Duration = Duration::from_secs(300);
/// The slowest speed of an upload, in bytes per second.
const SLOWEST: u64 = 64 * 1024;

/// One repository.
#[derive(Clone)]
pub struct OciRegistry(Arc<Connection>);

impl OciRegistry {
    /// A repository; https, or plain http for a host of this machine.
    pub fn new(host: &str, path: &str, credentials: Option<Credentials>) -> Result<Self> {
        Ok(Self(Arc::new(Connection::open(host, path, credentials)?)))
    }

    fn stored_otherwise(&self, operation: &'static str, sent: &Digest, stored: Option<&str>) -> Error {
        Error::Outside {
            operation,
            target: self.0.name.clone(),
            cause: format!("{sent} was sent, and the registry has {}", stored.unwrap_or("nothing")),
            retryable: false,
            help: "look whether another run pushes the same tag; otherwise the registry changes what it is given, and \
                   no digest of it can be relied on"
                .to_owned(),
        }
    }

    /// Asks for a manifest; nothing when it is not there.
    async fn ask(&self, operation: &'static str, method: Method, reference: &str) -> Result<Option<Response>> {
        let mut request = self.0.request(method, &format!("manifests/{reference}"))?;
        let accept = reqwest::header::HeaderValue::from_static(MANIFESTS);
        request.headers_mut().insert(ACCEPT, accept);
        let response = self.0.send(operation, &request).await?;
        match response.status() {
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::OK => Ok(Some(response)),
            _ => Err(self.0.unexpected(operation, response).await),
        }
    }

    /// One upload session: begun, filled in one piece and closed.
    async fn upload(&self, digest: &Digest, file: &Path) -> Result<(), Trouble> {
        const OPERATION: &str = "uploading a blob";
        let mut begin = self.0.request(Method::POST, "blobs/uploads/")?;
        begin.headers_mut().insert(CONTENT_LENGTH, 0.into());
        let begun = self.0.once(OPERATION, begin).await?;
        let location = begun.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let place = location
            .and_then(|location| begun.url().join(location).ok())
            .filter(is_safe);
        let Some(mut place) = place.filter(|_| begun.status() == StatusCode::ACCEPTED) else {
            return Err(self.0.unexpected(OPERATION, begun).await.into());
        };
        place.query_pairs_mut().append_pair("digest", digest.as_str());
        let length = tokio::fs::metadata(file).await;
        let length = length
            .map_err(|error| Error::file("reading a blob", file, &error))?
            .len();
        let mut request = Request::new(Method::PUT, place);
        *request.timeout_mut() = Some(UPLOAD + Duration::from_secs(length / SLOWEST));
        request.headers_mut().insert(CONTENT_LENGTH, length.into());
        let kind = reqwest::header::HeaderValue::from_static("application/octet-stream");
        request.headers_mut().insert(CONTENT_TYPE, kind);
        let Sending { body, reading } = send(digest, file);
        *request.body_mut() = Some(body);
        let sent = self.0.once(OPERATION, request).await;
        let read = reading
            .await
            .unwrap_or_else(|error| Err(Error::Internal(error.to_string())));
        read?;
        let response = sent?;
        if response.status() != StatusCode::CREATED {
            return Err(self.0.unexpected(OPERATION, response).await.into());
        }
        Ok(())
    }
}

#[async_trait]
impl Registry for OciRegistry {
    async fn manifest(&self, reference: &str) -> Result<Option<Manifest>> {
        const OPERATION: &str = "reading a manifest";
        let Some(response) = self.ask(OPERATION, Method::GET, reference).await? else {
            return Ok(None);
        };
        let media_type = response.headers().get(CONTENT_TYPE);
        let media_type = media_type
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let bytes = response
            .bytes()
            .await
            .map_err(|error| Error::outside(OPERATION, &self.0.name, crate::adapters::http::chain(error)))?;
        let manifest = Manifest {
            media_type,
            bytes: bytes.to_vec(),
        };
        let actual = manifest.digest();
        if reference.starts_with("sha256:") && actual.as_str() != reference {
            return Err(Error::Image {
                image: format!("{}@{reference}", self.0.name),
                message: format!("the registry gives a manifest with {actual}"),
                help: "do not use this registry until its owner has looked into it".to_owned(),
            });
        }
        Ok(Some(manifest))
    }

    async fn digest(&self, reference: &str) -> Result<Option<Digest>> {
        const OPERATION: &str = "looking for a manifest";
        let Some(response) = self.ask(OPERATION, Method::HEAD, reference).await? else {
            return Ok(None);
        };
        let told = response.headers().get(DIGEST).and_then(|value| value.to_str().ok());
        match told.and_then(|told| told.parse().ok()) {
            Some(digest) => Ok(Some(digest)),
            // A registry need not tell it.
            None => Ok(self.manifest(reference).await?.map(|manifest| manifest.digest())),
        }
    }

    async fn has_blob(&self, digest: &Digest) -> Result<bool> {
        const OPERATION: &str = "looking for a blob";
        let request = self.0.request(Method::HEAD, &format!("blobs/{digest}"))?;
        let response = self.0.send(OPERATION, &request).await?;
        match response.status() {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            StatusCode::FORBIDDEN => {
                tracing::warn!(
                    "{} does not let this login ask for blobs: all are uploaded",
                    self.0.name
                );
                Ok(false)
            }
            _ => Err(self.0.unexpected(OPERATION, response).await),
        }
    }

    async fn put_blob(&self, digest: &Digest, file: &Path) -> Result<()> {
        persist(|| self.upload(digest, file)).await
    }

    async fn put_manifest(&self, manifest: &Manifest, tag: Option<&str>) -> Result<()> {
        const OPERATION: &str = "storing a manifest";
        let digest = manifest.digest();
        let place = format!("manifests/{}", tag.unwrap_or(digest.as_str()));
        let mut request = self.0.request(Method::PUT, &place)?;
        let kind = reqwest::header::HeaderValue::from_str(&manifest.media_type);
        let kind = kind.map_err(|error| Error::usage(error.to_string(), "correct the manifest's media type"))?;
        request.headers_mut().insert(CONTENT_TYPE, kind);
        *request.body_mut() = Some(manifest.bytes.clone().into());
        let response = self.0.send(OPERATION, &request).await?;
        if response.status() != StatusCode::CREATED {
            return Err(self.0.unexpected(OPERATION, response).await);
        }
        let told = response.headers().get(DIGEST);
        let stored = match told.and_then(|value| value.to_str().ok()) {
            Some(told) => Some(told.to_owned()),
            None => {
                let stored = self.manifest(tag.unwrap_or(digest.as_str())).await?;
                stored.map(|stored| stored.digest().to_string())
            }
        };
        match stored {
            Some(stored) if stored == digest.as_str() => Ok(()),
            other => Err(self.stored_otherwise(OPERATION, &digest, other.as_deref())),
        }
    }
}
