//! `hotfix`: opens a branch on a release's very commit for a fix in haste, and tells until the fix is on the default branch.

mod document;
pub mod every;
mod reach;
mod word;

use clap::Args;

use super::cut::{survey, through};
use super::shared_ref::{self, Outcome, carry_out};
use super::tag::lines::hotfix_template;
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::hotfix::Hotfix;
use crate::model::name::ComponentName;
use crate::model::refusal::Refusal;
use crate::model::version::Version;
use crate::plan::hotfix::{Facts, Opened, branch_name, decide, last};
use crate::plan::tag::line::Line;
use crate::ports::ledger::Observed;
pub use document::{HotfixDocument, HotfixState};
pub use reach::{look, owed};

/// The arguments of `hotfix`.
#[derive(Clone, Debug, Args)]
pub struct HotfixArgs {
    /// The version that the fix is released as, such as 1.4.1; with --check alone every hotfix is meant
    #[arg(required_unless_present = "check")]
    pub version: Option<String>,
    /// The component; needed when there are many
    #[arg(long, value_name = "NAME")]
    pub component: Option<ComponentName>,
    /// Why
    #[arg(long, value_name = "TEXT", conflicts_with = "check")]
    pub reason: Option<String>,
    /// Open nothing: tell whether the fix has reached the default branch, and set that as a status of its commit
    #[arg(long)]
    pub check: bool,
}

/// Opens a hotfix, or checks one.
pub async fn run(context: &Context, args: &HotfixArgs, version: &str) -> Result<HotfixDocument> {
    let component = context.settings.component(args.component.as_ref())?;
    let text = version.strip_prefix(&component.tag_prefix).unwrap_or(version);
    let version: Version = text.parse()?;
    if version.is_prerelease() || version.0.patch == 0 || !version.0.build.is_empty() {
        return Err(Error::usage(
            format!("{version} is no version of a hotfix"),
            "give the patch that it is to become, such as 1.4.1; its candidates are made by `tidegate tag --channel rc`",
        ));
    }
    let branch = own_branch(context, &version, &component.name)?;
    shared_ref::check(context, true).await?;
    let document = HotfixDocument::new(context, &component.name, &version, &branch);
    if args.check {
        return reach::check(context, &component, &version, document).await;
    }
    let mut made = false;
    for _ in 0..shared_ref::ROUNDS {
        let (planned, recorded, observed) = plan(context, &component, &version, &branch).await?;
        let document = match planned {
            Ok(opened) => {
                let mut document = document.opened(&opened, made);
                document.speak(context, args, &opened, recorded.as_ref()).await?;
                document
            }
            Err(refusal) => return Ok(document.refused(refusal)),
        };
        if context.dry_run {
            return Ok(document);
        }
        match carry_out(context, &document.steps, &observed).await? {
            Outcome::Done | Outcome::Committed(_) => return Ok(document),
            Outcome::Refused(refusal) => return Ok(document.refused(refusal)),
            Outcome::Again { made: this_round } => made |= this_round,
        }
    }
    Ok(document.refused(shared_ref::outrun("the branch")))
}

async fn plan(
    context: &Context,
    component: &ResolvedComponent,
    version: &Version,
    branch: &str,
) -> Result<(Result<Opened, Refusal>, Option<Hotfix>, Observed)> {
    survey::fetch(context).await?;
    let view = context.ledger.open().await?;
    let read = view.component(&component.name)?;
    let branches = survey::branches(context, std::slice::from_ref(component)).await?;
    let known = survey::with_branches(context, &component.name, &read.state, &branches);
    let tags = survey::tags(context, component)?;
    let recorded = read.state.hotfixes.get(version);
    let there = survey::tip(context, recorded.map_or(branch, |hotfix| &hotfix.branch)).await?;
    let base = last(&tags, Line::of(version)).filter(|_| recorded.is_none());
    let base_there = match base {
        Some(tag) if context.repository.has_remote() => {
            let name = format!("refs/tags/{}", tag.tag.name);
            context.repository.remote_reference(&name).await?
        }
        base => base.map(|tag| tag.tag.commit.clone()),
    };
    let facts = Facts {
        base_there: base_there.as_ref(),
        component: &component.name,
        version,
        branch,
        window: &survey::window(context, &tags, known.keys()),
        tags: &tags,
        recorded: &read.state,
        there: there.as_ref(),
        through: through(context),
    };
    let observed = Observed::from([(read.stream, read.sequence)]);
    Ok((decide(&facts), recorded.cloned(), observed))
}

fn own_branch(context: &Context, version: &Version, component: &ComponentName) -> Result<String> {
    let template = hotfix_template(context);
    branch_name(template, version, component.as_str()).map_err(|cause| {
        Error::usage(
            format!(
                "`branch = \"{template}\"` under `[hotfix]` in {} cannot be filled in: {cause}",
                context.settings.source
            ),
            "it may use {{{version}}} and {{{component}}}",
        )
    })
}
