//! `rehearse`: walks a release train from its commits to the last environment, on this machine alone, with the very
//! commands that run for real. Only the ports differ: a clock that jumps, a world in memory, a registry in a folder.

mod branches;
mod deeds;
mod document;
mod make;
mod train;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;

pub use self::document::{RehearseDocument, RehearseStatus, RehearsedRelease, ReleaseOutcome, TimelineEntry};
use self::train::Train;
use super::status::{self, StatusArgs};
use crate::adapters::clock::SystemClock;
use crate::adapters::git::GitRepository;
use crate::adapters::lease;
use crate::adapters::rehearsal::checks::ReportedChecks;
use crate::adapters::rehearsal::clock::VirtualClock;
use crate::adapters::rehearsal::keys::MadeKeys;
use crate::adapters::rehearsal::registries::FolderRegistries;
use crate::adapters::rehearsal::server::Server;
use crate::adapters::rehearsal::stage::{REMOTE, Stage};
use crate::adapters::rehearsal::world::World;
use crate::cli::Global;
use crate::config::scenario::Scenario;
use crate::config::settings::{KeyFiles, Settings};
use crate::config::{self, Overrides};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ledger::store::GitLedger;
use crate::model::actor::{Actor, Holder};
use crate::model::commit::Through;
use crate::plan::rehearse::{assumed, history_times};
use crate::ports::clock::Clock as _;
use crate::ports::repository::Repository as _;
use crate::report::progress::{Lines, Progress, Silent};
use crate::report::sinks::Output;

/// The arguments of `rehearse`.
#[derive(Clone, Debug, Args)]
pub struct RehearseArgs {
    /// The project: a folder with a tidegate.toml
    #[arg(default_value = ".")]
    pub project: PathBuf,
}

/// What is said where no `rehearsal.toml` scripts the rehearsal.
const ASSUMED: &str = "no rehearsal.toml: it was assumed that checks succeed, that the people whom the gates name \
                       approve, and that nothing fails";

/// Rehearses a project.
pub async fn run(global: &Global, args: &RehearseArgs) -> Result<RehearseDocument> {
    let project = project_folder(&args.project)?;
    let overrides = Overrides {
        remote: None,
        checks_file: None,
        ..Overrides::of(global)
    };
    let mut settings = config::read(&project.join(config::FILE_NAME), &overrides)?;
    settings.climbs()?;
    // Nothing outside is touched.
    settings.file.tag.through = Through::Git;
    let scripted = config::read_scenario(&project, &settings)?;
    let note = scripted.is_none().then(|| ASSUMED.to_owned());
    let scenario = scripted.unwrap_or_else(|| assume(&settings));
    let stage = Stage::set(&project, &settings.ledger_branch, history_start(&scenario)).await?;
    for (commit, at) in scenario
        .history
        .iter()
        .zip(history_times(scenario.start, scenario.history.len()))
    {
        stage.commit(commit, at)?;
    }
    stage.push().await?;
    let clock = Arc::new(VirtualClock::new(scenario.start));
    let world = World::default();
    let server = Server::start(world.clone()).await?;
    let checks = ReportedChecks::default();
    let context = Context {
        checks: Arc::new(checks.clone()),
        ..context(global, settings, &stage, &scenario, &clock, &world, &server)?
    };
    let mut train = Train {
        context: &context,
        stage: &stage,
        clock: clock.clone(),
        world,
        checks,
        scenario: &scenario,
        project,
        begun: BTreeMap::new(),
        images: BTreeMap::new(),
    };
    let mut releases = Vec::new();
    for (place, scripted) in scenario.release.iter().enumerate() {
        let made = train.release(scripted).await;
        releases.extend(made.map_err(|error| config::at_release(&train.project, place, error))?);
    }
    finish(&context, releases, scenario.start, note).await
}

async fn finish(
    context: &Context,
    releases: Vec<RehearsedRelease>,
    started_at: Timestamp,
    assumed: Option<String>,
) -> Result<RehearseDocument> {
    let audit = context.ledger.verify(&[]).await?;
    if let Some(finding) = audit.findings.first() {
        return Err(Error::LedgerBroken {
            finding: finding.message.clone(),
        });
    }
    let arrived = |release: &RehearsedRelease| {
        let outcome = release.outcome;
        outcome == ReleaseOutcome::Live || outcome == ReleaseOutcome::Arrived
    };
    Ok(RehearseDocument {
        project: context.settings.project.clone(),
        status: match releases.last().is_some_and(arrived) {
            true => RehearseStatus::Complete,
            false => RehearseStatus::Stopped,
        },
        assumed,
        started_at,
        ended_at: context.clock.now(),
        releases,
        ladder: status::run(context, &StatusArgs { component: None }).await?,
        events: audit.events,
    })
}

