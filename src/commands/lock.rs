//! `lock` and `unlock`: closes an environment or the whole ladder, and opens it again.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::approve::run_steps;
use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::model::actor::Actor;
use crate::model::name::EnvironmentName;
use crate::model::step::Step;
use crate::plan::lock::{lock, unlock, until};
use crate::ports::ledger::Observed;
use crate::report::document::{Document, Text};
use crate::report::steps;

/// Which lock.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct LockScope {
    /// The environment
    pub environment: Option<EnvironmentName>,
    /// The whole ladder
    #[arg(long)]
    pub all: bool,
}

/// The arguments of `lock`.
#[derive(Clone, Debug, Args)]
pub struct LockArgs {
    /// Which lock.
    #[command(flatten)]
    pub scope: LockScope,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// When it ends by itself: a time (2026-12-24T18:00:00Z) or a length from now (4h)
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
}

/// The arguments of `unlock`.
#[derive(Clone, Debug, Args)]
pub struct UnlockArgs {
    /// Which lock.
    #[command(flatten)]
    pub scope: LockScope,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// The result of `lock` and `unlock`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LockDocument {
    /// Whether it is locked now.
    pub locked: bool,
    /// The environment; absent for the whole ladder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
    /// Who did it.
    pub by: Actor,
    /// When the lock ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub until: Option<jiff::Timestamp>,
    /// Whether it was so before.
    pub already: bool,
    /// Whether the plan was shown instead of carried out.
    pub dry_run: bool,
    /// The plan.
    pub steps: Vec<Step>,
}

/// Closes.
pub async fn run_lock(context: &Context, args: &LockArgs) -> Result<LockDocument> {
    let now = context.clock.now();
    let until = args.until.as_deref().map(|text| until(text, now)).transpose()?;
    change(context, &args.scope, true, until, |present, environment| {
        lock(present, environment, &args.reason, until, now)
    })
    .await
}

/// Opens.
pub async fn run_unlock(context: &Context, args: &UnlockArgs) -> Result<LockDocument> {
    change(context, &args.scope, false, None, |present, environment| {
        unlock(present, environment, args.reason.as_deref())
    })
    .await
}

async fn change(
    context: &Context,
    scope: &LockScope,
    locked: bool,
    until: Option<jiff::Timestamp>,
    plan: impl Fn(Option<&crate::model::state::Lock>, Option<&EnvironmentName>) -> Vec<Step>,
) -> Result<LockDocument> {
    let environment = scope.environment.as_ref();
    if let Some(environment) = environment {
        context.settings.environment(environment)?;
    }
    loop {
        let view = context.ledger.open().await?;
        let read = view.lock(environment)?;
        let steps = plan(read.state.lock.as_ref(), environment);
        let observed = Observed::from([(read.stream, read.sequence)]);
        if context.dry_run || run_steps(context, &steps, &observed).await? {
            return Ok(LockDocument {
                locked,
                environment: environment.cloned(),
                by: context.actor.clone(),
                until,
                already: steps.is_empty(),
                dry_run: context.dry_run,
                steps,
            });
        }
    }
}

impl LockDocument {
    fn word(&self) -> &'static str {
        if self.locked { "locked" } else { "unlocked" }
    }
}

impl Document for LockDocument {
    const SCHEMA: &'static str = "tidegate.lock/1";

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }

    fn text(&self) -> Text {
        let scope = self.environment.as_ref().map_or("the ladder", EnvironmentName::as_str);
        let end = self.until.map_or_else(String::new, |until| format!(" until {until}"));
        let before = if self.already { " already; nothing to do" } else { "" };
        let plan = steps::text(if self.dry_run { &self.steps } else { &[] });
        Text {
            stdout: format!("{}\n", self.word()),
            stderr: format!("{scope} is {}{end}{before}\n{plan}", self.word()),
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        vec![("status", self.word().to_owned())]
    }
}
