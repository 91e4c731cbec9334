//! `tag`: finds the next version and tags it.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::shared_ref::{self, Outcome, carry_out};
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::model::commit::Scope;
use crate::model::name::{CommitId, ComponentName};
use crate::model::ownership::Ownership;
use crate::model::refusal::Refusal;
use crate::model::step::Step;
use crate::model::version::{Bump, Version};
use crate::plan::tag::{
    Chosen, Decision, Facts, Surroundings, VersionTag, VersionTags, decide, standing, steps, version_tags,
};
use crate::ports::ledger::Observed;
use crate::report::document::{Annotation, Document, Level, Text};
use crate::report::github::markdown;

/// The arguments of `tag`.
#[derive(Clone, Debug, Args)]
pub struct TagArgs {
    /// The component; needed when there are many
    #[arg(long, value_name = "NAME")]
    pub component: Option<crate::model::name::ComponentName>,
    /// The version, instead of the one that the commits ask for
    #[arg(long, value_name = "VERSION")]
    pub release_as: Option<String>,
    /// The commit to tag
    #[arg(long, value_name = "REVISION", default_value = "HEAD")]
    pub commit: String,
    /// Tag although tracked files differ from the commit
    #[arg(long)]
    pub allow_dirty: bool,
}

/// How `tag` ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TagStatus {
    /// The version is new; in a dry run it would be.
    Created,
    /// The commit carried the version already.
    Exists,
    /// No commit asks for a release.
    None,
    /// It must not be tagged.
    Refused,
}

impl TagStatus {
    fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Exists => "exists",
            Self::None => "none",
            Self::Refused => "refused",
        }
    }
}

/// The result of `tag`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TagDocument {
    /// How it ended.
    pub status: TagStatus,
    /// The component.
    pub component: ComponentName,
    /// The version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Its major version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub major: Option<u64>,
    /// Its minor version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minor: Option<u64>,
    /// Its patch version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patch: Option<u64>,
    /// What makes it a prerelease, such as `rc.1`; absent when it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prerelease: Option<String>,
    /// The tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The tag of the version before it that the commit reaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_tag: Option<String>,
    /// How far the version moves; absent when it was given by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bump: Option<Bump>,
    /// The commit.
    pub commit: CommitId,
    /// The base, the deciding commit and the rule, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// Tags with the component's prefix that carry no semantic version.
    pub ignored_tags: Vec<String>,
    /// Whether the steps were only planned.
    pub dry_run: bool,
    /// What was left to do.
    pub steps: Vec<Step>,
    /// Why nothing was tagged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

/// Tags the next version.
pub async fn run(context: &Context, args: &TagArgs) -> Result<TagDocument> {
    let component = context.settings.component(args.component.as_ref())?;
    let release_as = parse_version(args.release_as.as_deref(), &component.tag_prefix)?;
    let dirt = shared_ref::check(context, args.allow_dirty)?;
    let request = Request {
        target: context.repository.resolve(&args.commit)?,
        component,
        release_as,
    };
    if let Some(refusal) = dirt {
        return Ok(request.document(context.dry_run).refused(refusal));
    }
    let mut made = false;
    for _ in 0..shared_ref::ROUNDS {
        let mut document = request.document(context.dry_run);
        let (planned, observed) = request.plan(context, &mut document).await?;
        if let Err(refusal) = planned {
            return Ok(document.refused(refusal));
        }
        if context.dry_run {
            return Ok(document);
        }
        match carry_out(context, &document.steps, &observed).await? {
            // What a round before has made and could not record yet is made by this run all the same.
            Outcome::Done if made => {
                return Ok(TagDocument {
                    status: TagStatus::Created,
                    ..document
                });
            }
            Outcome::Done => return Ok(document),
            Outcome::Again { made: this_round } => made |= this_round,
        }
    }
    Ok(request.document(false).refused(shared_ref::outrun("the tag")))
}

