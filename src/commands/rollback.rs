//! `rollback`: goes back to the release that was verified before.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::deployment::{Admission, Deploying, Ending, verifiable};
use super::gate::opened::{holding, trusted};
use super::gate::people::{Asking, asker, is_entitled};
use super::gate::spoken::about;
use super::mirror;
use super::subject::find_subject;
use crate::adapters::lease;
use crate::cli::ReleaseArgs;
use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::model::name::{ComponentName, EnvironmentName};
use crate::model::proof::Standing;
use crate::model::refusal::Refusal;
use crate::model::release::Release;
use crate::model::step::Step;
use crate::model::stream::Stream;
use crate::plan::gate::entitled::Entitled;
use crate::plan::rollback::{Next, Situation, finish, next, outline};
use crate::ports::ledger::Observed;
use crate::report::document::{Annotation, Document, Level, Text};

/// The arguments of `rollback`.
#[derive(Clone, Debug, Args)]
pub struct RollbackArgs {
    /// The environment
    pub environment: EnvironmentName,
    /// The component; needed when there are many
    #[arg(long, value_name = "NAME")]
    pub component: Option<ComponentName>,
    /// The release to take away, by version [default: the one that runs there]
    #[arg(long, value_name = "VERSION")]
    pub release: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// The result of `rollback`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RollbackDocument {
    /// How it ended.
    pub status: RollbackStatus,
    /// The environment.
    pub environment: EnvironmentName,
    /// The release that runs there again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Release>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Why nothing is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// When to ask again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub next_check_at: Option<jiff::Timestamp>,
    /// Whether the plan was shown instead of carried out.
    pub dry_run: bool,
    /// The plan, of a dry run.
    pub steps: Vec<Step>,
}

/// How a roll-back ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RollbackStatus {
    /// The release before runs again, verified.
    RolledBack,
    /// That was done before; a second run never goes further down.
    Already,
    /// A dry run: it would be brought back.
    Planned,
    /// There is nothing to go back to, the environment is locked or frozen, or the one who asks may not do it.
    Refused,
    /// Whether the one who asks may do it could not be found out.
    Undecidable,
    /// Another run is at work there, or a freeze ends later.
    Waiting,
    /// It could not be brought back; a person is needed.
    Failed,
}

/// Goes back.
pub async fn run(context: &Context, args: &RollbackArgs) -> Result<RollbackDocument> {
    let environment = &args.environment;
    let settings = verifiable(context, environment)?;
    let component = context.settings.component(args.component.as_ref())?;
    let mut document = RollbackDocument {
        status: RollbackStatus::Refused,
        environment: environment.clone(),
        to: None,
        failure: None,
        refusal: None,
        next_check_at: None,
        dry_run: context.dry_run,
        steps: Vec::new(),
    };
    let stream = Stream::Environment(environment.clone(), component.name.clone());
    let lease = lease::take(&context.repository.common_dir(), &stream)?;
    if lease.is_none() {
        document.wait("another process of this clone is at work in this environment", None);
        return Ok(document);
    }
    let unwanted = match &args.release {
        None => None,
        Some(_) => {
            let named = ReleaseArgs {
                component: Some(component.name.clone()),
                release: args.release.clone(),
                digest: None,
            };
            let view = context.ledger.open().await?;
            Some(find_subject(context, view.as_ref(), &named).await?.release.digest)
        }
    };
    let deploying = Deploying { context, environment };
    loop {
        let view = context.ledger.open().await?;
        let read = view.environment(environment, &component.name)?;
        let mut known = view.component(&component.name)?;
        known.state = trusted(context, environment, &component.name, known.state).await?;
        let (lock, ladder) = (view.lock(Some(environment))?, view.lock(None)?);
        let own = Observed::from([(read.stream.clone(), read.sequence)]);
        let (here, above) = (
            holding(context, Some(environment), Some(environment), &lock.state).await?,
            holding(context, None, Some(environment), &ladder.state).await?,
        );
        let situation = Situation {
            environment: settings,
            state: &read.state,
            component: &known.state,
            unwanted: unwanted.as_ref(),
            lock: here.last().or(above.last()).copied(),
            holder: &context.holder,
            now: context.clock.now(),
        };
        match next(&situation) {
            Next::Start { from, to } => {
                if let Some((status, refusal)) = barred(context, environment, &to).await? {
                    (document.status, document.refusal) = (status, Some(refusal));
                    return Ok(document);
                }
                let start = deploying.started(&to, Admission::RollBack(&from))?;
                if context.dry_run {
                    let steps = outline(environment, &from, &to, start, &args.reason);
                    return Ok(document.planned(*to, steps));
                }
                let mut observed = own.clone();
                observed.extend([(lock.stream, lock.sequence), (ladder.stream, ladder.sequence)]);
                observed.insert(known.stream, known.sequence);
                deploying.record(start, &observed).await?;
            }
            Next::Finish { from, to } if context.dry_run => {
                let steps = finish(environment, &from, &to, &args.reason);
                return Ok(document.planned(*to, steps));
            }
            Next::Finish { from, to } => match deploying.roll_back(&from, &to, &args.reason, &own).await? {
                Ending::Done => {
                    document.status = RollbackStatus::RolledBack;
                    document.to = Some(*to);
                    return Ok(document);
                }
                Ending::Failed(reason) => {
                    document.status = RollbackStatus::Failed;
                    document.failure = Some(reason);
                    document.to = Some(*to);
                    return Ok(document);
                }
                Ending::Moved => {}
            },
            Next::Already(to) => {
                mirror::settled(context, environment, &to).await;
                document.status = RollbackStatus::Already;
                document.to = Some(*to);
                return Ok(document);
            }
            Next::Wait { reason, until } => {
                document.wait(&reason, until);
                return Ok(document);
            }
            Next::Refuse(refusal) => {
                document.refusal = Some(refusal);
                return Ok(document);
            }
        }
    }
}

