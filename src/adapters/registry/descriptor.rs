//! Descriptors: what names a part of an image (OCI image specification 1.1, "Content Descriptors").

use oci_spec::image::{Descriptor, MediaType};

use crate::error::{Error, Result};
use crate::model::digest::Digest;

/// The descriptor of a part.
pub(super) fn descriptor(media_type: &str, bytes: u64, digest: &Digest) -> Result<Descriptor> {
    let digest: oci_spec::image::Digest = digest
        .as_str()
        .parse()
        .map_err(|error: oci_spec::OciSpecError| Error::Internal(error.to_string()))?;
    Ok(Descriptor::new(MediaType::from(media_type), bytes, digest))
}
