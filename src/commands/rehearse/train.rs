//! The release train of a rehearsal: commits, tag, push, and promotion rung by rung, as the scenario has it.

use std::path::PathBuf;
use std::sync::Arc;

use super::deeds::unmet;
use super::{RehearsedRelease, ReleaseOutcome, TimelineEntry};
use crate::adapters::checks_file::ChecksDocument;
use crate::adapters::rehearsal::clock::VirtualClock;
use crate::adapters::rehearsal::stage::Stage;
use crate::adapters::rehearsal::synthetic;
use crate::adapters::rehearsal::world::World;
use crate::cli::{EnvironmentReleaseArgs, ReleaseArgs};
use crate::commands::promote::{PromoteDocument, PromoteStatus};
use crate::commands::{approve, cut, promote, push, tag};
use crate::config::scenario::{Scenario, ScriptedDeed, ScriptedRelease};
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::actor::Actor;
use crate::model::duration::Duration;
use crate::model::name::{CommitId, EnvironmentName};
use crate::model::proof::Standing;
use crate::plan::rehearse::{Agenda, Speech, filler};
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
    /// What happens.
    pub scenario: &'a Scenario,
    /// The project's folder, which the scenario's paths start from.
    pub project: PathBuf,
}

impl Train<'_> {
    /// Runs one scripted release, for every component that has something to release.
    pub async fn release(&self, scripted: &ScriptedRelease) -> Result<Vec<RehearsedRelease>> {
        for commit in &scripted.commit {
            self.stage.commit(commit, self.clock.now())?;
        }
        self.stage.push().await?;
        let mut tagged = self.tag_all().await?;
        if tagged.is_empty() {
            self.stage.commit(&filler(), self.clock.now())?;
            self.stage.push().await?;
            tagged = self.tag_all().await?;
        }
        if tagged.is_empty() {
            return Err(Error::usage(
                "no component has anything to release",
                "give a component without `paths`, or a rehearsal.toml whose commits touch one",
            ));
        }
        let mut releases = Vec::new();
        for (component, document) in tagged {
            releases.push(self.carry(scripted, &component, document).await?);
        }
        Ok(releases)
    }

    async fn tag_all(&self) -> Result<Vec<(ResolvedComponent, tag::document::TagDocument)>> {
        let mut tagged = Vec::new();
        for component in self.context.settings.components() {
            let args = tag::TagArgs {
                component: Some(component.name.clone()),
                commit: "HEAD".to_owned(),
                ..tag::TagArgs::default()
            };
            let document = tag::run(self.context, &args).await?;
            if let Some(refusal) = &document.refusal {
                return Err(Error::usage(&refusal.reason, &refusal.help));
            }
            if document.tag.is_some() {
                tagged.push((component, document));
            }
        }
        Ok(tagged)
    }

    /// Pushes the image of one component's release and carries it up the ladder.
    async fn carry(
        &self,
        scripted: &ScriptedRelease,
        component: &ResolvedComponent,
        tagged: tag::document::TagDocument,
    ) -> Result<RehearsedRelease> {
        let (Some(version), Some(tag)) = (tagged.version, tagged.tag) else {
            return Err(Error::Internal("a tag without a version".to_owned()));
        };
        let mut timeline = Vec::new();
        self.tell(
            &mut timeline,
            "tag",
            None,
            format!("{tag} on {}", tagged.commit.short()),
            None,
        );
        let source = match &scripted.image {
            Some(image) => self.project.join(image),
            None => {
                let layout = self
                    .stage
                    .images()
                    .join(component.name.as_str())
                    .join(tagged.commit.as_str());
                synthetic::write(&layout, &component.name, &tagged.commit)?;
                layout
            }
        };
        let to = component
            .image
            .as_ref()
            .map_or_else(|| vec!["oci:image".to_owned()], |_| Vec::new());
        let args = push::PushArgs {
            source: Some(source.display().to_string()),
            component: Some(component.name.clone()),
            to,
            release: Some(version.to_string()),
            timeout: Duration::from_secs(3600),
            ..push::PushArgs::default()
        };
        let pushed = push::run(self.context, &args).await?;
        if let Some(refusal) = &pushed.refusal {
            return Err(Error::usage(&refusal.reason, &refusal.help));
        }
        let digest = pushed.digest;
        self.tell(
            &mut timeline,
            "push",
            None,
            format!("{} as {}", pushed.repositories[0].repository, digest.short()),
            None,
        );
        if let Some(fault) = &scripted.fault {
            self.world.inject(digest.clone(), fault.clone());
        }
        let mut release = RehearsedRelease {
            component: component.name.clone(),
            version,
            tag,
            commit: tagged.commit,
            digest,
            outcome: ReleaseOutcome::Live,
            timeline,
        };
        self.climb(&mut release, &scripted.deed).await?;
        Ok(release)
    }

    async fn climb(&self, release: &mut RehearsedRelease, deeds: &[ScriptedDeed]) -> Result<()> {
        let mut agenda = Agenda::new(&self.scenario.check, &release.commit, self.clock.now());
        for rung in self.context.settings.ladder.rungs() {
            for environment in rung {
                if self.context.settings.file.cut.before.as_ref() == Some(environment) {
                    self.cut(release).await?;
                }
                self.report_checks(&agenda).await?;
                self.deeds(release, deeds, environment).await?;
                if !self.enter(release, environment, &mut agenda).await? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Cuts the release branch of this version's minor line, unless an earlier release of the line did.
    async fn cut(&self, release: &mut RehearsedRelease) -> Result<()> {
        let version = &release.version.0;
        let args = cut::CutArgs {
            line: Some(format!("{}.{}", version.major, version.minor)),
            component: Some(release.component.clone()),
            ..cut::CutArgs::default()
        };
        let document = cut::run(self.context, &args).await?;
        if let Some(refusal) = &document.refusal {
            return Err(Error::usage(&refusal.reason, &refusal.help));
        }
        let from = document.commit.as_ref().map_or("", CommitId::short);
        let detail = match document.status {
            cut::CutStatus::Exists => format!("{} is there, from {from}", document.branch),
            _ => format!("{} from {from}", document.branch),
        };
        self.tell(&mut release.timeline, "cut", None, detail, None);
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
            self.report_checks(agenda).await?;
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
        let length = Duration::from(next.duration_since(self.clock.now()));
        self.clock.advance_to(next);
        if length > Duration::default() {
            let detail = format!("{length} for {blocks}");
            self.tell(&mut release.timeline, "wait", Some(environment), detail, Some(length));
        }
        for speech in agenda.due(self.clock.now()) {
            self.approve(release, &speech).await?;
        }
        Ok(true)
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

    async fn report_checks(&self, agenda: &Agenda) -> Result<()> {
        let document = ChecksDocument {
            checks: agenda.checks(self.clock.now()),
        };
        let json = serde_json::to_vec(&document).map_err(|error| Error::Internal(error.to_string()))?;
        let file = self.stage.checks();
        let written = tokio::fs::write(&file, json).await;
        written.map_err(|error| Error::file("writing", &file, &error))
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