fn parse_version(text: Option<&str>, prefix: &str) -> Result<Option<Version>> {
    let version = text
        .map(|text| text.strip_prefix(prefix).unwrap_or(text).parse())
        .transpose();
    Ok(version?)
}

struct Request {
    component: ResolvedComponent,
    release_as: Option<Version>,
    target: CommitId,
}

impl Request {
    /// Gathers the facts anew and decides. What was found stands in the document, also when it is refused.
    async fn plan(&self, context: &Context, document: &mut TagDocument) -> Result<(Result<(), Refusal>, Observed)> {
        let repository = &context.repository;
        let view = context.ledger.open().await?;
        let read = view.component(&self.component.name)?;
        let observed = Observed::from([(read.stream.clone(), read.sequence)]);
        if let Some(refusal) = self.fetch(context).await? {
            return Ok((Err(refusal), observed));
        }
        let tags = version_tags(&self.component.tag_prefix, repository.tags()?);
        let base = self.base(context, &tags)?;
        let scope = Scope {
            since: base.map(|base| base.tag.commit.clone()),
            ownership: Ownership::of(&self.component.paths)?,
        };
        let facts = Facts {
            component: &self.component.name,
            prefix: &self.component.tag_prefix,
            zero_major: context.settings.file.version.zero_major,
            release_as: self.release_as.as_ref(),
            target: &self.target,
            tags: &tags,
            base,
            commits: &repository.history(&self.target, &[scope])?,
        };
        document.previous_tag = base.map(|base| base.tag.name.clone());
        document.ignored_tags.clone_from(&tags.ignored);
        let decision = match decide(&facts) {
            Ok(decision) => decision,
            Err(refusal) => return Ok((Err(refusal), observed)),
        };
        document.tell(&decision);
        let there = match &decision {
            _ if !repository.has_remote() => None,
            Decision::Exists(chosen) => {
                let reference = format!("refs/tags/{}", chosen.tag);
                Some(repository.remote_reference(&reference).await?)
            }
            // The fetch brought every tag of the remote; whoever is faster from here on is met by the push.
            _ => Some(None),
        };
        let surroundings = Surroundings {
            remote: there.as_ref().map(Option::as_ref),
            recorded: &read.state,
        };
        let planned = steps(&facts, &decision, &surroundings).map(|steps| document.steps = steps);
        Ok((planned, observed))
    }

    async fn fetch(&self, context: &Context) -> Result<Option<Refusal>> {
        if !context.repository.has_remote() {
            return Ok(None);
        }
        let conflicts = context.repository.fetch().await?;
        let prefix = &self.component.tag_prefix;
        let own = conflicts
            .iter()
            .find(|conflict| Version::from_tag(prefix, &conflict.name).is_some());
        let remote = &context.settings.remote;
        Ok(own.map(|conflict| {
            Refusal::new(
                format!(
                    "{} is on commit {} at {remote} and on {} here",
                    conflict.name, conflict.there, conflict.here
                ),
                format!(
                    "others have the one at {remote}: if yours was never meant, run `git tag --delete {}` and this again",
                    conflict.name
                ),
            )
        }))
    }

    /// The highest version that the commit reaches, below the one that it carries.
    fn base<'a>(&self, context: &Context, tags: &'a VersionTags) -> Result<Option<&'a VersionTag>> {
        let carried = standing(tags, &self.target, self.release_as.as_ref());
        let below =
            |tag: &&VersionTag| carried.is_none_or(|carried| tag.version.0.cmp_precedence(&carried.version.0).is_lt());
        let candidates: Vec<&VersionTag> = tags.known.iter().filter(below).collect();
        let commits = candidates.iter().map(|tag| tag.tag.commit.clone()).collect();
        let reached = context.repository.first_reached(&self.target, &[commits])?;
        Ok(reached
            .first()
            .copied()
            .flatten()
            .and_then(|place| candidates.get(place).copied()))
    }

    fn document(&self, dry_run: bool) -> TagDocument {
        TagDocument {
            status: TagStatus::None,
            component: self.component.name.clone(),
            version: None,
            major: None,
            minor: None,
            patch: None,
            prerelease: None,
            tag: None,
            previous_tag: None,
            bump: None,
            commit: self.target.clone(),
            explanation: None,
            ignored_tags: Vec::new(),
            dry_run,
            steps: Vec::new(),
            refusal: None,
        }
    }
}

