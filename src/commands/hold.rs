//! `unlock ENVIRONMENT --digest DIGEST`: lets a digest that failed in an environment try again there.

use schemars::JsonSchema;
use serde::Serialize;

use super::approve::run_steps;
use super::gate::opened::{Opening, doubt};
use super::lock::UnlockArgs;
use super::subject::find_subject;
use crate::cli::ReleaseArgs;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::model::actor::Actor;
use crate::model::name::EnvironmentName;
use crate::model::refusal::Refusal;
use crate::model::release::Release;
use crate::model::step::Step;
use crate::plan::hold::{clear, hold_to_clear};
use crate::ports::ledger::Observed;
use crate::report::document::{Document, Text};
use crate::report::steps;

/// The result of clearing a hold.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HoldDocument {
    /// Whether the release is held there now.
    pub held: bool,
    /// The environment.
    pub environment: EnvironmentName,
    /// The release.
    pub release: Release,
    /// Who did it.
    pub by: Actor,
    /// Why nothing is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// Whether it was not held before.
    pub already: bool,
    /// Why the gate does not count it that this person cleared the hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// Whether the plan was shown instead of carried out.
    pub dry_run: bool,
    /// The plan.
    pub steps: Vec<Step>,
}

/// Clears the hold.
pub async fn run(context: &Context, args: &UnlockArgs) -> Result<HoldDocument> {
    let (Some(environment), Some(reason)) = (&args.scope.environment, &args.reason) else {
        return Err(Error::usage(
            "a digest is held in one environment, and letting it in again has a reason",
            "write `tidegate unlock ENVIRONMENT --digest DIGEST --reason TEXT`",
        ));
    };
    context.settings.environment(environment)?;
    let named = ReleaseArgs {
        component: args.component.clone(),
        release: None,
        digest: args.digest.clone(),
    };
    loop {
        let view = context.ledger.open().await?;
        let subject = find_subject(context, view.as_ref(), &named).await?;
        let (known, read) = (
            view.component(&subject.component.name)?,
            view.environment(environment, &subject.component.name)?,
        );
        let release = &subject.release;
        let counts = match read.state.failures.get(&release.digest) {
            Some(failure) => {
                let opening = Opening::hold(context, environment, release, failure);
                opening.counts(context, Some(environment), &failure.cleared).await?
            }
            None => true,
        };
        let found = hold_to_clear(environment, &read.state, &known.state, release, counts);
        let (mut steps, mut why_not) = (Vec::new(), None);
        if let Ok(Some(failure)) = found {
            let opening = Opening::hold(context, environment, release, failure);
            let (proof, standing) = opening.prove(context, Some(reason)).await?;
            why_not = doubt(context, Some(environment), &context.actor, standing.as_ref()).await?;
            steps.push(clear(environment, release, reason, proof));
        }
        let refusal = found.err();
        let document = HoldDocument {
            held: refusal.is_some(),
            environment: environment.clone(),
            release: subject.release,
            by: context.actor.clone(),
            already: refusal.is_none() && steps.is_empty(),
            refusal,
            why_not,
            dry_run: context.dry_run,
            steps,
        };
        let observed = Observed::from([(known.stream, known.sequence), (read.stream, read.sequence)]);
        if context.dry_run || run_steps(context, &document.steps, &observed).await? {
            return Ok(document);
        }
    }
}

impl HoldDocument {
    fn word(&self) -> &'static str {
        if self.held { "held" } else { "cleared" }
    }
}

impl Document for HoldDocument {
    const SCHEMA: &'static str = "tidegate.hold/1";

    fn exit_code(&self) -> ExitCode {
        match self.refusal {
            Some(_) => ExitCode::Refused,
            None => ExitCode::Done,
        }
    }

    fn text(&self) -> Text {
        let (release, environment) = (&self.release, &self.environment);
        let words = match (&self.refusal, self.already) {
            (Some(refusal), _) => format!("{}\n  {}", refusal.reason, refusal.help),
            (None, true) => format!("{release} is not held in {environment}; nothing to do"),
            (None, false) => format!("{release} may be deployed in {environment} again"),
        };
        let doubt = steps::doubt(self.why_not.as_deref());
        let plan = steps::text(if self.dry_run { &self.steps } else { &[] });
        Text {
            stdout: format!("{}\n", self.word()),
            stderr: format!("{words}\n{doubt}{plan}"),
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        vec![
            ("status", self.word().to_owned()),
            ("environment", self.environment.to_string()),
            ("version", self.release.version.to_string()),
            ("digest", self.release.digest.to_string()),
        ]
    }
}
