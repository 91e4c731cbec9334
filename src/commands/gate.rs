//! `gate`: asks whether a release may enter an environment, and says why not.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::subject::{Subject, find_subject};
use crate::cli::EnvironmentReleaseArgs;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::model::fact::{Fact, FactState};
use crate::model::image::ImageRepository;
use crate::model::name::EnvironmentName;
use crate::model::verdict::{Verdict, VerdictStatus};
use crate::plan::gate::facts::{Facts, Policy};
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
    let (verdict, _) = verdict_of(context, view.as_ref(), &args.subject.environment, &subject).await?;
    Ok(GateDocument { verdict })
}

/// The verdict on a release, with what was read of the ledger for it.
pub async fn verdict_of(
    context: &Context,
    view: &dyn View,
    environment: &EnvironmentName,
    subject: &Subject,
) -> Result<(Verdict, Observed)> {
    let settings = context.settings.environment(environment)?;
    let (facts, observed) = collect(context, view, environment, subject).await?;
    let policy = Policy {
        name: environment,
        environment: settings,
        teams: context.settings.teams(),
        reference: context.settings.policy(environment)?,
    };
    Ok((judge(&policy, &facts, context.clock.now()), observed))
}

async fn collect(
    context: &Context,
    view: &dyn View,
    environment: &EnvironmentName,
    subject: &Subject,
) -> Result<(Facts, Observed)> {
    let settings = context.settings.environment(environment)?;
    let now = context.clock.now();
    let source = context.ledger.source();
    let mut observed = subject.observed.clone();
    let mut named: BTreeSet<EnvironmentName> = settings.after.names().cloned().collect();
    named.insert(environment.clone());
    named.extend(settings.gate.soak.as_ref().map(|soak| soak.environment.clone()));
    let mut environments = BTreeMap::new();
    for name in named {
        let read = view.environment(&name, &subject.component.name)?;
        observed.insert(read.stream, read.sequence);
        environments.insert(name, Fact::known(source.as_str(), now, read.state));
    }
    let mut lock = |scope: Option<&EnvironmentName>| -> Result<Fact<_>> {
        let read = view.lock(scope)?;
        observed.insert(read.stream, read.sequence);
        Ok(Fact::known(source.as_str(), now, read.state))
    };
    let (lock, ladder_lock) = (lock(Some(environment))?, lock(None)?);
    let checks = async {
        settings.gate.checks.as_ref()?;
        let state = context.checks.of(&subject.release.commit).await;
        Some(Fact::new(context.checks.source(), now, state))
    };
    let (checks, image) = tokio::join!(checks, image(context, subject));
    let facts = Facts {
        release: subject.release.clone(),
        requested_by: subject.requested_by.clone(),
        environments,
        checks,
        lock,
        ladder_lock,
        image: Fact::new(subject.release.image.clone(), now, image),
    };
    Ok((facts, observed))
}

async fn image(context: &Context, subject: &Subject) -> FactState<bool> {
    let asked = async {
        let repository: ImageRepository = subject.release.image.parse()?;
        let registry = context.registries.open(&repository)?;
        registry.manifest(subject.release.digest.as_str()).await
    };
    match asked.await {
        Ok(found) => FactState::Known { value: found.is_some() },
        Err(Error::Outside {
            cause,
            retryable: false,
            ..
        }) => FactState::Forbidden { reason: cause },
        Err(error) => FactState::Unavailable {
            reason: error.to_string(),
        },
    }
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