impl TagDocument {
    fn tell(&mut self, decision: &Decision) {
        let (status, chosen) = match decision {
            Decision::None { explanation } => {
                self.status = TagStatus::None;
                self.explanation = Some(explanation.clone());
                return;
            }
            Decision::Exists(chosen) => (TagStatus::Exists, chosen),
            Decision::Create(chosen) => (TagStatus::Created, chosen),
        };
        let Chosen {
            version,
            tag,
            bump,
            explanation,
            ..
        } = chosen;
        self.status = status;
        self.major = Some(version.0.major);
        self.minor = Some(version.0.minor);
        self.patch = Some(version.0.patch);
        self.prerelease = version.is_prerelease().then(|| version.0.pre.to_string());
        self.version = Some(version.clone());
        self.tag = Some(tag.clone());
        self.bump = *bump;
        self.explanation = Some(explanation.clone());
    }

    /// The same without a version: a step that goes on regardless must find nothing to go on with.
    fn refused(self, refusal: Refusal) -> Self {
        Self {
            status: TagStatus::Refused,
            version: None,
            major: None,
            minor: None,
            patch: None,
            prerelease: None,
            tag: None,
            bump: None,
            explanation: None,
            steps: Vec::new(),
            refusal: Some(refusal),
            ..self
        }
    }
}

impl Document for TagDocument {
    const SCHEMA: &'static str = "tidegate.tag/1";

    fn exit_code(&self) -> ExitCode {
        match self.status {
            TagStatus::Refused => ExitCode::Refused,
            _ => ExitCode::Done,
        }
    }

    fn text(&self) -> Text {
        let mut stderr = String::new();
        if !self.ignored_tags.is_empty() {
            stderr.push_str(&format!(
                "ignored, because they carry no semantic version: {}\n",
                self.ignored_tags.join(", ")
            ));
        }
        if let Some(refusal) = &self.refusal {
            stderr.push_str(&format!("refused: {}\n{}\n", refusal.reason, refusal.help));
        } else if let Some(explanation) = &self.explanation {
            stderr.push_str(&format!("{explanation}\n"));
        }
        if self.dry_run {
            stderr.push_str(
                &self
                    .steps
                    .iter()
                    .map(|step| format!("would {}\n", step.action))
                    .collect::<String>(),
            );
        }
        Text {
            stdout: self.tag.as_ref().map(|tag| format!("{tag}\n")).unwrap_or_default(),
            stderr,
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        let text = |value: Option<String>| value.unwrap_or_default();
        vec![
            ("status", self.status.word().to_owned()),
            ("version", text(self.version.as_ref().map(ToString::to_string))),
            ("tag", text(self.tag.clone())),
            ("previous-tag", text(self.previous_tag.clone())),
            ("bump", text(self.bump.map(|bump| bump.to_string()))),
            ("commit", self.commit.to_string()),
        ]
    }

    fn annotation(&self) -> Option<Annotation> {
        self.refusal.as_ref().map(|refusal| Annotation {
            level: Level::Error,
            title: format!("tag of {} refused", self.component),
            message: format!("{}\n{}", refusal.reason, refusal.help),
        })
    }

    fn summary(&self) -> Option<String> {
        let said = match (&self.refusal, &self.tag) {
            (Some(refusal), _) => format!("**Refused**: {}", markdown(&refusal.reason)),
            (None, Some(tag)) => format!("**{}** ({})", markdown(tag), self.status.word()),
            (None, None) => "No release".to_owned(),
        };
        let why = self.explanation.as_deref().map(markdown).unwrap_or_default();
        Some(format!(
            "### tidegate tag: {}\n\n{said}\n\n{why}",
            markdown(self.component.as_str())
        ))
    }
}
