//! `approve` and `reject`: a person's word about a release for an environment, bound to digest and policy.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::subject::find_subject;
use crate::apply::{Receipt, apply};
use crate::cli::EnvironmentReleaseArgs;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::model::actor::Actor;
use crate::model::event::Word;
use crate::model::name::EnvironmentName;
use crate::model::release::Release;
use crate::model::step::Step;
use crate::model::verdict::PolicyRef;
use crate::plan::word::{Choice, Spoken, speak};
use crate::ports::ledger::Observed;
use crate::report::document::{Document, Text};
use crate::report::steps;

/// The arguments of `approve` and `reject`.
#[derive(Clone, Debug, Args)]
pub struct ApproveArgs {
    /// The environment and the release.
    #[command(flatten)]
    pub subject: EnvironmentReleaseArgs,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// The result of `approve` and `reject`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ApproveDocument {
    /// What was said.
    pub word: Choice,
    /// Who said it.
    pub by: Actor,
    /// The environment.
    pub environment: EnvironmentName,
    /// The release.
    pub release: Release,
    /// The policy that was in force.
    pub policy: PolicyRef,
    /// Whether it had been said before.
    pub already: bool,
    /// Whether the gate counts this person's word; it does when `approvals` names the person or a team with them.
    pub counts: bool,
    /// Whether the plan was shown instead of carried out.
    pub dry_run: bool,
    /// The plan.
    pub steps: Vec<Step>,
}

/// Says yes or no.
pub async fn run(context: &Context, args: &ApproveArgs, choice: Choice) -> Result<ApproveDocument> {
    let environment = &args.subject.environment;
    let settings = context.settings.environment(environment)?;
    let policy = context.settings.policy(environment)?;
    loop {
        let view = context.ledger.open().await?;
        let subject = find_subject(context, view.as_ref(), &args.subject.release)?;
        let read = view.environment(environment, &subject.component.name)?;
        let word = Word {
            environment: environment.clone(),
            component: subject.component.name.clone(),
            digest: subject.release.digest.clone(),
            policy: policy.digest.clone(),
            reason: args.reason.clone(),
        };
        let spoken = Spoken {
            by: &context.actor,
            choice,
            word,
        };
        let steps = speak(&read.state, &spoken);
        let approvals = settings.gate.approvals.as_ref();
        let document = ApproveDocument {
            word: choice,
            by: context.actor.clone(),
            environment: environment.clone(),
            release: subject.release,
            policy: policy.clone(),
            already: steps.is_empty(),
            counts: approvals.is_some_and(|rule| rule.entitles(&context.actor.0, &context.settings.teams())),
            dry_run: context.dry_run,
            steps,
        };
        let observed = Observed::from([(read.stream, read.sequence)]);
        if context.dry_run || run_steps(context, &document.steps, &observed).await? {
            return Ok(document);
        }
    }
}

/// Runs the steps of a plan. `false` when what it rests on has moved, so that a new plan is needed.
pub async fn run_steps(context: &Context, steps: &[Step], observed: &Observed) -> Result<bool> {
    for step in steps {
        match apply(context, step, observed).await? {
            Receipt::Moved => return Ok(false),
            Receipt::Failed(reason) => return Err(Error::Internal(format!("{}: {reason}", step.action))),
            _ => {}
        }
    }
    Ok(true)
}

impl Document for ApproveDocument {
    const SCHEMA: &'static str = "tidegate.approve/1";

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }

    fn text(&self) -> Text {
        let word = self.word.word();
        let mut stderr = format!("{} {word} {} for {}", self.by, self.release, self.environment);
        if self.already {
            stderr.push_str(" before; nothing to do");
        }
        stderr.push('\n');
        if !self.counts {
            stderr.push_str("  the gate does not count this word: its approvals do not name this person\n");
        }
        stderr.push_str(&steps::text(if self.dry_run { &self.steps } else { &[] }));
        Text {
            stdout: format!("{word}\n"),
            stderr,
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        vec![
            ("status", self.word.word().to_owned()),
            ("environment", self.environment.to_string()),
            ("version", self.release.version.to_string()),
            ("digest", self.release.digest.to_string()),
        ]
    }
}
