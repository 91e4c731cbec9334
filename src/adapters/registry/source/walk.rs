//! From the manifest or index that is meant to all that it names.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt as _;
use oci_spec::image::{Descriptor, MediaType, Platform};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::damaged;
use super::files::{Files, read};
use crate::adapters::registry::oci::LARGEST;
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::image::{Content, Image, ImageRepository, Part, Tree};
use crate::ports::registry::Registry;

/// How deep indexes may lie in indexes. Images need one or two levels; what goes deeper is made to do harm.
const DEEPEST: usize = 16;

/// How many bytes all manifests of an image may have together.
const ALL: u64 = 64 << 20;

/// How many bytes all blobs of an image may have together: more than any disk has.
const LARGEST_IMAGE: u64 = 1 << 50;

/// How many manifests are read at once.
const AT_ONCE: usize = 16;

/// The annotation that names the image that another was built on (OCI image specification 1.1, "Pre-Defined Annotation Keys").
const BASE: &str = "org.opencontainers.image.base.name";

/// What holds an image.
pub(super) enum Place {
    /// Files of this machine.
    Files(Files),
    /// A repository.
    Registry {
        /// The open repository.
        registry: Box<dyn Registry>,
        /// Its name.
        repository: ImageRepository,
    },
}

/// What a manifest or an index names.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Names {
    manifests: Option<Vec<Descriptor>>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    blobs: Option<Vec<Descriptor>>,
    pub(super) subject: Option<Descriptor>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

impl Names {
    /// Reads a manifest or an index.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        // Read as a whole first: a list would be taken for the fields in their order, and what is not looked at may be no text.
        let content: Map<String, Value> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let names: Self = serde_json::from_value(content.into()).map_err(|error| error.to_string())?;
        match (&names.manifests, &names.config, &names.layers, &names.blobs) {
            (None, None, None, None) => Err("it names neither manifests nor layers".to_owned()),
            _ => Ok(names),
        }
    }

    pub(super) fn manifests(&self) -> impl Iterator<Item = &Descriptor> {
        self.manifests.iter().flatten()
    }

    /// The configuration, the layers, and what an artifact consists of; not those that are elsewhere.
    fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        let blobs = self.config.iter().chain(self.layers.iter().flatten());
        let here = |blob: &&Descriptor| blob.urls().as_ref().is_none_or(Vec::is_empty);
        blobs.chain(self.blobs.iter().flatten()).filter(here)
    }
}

/// Whether bytes are a manifest or an index.
///
/// # Errors
/// What is wrong with them.
pub fn check_manifest(bytes: &[u8]) -> Result<(), String> {
    Names::read(bytes).map(|_| ())
}

/// Reads images of one place.
pub(super) struct Walk {
    pub(super) place: Place,
    name: String,
    /// How many bytes the manifests have, by what names them.
    read: u64,
    /// How many bytes the blobs have.
    told: u64,
}

/// What was found under a root.
pub(super) struct Found {
    pub(super) tree: Tree,
    names: BTreeMap<Digest, Names>,
    platforms: Vec<(Platform, Digest)>,
}

impl Walk {
    pub(super) fn new(place: Place, name: String) -> Self {
        Self {
            place,
            name,
            read: 0,
            told: 0,
        }
    }

    /// The image under a root, or the one of its platforms that is asked for.
    pub(super) async fn image(mut self, root: Descriptor, platform: Option<&str>) -> Result<Image> {
        let root = match platform {
            Some(platform) => self.narrow(root, platform).await?,
            None => root,
        };
        let found = self.tree(root).await?;
        let mut platforms: BTreeMap<String, Digest> = BTreeMap::new();
        for (platform, digest) in &found.platforms {
            platforms.entry(text(platform)).or_insert_with(|| digest.clone());
        }
        let root = &found.tree.root.digest;
        if platforms.is_empty()
            && let Some(platform) = self.own_platform(&found).await?
        {
            platforms.insert(platform, root.clone());
        }
        let annotations = |digest: &Digest| found.names.get(digest)?.annotations.as_ref()?.get(BASE).cloned();
        let base = found.tree.manifests().find_map(|part| annotations(&part.digest));
        let referrers = self.attached(&found.tree).await?;
        Ok(Image {
            tree: found.tree,
            referrers,
            platforms,
            base,
        })
    }

