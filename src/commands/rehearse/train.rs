//! The release train of a rehearsal: what is released, and its promotion rung by rung, as the scenario has it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use super::deeds::unmet;
use super::{RehearsedRelease, ReleaseOutcome, TimelineEntry};
use crate::adapters::rehearsal::checks::ReportedChecks;
use crate::adapters::rehearsal::clock::VirtualClock;
use crate::adapters::rehearsal::stage::Stage;
use crate::adapters::rehearsal::world::World;
use crate::cli::{EnvironmentReleaseArgs, ReleaseArgs};
use crate::commands::promote::{PromoteDocument, PromoteStatus};
use crate::commands::{approve, promote};
use crate::config::scenario::{Scenario, ScriptedRelease};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::actor::Actor;
use crate::model::duration::Duration;
use crate::model::name::{CommitId, ComponentName, EnvironmentName};
use crate::model::proof::Standing;
use crate::plan::rehearse::{Agenda, Speech, filler};
use crate::plan::tag::line::Line;
use crate::plan::word::Choice;
use crate::ports::clock::Clock as _;
use crate::report::rehearsal::line;

/// How often a gate may wait before the rehearsal gives up on it.
const PATIENCE: usize = 1_000;

/// A rehearsal under way.
pub struct Train<'a> {
    /// Settings and ports; the ports are the rehearsal's own.
    pub context: &'a Context,
    /// The temporary folder.
    pub stage: &'a Stage,
    /// The virtual clock.
    pub clock: Arc<VirtualClock>,
    /// What runs where.
    pub world: World,
    /// What checks have said.
    pub checks: ReportedChecks,
    /// What happens.
    pub scenario: &'a Scenario,
    /// The project's folder, which the scenario's paths start from.
    pub project: PathBuf,
    /// When the commits of releases were first seen.
    pub begun: BTreeMap<CommitId, Timestamp>,
    /// The images that were pushed.
    pub images: BTreeMap<(ComponentName, CommitId), PathBuf>,
}

