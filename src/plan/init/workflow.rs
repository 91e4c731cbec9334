//! The values of the release workflow: which environments follow a commit, a schedule, or a person.

use std::collections::BTreeSet;

use serde::Serialize;

use super::render;
use crate::config::settings::Settings;
use crate::error::{Error, Result};
use crate::model::environment::{Environment, TriggerEvent};
use crate::model::name::EnvironmentName;

/// The action that checks the repository out, by commit; the version is for people.
pub(super) const CHECKOUT: &str = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2";
/// The action that runs tidegate, where the configuration names no other.
const ACTION: &str = "tidegate/tidegate@v0";

#[derive(Serialize)]
struct Values {
    action: String,
    checkout: &'static str,
    branch: String,
    test: Option<String>,
    build: Option<String>,
    checks: Vec<&'static str>,
    components: Vec<ComponentValues>,
    automatic: Vec<Job>,
    scheduled: Vec<Job>,
    started: Vec<String>,
    crons: BTreeSet<String>,
    cut_before: Option<String>,
    /// The job that tags and pushes: `build` where it builds, for the check of that name is the job's.
    release_job: &'static str,
    /// Whether a release is a commit of its own, on which GitHub has no checks.
    commits: bool,
    started_asks: Asks,
    variables: BTreeSet<String>,
}

#[derive(Clone, Serialize)]
pub(super) struct ComponentValues {
    id: String,
    name: String,
    version_variable: String,
}

/// A job that brings one component into one environment.
#[derive(Serialize)]
struct Job {
    id: String,
    component: ComponentValues,
    environment: String,
    needs: Vec<String>,
    cuts: bool,
    cron: Option<String>,
    asks: Asks,
}

/// What the gates of a job ask GitHub for.
#[derive(Clone, Copy, Default, Serialize)]
pub(super) struct Asks {
    people: bool,
    checks: bool,
}

impl Asks {
    pub(super) fn of<'a>(environments: impl Iterator<Item = &'a Environment>) -> Self {
        environments.fold(Self::default(), |asks, environment| {
            let gate = &environment.gate;
            Self {
                people: asks.people || gate.approvals.is_some() || gate.access.is_some(),
                checks: asks.checks || gate.checks.is_some(),
            }
        })
    }
}

/// Renders the release workflow. `variables` are the names of the environment variables that it hands on.
///
/// # Errors
/// A usage error where a value of the configuration would become more than a value in the workflow.
pub fn render(settings: &Settings, variables: BTreeSet<String>) -> Result<String> {
    let table = &settings.file.workflow;
    let test = shell_lines("test", table.test.as_deref())?;
    let build = shell_lines("build", table.build.as_deref())?;
    let reported = [("test", &test), ("build", &build)];
    let components = components(settings);
    let values = Values {
        action: action(table.action.as_deref())?,
        checkout: CHECKOUT,
        branch: table.branch.clone().unwrap_or_else(|| "main".to_owned()),
        checks: reported
            .iter()
            .filter(|(_, lines)| lines.is_some())
            .map(|(name, _)| *name)
            .collect(),
        automatic: jobs(settings, &components, Start::WithCommit),
        scheduled: jobs(settings, &components, Start::OnSchedule),
        started: environments(settings)
            .filter(|(name, _)| start(settings, name) != Start::WithCommit)
            .map(|(name, _)| name.to_string())
            .collect(),
        crons: environments(settings)
            .filter_map(|(_, environment)| environment.trigger.cron.clone())
            .collect(),
        release_job: if build.is_some() { "build" } else { "release" },
        commits: settings
            .components()
            .iter()
            .any(|component| !component.version_files.is_empty() || component.changelog.is_some()),
        started_asks: Asks::of(
            environments(settings)
                .filter(|(name, _)| start(settings, name) != Start::WithCommit)
                .map(|(_, environment)| environment),
        ),
        cut_before: settings.file.cut.before.as_ref().map(ToString::to_string),
        components,
        variables,
        test,
        build,
    };
    render::render("release.yml.j2", values)
}

