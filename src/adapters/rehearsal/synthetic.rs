//! An image for a rehearsal that brings none: an OCI layout whose only layer names the commit. The same commit gives
//! the same digest.

use std::path::Path;

use serde_json::json;

use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::name::{CommitId, ComponentName};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// Writes the layout.
pub fn write(layout: &Path, component: &ComponentName, commit: &CommitId) -> Result<()> {
    // Two blocks of zeros are the end of a tar archive (POSIX.1-2017, pax): a layer that changes no file.
    let layer = vec![0; 1024];
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": { "Labels": {
            "org.opencontainers.image.revision": commit,
            "org.opencontainers.image.title": component,
        } },
        "rootfs": { "type": "layers", "diff_ids": [Digest::of(&layer)] },
    });
    let config = config.to_string().into_bytes();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(CONFIG, &config),
        "layers": [descriptor(LAYER, &layer)],
    });
    let manifest = manifest.to_string().into_bytes();
    let index = json!({ "schemaVersion": 2, "manifests": [descriptor(MANIFEST, &manifest)] });
    for bytes in [&layer, &config, &manifest] {
        file(&layout.join("blobs/sha256").join(Digest::of(bytes).hex()), bytes)?;
    }
    file(&layout.join("oci-layout"), br#"{"imageLayoutVersion":"1.0.0"}"#)?;
    file(&layout.join("index.json"), index.to_string().as_bytes())
}

fn descriptor(media_type: &str, bytes: &[u8]) -> serde_json::Value {
    json!({ "mediaType": media_type, "digest": Digest::of(bytes), "size": bytes.len() })
}

fn file(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    let written = folder.and_then(|()| std::fs::write(path, bytes));
    written.map_err(|error| Error::file("writing", path, &error))
}