impl Train<'_> {
    /// Runs one scripted release, for every component that has something to release.
    pub async fn release(&mut self, scripted: &ScriptedRelease) -> Result<Vec<RehearsedRelease>> {
        let mut timeline = Vec::new();
        let prepared = self.prepare(scripted, &mut timeline).await?;
        let mut tagged = self.tag(scripted, &prepared.context).await?;
        let is_elsewhere = scripted.line.is_some() || scripted.hotfix.is_some();
        if tagged.is_empty() && !is_elsewhere {
            self.stage.commit(&filler(), self.now())?;
            self.stage.push().await?;
            tagged = self.tag(scripted, &prepared.context).await?;
        }
        if tagged.is_empty() {
            return Err(match is_elsewhere {
                true => Error::usage(
                    "its commits ask for no release",
                    "give it a `commit` that does, such as `fix: …`",
                ),
                false => Error::usage(
                    "no component has anything to release",
                    "give a component without `paths`, or a rehearsal.toml whose commits touch one",
                ),
            });
        }
        let mut releases = Vec::new();
        for (component, document) in tagged {
            let before = std::mem::take(&mut timeline);
            let mut release = self.make(scripted, &prepared, (&component, document), before).await?;
            self.climb(&mut release, scripted).await?;
            self.bring_home(scripted, prepared.change.as_deref(), &mut release)
                .await?;
            releases.push(release);
        }
        Ok(releases)
    }

    /// What is still to come for a commit: its checks began when it was first seen.
    pub(super) fn agenda(&mut self, commit: &CommitId) -> Agenda {
        let now = self.clock.now();
        let begun = self.begun.entry(commit.clone()).or_insert(now);
        Agenda::new(&self.scenario.check, commit, *begun)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn climb(&mut self, release: &mut RehearsedRelease, scripted: &ScriptedRelease) -> Result<()> {
        let mut agenda = self.agenda(&release.commit);
        let is_on_main = scripted.line.is_none() && scripted.hotfix.is_none();
        for environment in self.context.settings.ladder.rungs().iter().flatten() {
            if is_on_main && self.context.settings.file.cut.before.as_ref() == Some(environment) {
                let (component, line) = (release.component.clone(), Line::of(&release.version));
                self.cut(&component, line, &agenda, &mut release.timeline).await?;
            }
            self.report_checks(&agenda);
            self.deeds(release, &scripted.deed, environment).await?;
            if !self.enter(release, environment, &mut agenda).await? {
                return Ok(());
            }
            if scripted.up_to.as_ref() == Some(environment) {
                release.outcome = ReleaseOutcome::Arrived;
                return Ok(());
            }
        }
        Ok(())
    }

    /// Promotes into one environment, waiting as long as something is to come. `false` when the release stops here.
    async fn enter(
        &self,
        release: &mut RehearsedRelease,
        environment: &EnvironmentName,
        agenda: &mut Agenda,
    ) -> Result<bool> {
        for _ in 0..PATIENCE {
            self.report_checks(agenda);
            let document = self.promote(release, environment, agenda).await?;
            match document.status {
                PromoteStatus::Promoted | PromoteStatus::Already | PromoteStatus::Planned => {
                    let seen = document.reason.unwrap_or_else(|| "verified already".to_owned());
                    self.tell(&mut release.timeline, "promote", Some(environment), seen, None);
                    return Ok(true);
                }
                PromoteStatus::RolledBack | PromoteStatus::Failed => {
                    self.fell(release, environment, document);
                    return Ok(false);
                }
                PromoteStatus::Closed | PromoteStatus::Waiting | PromoteStatus::Undecidable => {
                    if !self.wait(release, environment, agenda, &document).await? {
                        return Ok(false);
                    }
                }
            }
        }
        Err(Error::Internal(format!("{environment} waited {PATIENCE} times")))
    }

    async fn promote(
        &self,
        release: &RehearsedRelease,
        environment: &EnvironmentName,
        agenda: &Agenda,
    ) -> Result<PromoteDocument> {
        let context = match agenda.promoter(environment) {
            Some(person) => self.as_person(person),
            None => self.context.clone(),
        };
        promote::run(&context, environment, &self.subject(release, environment).release, None).await
    }

    /// The same rehearsal with somebody else at work.
    pub(super) fn as_person(&self, person: &str) -> Context {
        Context {
            actor: Actor(person.to_owned()),
            ..self.context.clone()
        }
    }

    pub(super) fn subject(&self, release: &RehearsedRelease, environment: &EnvironmentName) -> EnvironmentReleaseArgs {
        EnvironmentReleaseArgs {
            environment: environment.clone(),
            release: ReleaseArgs {
                component: Some(release.component.clone()),
                release: None,
                digest: Some(release.digest.to_string()),
            },
        }
    }

    fn fell(&self, release: &mut RehearsedRelease, environment: &EnvironmentName, document: PromoteDocument) {
        let reason = document.reason.unwrap_or_default();
        let (outcome, detail) = match document.rolled_back_to {
            Some(to) => (ReleaseOutcome::RolledBack, format!("{reason}; back to {to}")),
            None => (ReleaseOutcome::Failed, reason),
        };
        release.outcome = outcome;
        self.tell(&mut release.timeline, "rollback", Some(environment), detail, None);
    }

    /// Lets time pass until something can change, and lets it change. `false` when nothing is to come.
    async fn wait(
        &self,
        release: &mut RehearsedRelease,
        environment: &EnvironmentName,
        agenda: &mut Agenda,
        document: &PromoteDocument,
    ) -> Result<bool> {
        let Some(verdict) = &document.verdict else {
            return Err(Error::Internal(format!(
                "{environment} is busy in a rehearsal of its own"
            )));
        };
        if let Some(detail) = agenda.hand_over(verdict, &self.scenario.promotion) {
            self.tell(&mut release.timeline, "refuse", Some(environment), detail, None);
            return Ok(true);
        }
        agenda.asked(verdict, &self.scenario.approval);
        let blocks = unmet(verdict);
        let Some(next) = agenda.next(verdict) else {
            release.outcome = ReleaseOutcome::Stuck;
            let detail = format!("{blocks}; nothing in the scenario changes that");
            self.tell(&mut release.timeline, "stuck", Some(environment), detail, None);
            return Ok(false);
        };
        self.pass(next, Some(environment), &blocks, &mut release.timeline);
        for speech in agenda.due(self.clock.now()) {
            self.approve(release, &speech).await?;
        }
        Ok(true)
    }

    /// Lets the clock jump, and tells it where that takes time.
    pub(super) fn pass(
        &self,
        to: Timestamp,
        environment: Option<&EnvironmentName>,
        blocks: &str,
        timeline: &mut Vec<TimelineEntry>,
    ) {
        let length = Duration::from(to.duration_since(self.now()));
        self.clock.advance_to(to);
        if length > Duration::default() {
            let detail = format!("{length} for {blocks}");
            self.tell(timeline, "wait", environment, detail, Some(length));
        }
    }

    async fn approve(&self, release: &mut RehearsedRelease, speech: &Speech) -> Result<()> {
        let context = self.as_person(&speech.by);
        let args = approve::ApproveArgs {
            subject: self.subject(release, &speech.environment),
            reason: speech.reason.clone(),
        };
        let document = approve::run(&context, &args, Choice::Approved).await?;
        let proof = match &document.proof {
            Some(Standing::Proven { how }) => format!("proven by {how}"),
            _ => "not proven".to_owned(),
        };
        let detail = match &speech.reason {
            Some(reason) => format!("{}, {proof}: {reason}", speech.by),
            None => format!("{}, {proof}", speech.by),
        };
        self.tell(
            &mut release.timeline,
            "approve",
            Some(&speech.environment),
            detail,
            None,
        );
        Ok(())
    }

    pub(super) fn report_checks(&self, agenda: &Agenda) {
        self.checks.report(agenda.checks(self.now()));
    }

    pub(super) fn tell(
        &self,
        timeline: &mut Vec<TimelineEntry>,
        what: &str,
        environment: Option<&EnvironmentName>,
        detail: String,
        waited: Option<Duration>,
    ) {
        let entry = TimelineEntry {
            at: self.clock.now(),
            what: what.to_owned(),
            environment: environment.cloned(),
            detail,
            waited,
        };
        self.context.progress.end(&line(&entry));
        timeline.push(entry);
    }
}
