//! `promote`: gate → deploy → verify → record, for one release into one environment.

pub mod climb;
mod status;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

pub use self::status::PromoteStatus;
use super::deployment::{Admission, Deploying, Ending, verifiable};
use super::gate::evidence::keep;
use super::gate::opened::trusted;
use super::gate::people::Asking;
use super::gate::{self, evidence_of};
use super::mirror;
use super::subject::{Subject, find_subject};
use super::wait;
use crate::adapters::lease;
use crate::cli::ReleaseArgs;
use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::model::duration::Duration;
use crate::model::evidence::Evidence;
use crate::model::name::EnvironmentName;
use crate::model::release::Release;
use crate::model::state::Attempt;
use crate::model::step::Step;
use crate::model::stream::Stream;
use crate::model::verdict::{Verdict, VerdictStatus};
use crate::plan::promote::{Next, Situation, next, outline, verification};
use crate::plan::rollback;
use crate::ports::ledger::Observed;
use crate::report::document::{Annotation, Document, Level, Text};
use crate::report::verdict as words;

/// The arguments of `promote`.
#[derive(Clone, Debug, Args)]
pub struct PromoteArgs {
    /// The environment
    #[arg(required_unless_present = "next", conflicts_with = "next")]
    pub environment: Option<EnvironmentName>,
    /// The release.
    #[command(flatten)]
    pub release: ReleaseArgs,
    /// Climb the ladder as far as the gates allow
    #[arg(long)]
    pub next: bool,
    /// While the gate waits, look again for so long, 30 minutes at most
    #[arg(long, value_name = "LENGTH", value_parser = wait::length, conflicts_with = "next")]
    pub wait: Option<Duration>,
}

/// The result of `promote`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PromoteDocument {
    /// How it ended.
    pub status: PromoteStatus,
    /// The environment.
    pub environment: EnvironmentName,
    /// The release.
    pub release: Release,
    /// What the gate said, when it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// What was seen or what went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The release that runs again after a roll-back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolled_back_to: Option<Release>,
    /// When to ask again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub next_check_at: Option<jiff::Timestamp>,
    /// Whether the plan was shown instead of carried out.
    pub dry_run: bool,
    /// The plan, of a dry run.
    pub steps: Vec<Step>,
}

/// Promotes a release into one environment; while the gate waits, again and again for so long.
pub async fn run(
    context: &Context,
    environment: &EnvironmentName,
    release: &ReleaseArgs,
    wait: Option<Duration>,
) -> Result<PromoteDocument> {
    verifiable(context, environment)?;
    let view = context.ledger.open().await?;
    let subject = find_subject(context, view.as_ref(), release).await?;
    let until = wait::end(context, wait);
    loop {
        let document = enter(context, environment, &subject).await?;
        let waits = document.status == PromoteStatus::Waiting;
        if !waits || !wait::pause(context, until, document.next_check_at).await {
            return Ok(document);
        }
        context.ledger.open().await?;
    }
}

/// Promotes a release that was found.
pub async fn enter(context: &Context, environment: &EnvironmentName, subject: &Subject) -> Result<PromoteDocument> {
    let mut document = PromoteDocument::new(environment, &subject.release, context.dry_run);
    let stream = Stream::Environment(environment.clone(), subject.component.name.clone());
    // A dry run works on nothing, so it needs no lock.
    let lease = match context.dry_run {
        true => None,
        false => match lease::take(&context.repository.common_dir(), &stream)? {
            Some(lease) => Some(lease),
            None => return Ok(document.busy_here()),
        },
    };
    let ended = go_on(context, environment, subject, &mut document).await;
    drop(lease);
    ended?;
    Ok(document)
}

