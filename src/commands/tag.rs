//! `tag`: finds the next version and tags it.

pub mod document;
pub mod files;
pub mod gather;
pub mod lines;
pub mod notes;
pub mod preflight;
pub mod release;
pub mod request;

use std::path::PathBuf;

use clap::Args;

use super::publish;
use super::shared_ref::{self, Outcome, carry_out};
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::commit::Through;
use crate::model::name::{CommitId, ComponentName};
use crate::model::refusal::Refusal;
use crate::model::version::Channel;
use crate::plan::tag::{Wanted, channel_of};
use document::{TagDocument, TagStatus, TagsDocument};
use gather::gather;
use request::{Planned, Request};

/// The arguments of `tag`.
#[derive(Clone, Debug, Default, Args)]
pub struct TagArgs {
    /// The component; needed when there are many
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    pub component: Option<ComponentName>,
    /// Every component, in one pass over the history
    #[arg(long)]
    pub all: bool,
    /// The version, instead of the one that the commits ask for
    #[arg(long, value_name = "VERSION", conflicts_with_all = ["all", "channel", "last_candidate"])]
    pub version: Option<String>,
    /// Make a candidate of this channel, such as rc [default: the branch's channel]
    #[arg(long, value_name = "CHANNEL")]
    pub channel: Option<Channel>,
    /// Give the last candidate's commit the version that the candidate led to
    #[arg(long = "final", conflicts_with = "channel")]
    pub last_candidate: bool,
    /// Write the notes into this file, in Markdown
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    pub notes: Option<PathBuf>,
    /// Publish a release of the version on GitHub, with its notes
    #[arg(long)]
    pub release: bool,
    /// A file for the release; give it once for each
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    pub asset: Vec<PathBuf>,
    /// The commit to tag
    #[arg(long, value_name = "REVISION", default_value = "HEAD")]
    pub commit: String,
    /// Tag although tracked files differ from the commit
    #[arg(long)]
    pub allow_dirty: bool,
    /// Whether the branch that is worked on is only planned, to start at the commit to tag.
    #[arg(skip)]
    pub is_new_branch: bool,
}

/// Tags the next version of one component.
pub async fn run(context: &Context, args: &TagArgs) -> Result<TagDocument> {
    let component = context.settings.component(args.component.as_ref())?;
    let mut documents = tag(context, args, vec![component]).await?;
    documents
        .pop()
        .ok_or_else(|| Error::Internal("a component without a result".to_owned()))
}

/// Tags the next version of every component.
pub async fn run_all(context: &Context, args: &TagArgs) -> Result<TagsDocument> {
    let components = tag(context, args, context.settings.components()).await?;
    Ok(TagsDocument { components })
}

async fn tag(context: &Context, args: &TagArgs, components: Vec<ResolvedComponent>) -> Result<Vec<TagDocument>> {
    let dirt = shared_ref::check(context, args.allow_dirty).await?;
    check_way(context)?;
    let target = context.repository.resolve(&args.commit)?;
    let release = release(context, args)?;
    let asked = components.into_iter().map(|component| {
        Ok(Request {
            wanted: wanted(context, args, &component)?,
            line: lines::of_branch(context, &component.name),
            hotfix: lines::hotfix(context, &component.name),
            target: target.clone(),
            is_new_branch: args.is_new_branch,
            notes: notes_file(args)?,
            release: release.clone(),
            component,
        })
    });
    let mut requests: Vec<Request> = asked.collect::<Result<_>>()?;
    if let Some(refusal) = dirt {
        let refused = |request: &Request| request.document(context).refused(refusal.clone());
        return Ok(requests.iter().map(refused).collect());
    }
    let mut results: Vec<Progress> = requests
        .iter()
        .map(|request| Progress {
            document: left_alone(context, args, request),
            ..Progress::default()
        })
        .collect();
    let mut races = 0;
    while races < shared_ref::ROUNDS {
        let open: Vec<usize> = (0..results.len())
            .filter(|place| results[*place].document.is_none())
            .collect();
        if open.is_empty() {
            break;
        }
        match round(context, &requests, &open, &mut results).await? {
            Some(commit) => requests.iter_mut().for_each(|request| request.target = commit.clone()),
            None => races += 1,
        }
    }
    let outrun = |request: &Request| request.document(context).refused(shared_ref::outrun("the tag"));
    let results = results.into_iter().zip(&requests);
    let ends = results.map(|(progress, request)| progress.end().unwrap_or_else(|| outrun(request)));
    let mut documents: Vec<TagDocument> = ends.collect();
    if let Some(files) = release {
        for document in &mut documents {
            release::publish_version(context, document, &files).await?;
        }
    }
    Ok(documents)
}

/// What is told of a component on another one's release branch or hotfix: nothing is counted there, and what is asked for is
/// refused.
fn left_alone(context: &Context, args: &TagArgs, request: &Request) -> Option<TagDocument> {
    let (name, branch) = (&request.component.name, context.branch.as_deref()?);
    let owner = lines::of_another(context, name)?;
    let document = request.document(context);
    Some(match args.all {
        true => TagDocument {
            explanation: Some(format!("{name} is left alone: {branch} is for {owner}")),
            ..document
        },
        false => document.refused(Refusal::new(
            format!("{branch} is for {owner}, and gives {name} no version"),
            format!("tag {name} on the default branch, or on a branch that `tidegate cut --component {name}` has made"),
        )),
    })
}

