//! A repository of a registry that speaks the OCI distribution protocol (OCI distribution specification 1.1).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use futures_util::StreamExt as _;
use oci_spec::image::Descriptor;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, StatusCode};
use serde::Deserialize;

use super::answer::Said;
use super::connection::{Connection, SHORT};
use super::ecr::Ecr;
use super::layout::own_media_type;
use super::login::Login;
use super::page::{Page, header, next_page};
use super::referrers;
use super::retry::{Trouble, persist};
use super::transport::Transport;
use super::upload::{Upload, Uploads};
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::image::Part;
use crate::model::repository_setup::Wanted;
use crate::ports::registry::{Chunks, Input, Kept, Manifest, Meter, Placed, Registry, Stored};

pub(super) const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";
/// The header that tells a manifest's digest (OCI distribution specification 1.1, "Pulling manifests").
const DIGEST: &str = "docker-content-digest";
/// The header of a registry that lists what is attached to a manifest (OCI distribution specification 1.1, "Pushing Manifests
/// with Subject").
const SUBJECT: &str = "oci-subject";
/// The longest manifest that is read, in bytes: what registries take at least (OCI distribution specification 1.1, "Pushing
/// Manifests").
pub(super) const LARGEST: u64 = 4 << 20;
/// How many blobs are asked for at once.
const AT_ONCE: usize = 32;
/// How many pages of a list are read: a hundred thousand tags.
pub(super) const PAGES: usize = 100;

/// One repository.
#[derive(Clone)]
pub struct OciRegistry {
    pub(super) connection: Arc<Connection>,
    uploads: Arc<Uploads>,
    /// Amazon's own API beside the protocol, with the repository's path.
    ecr: Option<(Arc<Ecr>, String)>,
}

impl OciRegistry {
    /// A repository; https, or plain http for a host of this machine.
    pub(super) fn new(host: &str, path: &str, transport: &Transport, login: Login) -> Result<Self> {
        let ecr = match &login {
            Login::Ecr(ecr, _) => Some((ecr.clone(), path.to_owned())),
            Login::Given(_) => None,
        };
        Ok(Self {
            connection: Arc::new(Connection::open(host, path, transport, login)?),
            uploads: Arc::new(Uploads::new(ecr.is_some(), transport.patience)),
            ecr,
        })
    }

    /// `HOST/PATH`, for people.
    pub(super) fn name(&self) -> &str {
        &self.connection.name
    }

    fn stored_otherwise(&self, operation: &'static str, sent: &Digest, stored: Option<&str>) -> Error {
        Error::Outside {
            operation,
            target: self.connection.name.clone(),
            cause: format!("{sent} was sent, and the registry has {}", stored.unwrap_or("nothing")),
            retryable: false,
            help: "look whether another run pushes the same tag; otherwise the registry changes what it is given, and \
                   no digest of it can be relied on"
                .to_owned(),
        }
    }

    async fn read_digest(&self, reference: &str) -> Result<Option<Digest>> {
        Ok(self.manifest(reference).await?.map(|manifest| manifest.digest()))
    }

    async fn has_blob(&self, digest: &Digest) -> Result<Option<bool>> {
        const OPERATION: &str = "looking for a blob";
        let request = self.connection.request(Method::HEAD, &format!("blobs/{digest}"))?;
        let response = self.connection.send(OPERATION, &request).await?;
        match response.status() {
            StatusCode::OK => Ok(Some(true)),
            StatusCode::NOT_FOUND => Ok(Some(false)),
            StatusCode::FORBIDDEN => Ok(None),
            _ => Err(self.connection.unexpected(OPERATION, response).await),
        }
    }

    /// One try to store a manifest. One that the registry finds incomplete may be whole in a moment: some registries learn late
    /// of blobs that they have taken.
    async fn put(&self, manifest: &Manifest, place: &str, lacking: &AtomicBool) -> Result<Put, Trouble> {
        const OPERATION: &str = "storing a manifest";
        let mut request = self.connection.request(Method::PUT, &format!("manifests/{place}"))?;
        let kind = HeaderValue::from_str(&manifest.media_type);
        let kind = kind.map_err(|error| Error::usage(error.to_string(), "correct the manifest's media type"))?;
        request.headers_mut().insert(CONTENT_TYPE, kind);
        *request.body_mut() = Some(manifest.bytes.clone().into());
        lacking.store(false, Ordering::Relaxed);
        let response = self.connection.once(OPERATION, request).await?;
        if response.status().is_success() {
            return Ok(Put::Done {
                digest: header(response.headers(), DIGEST),
                subject: header(response.headers(), SUBJECT).is_some(),
            });
        }
        let said = Said::by(response).await;
        let error = self.connection.refused(OPERATION, &said);
        let unknown = ["BLOB_UNKNOWN", "MANIFEST_BLOB_UNKNOWN", "MANIFEST_UNKNOWN"];
        lacking.store(said.has(&unknown), Ordering::Relaxed);
        match said.has(&unknown) {
            true => Err(Trouble::Passing { error, after: None }),
            false => Ok(Put::Refused(said)),
        }
    }

