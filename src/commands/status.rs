//! `status`: shows what runs where, since when, and what blocks the next step.

use clap::Args;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::gate::people::Asking;
use super::gate::verdict_of;
use super::subject::Subject;
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::model::environment::{DataClass, Tier};
use crate::model::name::{ComponentName, EnvironmentName};
use crate::model::release::Release;
use crate::model::state::{Attempt, Lock};
use crate::model::verdict::{RuleOutcome, VerdictStatus};
use crate::ports::ledger::{Observed, View};
use crate::report::document::{Document, Text};
use crate::report::table;

/// The arguments of `status`.
#[derive(Clone, Debug, Args)]
pub struct StatusArgs {
    /// One component alone
    #[arg(long, value_name = "NAME")]
    pub component: Option<ComponentName>,
}

/// The result of `status`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StatusDocument {
    /// The project.
    pub project: String,
    /// When it was looked at.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// The lock of the whole ladder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<Lock>,
    /// Each component in each environment, lowest rung first.
    pub rows: Vec<StatusRow>,
}

/// A component in an environment.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StatusRow {
    /// The component.
    pub component: ComponentName,
    /// The environment.
    pub environment: EnvironmentName,
    /// Its rung, counted from 0.
    pub rung: usize,
    /// Its tier.
    pub tier: Tier,
    /// The class of its data.
    pub data: DataClass,
    /// What runs there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<Release>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub since: Option<Timestamp>,
    /// Since when it is verified; absent when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub verified_at: Option<Timestamp>,
    /// The deployment under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempt>,
    /// The environment's lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<Lock>,
    /// The newest release, when it does not run there yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Release>,
    /// What the gate says about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<VerdictStatus>,
    /// The rules that keep it out.
    pub blocked_by: Vec<RuleOutcome>,
}

/// Looks.
pub async fn run(context: &Context, args: &StatusArgs) -> Result<StatusDocument> {
    let view = context.ledger.open().await?;
    let components = match &args.component {
        Some(name) => vec![context.settings.component(Some(name))?],
        None => context.settings.components(),
    };
    let now = context.clock.now();
    let mut rows = Vec::new();
    for component in &components {
        for (rung, names) in context.settings.ladder.rungs().iter().enumerate() {
            for name in names {
                rows.push(row(context, view.as_ref(), component, name, rung).await?);
            }
        }
    }
    Ok(StatusDocument {
        project: context.settings.project.clone(),
        at: now,
        lock: view.lock(None)?.state.lock.filter(|lock| lock.holds(now)),
        rows,
    })
}

async fn row(
    context: &Context,
    view: &dyn View,
    component: &ResolvedComponent,
    name: &EnvironmentName,
    rung: usize,
) -> Result<StatusRow> {
    let settings = context.settings.environment(name)?;
    let state = view.environment(name, &component.name)?.state;
    let mut row = StatusRow {
        component: component.name.clone(),
        environment: name.clone(),
        rung,
        tier: settings.tier,
        data: settings.data,
        current: state.current.as_ref().map(|residence| residence.release.clone()),
        since: state.current.as_ref().map(|residence| residence.deployed_at),
        verified_at: state.current.as_ref().and_then(|residence| residence.verified_at),
        attempt: state.attempt,
        lock: view
            .lock(Some(name))?
            .state
            .lock
            .filter(|lock| lock.holds(context.clock.now())),
        candidate: None,
        gate: None,
        blocked_by: Vec::new(),
    };
    let known = view.component(&component.name)?.state;
    let newest = known
        .releases()
        .max_by(|one, other| one.version.0.cmp_precedence(&other.version.0));
    let Some(newest) = newest.filter(|newest| {
        row.current
            .as_ref()
            .is_none_or(|current| current.digest != newest.digest)
    }) else {
        return Ok(row);
    };
    let subject = Subject {
        component: component.clone(),
        release: newest.clone(),
        requested_by: known
            .versions
            .get(&newest.version)
            .map(|record| record.requested_by.clone()),
        observed: Observed::new(),
    };
    let (verdict, _) = verdict_of(context, view, name, &subject, Asking::Looks).await?;
    row.candidate = Some(newest.clone());
    row.gate = Some(verdict.status);
    row.blocked_by = verdict.rules.into_iter().filter(|rule| !rule.status.is_met()).collect();
    Ok(row)
}

const HEADER: [&str; 7] = ["environment", "version", "digest", "since", "verified", "lock", "next"];

impl StatusDocument {
    fn cells(&self) -> Vec<Vec<String>> {
        let many = self.rows.iter().any(|row| row.component != self.rows[0].component);
        self.rows.iter().map(|row| row.cells(many)).collect()
    }
}

impl StatusRow {
    fn cells(&self, many: bool) -> Vec<String> {
        let dash = || "-".to_owned();
        let name = match many {
            true => format!("{} {}", self.component, self.environment),
            false => self.environment.to_string(),
        };
        vec![
            name,
            self.current
                .as_ref()
                .map_or_else(dash, |release| release.version.to_string()),
            self.current
                .as_ref()
                .map_or_else(dash, |release| release.digest.short().to_owned()),
            self.since.map_or_else(dash, |at| at.to_string()),
            if self.verified_at.is_some() {
                "yes".to_owned()
            } else {
                dash()
            },
            self.lock
                .as_ref()
                .map_or_else(dash, |lock| format!("{}: {}", lock.by, lock.reason)),
            self.next(),
        ]
    }

    fn next(&self) -> String {
        if let Some(attempt) = &self.attempt {
            return format!("{} is deploying {}", attempt.actor, attempt.release.version);
        }
        let Some(candidate) = &self.candidate else {
            return String::new();
        };
        if self.blocked_by.is_empty() {
            return format!("{} may enter", candidate.version);
        }
        let blocks: Vec<String> = self
            .blocked_by
            .iter()
            .map(|rule| format!("{}: {}", rule.rule, rule.saw))
            .collect();
        format!("{} waits for {}", candidate.version, blocks.join("; "))
    }
}

impl Document for StatusDocument {
    const SCHEMA: &'static str = "tidegate.status/1";

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }

    fn text(&self) -> Text {
        let stderr = match &self.lock {
            Some(lock) => format!(
                "the ladder is locked by {} since {}: {}\n",
                lock.by, lock.at, lock.reason
            ),
            None => String::new(),
        };
        Text {
            stdout: table::plain(&HEADER, &self.cells()),
            stderr,
        }
    }

    fn summary(&self) -> Option<String> {
        let table = table::markdown(&HEADER, &self.cells());
        let project = crate::report::github::markdown(&self.project);
        Some(format!("### {project} at {}\n\n{table}", self.at))
    }
}
