//! Files that are attached to an image, such as a bill of materials or provenance: each becomes an artifact that names the
//! image as its subject (OCI image specification 1.1, "Guidelines for Artifact Usage").

use serde_json::{Value, json};

use crate::model::image::{Image, Part, Referrer, Tree};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// The configuration of an artifact that needs none: `{}`, since some registries take nothing that is empty
/// (OCI image specification 1.1, "Guidance for an Empty Descriptor").
const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// The media type of a file, by what it says of itself: SPDX, CycloneDX, in-toto statements, DSSE envelopes and Sigstore bundles.
pub fn media_type(bytes: &[u8]) -> Option<String> {
    let content: Value = serde_json::from_slice(bytes).ok()?;
    let text = |key: &str| content.get(key).and_then(Value::as_str).unwrap_or_default();
    let sigstore = "application/vnd.dev.sigstore.bundle";
    if text("mediaType").starts_with(sigstore) {
        return Some(text("mediaType").split(';').next().unwrap_or(sigstore).to_owned());
    }
    let known = [
        (!text("spdxVersion").is_empty(), "application/spdx+json"),
        (text("bomFormat") == "CycloneDX", "application/vnd.cyclonedx+json"),
        (
            text("_type").starts_with("https://in-toto.io/Statement/"),
            "application/vnd.in-toto+json",
        ),
        (
            !text("payloadType").is_empty() && content.get("signatures").is_some(),
            "application/vnd.dsse.envelope.v1+json",
        ),
    ];
    let found = known.iter().find(|(is, _)| *is)?;
    Some(found.1.to_owned())
}

/// Attaches a file to an image. The same file makes the same artifact again.
pub fn attach(image: &Image, name: &str, media_type: &str, bytes: Vec<u8>) -> Referrer {
    let (config, file) = (Part::held(EMPTY, b"{}".to_vec()), Part::held(media_type, bytes));
    let describe = |part: &Part| json!({ "mediaType": part.media_type, "digest": part.digest, "size": part.bytes });
    let mut layer = describe(&file);
    layer["annotations"] = json!({ "org.opencontainers.image.title": name });
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": media_type,
        "config": describe(&config),
        "layers": [layer],
        "subject": describe(&image.tree.root),
    });
    Referrer {
        subject: image.digest().clone(),
        tree: Tree {
            root: Part::held(MANIFEST, manifest.to_string().into_bytes()),
            children: Vec::new(),
            blobs: vec![config, file],
        },
    }
}