    /// All that a root names, level by level.
    pub(super) async fn tree(&mut self, root: Descriptor) -> Result<Found> {
        let mut names: BTreeMap<Digest, Names> = BTreeMap::new();
        let mut held: BTreeMap<Digest, Part> = BTreeMap::new();
        let mut levels: Vec<Vec<Digest>> = Vec::new();
        let (mut platforms, mut blobs, mut known) = (Vec::new(), Vec::new(), BTreeSet::new());
        let mut next = vec![root];
        while !next.is_empty() {
            if levels.len() > DEEPEST {
                return Err(damaged(&self.name, format!("it lies more than {DEEPEST} indexes deep")));
            }
            let (mut level, mut on_level) = (Vec::new(), BTreeSet::new());
            let mut unread = BTreeMap::new();
            for descriptor in std::mem::take(&mut next) {
                let digest: Digest = descriptor.digest().as_ref().parse()?;
                if !on_level.insert(digest.clone()) {
                    continue;
                }
                if let Some(platform) = descriptor.platform().as_ref().filter(|found| is_real(found)) {
                    platforms.push((platform.clone(), digest.clone()));
                }
                level.push(digest.clone());
                match names.get(&digest) {
                    // It was met before, higher up: what it names stands lower again.
                    Some(found) => next.extend(found.manifests().cloned()),
                    None => {
                        unread.insert(digest, descriptor);
                    }
                }
            }
            for (part, found) in self.manifests(unread.into_values().collect()).await? {
                next.extend(found.manifests().cloned());
                for blob in found.blobs() {
                    let blob = self.blob(blob)?;
                    self.told = self
                        .told
                        .checked_add(blob.bytes)
                        .filter(|told| *told <= LARGEST_IMAGE)
                        .ok_or_else(|| {
                            damaged(&self.name, format!("its parts have more than {LARGEST_IMAGE} bytes"))
                        })?;
                    if known.insert(blob.digest.clone()) {
                        blobs.push(blob);
                    }
                }
                names.insert(part.digest.clone(), found);
                held.insert(part.digest.clone(), part);
            }
            levels.push(level);
        }
        let mut children = Vec::new();
        for digest in levels.iter().rev().flatten() {
            // The lowest place of each: what it names stands before it.
            children.extend(held.remove(digest));
        }
        let root = children
            .pop()
            .ok_or_else(|| Error::Internal("an image without a root".to_owned()))?;
        Ok(Found {
            tree: Tree { root, children, blobs },
            names,
            platforms,
        })
    }

    async fn manifests(&mut self, descriptors: Vec<Descriptor>) -> Result<Vec<(Part, Names)>> {
        // One that is too long by itself is told of by name.
        let told = descriptors.iter().map(Descriptor::size).filter(|size| *size <= LARGEST);
        self.read = told.fold(self.read, u64::saturating_add);
        if self.read > ALL {
            return Err(damaged(&self.name, format!("its manifests have more than {ALL} bytes")));
        }
        let reading = futures_util::stream::iter(descriptors.iter().map(|descriptor| self.manifest(descriptor)));
        let read: Vec<Result<(Part, Names)>> = reading.buffered(AT_ONCE).collect().await;
        read.into_iter().collect()
    }

    async fn manifest(&self, descriptor: &Descriptor) -> Result<(Part, Names)> {
        let digest: Digest = descriptor.digest().as_ref().parse()?;
        let media_type = descriptor.media_type().to_string();
        if descriptor.size() > LARGEST {
            let message = format!("a manifest of {} bytes is none", descriptor.size());
            return Err(damaged(&format!("{}@{digest}", self.name), message));
        }
        let bytes = match &self.place {
            Place::Files(files) => {
                let part = files.part(descriptor)?;
                read(&part.content, part.bytes)?
            }
            Place::Registry { registry, .. } => {
                let found = registry.manifest(digest.as_str()).await?;
                let missing = || damaged(&format!("{}@{digest}", self.name), "it is missing".to_owned());
                found.ok_or_else(missing)?.bytes
            }
        };
        let part = Part::held(&media_type, bytes);
        let name = match &self.place {
            Place::Files(files) => files.name(&format!("blobs/sha256/{}", digest.hex())),
            Place::Registry { .. } => format!("{}@{digest}", self.name),
        };
        if part.digest != digest {
            return Err(damaged(
                &name,
                format!("it should have {digest} and has {}", part.digest),
            ));
        }
        if part.bytes != descriptor.size() {
            let message = format!("it should have {} bytes and has {}", descriptor.size(), part.bytes);
            return Err(damaged(&name, message));
        }
        match Names::read(match &part.content {
            Content::Held(bytes) => bytes,
            _ => &[],
        }) {
            Ok(names) => Ok((part, names)),
            Err(error) => Err(damaged(&name, format!("it is no image manifest: {error}"))),
        }
    }

