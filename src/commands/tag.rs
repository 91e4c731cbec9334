//! `tag`: finds the next version and tags it.

pub mod document;
pub mod gather;
pub mod notes;

use std::path::PathBuf;

use clap::Args;

use super::shared_ref::{self, Outcome, carry_out};
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::name::{CommitId, ComponentName};
use crate::model::refusal::Refusal;
use crate::model::step::{Action, Step};
use crate::model::version::{Channel, Version};
use crate::plan::tag::floating::{floating, is_floating};
use crate::plan::tag::line::{BRANCH, Line};
use crate::plan::tag::steps::{Surroundings, steps};
use crate::plan::tag::tags::VersionTag;
use crate::plan::tag::{Decision, Facts, Wanted, channel_of, decide, rivals, settle};
use document::{TagDocument, TagStatus, TagsDocument};
use gather::{Gathered, gather};

/// The arguments of `tag`.
#[derive(Clone, Debug, Args)]
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
    /// The commit to tag
    #[arg(long, value_name = "REVISION", default_value = "HEAD")]
    pub commit: String,
    /// Tag although tracked files differ from the commit
    #[arg(long)]
    pub allow_dirty: bool,
}

/// What is asked for one component.
pub struct Request {
    /// The component.
    pub component: ResolvedComponent,
    /// What is asked for.
    pub wanted: Wanted,
    /// The release line of the branch.
    pub line: Option<Line>,
    /// The commit to tag.
    pub target: CommitId,
    /// The file for the notes.
    pub notes: Option<PathBuf>,
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
    let target = context.repository.resolve(&args.commit)?;
    let asked = components.into_iter().map(|component| {
        Ok(Request {
            wanted: wanted(context, args, &component)?,
            line: line(context, &component.name),
            target: target.clone(),
            notes: notes_file(args)?,
            component,
        })
    });
    let requests: Vec<Request> = asked.collect::<Result<_>>()?;
    if let Some(refusal) = dirt {
        let refused = |request: &Request| request.document(context).refused(refusal.clone());
        return Ok(requests.iter().map(refused).collect());
    }
    let mut documents: Vec<Option<TagDocument>> = vec![None; requests.len()];
    let mut made = vec![false; requests.len()];
    let mut open: Vec<usize> = (0..requests.len()).collect();
    for _ in 0..shared_ref::ROUNDS {
        let asked: Vec<&Request> = open.iter().filter_map(|place| requests.get(*place)).collect();
        let gathered = gather(context, &target, &asked).await?;
        let mut left = Vec::new();
        for ((place, request), gathered) in open.into_iter().zip(asked).zip(&gathered) {
            let mut document = request.plan(context, gathered).await?;
            let done = match carry(context, &document, gathered).await? {
                Outcome::Done => true,
                Outcome::Again { made: this_round } => {
                    made[place] |= this_round;
                    false
                }
            };
            if done {
                // What a round before has made and could not record yet is made by this run all the same.
                if made[place] {
                    document.status = TagStatus::Created;
                }
                documents[place] = Some(document);
            } else {
                left.push(place);
            }
        }
        open = left;
        if open.is_empty() {
            break;
        }
    }
    let outrun = |request: &Request| request.document(context).refused(shared_ref::outrun("the tag"));
    let results = documents.into_iter().zip(&requests);
    Ok(results
        .map(|(document, request)| document.unwrap_or_else(|| outrun(request)))
        .collect())
}

async fn carry(context: &Context, document: &TagDocument, gathered: &Gathered) -> Result<Outcome> {
    if document.refusal.is_some() || context.dry_run {
        return Ok(Outcome::Done);
    }
    carry_out(context, &document.steps, &gathered.observed).await
}

