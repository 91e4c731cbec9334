//! What has to be uploaded, tagged and recorded until an image is where it is deployed from.

pub mod attach;
pub mod tags;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::digest::Digest;
use crate::model::event::EventBody;
use crate::model::image::{Image, ImageRepository, Part, Tree};
use crate::model::refusal::Refusal;
use crate::model::release::Release;
use crate::model::repository_setup::Wanted;
use crate::model::state::ComponentState;
use crate::model::step::{Action, Step};
use crate::model::version::Version;

pub use tags::{check_tag, image_tag};

/// A tag that the image should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedTag {
    /// The tag.
    pub name: String,
    /// What it names now.
    pub names: Option<Digest>,
    /// Whether the registry lets nobody move it.
    pub immutable: bool,
}

/// What a push is decided from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The release as it would be recorded; nothing for an image of no version.
    pub release: Option<&'a Release>,
    /// The repository.
    pub to: &'a ImageRepository,
    /// The image.
    pub image: &'a Image,
    /// The blobs and manifests that the repository has.
    pub present: &'a BTreeSet<Digest>,
    /// The blobs that another repository of the registry has, with its path.
    pub mountable: &'a BTreeMap<Digest, String>,
    /// The tags, in the order in which they are set.
    pub tags: &'a [WantedTag],
    /// How the repository is to be made, where it has to be.
    pub create: Option<&'a Wanted>,
    /// What the ledger knows of the component; nothing where nothing is to be recorded.
    pub recorded: Option<&'a ComponentState>,
}

/// What is to be done, and what it rests on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Each blob once.
    pub blobs: Vec<PlannedBlob>,
    /// Each tag.
    pub tags: Vec<PlannedTag>,
    /// The steps.
    pub steps: Vec<Step>,
}

/// A blob of the image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlannedBlob {
    /// Its digest.
    pub digest: Digest,
    /// Its length in bytes.
    pub bytes: u64,
    /// Where it comes from.
    pub state: BlobState,
    /// The repository of the same registry that it is mounted from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// Where a blob comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BlobState {
    /// The repository has it.
    Present,
    /// The registry has it in another repository.
    Mounted,
    /// It is sent.
    Uploaded,
}

/// A tag of the image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlannedTag {
    /// The tag.
    pub name: String,
    /// What is to become of it.
    pub state: TagState,
    /// What it named before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<Digest>,
}

/// What is to become of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TagState {
    /// Nothing has it.
    New,
    /// It names this image already.
    Same,
    /// It names another image, and moves.
    Moved,
    /// It names another image, and may not move.
    Conflict,
}

impl TagState {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Same => "same",
            Self::Moved => "moves",
            Self::Conflict => "conflict",
        }
    }
}

/// Decides. What is there is not sent again; a version that stands for another digest is never moved. The tags are told even
/// when one of them is refused.
pub fn decide(facts: &Facts<'_>) -> (Plan, Option<Refusal>) {
    let mut plan = Plan {
        blobs: blobs(facts),
        tags: facts.tags.iter().map(|tag| planned(facts, tag)).collect(),
        steps: Vec::new(),
    };
    if let Err(refusal) = check(facts) {
        return (plan, Some(refusal));
    }
    plan.steps = steps(facts, &plan);
    (plan, None)
}

fn blobs(facts: &Facts<'_>) -> Vec<PlannedBlob> {
    let mut known = BTreeSet::new();
    let all = facts.image.trees().flat_map(|tree| &tree.blobs);
    let each = all.filter(|blob| known.insert(&blob.digest)).map(|blob| {
        let from = facts.mountable.get(&blob.digest).cloned();
        let state = match (facts.present.contains(&blob.digest), &from) {
            (true, _) => BlobState::Present,
            (false, Some(_)) => BlobState::Mounted,
            (false, None) => BlobState::Uploaded,
        };
        PlannedBlob {
            digest: blob.digest.clone(),
            bytes: blob.bytes,
            from: from.filter(|_| state == BlobState::Mounted),
            state,
        }
    });
    each.collect()
}

fn planned(facts: &Facts<'_>, tag: &WantedTag) -> PlannedTag {
    let state = match &tag.names {
        None => TagState::New,
        Some(named) if named == facts.image.digest() => TagState::Same,
        Some(_) if tag.immutable || is_version(tag) => TagState::Conflict,
        Some(_) => TagState::Moved,
    };
    PlannedTag {
        name: tag.name.clone(),
        state,
        names: tag.names.clone(),
    }
}

/// Whether a tag is that of a version, of this one or of another.
fn is_version(tag: &WantedTag) -> bool {
    versions_of(std::iter::once(&tag.name)).next().is_some()
}