fn context(
    global: &Global,
    settings: Settings,
    stage: &Stage,
    scenario: &Scenario,
    clock: &Arc<VirtualClock>,
    world: &World,
    server: &Server,
) -> Result<Context> {
    let keys = MadeKeys::of(people(&settings, scenario))?;
    let settings = Settings {
        keys: KeyFiles {
            allowed_signers: Some(keys.text.clone().into_bytes()),
            gpg_keyring: None,
        },
        root: stage.work(),
        remote: REMOTE.to_owned(),
        ..settings
    };
    let repository = GitRepository::discover(&stage.work(), REMOTE)?
        .without(&settings.ledger_branch)
        .with_clock(clock.clone());
    // The shared ledger itself: written in the origin, as the remote of a real one is, without a network between.
    let ledger = GitLedger::new(stage.origin(), None, settings.ledger_branch.clone(), clock.clone());
    let progress: Arc<dyn Progress> = match global.output {
        Output::Human => Arc::new(Lines::default()),
        Output::Json | Output::Markdown => Arc::new(Silent),
    };
    Ok(Context {
        actor: Actor(scenario.actor.clone()),
        holder: Holder {
            clone: lease::clone_id(&repository.common_dir())?,
            run: None,
            attempt: None,
        },
        branch: repository.branch(),
        links: None,
        starts_nothing: false,
        acts_as_app: false,
        forge: None,
        pulls: None,
        dry_run: false,
        ledger: Arc::new(ledger),
        clock: clock.clone(),
        registries: Arc::new(FolderRegistries::new(stage.registry())),
        checks: Arc::new(ReportedChecks::default()),
        records: None,
        mirror: None,
        identity: Arc::new(keys),
        identity_of_project: settings.project.clone(),
        target: Arc::new(world.clone()),
        probe: Arc::new(server.probe()),
        progress,
        sent: Arc::default(),
        repository: Arc::new(repository),
        settings: Arc::new(settings),
    })
}

/// Everybody whom the policy or the scenario names.
fn people<'a>(settings: &'a Settings, scenario: &'a Scenario) -> BTreeSet<&'a str> {
    let members = settings.file.team.values().flat_map(|team| &team.members);
    let speakers = scenario.approval.iter().map(|approval| &approval.by);
    let promoters = scenario.promotion.iter().map(|promotion| &promotion.by);
    let named = settings.file.environment.values().flat_map(|environment| {
        let rule = environment.gate.approvals.iter().flat_map(|rule| &rule.from);
        let access = environment.gate.access.iter().flat_map(|access| &access.promote);
        rule.chain(access)
            .flat_map(|approver| approver.named(&settings.file.team))
    });
    let deeds = scenario.release.iter().flat_map(|release| &release.deed);
    let openers = scenario.release.iter().filter_map(|release| release.by.as_ref());
    let all = members
        .chain(speakers)
        .chain(openers)
        .chain(promoters)
        .chain(deeds.map(|deed| &deed.by))
        .chain(named)
        .chain([&scenario.actor]);
    all.map(String::as_str).collect()
}

/// The folder that is meant: it, or the folder above it that holds the configuration.
fn project_folder(given: &Path) -> Result<PathBuf> {
    let folder = std::fs::canonicalize(given).map_err(|_| {
        Error::usage(
            format!("there is no folder {}", given.display()),
            "name the folder of a project that holds a tidegate.toml",
        )
    })?;
    let file = config::find(&folder)?;
    Ok(file.parent().map_or(folder, Path::to_owned))
}

fn assume(settings: &Settings) -> Scenario {
    let now = SystemClock.now();
    assumed(
        now,
        "rehearsal".to_owned(),
        &settings.file.environment,
        &settings.teams(),
    )
}

/// A folder that is no repository gets its first commit a day before its scripted history.
fn history_start(scenario: &Scenario) -> Timestamp {
    let times = history_times(scenario.start, scenario.history.len() + 1);
    times.first().copied().unwrap_or(scenario.start)
}