    fn blob(&self, descriptor: &Descriptor) -> Result<Part> {
        match &self.place {
            Place::Files(files) => files.part(descriptor),
            Place::Registry { repository, .. } => Ok(Part {
                digest: descriptor.digest().as_ref().parse()?,
                bytes: descriptor.size(),
                media_type: descriptor.media_type().to_string(),
                content: Content::Repository(repository.clone()),
            }),
        }
    }

    /// The manifest of a platform in an index.
    async fn narrow(&self, root: Descriptor, wanted: &str) -> Result<Descriptor> {
        let mut found = Vec::new();
        let mut next = vec![root.clone()];
        for _ in 0..=DEEPEST {
            let Some(index) = next.pop() else { break };
            let (_, names) = self.manifest(&index).await?;
            for entry in names.manifests() {
                match entry.platform().as_ref().filter(|platform| is_real(platform)) {
                    Some(platform) => found.push((text(platform), entry.clone())),
                    None if is_index(entry.media_type()) => next.push(entry.clone()),
                    None => {}
                }
            }
        }
        let fits = |name: &str| name == wanted || name.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('/'));
        let mut fitting: Vec<_> = found.iter().filter(|(name, _)| name == wanted).collect();
        if fitting.is_empty() {
            fitting = found.iter().filter(|(name, _)| fits(name)).collect();
        }
        fitting.dedup_by(|one, other| one.1.digest() == other.1.digest());
        if fitting.len() > 1 {
            let each: Vec<String> = fitting
                .iter()
                .map(|(name, entry)| format!("{name} {}", entry.digest()))
                .collect();
            return Err(Error::usage(
                format!("{} has many images for {wanted}", self.name),
                format!("give the digest of one in the place of --platform: {}", each.join(", ")),
            ));
        }
        match (fitting.pop(), fitting.is_empty()) {
            (Some((_, entry)), true) => Ok(entry.clone()),
            _ => {
                let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
                let help = match names.is_empty() {
                    true => "it is the image of one platform: leave --platform out".to_owned(),
                    false => format!("it has {}", names.join(", ")),
                };
                Err(Error::usage(format!("{} has no platform {wanted}", self.name), help))
            }
        }
    }

    /// The platform that an image's configuration tells (OCI image specification 1.1, "Image Configuration").
    async fn own_platform(&self, found: &Found) -> Result<Option<String>> {
        let config = found
            .names
            .get(&found.tree.root.digest)
            .and_then(|names| names.config.as_ref());
        let Some(config) = config.filter(|config| config.size() <= LARGEST && is_config(config.media_type())) else {
            return Ok(None);
        };
        let part = self.blob(config)?;
        let bytes = match &self.place {
            Place::Files(_) => read(&part.content, part.bytes)?,
            Place::Registry { registry, .. } => {
                let mut chunks = registry.read_blob(&part.digest).await?;
                let mut bytes = Vec::new();
                while let Some(Ok(chunk)) = chunks.next().await
                    && bytes.len() as u64 <= part.bytes
                {
                    bytes.extend_from_slice(&chunk);
                }
                // What is something else tells nothing; it is refused when it is sent.
                match Digest::of(&bytes) == part.digest {
                    true => bytes,
                    false => return Ok(None),
                }
            }
        };
        let platform = serde_json::from_slice::<Platform>(&bytes).ok();
        Ok(platform.filter(is_real).map(|platform| text(&platform)))
    }
}

fn is_index(media_type: &MediaType) -> bool {
    let list = "application/vnd.docker.distribution.manifest.list.v2+json";
    *media_type == MediaType::ImageIndex || media_type.to_string() == list
}

fn is_config(media_type: &MediaType) -> bool {
    let docker = "application/vnd.docker.container.image.v1+json";
    *media_type == MediaType::ImageConfig || media_type.to_string() == docker
}

/// Whether it is a platform: builders list what is none, such as provenance, as `unknown/unknown`.
fn is_real(platform: &Platform) -> bool {
    platform.os().to_string() != "unknown"
}

fn text(platform: &Platform) -> String {
    let name = format!("{}/{}", platform.os(), platform.architecture());
    match platform.variant() {
        Some(variant) => format!("{name}/{variant}"),
        None => name,
    }
}