/// How far a component has come.
#[derive(Default)]
struct Progress {
    /// What a round before this one has made and could not record yet.
    made: bool,
    /// What was told when a commit was made for the release.
    committed: Option<TagDocument>,
    /// The end.
    document: Option<TagDocument>,
}

impl Progress {
    /// The end, told as one run.
    fn end(self) -> Option<TagDocument> {
        let mut document = self.document?;
        let going_on = document.refusal.is_none();
        if self.made && going_on {
            document.status = TagStatus::Created;
        }
        if let Some(before) = self.committed.filter(|_| going_on) {
            document.explanation = before.explanation;
            document.why = before.why;
            document.steps.splice(0..0, before.steps);
        }
        Some(document)
    }
}

/// Looks once, and does what is to be done. Gives the commit to go on with when a release brought one.
async fn round(
    context: &Context,
    requests: &[Request],
    open: &[usize],
    results: &mut [Progress],
) -> Result<Option<CommitId>> {
    let asked: Vec<&Request> = open.iter().filter_map(|place| requests.get(*place)).collect();
    let Some(target) = asked.first().map(|request| &request.target) else {
        return Ok(None);
    };
    let gathered = gather(context, target, &asked).await?;
    let mut with_commit = None;
    for ((place, request), gathered) in open.iter().zip(&asked).zip(&gathered) {
        let Some(progress) = results.get_mut(*place) else {
            continue;
        };
        let document = match request.plan(context, gathered).await? {
            Planned::Document(document) => *document,
            Planned::Again => continue,
            Planned::On(commit) => {
                if !context.dry_run && context.repository.branch() == context.branch {
                    context.repository.follow(target, &commit)?;
                }
                return Ok(Some(commit));
            }
        };
        if document.refusal.is_some() || context.dry_run {
            progress.document = Some(document);
        } else if document.brings_commit() {
            // One commit at a time, and after the tags that go on this very commit.
            with_commit.get_or_insert((*place, document, gathered));
        } else {
            match carry_out(context, &document.steps, &gathered.observed).await? {
                Outcome::Again { made } => progress.made |= made,
                Outcome::Refused(refusal) => progress.document = Some(document.refused(refusal)),
                Outcome::Done | Outcome::Committed(_) => progress.document = Some(document),
            }
        }
    }
    let Some((place, document, gathered)) = with_commit else {
        return Ok(None);
    };
    let outcome = carry_out(context, &document.steps, &gathered.observed).await?;
    let Some(progress) = results.get_mut(place) else {
        return Ok(None);
    };
    match outcome {
        Outcome::Committed(commit) => {
            progress.made = true;
            progress.committed = Some(document);
            Ok(Some(commit))
        }
        Outcome::Refused(refusal) => {
            progress.document = Some(document.refused(refusal));
            Ok(None)
        }
        Outcome::Done | Outcome::Again { .. } => Ok(None),
    }
}

/// The files that were given for the release, where one is to be published.
fn release(context: &Context, args: &TagArgs) -> Result<Option<Vec<PathBuf>>> {
    if !args.release && !context.settings.file.release.github {
        return match args.asset.is_empty() {
            true => Ok(None),
            false => Err(Error::usage(
                "--asset is for a release, and none is asked for",
                "give --release as well, or set `github = true` under `[release]`",
            )),
        };
    }
    match context.forge {
        Some(_) => Ok(Some(args.asset.clone())),
        None => Err(publish::no_forge("publish the release at")),
    }
}

/// Whether the way that tags are to go is there.
fn check_way(context: &Context) -> Result<()> {
    if context.settings.file.tag.through == Through::Git {
        return Ok(());
    }
    if context.forge.is_none() {
        return Err(publish::no_forge("tag through"));
    }
    match context.repository.has_remote() {
        true => Ok(()),
        false => Err(Error::usage(
            format!(
                "there is no remote `{}` to tag through GitHub for",
                context.settings.remote
            ),
            "add it with `git remote add`, or take `through` out of `[tag]`",
        )),
    }
}

/// The file as it was meant where the command was started.
fn notes_file(args: &TagArgs) -> Result<Option<PathBuf>> {
    if let Some(folder) = args.notes.as_ref().filter(|path| path.is_dir()) {
        return Err(Error::usage(
            format!("the notes cannot be written into {}: it is a folder", folder.display()),
            "name a file",
        ));
    }
    let absolute =
        |file: &PathBuf| std::path::absolute(file).map_err(|error| Error::file("finding the folder of", file, &error));
    args.notes.as_ref().map(absolute).transpose()
}

fn wanted(context: &Context, args: &TagArgs, component: &ResolvedComponent) -> Result<Wanted> {
    if let Some(text) = &args.version {
        let version = text.strip_prefix(&component.tag_prefix).unwrap_or(text).parse()?;
        return Ok(Wanted::Version(version));
    }
    if args.last_candidate {
        return Ok(Wanted::Final);
    }
    let by_branch = || {
        let branch = context.branch.as_deref()?;
        channel_of(&context.settings.file.version.channels, branch)
    };
    Ok(Wanted::Next(args.channel.clone().or_else(by_branch)))
}
