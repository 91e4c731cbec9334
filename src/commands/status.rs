//! `status`: shows what runs where, since when, and what blocks the next step.

use clap::Args;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::gate::people::Asking;
use super::gate::{collect, policy_of};
use super::subject::Subject;
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::model::duration::Duration;
use crate::model::environment::{DataClass, Tier};
use crate::model::hotfix::HotfixRelease;
use crate::model::last_verdict::LastVerdict;
use crate::model::name::{ComponentName, EnvironmentName};
use crate::model::release::Release;
use crate::model::state::{Attempt, ComponentState, Lock};
use crate::model::verdict::{RuleOutcome, VerdictStatus};
use crate::plan::gate::facts::Policy;
use crate::plan::gate::freeze;
use crate::plan::gate::verdict::{judge, worst};
use crate::ports::ledger::{Observed, View};
use crate::report::document::{Document, Text};
use crate::report::{table, verdict};

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
    /// Whether the ledger alone was asked, as for many components at once: the rules that rest on the registry, the checks
    /// or git are left out.
    pub glanced: bool,
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
    /// How long it has run verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified_for: Option<Duration>,
    /// The deployment under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempt>,
    /// The environment's lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<Lock>,
    /// The rule `freeze`, while it keeps everything out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freeze: Option<RuleOutcome>,
    /// The newest release, when it does not run there yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Release>,
    /// What the gate says about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<VerdictStatus>,
    /// The rules that keep it out.
    pub blocked_by: Vec<RuleOutcome>,
    /// What the gate said when somebody last asked to promote it, where it was not open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<LastVerdict>,
}

/// Looks.
pub async fn run(context: &Context, args: &StatusArgs) -> Result<StatusDocument> {
    let components = match &args.component {
        Some(name) => vec![context.settings.component(Some(name))?],
        None => context.settings.components(),
    };
    let view = context.ledger.open().await?;
    let asking = match components.as_slice() {
        [one] => {
            view.prefetch(Some(&context.settings.streams(&one.name))).await?;
            Asking::Looks
        }
        _ => {
            view.prefetch(None).await?;
            Asking::Glances
        }
    };
    let mut gates = Vec::new();
    for (rung, names) in context.settings.ladder.rungs().iter().enumerate() {
        for name in names {
            gates.push(Gate::of(context, view.as_ref(), rung, name)?);
        }
    }
    let mut rows = Vec::new();
    for component in &components {
        let known = view.component(&component.name)?.state;
        let newest = newest(component, &known);
        let each = gates
            .iter()
            .map(|gate| gate.row(context, view.as_ref(), component, newest.as_ref(), asking));
        rows.extend(futures_util::future::try_join_all(each).await?);
    }
    let now = context.clock.now();
    Ok(StatusDocument {
        project: context.settings.project.clone(),
        at: now,
        lock: view.lock(None)?.state.standing(now).next().cloned(),
        glanced: asking == Asking::Glances,
        rows,
    })
}

/// The release with the highest version.
fn newest(component: &ResolvedComponent, known: &ComponentState) -> Option<Subject> {
    let newest = known
        .releases()
        .max_by(|one, other| one.version.0.cmp_precedence(&other.version.0))?;
    let record = known.versions.get(&newest.version);
    Some(Subject {
        component: component.clone(),
        hotfix: HotfixRelease::of(newest, known),
        release: newest.clone(),
        requested_by: record.and_then(|record| record.requested_by.clone()),
        observed: Observed::new(),
    })
}

/// What all rows of an environment share.
struct Gate<'a> {
    rung: usize,
    policy: Policy<'a>,
    lock: Option<Lock>,
    freeze: Option<RuleOutcome>,
}

impl<'a> Gate<'a> {
    fn of(context: &'a Context, view: &dyn View, rung: usize, name: &'a EnvironmentName) -> Result<Self> {
        let now = context.clock.now();
        let policy = policy_of(context, name)?;
        let freeze = policy.environment.gate.freeze.as_ref();
        let freeze = freeze
            .map(|rule| freeze::judge(rule, now))
            .filter(|outcome| !outcome.status.is_met());
        let lock = view.lock(Some(name))?.state.standing(now).next().cloned();
        Ok(Self {
            rung,
            policy,
            lock,
            freeze,
        })
    }

