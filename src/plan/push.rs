//! What has to be uploaded, tagged and recorded until a version's image is where it is deployed from.

use std::collections::BTreeSet;
use std::path::Path;

use crate::model::digest::Digest;
use crate::model::event::EventBody;
use crate::model::image::{Image, ImageRepository, Part};
use crate::model::refusal::Refusal;
use crate::model::release::Release;
use crate::model::state::ComponentState;
use crate::model::step::{Action, Step};
use crate::model::text::ParseError;
use crate::model::version::Version;

/// A tag that the image should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedTag {
    /// The tag.
    pub name: String,
    /// What it names now.
    pub names: Option<Digest>,
}

/// What a push is decided from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The release as it would be recorded.
    pub release: &'a Release,
    /// The repository.
    pub to: &'a ImageRepository,
    /// The layout.
    pub from: &'a Path,
    /// The image in the layout.
    pub image: &'a Image,
    /// The blobs and manifests that the repository has.
    pub present: &'a BTreeSet<Digest>,
    /// The tag of the version.
    pub version_tag: &'a WantedTag,
    /// The tags that move from release to release.
    pub tags: &'a [WantedTag],
    /// What the ledger knows of the component; nothing where none is kept.
    pub recorded: Option<&'a ComponentState>,
}

/// The tag of a version's image: the version, with `_` for the `+` that a tag cannot hold.
pub fn image_tag(version: &Version) -> String {
    version.to_string().replace('+', "_")
}

/// Whether a text can be a tag (OCI distribution specification 1.1, "Pulling manifests").
///
/// # Errors
/// It can not; the error says what would.
pub fn check_tag(tag: &str) -> Result<(), ParseError> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let starts = tag.bytes().next().is_some_and(word);
    if starts && tag.len() <= 128 && tag.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'-')) {
        return Ok(());
    }
    Err(ParseError::new(
        "image tag",
        tag,
        "at most 128 letters, digits, `_`, `.` and `-`, the first a letter, a digit or `_`",
    ))
}

/// Decides. What is there is not sent again; a version that stands for another digest is never moved.
pub fn decide(facts: &Facts<'_>) -> Result<Vec<Step>, Refusal> {
    check(facts)?;
    let root = &facts.image.root;
    let mut steps = Vec::new();
    for blob in missing(facts, &facts.image.blobs) {
        let action = Action::UploadBlob {
            to: facts.to.clone(),
            from: facts.from.to_owned(),
            digest: blob.digest.clone(),
            bytes: blob.bytes,
        };
        steps.push(Step::new(action, "the repository does not have it"));
    }
    for manifest in missing(facts, facts.image.children.iter().chain([root])) {
        let action = Action::PutManifest {
            to: facts.to.clone(),
            from: facts.from.to_owned(),
            digest: manifest.digest.clone(),
            media_type: manifest.media_type.clone(),
        };
        steps.push(Step::new(action, "the repository does not have it"));
    }
    for tag in std::iter::once(facts.version_tag).chain(facts.tags) {
        let reason = match &tag.names {
            Some(named) if *named == root.digest => continue,
            Some(named) => format!("it names {} until now", named.short()),
            None => "the repository does not have this tag".to_owned(),
        };
        let action = Action::TagImage {
            to: facts.to.clone(),
            from: facts.from.to_owned(),
            tag: tag.name.clone(),
            digest: root.digest.clone(),
            media_type: root.media_type.clone(),
        };
        steps.push(Step::new(action, reason));
    }
    let record = facts.recorded.map(|state| state.versions.get(&facts.release.version));
    if record.is_some_and(|record| record.and_then(|record| record.release.as_ref()) != Some(facts.release)) {
        let event = EventBody::Pushed {
            release: facts.release.clone(),
        };
        steps.push(Step::new(
            Action::Record { event: Box::new(event) },
            "version and digest belong together from here on",
        ));
    }
    Ok(steps)
}

fn missing<'a>(facts: &Facts<'a>, parts: impl IntoIterator<Item = &'a Part>) -> impl Iterator<Item = &'a Part> {
    let present = facts.present;
    parts.into_iter().filter(|part| !present.contains(&part.digest))
}

fn check(facts: &Facts<'_>) -> Result<(), Refusal> {
    let (release, to) = (facts.release, facts.to);
    let help = "a version stands for one image for ever: tag a new version with `tidegate tag` and push that";
    let record = facts.recorded.and_then(|state| state.versions.get(&release.version));
    let bound = record.and_then(|record| record.release.as_ref());
    if let Some(bound) = bound.filter(|bound| bound.digest != release.digest) {
        let reason = format!(
            "the ledger has {} with the image {}; this one is {}",
            release.tag, bound.digest, release.digest
        );
        return Err(Refusal::new(reason, help));
    }
    if let Some(record) = record.filter(|record| record.commit != release.commit) {
        let reason = format!(
            "the ledger has {} on commit {}; in this clone it is on {}",
            release.tag, record.commit, release.commit
        );
        return Err(Refusal::new(
            reason,
            "a tag was moved: look who moved it, and fetch the right one",
        ));
    }
    if let Some(named) = facts
        .version_tag
        .names
        .as_ref()
        .filter(|named| **named != release.digest)
    {
        let reason = format!(
            "{to}:{} names {named}; this image is {}",
            facts.version_tag.name, release.digest
        );
        return Err(Refusal::new(reason, help));
    }
    for tag in facts.tags {
        let mut releases = facts.recorded.into_iter().flat_map(ComponentState::releases);
        let other = releases.find(|other| image_tag(&other.version) == tag.name && other.digest != release.digest);
        if let Some(other) = other {
            let reason = format!(
                "the tag {} is that of the release {}, whose image is {}; this one is {}",
                tag.name, other.tag, other.digest, release.digest
            );
            return Err(Refusal::new(reason, "choose another name for --tag"));
        }
    }
    Ok(())
}
