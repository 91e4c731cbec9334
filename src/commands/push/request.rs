//! What is to be pushed: the image, its version, its tags and the repositories.

use super::PushArgs;
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::image::ImageRepository;
use crate::model::name::CommitId;
use crate::model::release::Release;
use crate::model::text::ParseError;
use crate::model::version::Version;
use crate::plan::push::tags::{KeptBack, Made, Tag, Values, make};

/// A call of `push`, read.
pub(super) struct Request {
    pub(super) component: ResolvedComponent,
    pub(super) source: String,
    pub(super) to: Vec<ImageRepository>,
    pub(super) version: Option<Version>,
    /// The version's tag is the first.
    pub(super) tags: Vec<Tag>,
    pub(super) kept_back: Vec<KeptBack>,
    /// The versions of the component that git has.
    pub(super) versions: Vec<Version>,
}

impl Request {
    pub(super) fn read(context: &Context, args: &PushArgs) -> Result<Self> {
        let component = context.settings.component(args.component.as_ref())?;
        let version = version(context, args, &component)?;
        let mut templates = vec!["{{version}}".to_owned()];
        templates.extend(component.tags.iter().chain(&args.tags).cloned());
        let values = values(context, version.as_ref());
        let (mut tags, mut kept_back): (Vec<Tag>, Vec<KeptBack>) = Default::default();
        for (place, template) in templates.iter().enumerate() {
            let made = make(template, &values);
            match made.map_err(|error| mistake(&component, place, template, &error))? {
                Made::Tag(tag) if tags.iter().all(|known| known.name != tag.name) => tags.push(tag),
                Made::Tag(_) => {}
                Made::None(kept) => kept_back.push(kept),
            }
        }
        let prefix = &component.tag_prefix;
        if tags.is_empty() {
            return Err(Error::usage(
                format!("HEAD carries no version of {} ({prefix}…)", component.name),
                "run `tidegate tag` first, give the version with --release, or give a --tag that needs no version",
            ));
        }
        // What stands for the highest goes last.
        tags.sort_by_key(|tag| tag.highest.is_some());
        let known = context.repository.tags()?;
        let versions = known.iter().filter_map(|tag| Version::from_tag(prefix, &tag.name));
        Ok(Self {
            source: source(context, args, &component)?,
            to: destinations(args, &component)?,
            version,
            tags,
            kept_back,
            versions: versions.collect(),
            component,
        })
    }

    /// The release as it would be recorded.
    pub(super) async fn release(&self, context: &Context, digest: &Digest) -> Result<Option<Release>> {
        let Some(version) = &self.version else {
            return Ok(None);
        };
        let tag = version.tag(&self.component.tag_prefix);
        Ok(Some(Release {
            component: self.component.name.clone(),
            version: version.clone(),
            commit: tagged(context, &self.component, version, &tag).await?,
            tag,
            digest: digest.clone(),
            image: self.to[0].to_string(),
        }))
    }
}

fn mistake(component: &ResolvedComponent, place: usize, template: &str, error: &str) -> Error {
    let from = match place {
        0 => "the version".to_owned(),
        place if place <= component.tags.len() => format!("`tags` of [component.{}]", component.name),
        _ => "--tag".to_owned(),
    };
    Error::usage(
        format!("{from}: `{template}`: {error}"),
        "write a tag, or a template such as `{{major}}.{{minor}}` or `sha-{{sha}}`",
    )
}

fn values(context: &Context, version: Option<&Version>) -> Values {
    let now = context.clock.now().to_zoned(jiff::tz::TimeZone::UTC);
    let mut values = Values {
        sha: context
            .repository
            .resolve("HEAD")
            .ok()
            .map(|commit| commit.as_str()[..7].to_owned()),
        date: Some(now.strftime("%Y%m%d").to_string()),
        year: Some(now.strftime("%Y").to_string()),
        month: Some(now.strftime("%m").to_string()),
        day: Some(now.strftime("%d").to_string()),
        ..Values::default()
    };
    if let Some(branch) = &context.branch {
        values = values.with_branch(branch);
    }
    match version {
        Some(version) => values.with_version(version),
        None => values,
    }
}

fn source(context: &Context, args: &PushArgs, component: &ResolvedComponent) -> Result<String> {
    let own = component
        .layout
        .as_ref()
        .map(|layout| context.settings.root.join(layout));
    let own = own.map(|layout| layout.display().to_string());
    args.source.clone().or(own).ok_or_else(|| {
        Error::usage(
            format!("nothing says which image of {} is meant", component.name),
            format!("name it, or set `layout` in [component.{}]", component.name),
        )
    })
}

fn destinations(args: &PushArgs, component: &ResolvedComponent) -> Result<Vec<ImageRepository>> {
    let mut found: Vec<ImageRepository> = Vec::new();
    for given in &args.to {
        let given = given.parse().map_err(|error: ParseError| match args.source {
            // All that follows --to is a repository, up to the next option.
            None if args.to.len() > 1 => Error::usage(
                format!("`{}` is no {}", error.value, error.what),
                format!("{}; an image goes before --to", error.why),
            ),
            _ => error.into(),
        })?;
        if !found.contains(&given) {
            found.push(given);
        }
    }
    if found.is_empty() {
        found.extend(component.image.clone());
    }
    match found.is_empty() {
        false => Ok(found),
        true => Err(Error::usage(
            format!("nothing says where the image of {} goes", component.name),
            format!("give --to REPOSITORY, or set `image` in [component.{}]", component.name),
        )),
    }
}

fn version(context: &Context, args: &PushArgs, component: &ResolvedComponent) -> Result<Option<Version>> {
    let prefix = &component.tag_prefix;
    if let Some(given) = &args.release {
        return Ok(Some(given.strip_prefix(prefix).unwrap_or(given).parse()?));
    }
    let head = context.repository.resolve("HEAD")?;
    let tags = context.repository.tags()?;
    let here = tags.iter().filter(|tag| tag.commit == head);
    Ok(here
        .filter_map(|tag| Version::from_tag(prefix, &tag.name))
        .max_by(|one, other| one.0.cmp_precedence(&other.0)))
}

/// The commit that carries the version: as this clone has it, or where it lacks the tag, as the ledger has it.
async fn tagged(context: &Context, component: &ResolvedComponent, version: &Version, tag: &str) -> Result<CommitId> {
    let found = context.repository.tags()?.into_iter().find(|found| found.name == tag);
    if let Some(found) = found {
        return Ok(found.commit);
    }
    let mut known = context.ledger.open().await?.component(&component.name)?.state.versions;
    let record = known.remove(version).filter(|record| record.tag == tag);
    record.map(|record| record.commit).ok_or_else(|| {
        Error::usage(
            format!("neither this clone nor the ledger has the tag {tag}"),
            "run `tidegate tag` to make one, or `git fetch --tags` when others have",
        )
    })
}
