//! `cut`: cuts a release branch, and makes ready what belongs to it.

pub mod branch;
pub mod candidate;
pub mod closing;
pub mod document;
pub mod planning;
pub mod raise;
pub mod start;
pub mod status;
pub mod survey;
pub mod sync;
pub mod train;
pub mod versions;

use clap::{Args, Subcommand};

use self::branch::Request;
pub use self::document::{CutDocument, CutStatus};
use super::shared_ref;
use super::tag::lines;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::branch_name::collide;
use crate::model::commit::Through;
use crate::model::name::{CommitId, ComponentName};
use crate::plan::tag::line::Line;

/// The arguments of `cut`.
#[derive(Clone, Debug, Default, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct CutArgs {
    /// What else can be done with release branches.
    #[command(subcommand)]
    pub command: Option<CutCommand>,
    /// The minor version the branch is for, such as 1.4
    #[arg(required_unless_present = "if_due")]
    pub line: Option<String>,
    /// The component; needed when there are many
    #[arg(long, value_name = "NAME")]
    pub component: Option<ComponentName>,
    /// The commit it starts at [default: HEAD, or where it was cut before]
    #[arg(long, value_name = "REVISION")]
    pub from: Option<String>,
    /// Start at the newest commit of the default branch whose checks are green
    #[arg(long, conflicts_with = "from")]
    pub latest_green: bool,
    /// Cut the next line if the train of `[cut]` has left, and nothing has been cut since
    #[arg(long, conflicts_with_all = ["line", "from", "latest_green"])]
    pub if_due: bool,
    /// Move the branch forward to the default branch, until it has a commit of its own or its final version
    #[arg(long, conflicts_with_all = ["from", "latest_green", "if_due"])]
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

/// Where the branch is to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// At the commit that is checked out, or where it was cut before.
    Open,
    /// At this commit.
    At(CommitId),
    /// At the newest green commit of the default branch, or where it was cut before.
    LatestGreen,
    /// At the newest commit of the default branch, or where it was cut before.
    Newest,
}

/// Cuts a release branch.
pub async fn run(context: &Context, args: &CutArgs) -> Result<CutDocument> {
    let component = context.settings.component(args.component.as_ref())?.name;
    let line = args.line()?;
    let wanted = match &args.from {
        Some(revision) => Wanted::At(context.repository.resolve(revision)?),
        None if args.latest_green => Wanted::LatestGreen,
        None => Wanted::Open,
    };
    cut(context, component, line, &wanted).await
}

/// Cuts the branch of a line, and makes ready what belongs to it. What is there is left as it is.
pub async fn cut(context: &Context, component: ComponentName, line: Line, wanted: &Wanted) -> Result<CutDocument> {
    let branch = branch_name(context, line, &component)?;
    let mut document = CutDocument::new(context, line, branch, component);
    if let Some(refusal) = shared_ref::check(context, false).await? {
        return Ok(document.refused(refusal));
    }
    let request = Request {
        component: document.component.clone(),
        line,
        branch: document.branch.clone(),
        through: through(context),
    };
    let Some(commit) = request.cut(context, wanted, &mut document).await? else {
        return Ok(document);
    };
    if !context.settings.keeps_ledger {
        document.warn(
            "`tag` does not know that the line was cut",
            format!("{} keeps no ledger for it: add `[ledger]`", context.settings.source),
        );
    }
    candidate::make(context, &request, &commit, &mut document).await?;
    planning::make(context, &request, &mut document).await?;
    closing::make(context, &request, &mut document).await?;
    raise::make(context, &request, &mut document).await?;
    Ok(document)
}

/// How branches get to the remote: GitHub makes them where a token opens it, else git pushes them.
pub fn through(context: &Context) -> Through {
    match (&context.forge, &context.pulls) {
        (Some(_), Some(_)) => Through::Github,
        _ => Through::Git,
    }
}

/// Whether the repository has more than one component, so that names tell them.
pub fn are_many(context: &Context) -> bool {
    context.settings.file.component.len() > 1
}

/// The name of a line's branch.
///
/// # Errors
/// A usage error when the template in the configuration cannot be filled in, or gives a branch that would be in the way of the
/// default one.
pub fn branch_name(context: &Context, line: Line, component: &ComponentName) -> Result<String> {
    let template = lines::template(context);
    let wrong = |what: String, help: &str| {
        let place = &context.settings.source;
        Error::usage(
            format!("`branch = \"{template}\"` under `[cut]` in {place} {what}"),
            help,
        )
    };
    let name = line.branch(template, component.as_str()).map_err(|cause| {
        let help = "it may use {{{major}}}, {{{minor}}} and {{{component}}}";
        wrong(format!("cannot be filled in: {cause}"), help)
    })?;
    let default = context.repository.known_default_tip()?;
    match default.filter(|default| collide(&default.name, &name)) {
        Some(default) => Err(wrong(
            format!(
                "gives `{name}`, which cannot be there beside the default branch {}",
                default.name
            ),
            "let it begin with another folder, such as `release/`",
        )),
        None => Ok(name),
    }
}
