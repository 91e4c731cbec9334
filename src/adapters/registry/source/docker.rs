//! Archives as `docker save` wrote them before it wrote layouts (Docker image specification 1.2, "Combined Image JSON +
//! Filesystem Changeset Format"). They hold no manifest, so one is made, always the same for the same archive; layers and
//! configuration go up as they are.

use std::io::Read as _;

use oci_spec::image::{ANNOTATION_REF_NAME, Descriptor, MediaType};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::damaged;
use super::files::{Files, read};
use crate::adapters::registry::descriptor::descriptor;
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::image::{Content, Part};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    layers: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Config {
    rootfs: RootFs,
}

#[derive(Deserialize)]
struct RootFs {
    diff_ids: Option<Vec<Digest>>,
}

/// The images of an archive, one entry for each tag, and the parts that they consist of.
pub(super) fn images(files: &Files) -> Result<(Vec<Descriptor>, Vec<Part>)> {
    let name = "manifest.json";
    let saved: Vec<Saved> = serde_json::from_slice(&files.read(name)?)
        .map_err(|error| damaged(&files.name(name), format!("it is not as docker writes it: {error}")))?;
    let (mut entries, mut parts) = (Vec::new(), Vec::new());
    for image in &saved {
        let manifest = manifest(files, image, &mut parts)?;
        let entry = descriptor(&manifest.media_type, manifest.bytes, &manifest.digest)?;
        parts.push(manifest);
        let tags = image.repo_tags.clone().unwrap_or_default();
        if tags.is_empty() {
            entries.push(entry.clone());
        }
        for tag in tags {
            let mut entry = entry.clone();
            entry.set_annotations(Some([(ANNOTATION_REF_NAME.to_owned(), tag)].into()));
            entries.push(entry);
        }
    }
    Ok((entries, parts))
}

fn manifest(files: &Files, image: &Saved, parts: &mut Vec<Part>) -> Result<Part> {
    let bytes = files.read(&image.config)?;
    let config: Config = serde_json::from_slice(&bytes)
        .map_err(|error| damaged(&files.name(&image.config), format!("it is no configuration: {error}")))?;
    let diff_ids = config.rootfs.diff_ids.unwrap_or_default();
    let layers = image.layers.as_deref().unwrap_or_default();
    if diff_ids.len() != layers.len() {
        let message = format!(
            "it tells of {} layers, and the archive of {}",
            diff_ids.len(),
            layers.len()
        );
        return Err(damaged(&files.name(&image.config), message));
    }
    let config = Part::held("application/vnd.oci.image.config.v1+json", bytes);
    let layers = layers.iter().zip(diff_ids);
    let layers: Vec<Part> = layers
        .map(|(name, diff_id)| layer(files, name, diff_id))
        .collect::<Result<_>>()?;
    let describe = |part: &Part| json!({ "mediaType": part.media_type, "digest": part.digest, "size": part.bytes });
    let media_type = MediaType::ImageManifest.to_string();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": describe(&config),
        "layers": layers.iter().map(describe).collect::<Vec<_>>(),
    });
    parts.push(config);
    parts.extend(layers);
    Ok(Part::held(&media_type, manifest.to_string().into_bytes()))
}

/// A layer. What one that is not compressed must be, the configuration names.
fn layer(files: &Files, name: &str, diff_id: Digest) -> Result<Part> {
    let found = files.find(name)?;
    let (content, bytes) = found.ok_or_else(|| damaged(&files.name(name), "it is missing".to_owned()))?;
    let first = read(&content, bytes.min(4))?;
    let kind = match first.as_slice() {
        [0x1f, 0x8b, ..] => "tar+gzip",
        [0x28, 0xb5, 0x2f, 0xfd] => "tar+zstd",
        _ => "tar",
    };
    let digest = hash(&content, bytes)?;
    if kind == "tar" && digest != diff_id {
        return Err(damaged(
            &files.name(name),
            format!("it should have {diff_id} and has {digest}"),
        ));
    }
    Ok(Part {
        digest,
        bytes,
        media_type: format!("application/vnd.oci.image.layer.v1.{kind}"),
        content,
    })
}

fn hash(content: &Content, length: u64) -> Result<Digest> {
    let Content::File { path, offset } = content else {
        return Ok(Digest::of(&read(content, length)?));
    };
    let failed = |error: std::io::Error| Error::file("reading a layer", path, &error);
    let mut file = std::fs::File::open(path).map_err(failed)?;
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(*offset)).map_err(failed)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut rest = file.take(length);
    loop {
        match rest.read(&mut buffer).map_err(failed)? {
            0 => return Ok(Digest::from_hasher(hasher)),
            count => hasher.update(&buffer[..count]),
        }
    }
}
