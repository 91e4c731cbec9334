//! `lock` and `unlock`: closes an environment or the whole ladder, and opens it again.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::approve::run_steps;
use super::gate::people::is_entitled;
use super::gate::spoken::{stand, stand_unlock, unlock_statement};
use super::prove::prove;
use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::model::actor::Actor;
use crate::model::name::{ComponentName, EnvironmentName};
use crate::model::policy::Approver;
use crate::model::proof::Standing;
use crate::model::refusal::Refusal;
use crate::model::state::Unlocked;
use crate::model::step::Step;
use crate::plan::gate::entitled::Entitled;
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
    loop {
        let read = context.ledger.open().await?.lock(environment)?;
        let present = read.state.lock.as_ref();
        document.until = present.map_or(until, |lock| lock.end_under(until));
        document.number = present.map(|lock| lock.number);
        document.plan(lock(present, environment, &args.reason, until, now));
        let observed = Observed::from([(read.stream, read.sequence)]);
        if context.dry_run {
            return Ok(document);
        }
        if run_steps(context, &document.steps, &observed).await? {
            let written = context.ledger.reopen().await?.lock(environment)?.state.lock;
            document.number = written.map(|lock| lock.number).or(document.number);
            return Ok(document);
        }
    }
}

/// Opens.
pub async fn run_unlock(context: &Context, args: &UnlockArgs) -> Result<LockDocument> {
    let environment = scoped(context, &args.scope)?;
    let mut document = LockDocument::new(context, environment, false);
    loop {
        let read = context.ledger.open().await?.lock(environment)?;
        let counts = match &read.state.unlocked {
            Some(unlocked) => doubt(context, environment, unlocked).await?.is_none(),
            None => true,
        };
        document.number = read.state.lock.as_ref().map(|lock| lock.number);
        let found = match lock_to_take(&read.state, counts, args.lock, context.clock.now()) {
            Ok(found) => found,
            Err(refusal) => {
                (document.locked, document.refusal) = (true, Some(refusal));
                return Ok(document);
            }
        };
        document.number = found.or(read.state.lock.as_ref()).map(|lock| lock.number);
        let mut steps = Vec::new();
        if let Some(lock) = found {
            let reason = args.reason.as_deref();
            let statement = unlock_statement(context, environment, &context.actor, reason);
            let (mut proof, mut standing) = (None, None);
            if !context.dry_run {
                standing = Some(match prove(context, &statement).await? {
                    Ok(made) => stand(context, Some(proof.insert(made)), &statement).await,
                    Err(why) => Standing::Unproven { why },
                });
            }
            document.why_not = doubt_of(context, environment, &context.actor, standing).await?;
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

/// The environments whose policy names people who may unlock: this one, or each for the ladder.
fn unlockers<'a>(
    context: &'a Context,
    scope: Option<&'a EnvironmentName>,
) -> impl Iterator<Item = (&'a EnvironmentName, &'a [Approver])> {
    let all = context.settings.file.environment.iter();
    let meant = all.filter(move |(name, _)| scope.is_none_or(|scope| scope == *name));
    let lists = meant.filter_map(|(name, settings)| Some((name, settings.gate.access.as_ref()?.unlock.as_slice())));
    lists.filter(|(_, list)| !list.is_empty())
}

/// Why it does not count that a lock was taken away; nothing when it does.
async fn doubt(context: &Context, scope: Option<&EnvironmentName>, unlocked: &Unlocked) -> Result<Option<String>> {
    let standing = stand_unlock(context, scope, unlocked).await;
    doubt_of(context, scope, &unlocked.by.by, Some(standing)).await
}

/// The same for a person with this proof, where one was made. Nobody is asked where the policy names nobody.
async fn doubt_of(
    context: &Context,
    scope: Option<&EnvironmentName>,
    by: &Actor,
    standing: Option<Standing>,
) -> Result<Option<String>> {
    for (name, list) in unlockers(context, scope) {
        match is_entitled(context, name, list, by).await? {
            Entitled::Yes => {}
            Entitled::No => return Ok(Some(format!("the policy of {name} names others for it"))),
            Entitled::Unknown(why) => return Ok(Some(why)),
        }
        if let Some(Standing::Unproven { why } | Standing::Unknown { why }) = standing {
            return Ok(Some(why));
        }
    }
    Ok(None)
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
        let doubt = self.why_not.as_ref();
        let doubt = doubt.map_or_else(String::new, |why| format!("  the gate does not count this: {why}\n"));
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