    /// Stores a manifest; tells as well whether the registry lists it with its subject.
    pub(super) async fn store(&self, manifest: &Manifest, tag: Option<&str>) -> Result<(Stored, bool)> {
        const OPERATION: &str = "storing a manifest";
        let digest = manifest.digest();
        let place = tag.unwrap_or(digest.as_str());
        let lacking = AtomicBool::new(false);
        let (told, subject) = match persist(|| self.put(manifest, place, &lacking)).await {
            Ok(Put::Done { digest, subject }) => (digest, subject),
            Ok(Put::Refused(said)) => {
                let named = match tag {
                    Some(tag) => self.digest(tag).await?,
                    None => None,
                };
                let taken = said.has(&["TAG_INVALID"])
                    || matches!(said.status, StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED);
                return match (named, taken && tag.is_some()) {
                    // Another run was faster, with the same.
                    (Some(named), _) if named == digest => Ok((Stored::Done, false)),
                    (named, true) => {
                        let words = said.to_string();
                        Ok((Stored::Taken { named, words }, false))
                    }
                    (_, false) => Err(self.connection.refused(OPERATION, &said)),
                };
            }
            Err(Error::Outside { cause, .. }) if lacking.load(Ordering::Relaxed) => {
                return Ok((Stored::Lacking(cause), false));
            }
            Err(error) => return Err(error),
        };
        let stored = match told {
            Some(told) => Some(told),
            None => {
                let stored = self.manifest(place).await?;
                stored.map(|stored| stored.digest().to_string())
            }
        };
        match stored {
            Some(stored) if stored == digest.as_str() => Ok((Stored::Done, subject)),
            other => Err(self.stored_otherwise(OPERATION, &digest, other.as_deref())),
        }
    }
}

/// What became of one try to store a manifest.
enum Put {
    Done { digest: Option<String>, subject: bool },
    Refused(Said),
}

#[async_trait]
impl Registry for OciRegistry {
    async fn manifest(&self, reference: &str) -> Result<Option<Manifest>> {
        const OPERATION: &str = "reading a manifest";
        let (headers, bytes) = match self.page(OPERATION, &format!("manifests/{reference}")).await? {
            Page::Whole { headers, bytes } => (headers, bytes),
            Page::Other(said) if said.status == StatusCode::NOT_FOUND => return Ok(None),
            Page::Other(said) => return Err(self.connection.refused(OPERATION, &said)),
        };
        // Parameters, such as a character set, are no part of a manifest's type.
        let media_type = header(&headers, CONTENT_TYPE.as_str()).unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim().to_owned();
        let media_type = own_media_type(&bytes).unwrap_or(media_type);
        let manifest = Manifest { media_type, bytes };
        let actual = manifest.digest();
        if reference.starts_with("sha256:") && actual.as_str() != reference {
            return Err(Error::Image {
                image: format!("{}@{reference}", self.connection.name),
                message: format!("the registry gives a manifest with {actual}"),
                help: "do not use this registry until its owner has looked into it".to_owned(),
            });
        }
        Ok(Some(manifest))
    }