/// Shell lines as they stand in a `run:`, where an expression would become part of the script.
fn shell_lines(key: &str, lines: Option<&str>) -> Result<Option<String>> {
    let Some(lines) = lines.filter(|lines| !lines.trim().is_empty()) else {
        return Ok(None);
    };
    if lines.contains("${{") {
        return Err(Error::usage(
            format!("`workflow.{key}` holds an expression, `${{{{`, which would become part of the script"),
            "read the value from an environment variable of the runner instead",
        ));
    }
    Ok(Some(lines.to_owned()))
}

/// The action stands bare in the workflow, so that a comment with its version may follow; it must not end its line.
pub(super) fn action(named: Option<&str>) -> Result<String> {
    let action = named.unwrap_or(ACTION);
    if action.contains(['\n', '\r', '\'', '"', '{', '}']) {
        return Err(Error::usage(
            format!("`workflow.action` is {action:?}, which cannot stand in a workflow"),
            "write it as OWNER/REPOSITORY@REF, in one line",
        ));
    }
    Ok(action.to_owned())
}

/// What starts a promotion in the workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// The run of the commit, one environment after the other.
    WithCommit,
    /// A schedule; a person may start it too.
    OnSchedule,
    /// A person.
    ByPerson,
}

fn start(settings: &Settings, name: &EnvironmentName) -> Start {
    let Some(environment) = settings.file.environment.get(name) else {
        return Start::ByPerson;
    };
    match environment.trigger.on {
        TriggerEvent::Manual | TriggerEvent::Controlled => Start::ByPerson,
        TriggerEvent::Schedule => Start::OnSchedule,
        TriggerEvent::Commit | TriggerEvent::PullRequestMerge | TriggerEvent::Release => {
            let held = |before: &EnvironmentName| start(settings, before) != Start::WithCommit;
            // Where the gate asks for a rung that a person starts, the run of the commit would only find it closed.
            if environment.gate.previous.is_some() && environment.after.names().any(held) {
                Start::ByPerson
            } else {
                Start::WithCommit
            }
        }
    }
}

pub(super) fn environments(settings: &Settings) -> impl Iterator<Item = (&EnvironmentName, &Environment)> {
    let names = settings.ladder.environments();
    names.filter_map(|name| Some((name, settings.file.environment.get(name)?)))
}

pub(super) fn components(settings: &Settings) -> Vec<ComponentValues> {
    let resolved = settings.components();
    let many = resolved.len() > 1;
    let values = resolved.into_iter().map(|component| ComponentValues {
        id: id(component.name.as_str()),
        name: component.name.to_string(),
        version_variable: match many {
            true => format!("TIDEGATE_VERSION_{}", variable(component.name.as_str())),
            false => "TIDEGATE_VERSION".to_owned(),
        },
    });
    values.collect()
}

fn jobs(settings: &Settings, components: &[ComponentValues], wanted: Start) -> Vec<Job> {
    let mut jobs = Vec::new();
    for (name, environment) in environments(settings).filter(|(name, _)| start(settings, name) == wanted) {
        for component in components {
            let job_id = |environment: &EnvironmentName| match components.len() {
                1 => id(environment.as_str()),
                _ => format!("{}-{}", component.id, id(environment.as_str())),
            };
            let before = nearest(settings, environment, Start::WithCommit);
            jobs.push(Job {
                id: job_id(name),
                component: component.clone(),
                environment: name.to_string(),
                needs: before.into_iter().map(job_id).collect(),
                cuts: settings.file.cut.before.as_ref() == Some(name),
                cron: environment.trigger.cron.clone(),
                asks: Asks::of(std::iter::once(environment)),
            });
        }
    }
    jobs
}

/// The closest environments before this one that start that way.
fn nearest<'a>(settings: &'a Settings, environment: &'a Environment, wanted: Start) -> BTreeSet<&'a EnvironmentName> {
    let mut found = BTreeSet::new();
    for name in environment.after.names() {
        if start(settings, name) == wanted {
            found.insert(name);
        } else if let Some(before) = settings.file.environment.get(name) {
            found.extend(nearest(settings, before, wanted));
        }
    }
    found
}

/// A name as a job or step may be called: letters, digits, `-` and `_`. A dot becomes `__`.
fn id(name: &str) -> String {
    name.replace('.', "__")
}

/// A name as part of an environment variable.
fn variable(name: &str) -> String {
    name.to_ascii_uppercase().replace(['-', '.'], "_")
}
