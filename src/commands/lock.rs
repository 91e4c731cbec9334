//! `lock` and `unlock`: closes an environment or the whole ladder, and opens it again.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::approve::run_steps;
use super::gate::opened::{Opening, doubt, holding};
use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::model::actor::Actor;
use crate::model::name::{ComponentName, EnvironmentName};
use crate::model::refusal::Refusal;
use crate::model::state::LockState;
use crate::model::step::Step;
use crate::plan::lock::{lock, lock_to_take, unlock, until};
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
    /// The lock by its number, so that no newer one is taken away
    #[arg(long, value_name = "NUMBER", conflicts_with = "digest")]
    pub lock: Option<u64>,
    /// Leave the lock and let this digest in again, which failed there
    #[arg(long, value_name = "DIGEST", conflicts_with = "all", requires = "reason")]
    pub digest: Option<String>,
    /// The component of that digest; needed when there are many
    #[arg(long, value_name = "NAME", requires = "digest")]
    pub component: Option<ComponentName>,
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
    /// The number of the lock that is written or taken away, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// Why nothing is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// Whether it was so before.
    pub already: bool,
    /// Why the gate does not count it that this person took the lock away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// Whether the plan was shown instead of carried out.
    pub dry_run: bool,
    /// The plan.
    pub steps: Vec<Step>,
}

/// Closes.
pub async fn run_lock(context: &Context, args: &LockArgs) -> Result<LockDocument> {
    let now = context.clock.now();
    let until = args
        .until
        .as_deref()
        .map(|text| until("end of a lock", text, now))
        .transpose()?;
    let environment = scoped(context, &args.scope)?;
    let mut document = LockDocument::new(context, environment, true);
    document.until = until;
    loop {
        let read = context.ledger.open().await?.lock(environment)?;
        document.plan(lock(&read.state, environment, &args.reason, until, now));
        document.number = newest(&read.state, now);
        let observed = Observed::from([(read.stream, read.sequence)]);
        if context.dry_run {
            return Ok(document);
        }
        if run_steps(context, &document.steps, &observed).await? {
            let written = context.ledger.reopen().await?.lock(environment)?.state;
            document.number = newest(&written, now).or(document.number);
            return Ok(document);
        }
    }
}

/// The number of the newest lock.
fn newest(state: &LockState, now: jiff::Timestamp) -> Option<u64> {
    state.standing(now).next_back().map(|lock| lock.number)
}

/// Opens.
pub async fn run_unlock(context: &Context, args: &UnlockArgs) -> Result<LockDocument> {
    let environment = scoped(context, &args.scope)?;
    let mut document = LockDocument::new(context, environment, false);
    loop {
        let read = context.ledger.open().await?.lock(environment)?;
        let holding = holding(context, environment, environment, &read.state).await?;
        document.number = holding.last().map(|lock| lock.number);
        let found = match lock_to_take(&holding, args.lock) {
            Ok(found) => found,
            Err(refusal) => {
                (document.locked, document.refusal) = (true, Some(refusal));
                return Ok(document);
            }
        };
        let mut steps = Vec::new();
        if let Some(lock) = found {
            let reason = args.reason.as_deref();
            let opening = Opening::lock(context, environment, lock, lock.number);
            let (proof, standing) = opening.prove(context, reason).await?;
            document.why_not = doubt(context, environment, &context.actor, standing.as_ref()).await?;
            steps.push(unlock(lock, environment, reason, proof));
        }
        document.plan(steps);
        let observed = Observed::from([(read.stream, read.sequence)]);
        if context.dry_run || run_steps(context, &document.steps, &observed).await? {
            return Ok(document);
        }
    }
}

/// The environment that is meant, which is there; nothing for the ladder.
fn scoped<'a>(context: &Context, scope: &'a LockScope) -> Result<Option<&'a EnvironmentName>> {
    let environment = scope.environment.as_ref();
    if let Some(environment) = environment {
        context.settings.environment(environment)?;
    }
    Ok(environment)
}

impl LockDocument {
    fn new(context: &Context, environment: Option<&EnvironmentName>, locked: bool) -> Self {
        Self {
            locked,
            environment: environment.cloned(),
            by: context.actor.clone(),
            until: None,
            number: None,
            refusal: None,
            already: false,
            why_not: None,
            dry_run: context.dry_run,
            steps: Vec::new(),
        }
    }

    fn plan(&mut self, steps: Vec<Step>) {
        self.already = steps.is_empty();
        self.steps = steps;
    }

    fn word(&self) -> &'static str {
        if self.locked { "locked" } else { "unlocked" }
    }
}

impl Document for LockDocument {
    const SCHEMA: &'static str = "tidegate.lock/1";

    fn exit_code(&self) -> ExitCode {
        match self.refusal {
            Some(_) => ExitCode::Refused,
            None => ExitCode::Done,
        }
    }

    fn text(&self) -> Text {
        let scope = self.environment.as_ref().map_or("the ladder", EnvironmentName::as_str);
        if let Some(refusal) = &self.refusal {
            return Text {
                stdout: format!("{}\n", self.word()),
                stderr: format!("{scope} stays locked: {}\n  {}\n", refusal.reason, refusal.help),
            };
        }
        let number = self.number.filter(|_| !self.dry_run && (self.locked || !self.already));
        let number = number.map_or_else(String::new, |number| format!(" (lock {number})"));
        let end = self.until.map_or_else(String::new, |until| format!(" until {until}"));
        let before = if self.already { " already; nothing to do" } else { "" };
        let doubt = steps::doubt(self.why_not.as_deref());
        let plan = steps::text(if self.dry_run { &self.steps } else { &[] });
        Text {
            stdout: format!("{}\n", self.word()),
            stderr: format!("{scope} is {}{number}{end}{before}\n{doubt}{plan}", self.word()),
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        let number = self.number.map(|number| number.to_string()).unwrap_or_default();
        vec![("status", self.word().to_owned()), ("number", number)]
    }
}
