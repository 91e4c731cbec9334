//! `push`: brings a version's image to its repository, to the byte, and records which digest it is.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::adapters::registry::Source;
use crate::apply::{Receipt, apply};
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::model::digest::Digest;
use crate::model::image::{Image, ImageRepository};
use crate::model::name::{CommitId, ComponentName};
use crate::model::refusal::Refusal;
use crate::model::release::Release;
use crate::model::step::{Action, Step};
use crate::model::version::Version;
use crate::plan::push::{Facts, WantedTag, check_tag, decide, image_tag};
use crate::ports::ledger::Observed;
use crate::ports::registry::Registry;
use crate::report::document::{Annotation, Document, Level, Text};
use crate::report::github::markdown;
use crate::report::steps;

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

/// The result of `push`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PushDocument {
    /// The component.
    pub component: ComponentName,
    /// The digest of the image.
    pub digest: Digest,
    /// The image by digest.
    pub image: String,
    /// The repository.
    pub repository: String,
    /// The version.
    pub version: Version,
    /// The tags of the image.
    pub tags: Vec<String>,
    /// Whether anything had to be done and was done.
    pub pushed: bool,
    /// How many bytes of blobs were uploaded.
    pub bytes_uploaded: u64,
    /// How many blobs were uploaded.
    pub blobs_uploaded: usize,
    /// How many blobs were there before.
    pub blobs_skipped: usize,
    /// Whether the steps were only planned.
    pub dry_run: bool,
    /// What was left to do.
    pub steps: Vec<Step>,
    /// Why nothing was pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
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
        let view = context.ledger.open().await?;
        let read = view.component(&self.release.component)?;
        let mut present = BTreeSet::new();
        for blob in &self.image.blobs {
            if self.registry.has_blob(&blob.digest).await? {
                present.insert(blob.digest.clone());
            }
        }
        document.blobs_skipped = present.len().saturating_sub(document.blobs_uploaded);
        for manifest in self.image.children.iter().chain([&self.image.root]) {
            if self.registry.manifest(manifest.digest.as_str()).await?.is_some() {
                present.insert(manifest.digest.clone());
            }
        }
        let mut wanted = Vec::new();
        for name in &self.names {
            let names = self.registry.manifest(name).await?.map(|manifest| manifest.digest());
            wanted.push(WantedTag {
                name: name.clone(),
                names,
            });
        }
        let version_tag = wanted.remove(0);
        let decided = decide(&Facts {
            release: &self.release,
            to: &self.to,
            from: &self.folder,
            image: &self.image,
            present: &present,
            version_tag: &version_tag,
            tags: &wanted,
            recorded: &read.state,
        });
        match decided {
            Ok(steps) => document.steps = steps,
            Err(refusal) => {
                document.steps = Vec::new();
                document.refusal = Some(refusal);
            }
        }
        Ok(Observed::from([(read.stream, read.sequence)]))
    }

    /// Runs the steps; not all of them when the ledger has moved.
    async fn carry_out(&self, context: &Context, document: &mut PushDocument, observed: &Observed) -> Result<bool> {
        for step in &document.steps {
            if let Action::TagImage { tag, .. } = &step.action
                && *tag == self.names[0]
                && self.registry.manifest(tag).await?.is_some()
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
            if let Action::UploadBlob { bytes, .. } = step.action {
                document.blobs_uploaded += 1;
                document.bytes_uploaded += bytes;
            }
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

impl Document for PushDocument {
    const SCHEMA: &'static str = "tidegate.push/1";

    fn exit_code(&self) -> ExitCode {
        match self.refusal {
            Some(_) => ExitCode::Refused,
            None => ExitCode::Done,
        }
    }

    fn text(&self) -> Text {
        if let Some(refusal) = &self.refusal {
            return Text {
                stdout: String::new(),
                stderr: format!("refused: {}\n{}\n", refusal.reason, refusal.help),
            };
        }
        let tags = self.tags.join(", ");
        let stderr = match (self.dry_run, self.steps.is_empty()) {
            (_, true) => format!("{} is in {} already, as {tags}\n", self.digest.short(), self.repository),
            (true, false) => format!("would push to {}:\n{}", self.repository, steps::text(&self.steps)),
            (false, false) => format!(
                "pushed to {} as {tags}: {} blobs ({} bytes) uploaded, {} there before\n",
                self.repository, self.blobs_uploaded, self.bytes_uploaded, self.blobs_skipped
            ),
        };
        Text {
            stdout: format!("{}\n", self.digest),
            stderr,
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        if self.refusal.is_some() {
            return vec![("pushed", "false".to_owned())];
        }
        vec![
            ("digest", self.digest.to_string()),
            ("image", self.image.clone()),
            ("version", self.version.to_string()),
            ("tags", self.tags.join(" ")),
            ("pushed", self.pushed.to_string()),
        ]
    }

    fn annotation(&self) -> Option<Annotation> {
        self.refusal.as_ref().map(|refusal| Annotation {
            level: Level::Error,
            title: format!("push of {} {} refused", self.component, self.version),
            message: format!("{}\n{}", refusal.reason, refusal.help),
        })
    }

    fn summary(&self) -> Option<String> {
        let said = match &self.refusal {
            Some(refusal) => format!("**Refused**: {}", markdown(&refusal.reason)),
            None => format!("**{}** is {}", self.version, markdown(&self.image)),
        };
        Some(format!(
            "### tidegate push: {}\n\n{said}\n",
            markdown(self.component.as_str())
        ))
    }
}