    async fn digest(&self, reference: &str) -> Result<Option<Digest>> {
        const OPERATION: &str = "looking for a manifest";
        let mut request = self
            .connection
            .request(Method::HEAD, &format!("manifests/{reference}"))?;
        request
            .headers_mut()
            .insert(ACCEPT, HeaderValue::from_static(MANIFESTS));
        let response = self.connection.send(OPERATION, &request).await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            // Some let nobody look without reading.
            StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED => return self.read_digest(reference).await,
            _ => return Err(self.connection.unexpected(OPERATION, response).await),
        }
        match header(response.headers(), DIGEST).and_then(|told| told.parse().ok()) {
            Some(digest) => Ok(Some(digest)),
            // A registry need not tell it.
            None => self.read_digest(reference).await,
        }
    }

    async fn has_blobs(&self, blobs: &[&Part]) -> Result<Vec<bool>> {
        let digests: Vec<Digest> = blobs.iter().map(|blob| blob.digest.clone()).collect();
        if let Some((ecr, path)) = &self.ecr
            && let Some(there) = ecr.available(path, &digests).await?
        {
            return Ok(there);
        }
        let asked: Vec<_> = digests.iter().map(|digest| self.has_blob(digest)).collect();
        let answers: Vec<Result<Option<bool>>> = futures_util::stream::iter(asked).buffered(AT_ONCE).collect().await;
        let answers: Vec<Option<bool>> = answers.into_iter().collect::<Result<_>>()?;
        if answers.contains(&None) {
            let name = &self.connection.name;
            tracing::warn!("{name} does not let this login ask for blobs: those that it does not tell of are uploaded");
        }
        Ok(answers.into_iter().map(Option::unwrap_or_default).collect())
    }

    async fn read_blob(&self, digest: &Digest) -> Result<Chunks> {
        const OPERATION: &str = "reading a blob";
        let mut request = self.connection.request(Method::GET, &format!("blobs/{digest}"))?;
        *request.timeout_mut() = None;
        let begun = tokio::time::timeout(SHORT, self.connection.send(OPERATION, &request)).await;
        let late = |_| Error::outside(OPERATION, &self.connection.name, "it does not answer");
        let response = begun.map_err(late)??;
        match response.status() {
            StatusCode::OK => {
                let name = self.connection.name.clone();
                let named = move |error| {
                    let why = crate::adapters::http::chain(error);
                    std::io::Error::other(format!("{name}: {why}"))
                };
                let chunks = response.bytes_stream();
                Ok(Box::pin(chunks.map(move |chunk| chunk.map_err(&named))))
            }
            _ => Err(self.connection.unexpected(OPERATION, response).await),
        }
    }

    async fn put_blob(&self, blob: &Part, from: &Input, mount: Option<&str>, meter: &Arc<Meter>) -> Result<Placed> {
        let upload = Upload {
            connection: &self.connection,
            blob,
            from,
            mount,
            meter,
        };
        persist(|| self.uploads.run(&upload)).await
    }

    async fn put_manifest(&self, manifest: &Manifest, tag: Option<&str>) -> Result<Stored> {
        Ok(self.store(manifest, tag).await?.0)
    }

    async fn tags(&self) -> Result<Option<Vec<String>>> {
        const OPERATION: &str = "listing tags";
        let mut tags = Vec::new();
        let mut place = "tags/list?n=1000".to_owned();
        for _ in 0..PAGES {
            let (headers, bytes) = match self.page(OPERATION, &place).await? {
                Page::Whole { headers, bytes } => (headers, bytes),
                Page::Other(said) => match said.status {
                    StatusCode::NOT_FOUND => return Ok(Some(tags)),
                    StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED => return Ok(None),
                    _ => return Err(self.connection.refused(OPERATION, &said)),
                },
            };
            let page: TagList = serde_json::from_slice(&bytes)
                .map_err(|error| Error::outside(OPERATION, &self.connection.name, error))?;
            tags.extend(page.tags.unwrap_or_default());
            match next_page(&headers) {
                Some(next) => place = next,
                None => return Ok(Some(tags)),
            }
        }
        Ok(None)
    }

    async fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        referrers::list(self, subject).await
    }

    async fn attach(&self, manifest: &Manifest, subject: &Digest) -> Result<Stored> {
        referrers::attach(self, manifest, subject).await
    }

    async fn repository(&self, wanted: &Wanted) -> Result<Kept> {
        let Some((ecr, path)) = &self.ecr else {
            return Ok(Kept::ByItself);
        };
        Ok(match ecr.repository(path, wanted).await? {
            Some(existing) => Kept::There(Box::new(existing)),
            None => Kept::Missing,
        })
    }

    async fn create(&self, wanted: &Wanted) -> Result<()> {
        match &self.ecr {
            Some((ecr, path)) => ecr.create(path, wanted).await.map(|_| ()),
            None => Ok(()),
        }
    }
}

/// A page of tags (OCI distribution specification 1.1, "Listing Tags").
#[derive(Deserialize)]
struct TagList {
    tags: Option<Vec<String>>,
}
