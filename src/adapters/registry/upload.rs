//! Uploading a blob (OCI distribution specification 1.1, "Pushing Blobs"): a session is begun, filled in one piece and closed.
//! A registry that takes no such piece gets it in chunks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream::unfold;
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderValue, LOCATION};
use reqwest::{Body, Method, Request, Response, StatusCode, Url};

use super::answer::Said;
use super::connection::Connection;
use super::retry::Trouble;
use super::stream::Sending;
use crate::error::{Error, Result};
use crate::model::image::Part;
use crate::model::text::one_line;
use crate::ports::registry::{Input, Meter, Placed};

const OPERATION: &str = "uploading a blob";

/// The length of a chunk where the registry does not ask for more: GitHub's takes no more than this
/// (<https://github.com/oras-project/rust-oci-client/pull/37>), Amazon's no less than 5 MiB
/// (<https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UploadLayerPart.html>).
const CHUNK: u64 = 4 << 20;
const AMAZONS_CHUNK: u64 = 5 << 20;

/// The longest chunk that is held in memory, in bytes.
const LARGEST_CHUNK: u64 = 64 << 20;

/// The header that tells the smallest chunk that a registry takes.
const SMALLEST: &str = "oci-chunk-min-length";

/// How much longer it may go once all bytes are taken: the registry hashes and moves them.
const STORING: u32 = 5;

/// How the blobs of one repository are sent.
pub(super) struct Uploads {
    /// Whether the registry has refused a blob in one piece.
    in_chunks: AtomicBool,
    amazons: bool,
    patience: Duration,
}

/// A begun session, or the end of it.
enum Begun {
    Mounted,
    Session { place: Url, smallest: u64 },
}

/// A blob on its way.
pub(super) struct Upload<'a> {
    pub(super) connection: &'a Connection,
    pub(super) blob: &'a Part,
    pub(super) from: &'a Input,
    pub(super) mount: Option<&'a str>,
    pub(super) meter: &'a Arc<Meter>,
}

/// What one try has sent. Once that is taken back, what still goes out of it counts no more.
struct Try {
    meter: Arc<Meter>,
    bytes: Mutex<Option<u64>>,
}

impl Try {
    fn new(meter: &Arc<Meter>) -> Arc<Self> {
        Arc::new(Self {
            meter: meter.clone(),
            bytes: Mutex::new(Some(0)),
        })
    }

    fn add(&self, count: u64) {
        if let Some(bytes) = self.bytes.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            *bytes += count;
            self.meter.add(count);
        }
    }

    fn bytes(&self) -> u64 {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        bytes.unwrap_or_default()
    }

    fn take_back(&self) {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.meter.take_back(bytes.unwrap_or_default());
    }
}

impl Uploads {
    /// For a registry.
    pub(super) fn new(amazons: bool, patience: Duration) -> Self {
        Self {
            in_chunks: AtomicBool::new(false),
            amazons,
            patience,
        }
    }

    /// One try in a session of its own.
    pub(super) async fn run(&self, upload: &Upload<'_>) -> Result<Placed, Trouble> {
        if self.amazons && upload.blob.bytes == 0 {
            return Err(Error::Image {
                image: upload.connection.name.clone(),
                message: format!(
                    "the image names {}, which is empty, and Amazon ECR takes no empty blob",
                    upload.blob.digest
                ),
                help: "build it with `{}` in the place of the empty blob (`application/vnd.oci.empty.v1+json`)"
                    .to_owned(),
            }
            .into());
        }
        let (place, smallest) = match upload.begin().await? {
            Begun::Mounted => return Ok(Placed::Mounted),
            Begun::Session { place, smallest } => (place, smallest),
        };
        let sent = Try::new(upload.meter);
        let sending = match self.in_chunks.load(Ordering::Relaxed) {
            false => self.watched(upload, &sent, self.whole(upload, place, &sent)).await,
            true => {
                let usual = if self.amazons { AMAZONS_CHUNK } else { CHUNK };
                let chunks = upload.in_chunks(place, smallest.max(usual), &sent);
                self.watched(upload, &sent, chunks).await
            }
        };
        if sending.is_err() {
            sent.take_back();
        }
        sending.map(|()| Placed::Uploaded)
    }

