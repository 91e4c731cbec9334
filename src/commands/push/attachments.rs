//! The files that `--referrers` attaches.

use std::path::Path;

use crate::error::{Error, Result};
use crate::model::image::Image;
use crate::plan::push::attach::{attach as attach_one, media_type};

/// How long a file may be, in bytes.
const LONGEST: u64 = 256 << 20;

/// The image with the files attached to it.
pub(super) fn attach(mut image: Image, files: &[String]) -> Result<Image> {
    for given in files {
        let (file, kind) = match given.split_once('=') {
            Some((file, kind)) if !Path::new(given).exists() => (Path::new(file), Some(kind)),
            _ => (Path::new(given), None),
        };
        let failed = |error: std::io::Error| Error::file("reading a file to attach", file, &error);
        let length = std::fs::metadata(file).map_err(failed)?.len();
        if length == 0 || length > LONGEST {
            return Err(Error::usage(
                format!("{} has {length} bytes", file.display()),
                format!("what is attached has 1 to {LONGEST} bytes"),
            ));
        }
        let bytes = std::fs::read(file).map_err(failed)?;
        let kind = kind.map(str::to_owned).or_else(|| media_type(&bytes)).ok_or_else(|| {
            Error::usage(
                format!("{} does not tell what it is", file.display()),
                "it is no SPDX, CycloneDX, in-toto, DSSE or Sigstore document: give its media type, as \
                 `FILE=application/vnd.example+json`",
            )
        })?;
        // RFC 6838, section 4.2; registries take no parameters there.
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
        let word = |part: &str| !part.is_empty() && part.bytes().all(letter);
        if !kind
            .split_once('/')
            .is_some_and(|(one, other)| word(one) && word(other))
        {
            return Err(Error::usage(
                format!("`{kind}` is no media type"),
                "write `TYPE/SUBTYPE` without parameters",
            ));
        }
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let attached = attach_one(&image, &name, &kind, bytes);
        image.referrers.push(attached);
    }
    Ok(image)
}