/// The file as it was meant where the command was started.
fn notes_file(args: &TagArgs) -> Result<Option<PathBuf>> {
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

/// The release line of the branch that is worked on.
fn line(context: &Context, component: &ComponentName) -> Option<Line> {
    let template = context.settings.file.cut.branch.as_deref().unwrap_or(BRANCH);
    Line::of_branch(template, context.branch.as_deref()?, component.as_str())
}

impl Request {
    fn document(&self, context: &Context) -> TagDocument {
        TagDocument::new(self.component.name.clone(), self.target.clone(), context.dry_run)
    }

    /// Decides. What was found stands in the document, also when it is refused.
    async fn plan(&self, context: &Context, gathered: &Gathered) -> Result<TagDocument> {
        let initial = Version::new(0, 1, 0);
        let facts = gathered.facts(context, self, &initial);
        let mut document = self.document(context);
        document.previous_tag = facts.previous.map(|previous| previous.tag.name.clone());
        let floats = !context.settings.file.tag.floating.is_empty();
        let meant = |name: &&String| !(floats && is_floating(&self.component.tag_prefix, name));
        document.ignored_tags = gathered.tags.ignored.iter().filter(meant).cloned().collect();
        let planned = match &gathered.refusal {
            Some(refusal) => Err(refusal.clone()),
            None => match self.decide(context, &facts)? {
                Ok(mut decision) => {
                    if let Decision::Create(chosen) | Decision::Exists(chosen) = &mut decision {
                        let told = notes::tell(context, &facts, chosen)?;
                        chosen.message = told.message;
                        document.notes = Some(told.markdown);
                        document.notes_file.clone_from(&self.notes);
                    }
                    document.tell(&decision);
                    let steps = self.steps(context, gathered, &facts, &decision).await?;
                    steps.map(|steps| self.write_notes(&document).chain(steps).collect())
                }
                Err(refusal) => Err(refusal),
            },
        };
        Ok(match planned {
            Ok(steps) => TagDocument { steps, ..document },
            Err(refusal) => document.refused(refusal),
        })
    }

    /// The floating tags that the version has a claim to, each with the commit that it is on.
    async fn floating(
        &self,
        context: &Context,
        facts: &Facts<'_>,
        decision: &Decision,
    ) -> Result<Vec<(String, Option<CommitId>)>> {
        let (Decision::Create(chosen) | Decision::Exists(chosen)) = decision else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for tag in floating(facts, &chosen.version, &context.settings.file.tag.floating) {
            let reference = format!("refs/tags/{tag}");
            let there = match context.repository.has_remote() {
                true => context.repository.remote_reference(&reference).await?,
                false => context.repository.reference(&reference)?,
            };
            found.push((tag, there));
        }
        Ok(found)
    }

    fn write_notes(&self, document: &TagDocument) -> impl Iterator<Item = Step> + use<> {
        let file = self.notes.clone().zip(document.notes.clone());
        let write = |(path, content)| Step::new(Action::WriteFile { path, content }, "people read what changed");
        file.map(write).into_iter()
    }

    fn decide(&self, context: &Context, facts: &Facts<'_>) -> Result<Result<Decision, Refusal>> {
        let decision = match decide(facts) {
            Ok(decision) => decision,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let rivals = rivals(facts, &decision);
        let mut above: Vec<&VersionTag> = Vec::new();
        for rival in &rivals {
            let asked = [vec![self.target.clone()]];
            let reached = context.repository.first_reached(&rival.tag.commit, &asked)?;
            if reached.first().is_some_and(Option::is_some) {
                above.push(rival);
            }
        }
        Ok(settle(facts, decision, &rivals, &above))
    }

    async fn steps(
        &self,
        context: &Context,
        gathered: &Gathered,
        facts: &Facts<'_>,
        decision: &Decision,
    ) -> Result<Result<Vec<Step>, Refusal>> {
        let there = match decision {
            _ if !context.repository.has_remote() => None,
            Decision::Exists(chosen) => {
                let reference = format!("refs/tags/{}", chosen.tag);
                Some(context.repository.remote_reference(&reference).await?)
            }
            // The fetch brought every tag of the remote; whoever is faster from here on is met by the push.
            _ => Some(None),
        };
        let floating = self.floating(context, facts, decision).await?;
        let surroundings = Surroundings {
            floating: &floating,
            remote: there.as_ref().map(Option::as_ref),
            kind: context.settings.file.tag.kind,
            recorded: gathered.recorded.as_ref(),
        };
        Ok(steps(facts, decision, &surroundings))
    }
}