fn steps(facts: &Facts<'_>, plan: &Plan) -> Vec<Step> {
    let mut steps = Vec::new();
    steps.extend(facts.create.map(|wanted| {
        let action = Action::CreateRepository {
            to: facts.to.clone(),
            wanted: Box::new(wanted.clone()),
        };
        Step::new(action, "the registry does not make it by itself")
    }));
    let parts: BTreeMap<&Digest, &Part> = facts
        .image
        .trees()
        .flat_map(|tree| &tree.blobs)
        .map(|blob| (&blob.digest, blob))
        .collect();
    for blob in plan.blobs.iter().filter(|blob| blob.state != BlobState::Present) {
        let Some(part) = parts.get(&blob.digest) else { continue };
        let reason = match &blob.from {
            Some(from) => format!("{from} has it"),
            None => "the repository does not have it".to_owned(),
        };
        let action = Action::UploadBlob {
            to: facts.to.clone(),
            from: part.content.clone(),
            digest: part.digest.clone(),
            bytes: part.bytes,
            mount: blob.from.clone(),
        };
        steps.push(Step::new(action, reason));
    }
    let missing = |tree: &Tree| -> Vec<Part> {
        let manifests = tree.manifests();
        let missing = manifests.filter(|part| !facts.present.contains(&part.digest));
        missing.cloned().collect()
    };
    let put = |part: Part| {
        let action = Action::PutManifest {
            to: facts.to.clone(),
            from: part.content,
            digest: part.digest,
            media_type: part.media_type,
        };
        Step::new(action, "the repository does not have it")
    };
    steps.extend(missing(&facts.image.tree).into_iter().map(put));
    for referrer in &facts.image.referrers {
        if facts.present.contains(&referrer.tree.root.digest) {
            continue;
        }
        let mut manifests = missing(&referrer.tree);
        let root = manifests.pop();
        steps.extend(manifests.into_iter().map(put));
        steps.extend(root.map(|root| {
            let action = Action::Attach {
                to: facts.to.clone(),
                from: root.content,
                digest: root.digest,
                media_type: root.media_type,
                subject: referrer.subject.clone(),
            };
            Step::new(action, "the repository does not list it")
        }));
    }
    let root = &facts.image.tree.root;
    for tag in plan.tags.iter().filter(|tag| tag.state != TagState::Same) {
        let reason = match &tag.names {
            Some(named) => format!("it names {} until now", named.short()),
            None => "the repository does not have this tag".to_owned(),
        };
        let action = Action::TagImage {
            to: facts.to.clone(),
            from: root.content.clone(),
            tag: tag.name.clone(),
            digest: root.digest.clone(),
            media_type: root.media_type.clone(),
        };
        steps.push(Step::new(action, reason));
    }
    steps.extend(record(facts));
    steps
}

fn record(facts: &Facts<'_>) -> Option<Step> {
    let (state, release) = (facts.recorded?, facts.release?);
    let known = state.versions.get(&release.version);
    if known.and_then(|record| record.release.as_ref()) == Some(release) {
        return None;
    }
    let event = EventBody::Pushed {
        release: release.clone(),
    };
    Some(Step::new(
        Action::Record { event: Box::new(event) },
        "version and digest belong together from here on",
    ))
}

fn check(facts: &Facts<'_>) -> Result<(), Refusal> {
    if let Some(release) = facts.release {
        check_ledger(facts, release)?;
    }
    check_tags(facts)?;
    let (to, digest) = (facts.to, facts.image.digest());
    for tag in facts.tags {
        let Some(named) = tag.names.as_ref().filter(|named| *named != digest) else {
            continue;
        };
        let reason = format!("{to}:{} names {named}; this image is {digest}", tag.name);
        if is_version(tag) {
            return Err(Refusal::new(reason, ONE_IMAGE));
        }
        if tag.immutable {
            return Err(Refusal::new(reason, IMMUTABLE));
        }
    }
    Ok(())
}

/// What to do about a version that has another image.
pub const ONE_IMAGE: &str =
    "a version stands for one image for ever: tag a new version with `tidegate tag` and push that";

/// What to do about a tag that the registry does not move.
pub const IMMUTABLE: &str =
    "the registry lets nobody move this tag: leave it out, or let the repository's settings except it";

fn check_ledger(facts: &Facts<'_>, release: &Release) -> Result<(), Refusal> {
    let record = facts.recorded.and_then(|state| state.versions.get(&release.version));
    let bound = record.and_then(|record| record.release.as_ref());
    if let Some(bound) = bound.filter(|bound| bound.digest != release.digest) {
        let reason = format!(
            "the ledger has {} with the image {}; this one is {}",
            release.tag, bound.digest, release.digest
        );
        return Err(Refusal::new(reason, ONE_IMAGE));
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
    Ok(())
}

/// Whether a tag is that of another release.
fn check_tags(facts: &Facts<'_>) -> Result<(), Refusal> {
    let digest = facts.image.digest();
    for tag in facts.tags {
        let mut releases = facts.recorded.into_iter().flat_map(ComponentState::releases);
        let other = releases.find(|other| image_tag(&other.version) == tag.name && other.digest != *digest);
        if let Some(other) = other {
            let reason = format!(
                "the tag {} is that of the release {}, whose image is {}; this one is {}",
                tag.name, other.tag, other.digest, digest
            );
            return Err(Refusal::new(reason, "choose another name for --tag"));
        }
    }
    Ok(())
}

/// The versions that tags of a repository stand for.
pub fn versions_of<'a>(tags: impl Iterator<Item = &'a String>) -> impl Iterator<Item = Version> {
    tags.filter_map(|tag| tag.trim_start_matches('v').replacen('_', "+", 1).parse().ok())
}