    /// In one piece.
    async fn whole(&self, upload: &Upload<'_>, place: Url, sent: &Arc<Try>) -> Result<(), Trouble> {
        let (chunks, reading) = Sending::open(upload.blob, upload.from).await?.split();
        let body = unfold((chunks, sent.clone()), async |(mut chunks, sent)| {
            let chunk = chunks.recv().await?;
            if let Ok(chunk) = &chunk {
                sent.add(chunk.len() as u64);
            }
            Some((chunk, (chunks, sent)))
        });
        let mut request = upload.request(Method::PUT, closing(place, upload.blob), upload.blob.bytes);
        *request.body_mut() = Some(Body::wrap_stream(body));
        let response = upload.connection.once(OPERATION, request).await;
        Sending::ended(reading).await?;
        let response = response?;
        if response.status() == StatusCode::CREATED {
            return Ok(());
        }
        let said = Said::by(response).await;
        let error = upload.connection.refused(OPERATION, &said);
        if takes_no_piece(&said) && upload.blob.bytes > 0 {
            self.in_chunks.store(true, Ordering::Relaxed);
            return Err(Trouble::Passing { error, after: None });
        }
        Err(lost(&said, error))
    }

    /// Gives up on work that no byte goes on in.
    async fn watched(
        &self,
        upload: &Upload<'_>,
        sent: &Try,
        work: impl Future<Output = Result<(), Trouble>>,
    ) -> Result<(), Trouble> {
        let mut work = std::pin::pin!(work);
        let mut before = 0;
        loop {
            let patience = match sent.bytes() >= upload.blob.bytes {
                true => self.patience * STORING,
                false => self.patience,
            };
            if let Ok(ended) = tokio::time::timeout(patience, &mut work).await {
                return ended;
            }
            if sent.bytes() == before {
                let cause = format!("{} stood still for {} s", upload.blob.digest, patience.as_secs());
                return Err(Trouble::Passing {
                    error: Error::outside(OPERATION, &upload.connection.name, cause),
                    after: None,
                });
            }
            before = sent.bytes();
        }
    }
}

