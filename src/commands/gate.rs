//! `gate`: asks whether a release may enter an environment, and says why not.

pub mod all;
pub mod collect;
pub mod evidence;
pub mod facts;
mod hands;
pub mod hotfix;
mod memberships;
pub mod opened;
pub mod people;
pub mod resume;
mod reviews;
pub mod spoken;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use self::people::Asking;
use super::subject::{Subject, find_subject};
use super::wait;
use crate::cli::ReleaseArgs;
use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::model::duration::Duration;
use crate::model::evidence::Evidence;
use crate::model::name::EnvironmentName;
use crate::model::verdict::{Verdict, VerdictStatus};
use crate::plan::gate::facts::Policy;
use crate::plan::gate::verdict::judge;
use crate::ports::ledger::{Observed, View};
use crate::report::badge::Badge;
use crate::report::document::{Annotation, Document, Level, Text};
use crate::report::verdict;

/// The arguments of `gate`.
#[derive(Clone, Debug, Default, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct GateArgs {
    /// What else can be done with gates.
    #[command(subcommand)]
    pub command: Option<GateCommand>,
    /// The environment
    #[arg(required_unless_present = "all")]
    pub environment: Option<EnvironmentName>,
    /// The release.
    #[command(flatten)]
    pub release: ReleaseArgs,
    /// Ask every environment of the ladder
    #[arg(long, conflicts_with_all = ["environment", "record", "wait"])]
    pub all: bool,
    /// Keep the verdict in the ledger, unless the last one there says the same
    #[arg(long)]
    pub record: bool,
    /// While the gate waits, look again for so long, 30 minutes at most
    #[arg(long, value_name = "LENGTH", value_parser = wait::length)]
    pub wait: Option<Duration>,
}

/// What else can be done with gates.
#[derive(Clone, Debug, Subcommand)]
pub enum GateCommand {
    /// Print what the gate of an environment judges, as JSON
    Facts(facts::GateFactsArgs),
    /// Judge facts that were written down
    Eval(facts::GateEvalArgs),
    /// Promote again what waits and whose time has come
    Resume(resume::GateResumeArgs),
}

/// The result of `gate`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GateDocument {
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The verdict as a badge.
    pub badge: Badge,
    /// The number of the event that holds it, where it was to be kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<u64>,
    /// The verdict with the facts that were judged, as an in-toto statement.
    pub evidence: Evidence,
}

/// Asks the gate. It changes nothing, unless the verdict is to be kept; a dry run keeps none.
pub async fn run(context: &Context, environment: &EnvironmentName, args: &GateArgs) -> Result<GateDocument> {
    let mut view = context.ledger.open().await?;
    let subject = find_subject(context, view.as_ref(), &args.release).await?;
    let until = wait::end(context, args.wait);
    loop {
        let (evidence, _) = evidence_of(context, view.as_ref(), environment, &subject, Asking::Promotes).await?;
        let verdict = evidence.verdict();
        if verdict.status == VerdictStatus::Waiting && wait::pause(context, until, verdict.next_check_at).await {
            view = context.ledger.open().await?;
            continue;
        }
        if !args.record || context.dry_run {
            return Ok(GateDocument::new(evidence, None));
        }
        if let Some(event) = evidence::keep(context, view.as_ref(), &evidence).await? {
            return Ok(GateDocument::new(evidence, Some(event)));
        }
        view = context.ledger.reopen().await?;
    }
}

/// The verdict on a release, with what was read of the ledger for it.
pub async fn verdict_of(
    context: &Context,
    view: &dyn View,
    environment: &EnvironmentName,
    subject: &Subject,
    asking: Asking,
) -> Result<(Verdict, Observed)> {
    let (evidence, observed) = evidence_of(context, view, environment, subject, asking).await?;
    Ok((evidence.predicate.verdict, observed))
}

/// The same with the facts that were judged.
pub async fn evidence_of(
    context: &Context,
    view: &dyn View,
    environment: &EnvironmentName,
    subject: &Subject,
    asking: Asking,
) -> Result<(Evidence, Observed)> {
    let (facts, observed) = collect::facts(context, view, environment, subject, asking).await?;
    let policy = policy_of(context, environment)?;
    let verdict = judge(&policy, &facts, context.clock.now());
    Ok((Evidence::new(verdict, facts), observed))
}

/// What the gate of an environment judges by.
pub fn policy_of<'a>(context: &'a Context, environment: &'a EnvironmentName) -> Result<Policy<'a>> {
    Ok(Policy {
        name: environment,
        environment: context.settings.environment(environment)?,
        teams: context.settings.teams(),
        reference: context.settings.policy(environment)?,
    })
}

/// The exit code of a verdict.
pub fn exit_code(status: VerdictStatus) -> ExitCode {
    match status {
        VerdictStatus::Open => ExitCode::Done,
        VerdictStatus::Closed => ExitCode::Refused,
        VerdictStatus::Waiting => ExitCode::Waiting,
        VerdictStatus::Undecidable => ExitCode::Undecidable,
    }
}

impl GateDocument {
    /// Every part of it comes from the evidence.
    pub fn new(evidence: Evidence, recorded: Option<u64>) -> Self {
        Self {
            verdict: evidence.verdict().clone(),
            badge: Badge::of(evidence.verdict()),
            recorded,
            evidence,
        }
    }
}

impl Document for GateDocument {
    const SCHEMA: &'static str = "tidegate.gate/1";

    fn exit_code(&self) -> ExitCode {
        exit_code(self.verdict.status)
    }

    fn text(&self) -> Text {
        Text {
            stdout: format!("{}\n", verdict::word(self.verdict.status)),
            stderr: verdict::text(&self.verdict),
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        verdict::outputs(&self.verdict)
    }

    fn annotation(&self) -> Option<Annotation> {
        let level = match self.verdict.status {
            VerdictStatus::Open => return None,
            VerdictStatus::Waiting => Level::Notice,
            VerdictStatus::Undecidable | VerdictStatus::Closed => Level::Error,
        };
        Some(Annotation {
            level,
            title: verdict::headline(&self.verdict),
            message: verdict::text(&self.verdict),
        })
    }

    fn summary(&self) -> Option<String> {
        Some(verdict::summary(&self.verdict))
    }
}