    async fn row(
        &self,
        context: &Context,
        view: &dyn View,
        component: &ResolvedComponent,
        newest: Option<&Subject>,
        asking: Asking,
    ) -> Result<StatusRow> {
        let (name, settings, now) = (self.policy.name, self.policy.environment, context.clock.now());
        let state = view.environment(name, &component.name)?.state;
        let current = state.current.as_ref();
        let mut row = StatusRow {
            component: component.name.clone(),
            environment: name.clone(),
            rung: self.rung,
            tier: settings.tier,
            data: settings.data,
            current: current.map(|residence| residence.release.clone()),
            since: current.map(|residence| residence.deployed_at),
            verified_at: current.and_then(|residence| residence.verified_at),
            verified_for: current
                .and_then(|residence| residence.verified_at)
                .map(|since| now.duration_since(since).into()),
            attempt: state.attempt,
            lock: self.lock.clone(),
            freeze: self.freeze.clone(),
            candidate: None,
            gate: None,
            blocked_by: Vec::new(),
            asked: None,
        };
        let runs = |release: &Release| {
            row.current
                .as_ref()
                .is_some_and(|current| current.digest == release.digest)
        };
        let Some(newest) = newest.filter(|newest| !runs(&newest.release)) else {
            return Ok(row);
        };
        let (facts, _) = collect::facts(context, view, name, newest, asking).await?;
        let verdict = judge(&self.policy, &facts, now);
        let mut asked = verdict.rules;
        asked.retain(|rule| asking != Asking::Glances || !collect::OUTSIDE.contains(&rule.rule.as_str()));
        let last = state.verdicts.get(&newest.release.digest);
        row.asked = last.filter(|last| last.answer.status != VerdictStatus::Open).cloned();
        row.candidate = Some(newest.release.clone());
        row.gate = Some(worst(&asked));
        row.blocked_by = asked.into_iter().filter(|rule| !rule.status.is_met()).collect();
        Ok(row)
    }
}

const HEADER: [&str; 8] = [
    "environment",
    "version",
    "digest",
    "since",
    "verified",
    "lock",
    "freeze",
    "next",
];

impl StatusDocument {
    fn cells(&self) -> Vec<Vec<String>> {
        let many = self.rows.iter().any(|row| row.component != self.rows[0].component);
        self.rows.iter().map(|row| row.cells(many)).collect()
    }

    fn words(&self) -> String {
        let mut words = String::new();
        if let Some(Lock { by, at, reason, .. }) = &self.lock {
            words = format!("the ladder is locked by {by} since {at}: {reason}\n");
        }
        if self.glanced {
            words.push_str(
                "as far as the ledger tells; with --component the registry, the checks and git are asked too\n",
            );
        }
        words
    }
}

impl StatusRow {
    fn cells(&self, many: bool) -> Vec<String> {
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let name = match many {
            true => format!("{} {}", self.component, self.environment),
            false => self.environment.to_string(),
        };
        let current = self.current.as_ref();
        let until = |outcome: &RuleOutcome| match outcome.next_check_at {
            Some(at) => format!("until {at}"),
            None => "until the policy changes".to_owned(),
        };
        vec![
            name,
            or_dash(current.map(|release| release.version.to_string())),
            or_dash(current.map(|release| release.digest.short().to_owned())),
            or_dash(self.since.map(|at| at.to_string())),
            or_dash(self.verified_for.map(|length| length.rough())),
            or_dash(self.lock.as_ref().map(|lock| format!("{}: {}", lock.by, lock.reason))),
            or_dash(self.freeze.as_ref().map(until)),
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
        let asked = self.asked.as_ref().map(|last| {
            let word = verdict::word(last.answer.status);
            format!("; {word} when asked at {}", last.at)
        });
        format!(
            "{} waits for {}{}",
            candidate.version,
            blocks.join("; "),
            asked.unwrap_or_default()
        )
    }
}

impl Document for StatusDocument {
    const SCHEMA: &'static str = "tidegate.status/1";

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }

    fn text(&self) -> Text {
        Text {
            stdout: table::plain(&HEADER, &self.cells()),
            stderr: self.words(),
        }
    }

    fn summary(&self) -> Option<String> {
        let table = table::markdown(&HEADER, &self.cells());
        let project = crate::report::github::markdown(&self.project);
        Some(format!("### {project} at {}\n\n{table}", self.at))
    }
}