impl Upload<'_> {
    /// Begins a session; with `mount`, the registry may have the blob at once.
    async fn begin(&self) -> Result<Begun, Trouble> {
        let mut request = self.connection.request(Method::POST, "blobs/uploads/")?;
        request.headers_mut().insert(CONTENT_LENGTH, 0.into());
        if let Some(from) = self.mount {
            let mut query = request.url_mut().query_pairs_mut();
            query
                .append_pair("mount", self.blob.digest.as_str())
                .append_pair("from", from);
        }
        let response = self.connection.once(OPERATION, request).await?;
        if response.status() == StatusCode::CREATED && self.mount.is_some() {
            return Ok(Begun::Mounted);
        }
        let smallest: Option<u64> = header(&response, SMALLEST).and_then(|value| value.parse().ok());
        if let Some(smallest) = smallest.filter(|smallest| *smallest > LARGEST_CHUNK) {
            let cause = format!("it takes no chunks of less than {smallest} bytes");
            return Err(Error::outside(OPERATION, &self.connection.name, cause).into());
        }
        match (response.status(), self.next(&response)) {
            (StatusCode::ACCEPTED, Some(place)) => Ok(Begun::Session {
                place,
                smallest: smallest.unwrap_or_default(),
            }),
            (StatusCode::ACCEPTED, None) => {
                let place = header(&response, LOCATION.as_str()).unwrap_or("nowhere").to_owned();
                Err(Error::Outside {
                    operation: OPERATION,
                    target: self.connection.name.clone(),
                    cause: format!("it wants the blob at {}", one_line(&place)),
                    retryable: false,
                    help: "that is no address that can be used: a registry behind a proxy must know its own address, with https"
                        .to_owned(),
                }
                .into())
            }
            _ => Err(self.connection.unexpected(OPERATION, response).await.into()),
        }
    }

    /// Where an answer says that the session goes on.
    fn next(&self, response: &Response) -> Option<Url> {
        let place = response.url().join(header(response, LOCATION.as_str())?).ok()?;
        Some(place).filter(|place| self.connection.may_use(place))
    }

    fn request(&self, method: Method, place: Url, length: u64) -> Request {
        let mut request = Request::new(method, place);
        let headers = request.headers_mut();
        headers.insert(CONTENT_LENGTH, length.into());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        request
    }

    /// In chunks. Where each begins is what we have counted; what the registry says of it may be old.
    async fn in_chunks(&self, mut place: Url, length: u64, sent: &Try) -> Result<(), Trouble> {
        let (mut chunks, reading) = Sending::open(self.blob, self.from).await?.split();
        let mut waiting = BytesMut::new();
        let mut open = true;
        while open {
            match chunks.recv().await {
                Some(Ok(chunk)) => waiting.extend_from_slice(&chunk),
                // Why is told by what became of reading.
                Some(Err(_)) => break,
                None => open = false,
            }
            while waiting.len() as u64 >= length || (!open && !waiting.is_empty()) {
                let count = waiting.len().min(usize::try_from(length).unwrap_or(usize::MAX));
                let chunk = waiting.split_to(count).freeze();
                place = self.patch(place, chunk, sent.bytes()).await?;
                sent.add(count as u64);
            }
        }
        Sending::ended(reading).await?;
        let response = self
            .connection
            .once(OPERATION, self.request(Method::PUT, closing(place, self.blob), 0))
            .await?;
        if response.status() == StatusCode::CREATED {
            return Ok(());
        }
        let said = Said::by(response).await;
        Err(lost(&said, self.connection.refused(OPERATION, &said)))
    }

    async fn patch(&self, place: Url, chunk: Bytes, begin: u64) -> Result<Url, Trouble> {
        let length = chunk.len() as u64;
        let mut request = self.request(Method::PATCH, place, length);
        let range = format!("{begin}-{}", begin + length - 1);
        let range = HeaderValue::try_from(range).map_err(|error| Error::Internal(error.to_string()))?;
        request.headers_mut().insert(CONTENT_RANGE, range);
        *request.body_mut() = Some(chunk.into());
        let response = self.connection.once(OPERATION, request).await?;
        match (response.status().is_success(), self.next(&response)) {
            (true, Some(place)) => Ok(place),
            _ => {
                let said = Said::by(response).await;
                Err(lost(&said, self.connection.refused(OPERATION, &said)))
            }
        }
    }
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

fn closing(mut place: Url, blob: &Part) -> Url {
    place.query_pairs_mut().append_pair("digest", blob.digest.as_str());
    place
}

/// Whether an answer says that a blob must not come in one piece: it is too much for a server in between, or not understood.
fn takes_no_piece(said: &Said) -> bool {
    matches!(
        said.status,
        StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::RANGE_NOT_SATISFIABLE
            | StatusCode::LENGTH_REQUIRED
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::NOT_IMPLEMENTED
    ) || said.has(&["SIZE_INVALID", "UNSUPPORTED"])
}

/// A session that the registry knows no more, or not as far, is begun anew.
fn lost(said: &Said, error: Error) -> Trouble {
    let gone = matches!(said.status, StatusCode::NOT_FOUND | StatusCode::RANGE_NOT_SATISFIABLE);
    match gone && !said.has(&["NAME_UNKNOWN"]) || said.has(&["BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID"]) {
        true => Trouble::Passing { error, after: None },
        false => Trouble::Final(error),
    }
}
