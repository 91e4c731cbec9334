//! `cut`: cuts a release branch.

pub mod status;
pub mod sync;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use super::shared_ref::{self, Outcome, carry_out};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::model::name::{CommitId, ComponentName};
use crate::model::refusal::Refusal;
use crate::model::step::Step;
use crate::plan::cut::{Cut, Facts, decide};
use crate::plan::tag::line::{BRANCH, Line};
use crate::ports::ledger::Observed;
use crate::report::document::{Annotation, Document, Level, Text};
use crate::report::github::markdown;

/// The arguments of `cut`.
#[derive(Clone, Debug, Default, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct CutArgs {
    /// What else can be done with release branches.
    #[command(subcommand)]
    pub command: Option<CutCommand>,
    /// The minor version the branch is for, such as 1.4
    #[arg(required = true)]
    pub line: Option<String>,
    /// The component; needed when there are many
    #[arg(long, value_name = "NAME")]
    pub component: Option<crate::model::name::ComponentName>,
    /// The commit it starts at [default: HEAD, or where it was cut before]
    #[arg(long, value_name = "REVISION")]
    pub from: Option<String>,
    /// Move the branch forward to the default branch, until it has a commit of its own or its final version
    #[arg(long, conflicts_with = "from")]
    pub sync: bool,
}

impl CutArgs {
    /// The release line that is asked for.
    ///
    /// # Errors
    /// A usage error when it is none.
    pub fn line(&self) -> Result<Line> {
        Ok(self.line.as_deref().unwrap_or_default().parse()?)
    }
}

/// What else can be done with release branches.
#[derive(Clone, Debug, Subcommand)]
pub enum CutCommand {
    /// Show every release branch and what it lacks
    Status(status::CutStatusArgs),
}

/// How `cut` ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CutStatus {
    /// The branch is new; in a dry run it would be.
    Created,
    /// The branch was there.
    Exists,
    /// It must not be cut.
    Refused,
}

impl CutStatus {
    fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Exists => "exists",
            Self::Refused => "refused",
        }
    }
}

/// The result of `cut`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CutDocument {
    /// How it ended.
    pub status: CutStatus,
    /// The branch.
    pub branch: String,
    /// The commit that it starts at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// The component.
    pub component: ComponentName,
    /// Whether the steps were only planned.
    pub dry_run: bool,
    /// What was left to do.
    pub steps: Vec<Step>,
    /// Why it was not cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

/// Cuts a release branch.
pub async fn run(context: &Context, args: &CutArgs) -> Result<CutDocument> {
    let component = context.settings.component(args.component.as_ref())?.name;
    let branch = branch_name(context, args.line()?, &component)?;
    let dirt = shared_ref::check(context, false).await?;
    let resolve = |revision: &String| context.repository.resolve(revision);
    let request = Request {
        from: args.from.as_ref().map(resolve).transpose()?,
        head: context.repository.resolve("HEAD")?,
        component,
        branch,
    };
    if let Some(refusal) = dirt {
        return Ok(request.refused(context, refusal));
    }
    let mut made = false;
    for _ in 0..shared_ref::ROUNDS {
        let (planned, observed) = request.plan(context).await?;
        let cut = match planned {
            Ok(cut) => cut,
            Err(refusal) => return Ok(request.refused(context, refusal)),
        };
        let document = CutDocument {
            status: if cut.exists && !made {
                CutStatus::Exists
            } else {
                CutStatus::Created
            },
            commit: Some(cut.commit),
            steps: cut.steps,
            ..request.document(context)
        };
        if context.dry_run {
            return Ok(document);
        }
        match carry_out(context, &document.steps, &observed).await? {
            Outcome::Done | Outcome::Committed(_) => return Ok(document),
            Outcome::Refused(refusal) => return Ok(request.refused(context, refusal)),
            Outcome::Again { made: this_round } => made |= this_round,
        }
    }
    Ok(request.refused(context, shared_ref::outrun("the branch")))
}

fn branch_name(context: &Context, line: Line, component: &ComponentName) -> Result<String> {
    let template = context.settings.file.cut.branch.as_deref().unwrap_or(BRANCH);
    line.branch(template, component.as_str()).map_err(|cause| {
        Error::usage(
            format!(
                "`branch = \"{template}\"` under `[cut]` in {} cannot be filled in: {cause}",
                context.settings.source
            ),
            "it may use {{{major}}}, {{{minor}}} and {{{component}}}",
        )
    })
}

struct Request {
    component: ComponentName,
    branch: String,
    from: Option<CommitId>,
    head: CommitId,
}

impl Request {
    async fn plan(&self, context: &Context) -> Result<(Result<Cut, Refusal>, Observed)> {
        let repository = &context.repository;
        let view = context.ledger.open().await?;
        let read = view.component(&self.component)?;
        let reference = format!("refs/heads/{}", self.branch);
        let local = repository.reference(&reference)?;
        let there = match repository.has_remote() {
            true => Some(repository.remote_reference(&reference).await?),
            false => None,
        };
        let facts = Facts {
            component: &self.component,
            branch: &self.branch,
            from: self.from.as_ref(),
            head: &self.head,
            local: local.as_ref(),
            remote: there.as_ref().map(Option::as_ref),
            recorded: &read.state,
        };
        Ok((decide(&facts), Observed::from([(read.stream, read.sequence)])))
    }

    fn document(&self, context: &Context) -> CutDocument {
        CutDocument {
            status: CutStatus::Refused,
            branch: self.branch.clone(),
            commit: None,
            component: self.component.clone(),
            dry_run: context.dry_run,
            steps: Vec::new(),
            refusal: None,
        }
    }

    fn refused(&self, context: &Context, refusal: Refusal) -> CutDocument {
        CutDocument {
            refusal: Some(refusal),
            ..self.document(context)
        }
    }
}

impl Document for CutDocument {
    const SCHEMA: &'static str = "tidegate.cut/1";

    fn exit_code(&self) -> ExitCode {
        match self.status {
            CutStatus::Refused => ExitCode::Refused,
            _ => ExitCode::Done,
        }
    }

    fn text(&self) -> Text {
        if let Some(refusal) = &self.refusal {
            return Text {
                stdout: String::new(),
                stderr: format!("refused: {}\n{}\n", refusal.reason, refusal.help),
            };
        }
        let at = self.commit.as_ref().map(CommitId::short).unwrap_or_default();
        let mut stderr = match self.status {
            CutStatus::Exists => format!("{} was cut at {at} already\n", self.branch),
            _ if self.dry_run => String::new(),
            _ => format!("{} was cut at {at}\n", self.branch),
        };
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
            stdout: format!("{}\n", self.branch),
            stderr,
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        vec![
            ("status", self.status.word().to_owned()),
            ("branch", self.branch.clone()),
            (
                "commit",
                self.commit.as_ref().map(ToString::to_string).unwrap_or_default(),
            ),
        ]
    }

    fn annotation(&self) -> Option<Annotation> {
        self.refusal.as_ref().map(|refusal| Annotation {
            level: Level::Error,
            title: format!("cut of {} refused", self.branch),
            message: format!("{}\n{}", refusal.reason, refusal.help),
        })
    }

    fn summary(&self) -> Option<String> {
        let said = match &self.refusal {
            Some(refusal) => format!("**Refused**: {}", markdown(&refusal.reason)),
            None => format!("**{}** ({})", markdown(&self.branch), self.status.word()),
        };
        Some(format!("### tidegate cut\n\n{said}"))
    }
}
