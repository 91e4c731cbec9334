//! What is attached to a manifest (OCI distribution specification 1.1, "Listing Referrers", "Referrers Tag Schema"): the
//! registry lists it, or where it has no such list, an index does that carries the subject's digest as its tag.

use std::time::Duration;

use oci_spec::image::{Descriptor, ImageIndex, ImageIndexBuilder, MediaType};
use serde::Deserialize;

use super::descriptor::descriptor;
use super::oci::{OciRegistry, PAGES};
use super::page::{Page, next_page};
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::ports::registry::{Manifest, Registry as _, Stored};

const OPERATION: &str = "listing what is attached";

/// How often the index is read and written because another run wrote it at the same time.
const ROUNDS: u32 = 40;

/// How long it is waited until the index is read once more.
const SETTLE: Duration = Duration::from_millis(150);

/// What is attached to a manifest.
pub(super) async fn list(registry: &OciRegistry, subject: &Digest) -> Result<Vec<Descriptor>> {
    let mut place = format!("referrers/{subject}");
    let mut found = Vec::new();
    for _ in 0..PAGES {
        let Page::Whole { headers, bytes } = registry.page(OPERATION, &place).await? else {
            break;
        };
        // A registry that does not know the list may answer anything.
        let Ok(index) = serde_json::from_slice::<ImageIndex>(&bytes) else {
            break;
        };
        found.extend(index.manifests().clone());
        match next_page(&headers) {
            Some(next) => place = next,
            None => return Ok(found),
        }
    }
    match found.is_empty() {
        true => by_tag(registry, subject).await,
        false => Err(Error::outside(
            OPERATION,
            subject.as_str(),
            "the list breaks off or does not end",
        )),
    }
}

async fn by_tag(registry: &OciRegistry, subject: &Digest) -> Result<Vec<Descriptor>> {
    let Some(found) = registry.manifest(&tag(subject)).await? else {
        return Ok(Vec::new());
    };
    let index = serde_json::from_slice::<ImageIndex>(&found.bytes);
    let index = index.map_err(|error| Error::Image {
        image: format!("{}:{}", registry.name(), tag(subject)),
        message: format!("it should be the list of what is attached, and is none: {error}"),
        help: "look at what has this tag; nothing was changed".to_owned(),
    })?;
    Ok(index.manifests().clone())
}

/// Stores a manifest, and enters it into the index where the registry keeps no list.
pub(super) async fn attach(registry: &OciRegistry, manifest: &Manifest, subject: &Digest) -> Result<Stored> {
    let (stored, listed) = registry.store(manifest, None).await?;
    if listed || stored != Stored::Done {
        return Ok(stored);
    }
    let entry = entry(manifest)?;
    let mut written = false;
    for _ in 0..ROUNDS {
        let mut entries = by_tag(registry, subject).await?;
        if entries.iter().any(|known| known.digest() == entry.digest()) {
            if !written {
                return Ok(Stored::Done);
            }
            // A run that has read the list before this one wrote it may still write its own.
            let pause = SETTLE + Duration::from_millis(crate::random::below(100));
            tokio::time::sleep(pause).await;
            written = false;
            continue;
        }
        written = true;
        entries.push(entry.clone());
        let index = ImageIndexBuilder::default()
            .schema_version(2_u32)
            .media_type(MediaType::ImageIndex)
            .manifests(entries)
            .build();
        let bytes = index.map(|index| serde_json::to_vec(&index));
        let bytes = bytes.map_err(|error| Error::Internal(error.to_string()))?;
        let index = Manifest {
            media_type: MediaType::ImageIndex.to_string(),
            bytes: bytes.map_err(|error| Error::Internal(error.to_string()))?,
        };
        let (stored, _) = registry.store(&index, Some(&tag(subject))).await?;
        if stored != Stored::Done {
            return Ok(stored);
        }
        // Another run may have written the index at the same time: it is read again.
    }
    Err(Error::outside(
        "attaching",
        subject.as_str(),
        format!("others wrote the list {ROUNDS} times"),
    ))
}

/// The tag of the index (OCI distribution specification 1.1, "Referrers Tag Schema").
pub fn tag(subject: &Digest) -> String {
    format!("sha256-{}", subject.hex())
}

/// What a manifest says of itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Own {
    artifact_type: Option<String>,
    config: Option<Descriptor>,
    annotations: Option<std::collections::HashMap<String, String>>,
}

/// A manifest as a list of referrers has it (OCI distribution specification 1.1, "Listing Referrers").
fn entry(manifest: &Manifest) -> Result<Descriptor> {
    let own: Own = serde_json::from_slice(&manifest.bytes).map_err(|error| Error::Internal(error.to_string()))?;
    let mut entry = descriptor(&manifest.media_type, manifest.bytes.len() as u64, &manifest.digest())?;
    let kind = own.artifact_type.as_deref().map(MediaType::from);
    entry.set_artifact_type(kind.or_else(|| own.config.map(|config| config.media_type().clone())));
    entry.set_annotations(own.annotations);
    Ok(entry)
}
