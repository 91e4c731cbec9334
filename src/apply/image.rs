//! The steps of an image's way into a repository.

use super::Receipt;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::image::{Content, ImageRepository, Part};
use crate::model::refusal::Refusal;
use crate::model::step::Action;
use crate::plan::push::IMMUTABLE;
use crate::ports::registry::{Input, Manifest, Placed, Stored};

/// Runs one of them.
pub(super) async fn place(context: &Context, action: &Action) -> Result<Receipt> {
    match action {
        Action::CreateRepository { to, wanted } => {
            context.registries.open(to)?.create(wanted).await?;
            Ok(Receipt::Done)
        }
        Action::UploadBlob {
            to,
            from,
            digest,
            bytes,
            mount,
        } => {
            let blob = Part {
                digest: digest.clone(),
                bytes: *bytes,
                media_type: String::new(),
                content: from.clone(),
            };
            let (registry, from) = (context.registries.open(to)?, input(context, from)?);
            let placed = registry.put_blob(&blob, &from, mount.as_deref(), &context.sent);
            Ok(match placed.await? {
                Placed::Uploaded => Receipt::Done,
                Placed::Mounted => Receipt::Already,
            })
        }
        Action::PutManifest {
            to, from, media_type, ..
        } => {
            let manifest = manifest(from, media_type)?;
            let stored = context.registries.open(to)?.put_manifest(&manifest, None).await?;
            Ok(receipt(stored, to, &manifest.digest(), None))
        }
        Action::Attach {
            to,
            from,
            media_type,
            subject,
            ..
        } => {
            let manifest = manifest(from, media_type)?;
            let stored = context.registries.open(to)?.attach(&manifest, subject).await?;
            Ok(match stored {
                Stored::Taken { .. } => Receipt::Declined(Refusal::new(
                    format!("{to} keeps no list of what is attached, and lets nobody move the tag that stands for it"),
                    "the tag begins with `sha256-`: let the repository's settings except it, or attach nothing here",
                )),
                stored => receipt(stored, to, &manifest.digest(), None),
            })
        }
        Action::TagImage {
            to,
            from,
            tag,
            media_type,
            ..
        } => {
            let manifest = manifest(from, media_type)?;
            let stored = context.registries.open(to)?.put_manifest(&manifest, Some(tag)).await?;
            Ok(receipt(stored, to, &manifest.digest(), Some(tag)))
        }
        other => Err(Error::Internal(format!("no step of an image: {other}"))),
    }
}

/// Where the bytes of a blob are read.
fn input(context: &Context, from: &Content) -> Result<Input> {
    Ok(match from {
        Content::File { path, offset } => Input::File {
            path: path.clone(),
            offset: *offset,
        },
        Content::Held(bytes) => Input::Held(bytes.clone()),
        Content::Repository(repository) => Input::Stored(context.registries.open(repository)?),
    })
}

fn manifest(from: &Content, media_type: &str) -> Result<Manifest> {
    match from {
        Content::Held(bytes) => Ok(Manifest {
            media_type: media_type.to_owned(),
            bytes: bytes.to_vec(),
        }),
        elsewhere => Err(Error::Internal(format!("a manifest that is not held: {elsewhere}"))),
    }
}

fn receipt(stored: Stored, to: &ImageRepository, digest: &Digest, tag: Option<&str>) -> Receipt {
    match (stored, tag) {
        (Stored::Done, _) => Receipt::Done,
        (Stored::Taken { named, words }, tag) => {
            let tag = tag.unwrap_or(digest.as_str());
            let reason = match named {
                Some(named) => format!("{to}:{tag} names {named}; this image is {digest}"),
                None => format!("{to} does not take the tag {tag} for {digest}: {words}"),
            };
            Receipt::Refused(Refusal::new(reason, IMMUTABLE))
        }
        (Stored::Lacking(words), _) => Receipt::Failed(words),
    }
}