/// Why the one at work may not go back to a release: it takes whoever may promote it.
async fn barred(
    context: &Context,
    environment: &EnvironmentName,
    to: &Release,
) -> Result<Option<(RollbackStatus, Refusal)>> {
    let about = about(context, environment, to)?;
    let Some(asker) = asker(context, environment, about, Asking::Promotes).await? else {
        return Ok(None);
    };
    let access = context.settings.environment(environment)?.gate.access.as_ref();
    let list = access.map(|access| access.promote.as_slice()).unwrap_or_default();
    let by = &asker.by;
    let (status, reason) = match (is_entitled(context, environment, list, by).await?, asker.standing) {
        (Entitled::Yes, Standing::Proven { .. }) => return Ok(None),
        (Entitled::No, _) => (
            RollbackStatus::Refused,
            format!("{by} may not promote or roll back here"),
        ),
        (_, Standing::Unproven { why }) => (RollbackStatus::Refused, format!("{by} is not proven: {why}")),
        (Entitled::Unknown(why), _) | (_, Standing::Unknown { why }) => (RollbackStatus::Undecidable, why),
    };
    let names: Vec<String> = list.iter().map(ToString::to_string).collect();
    let help = format!(
        "it takes one of those whom `gate.access.promote` names: {}",
        names.join(", ")
    );
    Ok(Some((status, Refusal::new(reason, help))))
}

impl RollbackDocument {
    fn planned(mut self, to: Release, steps: Vec<Step>) -> Self {
        self.status = RollbackStatus::Planned;
        self.to = Some(to);
        self.steps = steps;
        self
    }

    fn wait(&mut self, reason: &str, until: Option<jiff::Timestamp>) {
        self.status = RollbackStatus::Waiting;
        self.failure = Some(reason.to_owned());
        self.next_check_at = until;
    }

    fn headline(&self) -> String {
        let environment = &self.environment;
        let to = self.to.as_ref().map(ToString::to_string).unwrap_or_default();
        let failure = self.failure.as_deref().unwrap_or_default();
        match self.status {
            RollbackStatus::RolledBack => format!("{to} runs in {environment} again, verified"),
            RollbackStatus::Already => {
                format!("{environment} went back to {to} before; to take that away as well, name it with --release")
            }
            RollbackStatus::Planned => format!("{environment} would go back to {to}"),
            RollbackStatus::Waiting => format!("{environment} waits: {failure}"),
            RollbackStatus::Failed => format!("{environment} could not go back to {to}: {failure}"),
            RollbackStatus::Refused | RollbackStatus::Undecidable => {
                let refusal = self.refusal.as_ref();
                let reason = refusal.map_or("", |refusal| refusal.reason.as_str());
                let help = refusal.map_or("", |refusal| refusal.help.as_str());
                format!("{environment} is not rolled back: {reason}\n  {help}")
            }
        }
    }

    fn word(&self) -> &'static str {
        match self.status {
            RollbackStatus::RolledBack => "rolled-back",
            RollbackStatus::Already => "already",
            RollbackStatus::Planned => "planned",
            RollbackStatus::Refused => "refused",
            RollbackStatus::Undecidable => "undecidable",
            RollbackStatus::Waiting => "waiting",
            RollbackStatus::Failed => "failed",
        }
    }
}

impl Document for RollbackDocument {
    const SCHEMA: &'static str = "tidegate.rollback/1";

    fn exit_code(&self) -> ExitCode {
        match self.status {
            RollbackStatus::RolledBack | RollbackStatus::Already | RollbackStatus::Planned => ExitCode::Done,
            RollbackStatus::Refused => ExitCode::Refused,
            RollbackStatus::Undecidable => ExitCode::Undecidable,
            RollbackStatus::Waiting => ExitCode::Waiting,
            RollbackStatus::Failed => ExitCode::NeedsPerson,
        }
    }

    fn text(&self) -> Text {
        Text {
            stdout: format!("{}\n", self.word()),
            stderr: format!("{}\n{}", self.headline(), crate::report::steps::text(&self.steps)),
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        let of = |get: fn(&Release) -> String| self.to.as_ref().map(get).unwrap_or_default();
        let next = self.next_check_at.map(|at| at.to_string()).unwrap_or_default();
        vec![
            ("status", self.word().to_owned()),
            ("environment", self.environment.to_string()),
            ("version", of(|release| release.version.to_string())),
            ("digest", of(|release| release.digest.to_string())),
            ("next-check-at", next),
        ]
    }

    fn annotation(&self) -> Option<Annotation> {
        let level = match self.status {
            RollbackStatus::Planned | RollbackStatus::Already => return None,
            RollbackStatus::RolledBack => Level::Warning,
            RollbackStatus::Waiting => Level::Notice,
            RollbackStatus::Refused | RollbackStatus::Undecidable | RollbackStatus::Failed => Level::Error,
        };
        Some(Annotation {
            level,
            title: format!("rollback {}", self.environment),
            message: self.headline(),
        })
    }
}
