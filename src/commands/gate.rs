//! `gate`: asks whether a release may enter an environment, and says why not.

pub mod collect;
mod hands;
mod memberships;
pub mod opened;
pub mod people;
mod reviews;
pub mod spoken;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use self::people::Asking;
use super::subject::{Subject, find_subject};
use crate::cli::EnvironmentReleaseArgs;
use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::model::name::EnvironmentName;
use crate::model::verdict::{Verdict, VerdictStatus};
use crate::plan::gate::facts::Policy;
use crate::plan::gate::verdict::judge;
use crate::ports::ledger::{Observed, View};
use crate::report::document::{Annotation, Document, Level, Text};
use crate::report::verdict;

/// The arguments of `gate`.
#[derive(Clone, Debug, Args)]
pub struct GateArgs {
    /// The environment and the release.
    #[command(flatten)]
    pub subject: EnvironmentReleaseArgs,
}

/// The result of `gate`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GateDocument {
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// Asks the gate. It changes nothing, so a dry run is the same.
pub async fn run(context: &Context, args: &GateArgs) -> Result<GateDocument> {
    let view = context.ledger.open().await?;
    let subject = find_subject(context, view.as_ref(), &args.subject.release)?;
    let (verdict, _) = verdict_of(
        context,
        view.as_ref(),
        &args.subject.environment,
        &subject,
        Asking::Promotes,
    )
    .await?;
    Ok(GateDocument { verdict })
}

/// The verdict on a release, with what was read of the ledger for it.
pub async fn verdict_of(
    context: &Context,
    view: &dyn View,
    environment: &EnvironmentName,
    subject: &Subject,
    asking: Asking,
) -> Result<(Verdict, Observed)> {
    let (facts, observed) = collect::facts(context, view, environment, subject, asking).await?;
    let policy = policy_of(context, environment)?;
    Ok((judge(&policy, &facts, context.clock.now()), observed))
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
