//! `push`: brings a version's image to its repository, to the byte, and records which digest it is.

pub mod document;
mod transfer;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use document::PushDocument;
use transfer::{ask, bytes, upload};

use crate::adapters::registry::Source;
use crate::apply::{Receipt, apply};
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::image::{Image, ImageRepository};
use crate::model::name::{CommitId, ComponentName};
use crate::model::refusal::Refusal;
use crate::model::release::Release;
use crate::model::step::Action;
use crate::model::version::Version;
use crate::plan::push::{Facts, WantedTag, check_tag, decide, image_tag};
use crate::ports::ledger::Observed;
use crate::ports::registry::Registry;

/// How often a plan is made anew because the ledger moved.
const ROUNDS: u32 = 10;

/// The arguments of `push`.
#[derive(Clone, Debug, Args)]
pub struct PushArgs {
    /// The OCI layout folder, with `:TAG` or `@sha256:…` where it holds many images [default: the component's layout]
    #[arg(value_name = "LAYOUT")]
    pub source: Option<PathBuf>,
    /// The component; needed when there are many
    #[arg(long, value_name = "NAME")]
    pub component: Option<ComponentName>,
    /// The repository, `HOST/PATH` or `oci:FOLDER` [default: the component's image]
    #[arg(long, value_name = "REPOSITORY")]
    pub to: Option<String>,
    /// The version that the image is of [default: the highest version tag on HEAD]
    #[arg(long, value_name = "VERSION")]
    pub release: Option<String>,
    /// A further tag for the image; it moves from release to release. Can be given many times
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
}

