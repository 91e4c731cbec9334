//! `reject`: a person's no to a release, for one environment or, with `--all`, for every one.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::approve::{ApproveArgs, run_steps};
use super::gate::opened::{Opening, doubt};
use super::subject::find_subject;
use crate::cli::{EnvironmentReleaseArgs, ReleaseArgs};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::model::actor::Actor;
use crate::model::name::EnvironmentName;
use crate::model::release::Release;
use crate::model::state::ComponentState;
use crate::model::step::Step;
use crate::plan::rejection::{reject, rejection_to_withdraw, withdraw};
use crate::ports::ledger::Observed;
use crate::report::document::{Document, Text};
use crate::report::steps;

/// Where the no counts.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct RejectScope {
    /// The environment
    pub environment: Option<EnvironmentName>,
    /// Every environment
    #[arg(long, requires = "reason")]
    pub all: bool,
}

/// The arguments of `reject`.
#[derive(Clone, Debug, Args)]
pub struct RejectArgs {
    /// Where the no counts.
    #[command(flatten)]
    pub scope: RejectScope,
    /// The release.
    #[command(flatten)]
    pub release: ReleaseArgs,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Take the no of `--all` back
    #[arg(long, conflicts_with = "environment")]
    pub withdraw: bool,
}

impl RejectArgs {
    /// The word about one environment, where it is about one.
    pub fn word(&self) -> Option<ApproveArgs> {
        Some(ApproveArgs {
            subject: EnvironmentReleaseArgs {
                environment: self.scope.environment.clone()?,
                release: self.release.clone(),
            },
            reason: self.reason.clone(),
        })
    }
}

/// The result of `reject --all`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RejectionDocument {
    /// Whether the release is rejected now.
    pub rejected: bool,
    /// Who said it.
    pub by: Actor,
    /// The release.
    pub release: Release,
    /// Whether it was so before.
    pub already: bool,
    /// Why a gate does not count it that this person has withdrawn the no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// Whether the plan was shown instead of carried out.
    pub dry_run: bool,
    /// The plan.
    pub steps: Vec<Step>,
}

/// Says no everywhere, or takes that back.
pub async fn run(context: &Context, args: &RejectArgs) -> Result<RejectionDocument> {
    if args.release.release.is_none() && args.release.digest.is_none() {
        return Err(Error::usage(
            "a release that is rejected everywhere must be named",
            "give --digest DIGEST or --release VERSION",
        ));
    }
    let reason = args.reason.as_deref().unwrap_or_default();
    loop {
        let view = context.ledger.open().await?;
        let subject = find_subject(context, view.as_ref(), &args.release).await?;
        let read = view.component(&subject.component.name)?;
        let (steps, why_not) = match args.withdraw {
            true => withdrawal(context, &read.state, &subject.release, reason).await?,
            false => (reject(&read.state, &subject.release, reason), None),
        };
        let observed = Observed::from([(read.stream, read.sequence)]);
        if context.dry_run || run_steps(context, &steps, &observed).await? {
            return Ok(RejectionDocument {
                rejected: !args.withdraw,
                by: context.actor.clone(),
                release: subject.release,
                already: steps.is_empty(),
                why_not,
                dry_run: context.dry_run,
                steps,
            });
        }
    }
}

/// The steps that take the no back, and why a gate does not count that.
async fn withdrawal(
    context: &Context,
    state: &ComponentState,
    release: &Release,
    reason: &str,
) -> Result<(Vec<Step>, Option<String>)> {
    let opening = |rejection| Opening::rejection(context, &release.component, &release.digest, rejection);
    let counts = match state.rejections.get(&release.digest) {
        Some(rejection) => opening(rejection).counts(context, None, &rejection.withdrawn).await?,
        None => true,
    };
    let Some(rejection) = rejection_to_withdraw(state, release, counts) else {
        return Ok((Vec::new(), None));
    };
    let (proof, standing) = opening(rejection).prove(context, Some(reason)).await?;
    let why_not = doubt(context, None, &context.actor, standing.as_ref()).await?;
    Ok((vec![withdraw(release, reason, proof)], why_not))
}

impl RejectionDocument {
    fn word(&self) -> &'static str {
        if self.rejected { "rejected" } else { "withdrawn" }
    }
}

impl Document for RejectionDocument {
    const SCHEMA: &'static str = "tidegate.rejection/1";

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }

    fn text(&self) -> Text {
        let state = if self.rejected {
            "rejected everywhere"
        } else {
            "not rejected"
        };
        let before = if self.already { " already; nothing to do" } else { "" };
        let doubt = steps::doubt(self.why_not.as_deref());
        let plan = steps::text(if self.dry_run { &self.steps } else { &[] });
        Text {
            stdout: format!("{}\n", self.word()),
            stderr: format!("{} is {state}{before}\n{doubt}{plan}", self.release),
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        vec![
            ("status", self.word().to_owned()),
            ("version", self.release.version.to_string()),
            ("digest", self.release.digest.to_string()),
        ]
    }
}