async fn go_on(
    context: &Context,
    environment: &EnvironmentName,
    subject: &Subject,
    document: &mut PromoteDocument,
) -> Result<()> {
    let deploying = Deploying { context, environment };
    let release = &subject.release;
    let mut admitted: Option<(Evidence, Observed)> = None;
    let mut worked = false;
    loop {
        let view = context.ledger.reopen().await?;
        let read = view.environment(environment, &subject.component.name)?;
        let component = view.component(&subject.component.name)?.state;
        let component = trusted(context, environment, &subject.component.name, component).await?;
        let situation = Situation {
            release,
            state: &read.state,
            component: &component,
            holder: &context.holder,
            now: context.clock.now(),
            admitted: admitted.is_some(),
        };
        let own = Observed::from([(read.stream.clone(), read.sequence)]);
        match next(&situation) {
            Next::Judge => {
                let subject = Subject {
                    observed: Observed::new(),
                    ..subject.clone()
                };
                let (evidence, observed) =
                    evidence_of(context, view.as_ref(), environment, &subject, Asking::Promotes).await?;
                mirror::judged(context, evidence.verdict()).await;
                document.judged(evidence.verdict().clone());
                if evidence.verdict().status != VerdictStatus::Open {
                    if context.dry_run || keep(context, view.as_ref(), &evidence).await?.is_some() {
                        return Ok(());
                    }
                    continue;
                }
                if context.dry_run {
                    let start = deploying.started(release, Admission::Gate(&evidence))?;
                    document.planned(outline(environment, release, start));
                    return Ok(());
                }
                admitted = Some((evidence, observed));
            }
            Next::Start => {
                let Some((evidence, observed)) = &admitted else {
                    continue;
                };
                let start = deploying.started(release, Admission::Gate(evidence))?;
                if !deploying.record(start, observed).await? {
                    admitted = None;
                }
            }
            Next::Deploy => {
                deploying.deploy(release, &own).await?;
                worked = true;
            }
            Next::Verify if context.dry_run => {
                document.planned(verification(environment, release));
                return Ok(());
            }
            Next::Verify => {
                document.reason = deploying.verify(release, &own).await?;
                worked = true;
            }
            Next::RollBack { to, reason } if context.dry_run => {
                document.planned(rollback::finish(environment, &release.digest, &to, &reason));
                return Ok(());
            }
            Next::RollBack { to, reason } => {
                let ending = deploying.roll_back(&release.digest, &to, &reason, &own).await?;
                if document.rolled_back(ending, *to, reason) {
                    return Ok(());
                }
            }
            Next::Done => {
                if !worked {
                    mirror::settled(context, environment, release).await;
                }
                document.status = if worked {
                    PromoteStatus::Promoted
                } else {
                    PromoteStatus::Already
                };
                return Ok(());
            }
            Next::Stranded { reason } => {
                mirror::stranded(context, environment, read.state.attempt.as_ref(), &reason).await;
                document.status = PromoteStatus::Failed;
                document.reason = Some(format!(
                    "{reason}; no release was verified here before, so there is none to go back to"
                ));
                return Ok(());
            }
            Next::Busy(attempt) => {
                document.busy(&attempt);
                return Ok(());
            }
        }
    }
}

impl PromoteDocument {
    fn new(environment: &EnvironmentName, release: &Release, dry_run: bool) -> Self {
        Self {
            status: PromoteStatus::Already,
            environment: environment.clone(),
            release: release.clone(),
            verdict: None,
            reason: None,
            rolled_back_to: None,
            next_check_at: None,
            dry_run,
            steps: Vec::new(),
        }
    }

    fn planned(&mut self, steps: Vec<Step>) {
        self.status = PromoteStatus::Planned;
        self.steps = steps;
    }

    fn judged(&mut self, verdict: Verdict) {
        self.status = match verdict.status {
            VerdictStatus::Open | VerdictStatus::Closed => PromoteStatus::Closed,
            VerdictStatus::Waiting => PromoteStatus::Waiting,
            VerdictStatus::Undecidable => PromoteStatus::Undecidable,
        };
        self.next_check_at = verdict.next_check_at;
        self.verdict = Some(verdict);
    }