/// Pushes an image and records it.
pub async fn run(context: &Context, args: &PushArgs) -> Result<PushDocument> {
    let component = context.settings.component(args.component.as_ref())?;
    let source = source(context, args, &component)?;
    let to = destination(args, &component)?;
    let (version, tags) = (version(context, args, &component)?, args.tags.clone());
    let mut names = vec![image_tag(&version)];
    names.extend(tags);
    for (place, name) in std::mem::take(&mut names).into_iter().enumerate() {
        check_tag(&name).map_err(|error| named(error, place))?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let tag = version.tag(&component.tag_prefix);
    let commit = tagged(context, &component.name, &version, &tag).await?;
    let image = source.image().await?;
    let push = Push {
        registry: context.registries.open(&to)?,
        release: Release {
            component: component.name,
            version,
            tag,
            commit,
            digest: image.root.digest.clone(),
            image: to.to_string(),
        },
        folder: source.folder,
        image,
        to,
        names,
    };
    push.run(context).await
}

/// A text that cannot be a tag, with where it came from.
fn named(error: crate::model::text::ParseError, place: usize) -> Error {
    let from = if place == 0 { "the version" } else { "--tag" };
    Error::usage(format!("{from}: `{}` is no {}", error.value, error.what), error.why)
}

fn source(context: &Context, args: &PushArgs, component: &ResolvedComponent) -> Result<Source> {
    let own = component
        .layout
        .as_ref()
        .map(|layout| context.settings.root.join(layout));
    match args.source.clone().or(own) {
        Some(path) => Source::parse(&path),
        None => Err(Error::usage(
            format!("nothing says which image of {} is meant", component.name),
            format!(
                "name its OCI layout folder, or set `layout` in [component.{}]",
                component.name
            ),
        )),
    }
}

fn destination(args: &PushArgs, component: &ResolvedComponent) -> Result<ImageRepository> {
    let given = args.to.as_deref().map(str::parse).transpose()?;
    given.or_else(|| component.image.clone()).ok_or_else(|| {
        Error::usage(
            format!("nothing says where the image of {} goes", component.name),
            format!("give --to REPOSITORY, or set `image` in [component.{}]", component.name),
        )
    })
}

fn version(context: &Context, args: &PushArgs, component: &ResolvedComponent) -> Result<Version> {
    let prefix = &component.tag_prefix;
    if let Some(given) = &args.release {
        return Ok(given.strip_prefix(prefix).unwrap_or(given).parse()?);
    }
    let head = context.repository.resolve("HEAD")?;
    let tags = context.repository.tags()?;
    let here = tags.iter().filter(|tag| tag.commit == head);
    here.filter_map(|tag| Version::from_tag(prefix, &tag.name))
        .max_by(|one, other| one.0.cmp_precedence(&other.0))
        .ok_or_else(|| {
            Error::usage(
                format!("HEAD carries no version of {} ({prefix}…)", component.name),
                "run `tidegate tag` first, or give the version with --release",
            )
        })
}

/// The commit that carries the version: as this clone has it, or where it lacks the tag, as the ledger has it.
async fn tagged(context: &Context, component: &ComponentName, version: &Version, tag: &str) -> Result<CommitId> {
    let found = context.repository.tags()?.into_iter().find(|found| found.name == tag);
    if let Some(found) = found {
        return Ok(found.commit);
    }
    let mut known = context.ledger.open().await?.component(component)?.state.versions;
    let record = known.remove(version).filter(|record| record.tag == tag);
    record.map(|record| record.commit).ok_or_else(|| {
        Error::usage(
            format!("neither this clone nor the ledger has the tag {tag}"),
            "run `tidegate tag` to make one, or `git fetch --tags` when others have",
        )
    })
}

struct Push {
    registry: Box<dyn Registry>,
    release: Release,
    folder: PathBuf,
    image: Image,
    to: ImageRepository,
    names: Vec<String>,
}

impl Push {
    async fn run(&self, context: &Context) -> Result<PushDocument> {
        let mut document = self.document(context.dry_run);
        for _ in 0..ROUNDS {
            let observed = self.plan(context, &mut document).await?;
            if document.refusal.is_some()
                || context.dry_run
                || self.carry_out(context, &mut document, &observed).await?
            {
                return Ok(document);
            }
        }
        document.refusal = Some(Refusal::new(
            format!("others changed the ledger {ROUNDS} times while this was pushed"),
            "run the same command again when they are done",
        ));
        Ok(document)
    }

    /// Gathers the facts and decides.
    async fn plan(&self, context: &Context, document: &mut PushDocument) -> Result<Observed> {
        let read = match context.settings.keeps_ledger {
            true => Some(context.ledger.open().await?.component(&self.release.component)?),
            false => None,
        };
        let names = ask(self.names.iter().map(|name| self.registry.digest(name))).await?;
        let names = self.names.iter().cloned().zip(names);
        let mut wanted: Vec<WantedTag> = names.map(|(name, names)| WantedTag { name, names }).collect();
        let present = self.present(&wanted).await?;
        let blobs = self.image.blobs.iter().filter(|blob| present.contains(&blob.digest));
        document.blobs_skipped = blobs.count().saturating_sub(document.blobs_uploaded);
        let version_tag = wanted.remove(0);
        let decided = decide(&Facts {
            release: &self.release,
            to: &self.to,
            from: &self.folder,
            image: &self.image,
            present: &present,
            version_tag: &version_tag,
            tags: &wanted,
            recorded: read.as_ref().map(|read| &read.state),
        });
        match decided {
            Ok(steps) => document.steps = steps,
            Err(refusal) => {
                document.steps = Vec::new();
                document.refusal = Some(refusal);
            }
        }
        Ok(read.into_iter().map(|read| (read.stream, read.sequence)).collect())
    }

    /// The parts that the repository has. A registry takes no manifest before what it names, so where the root is, all is.
    async fn present(&self, tags: &[WantedTag]) -> Result<BTreeSet<Digest>> {
        let root = &self.image.root.digest;
        let named = tags.iter().any(|tag| tag.names.as_ref() == Some(root));
        let (blobs, children) = (&self.image.blobs, &self.image.children);
        let parts = blobs.iter().chain(children).map(|part| part.digest.clone());
        if named || self.registry.digest(root.as_str()).await?.is_some() {
            return Ok(parts.chain([root.clone()]).collect());
        }
        let blobs_there = ask(blobs.iter().map(|blob| self.registry.has_blob(&blob.digest))).await?;
        let manifests = ask(children.iter().map(|child| self.registry.digest(child.digest.as_str()))).await?;
        let there = blobs_there
            .into_iter()
            .chain(manifests.into_iter().map(|found| found.is_some()));
        Ok(parts
            .zip(there)
            .filter(|(_, there)| *there)
            .map(|(digest, _)| digest)
            .collect())
    }

    /// Runs the steps; not all of them when the ledger has moved.
    async fn carry_out(&self, context: &Context, document: &mut PushDocument, observed: &Observed) -> Result<bool> {
        upload(context, &document.steps, observed).await?;
        let uploaded: Vec<u64> = document.steps.iter().filter_map(bytes).collect();
        document.blobs_uploaded += uploaded.len();
        document.bytes_uploaded += uploaded.iter().sum::<u64>();
        document.pushed |= !uploaded.is_empty();
        for step in document.steps.iter().filter(|step| bytes(step).is_none()) {
            if let Action::TagImage { tag, .. } = &step.action
                && *tag == self.names[0]
                && !uploaded.is_empty()
                && self.registry.digest(tag).await?.is_some()
            {
                // It was free when this was planned, so another run has taken it since.
                return Ok(false);
            }
            match apply(context, step, observed).await? {
                Receipt::Moved => return Ok(false),
                Receipt::Refused(refusal) | Receipt::Declined(refusal) => {
                    document.refusal = Some(refusal);
                    return Ok(true);
                }
                Receipt::Failed(reason) => return Err(Error::Internal(format!("{}: {reason}", step.action))),
                Receipt::Done | Receipt::Seen(_) | Receipt::Already => {}
            }
            document.pushed = true;
        }
        Ok(true)
    }

    fn document(&self, dry_run: bool) -> PushDocument {
        PushDocument {
            component: self.release.component.clone(),
            digest: self.release.digest.clone(),
            image: self.release.image_by_digest(),
            repository: self.to.to_string(),
            version: self.release.version.clone(),
            tags: self.names.clone(),
            pushed: false,
            bytes_uploaded: 0,
            blobs_uploaded: 0,
            blobs_skipped: 0,
            dry_run,
            steps: Vec::new(),
            refusal: None,
        }
    }
}
