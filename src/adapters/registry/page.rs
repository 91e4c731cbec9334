//! Short answers with a body: manifests, and lists that come page by page.

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, LINK};
use reqwest::{Method, StatusCode};

use super::answer::Said;
use super::oci::{LARGEST, MANIFESTS, OciRegistry};
use super::retry::{Trouble, persist};
use crate::error::{Error, Result};

/// A short answer.
pub(super) enum Page {
    /// With what was asked for.
    Whole { headers: HeaderMap, bytes: Vec<u8> },
    /// Another one.
    Other(Said),
}

impl OciRegistry {
    /// A short answer with its body, read as a whole and asked for anew when it breaks off.
    pub(super) async fn page(&self, operation: &'static str, place: &str) -> Result<Page> {
        let mut request = self.connection.request(Method::GET, place)?;
        if !self.connection.is_own(request.url()) {
            return Err(Error::outside(
                operation,
                &self.connection.name,
                "it sends us to another host",
            ));
        }
        request
            .headers_mut()
            .insert(ACCEPT, HeaderValue::from_static(MANIFESTS));
        persist(|| async {
            let again = request.try_clone();
            let again = again.ok_or_else(|| Error::Internal("a request that cannot be sent twice".to_owned()))?;
            let mut response = self.connection.once(operation, again).await?;
            if response.status() != StatusCode::OK {
                return Ok(Page::Other(Said::by(response).await));
            }
            let mut bytes = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(operation, error))? {
                bytes.extend_from_slice(&chunk);
                if bytes.len() as u64 > LARGEST {
                    return Err(self.endless(place).into());
                }
            }
            Ok(Page::Whole {
                headers: response.headers().clone(),
                bytes,
            })
        })
        .await
    }

    fn broken(&self, operation: &'static str, error: reqwest::Error) -> Trouble {
        Trouble::Passing {
            error: Error::outside(operation, &self.connection.name, crate::adapters::http::chain(error)),
            after: None,
        }
    }

    fn endless(&self, place: &str) -> Error {
        Error::Image {
            image: format!("{}/{place}", self.connection.name),
            message: format!("the registry answers with more than {LARGEST} bytes"),
            help: "no manifest is as long as that; look at what is stored there".to_owned(),
        }
    }
}

/// A field of an answer.
pub(super) fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// The address of the next page (RFC 8288).
pub(super) fn next_page(headers: &HeaderMap) -> Option<String> {
    let link = header(headers, LINK.as_str())?;
    let (address, relation) = link.split_once('>')?;
    let next = relation.contains("rel=\"next\"") || relation.contains("rel=next");
    address.trim().strip_prefix('<').filter(|_| next).map(str::to_owned)
}