    /// Whether the promotion has ended with this.
    fn rolled_back(&mut self, ending: Ending, to: Release, reason: String) -> bool {
        match ending {
            Ending::Done => {
                self.status = PromoteStatus::RolledBack;
                self.reason = Some(reason);
                self.rolled_back_to = Some(to);
                true
            }
            Ending::Failed(again) => {
                self.status = PromoteStatus::Failed;
                self.reason = Some(format!("{reason}; the roll-back to {to} failed as well: {again}"));
                true
            }
            Ending::Moved => false,
        }
    }

    fn busy(&mut self, attempt: &Attempt) {
        self.status = PromoteStatus::Waiting;
        self.next_check_at = Some(attempt.until);
        self.reason = Some(format!(
            "{} is deploying {} here since {}; another run may take over at {}",
            attempt.actor, attempt.release, attempt.started_at, attempt.until
        ));
    }

    fn busy_here(mut self) -> Self {
        self.status = PromoteStatus::Waiting;
        self.reason = Some("another process of this clone is at work in this environment".to_owned());
        self
    }

    /// How it ended, in one line.
    pub fn headline(&self) -> String {
        let (release, environment) = (&self.release, &self.environment);
        let reason = self.reason.as_deref().unwrap_or_default();
        match self.status {
            PromoteStatus::Promoted => format!("{release} runs in {environment}, verified: {reason}"),
            PromoteStatus::Already => format!("{release} runs in {environment} already, verified"),
            PromoteStatus::Planned => format!("{release} would be promoted to {environment}"),
            PromoteStatus::RolledBack => match &self.rolled_back_to {
                Some(to) => format!("{release} failed in {environment}: {reason}; {to} runs there again"),
                None => format!("{release} failed in {environment}: {reason}"),
            },
            PromoteStatus::Failed => format!("{release} failed in {environment} and a person is needed: {reason}"),
            PromoteStatus::Closed | PromoteStatus::Waiting | PromoteStatus::Undecidable => match &self.verdict {
                Some(verdict) => words::headline(verdict),
                None => format!("{environment} is busy: {reason}"),
            },
        }
    }
}

impl Document for PromoteDocument {
    const SCHEMA: &'static str = "tidegate.promote/1";

    fn exit_code(&self) -> ExitCode {
        match self.status {
            PromoteStatus::Promoted | PromoteStatus::Already | PromoteStatus::Planned => ExitCode::Done,
            PromoteStatus::Closed => gate::exit_code(VerdictStatus::Closed),
            PromoteStatus::Waiting => gate::exit_code(VerdictStatus::Waiting),
            PromoteStatus::Undecidable => gate::exit_code(VerdictStatus::Undecidable),
            PromoteStatus::RolledBack => ExitCode::Refused,
            PromoteStatus::Failed => ExitCode::NeedsPerson,
        }
    }

    fn text(&self) -> Text {
        let refused = matches!(
            self.status,
            PromoteStatus::Closed | PromoteStatus::Waiting | PromoteStatus::Undecidable
        );
        let mut stderr = match &self.verdict {
            Some(verdict) if refused => words::text(verdict),
            _ => format!("{}\n", self.headline()),
        };
        stderr.push_str(&crate::report::steps::text(&self.steps));
        Text {
            stdout: format!("{}\n", self.status.word()),
            stderr,
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        let next = self.next_check_at.map(|at| at.to_string()).unwrap_or_default();
        vec![
            ("status", self.status.word().to_owned()),
            ("environment", self.environment.to_string()),
            ("version", self.release.version.to_string()),
            ("digest", self.release.digest.to_string()),
            ("next-check-at", next),
        ]
    }

    fn annotation(&self) -> Option<Annotation> {
        let level = match self.exit_code() {
            ExitCode::Done => return None,
            ExitCode::Waiting => Level::Notice,
            _ => Level::Error,
        };
        Some(Annotation {
            level,
            title: self.headline(),
            message: self.text().stderr,
        })
    }

    fn summary(&self) -> Option<String> {
        let headline = crate::report::github::markdown(&self.headline());
        let rules = self.verdict.as_ref().map(words::summary).unwrap_or_default();
        Some(format!("### {headline}\n\n{rules}"))
    }
}
