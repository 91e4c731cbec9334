//! `gate resume`: promotes again what waits, from the verdicts that the ledger keeps, so that no runner has to wait and one
//! schedule serves every environment. A dry run lists what would be promoted and judges nothing.

use clap::Args;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::people::is_entitled;
use crate::cli::ReleaseArgs;
use crate::commands::promote::{self, PromoteStatus};
use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::model::digest::Digest;
use crate::model::last_verdict::LastVerdict;
use crate::model::name::{ComponentName, EnvironmentName};
use crate::model::stream::Stream;
use crate::model::verdict::VerdictStatus;
use crate::model::version::Version;
use crate::plan::gate::entitled::Entitled;
use crate::report::document::{Annotation, Document, Level, Text};
use crate::report::{table, verdict};

/// The arguments of `gate resume`.
#[derive(Clone, Debug, Args)]
pub struct GateResumeArgs {
    /// One environment alone
    pub environment: Option<EnvironmentName>,
    /// One component alone
    #[arg(long, value_name = "NAME")]
    pub component: Option<ComponentName>,
}

/// What waited, and what became of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GateResumeDocument {
    /// Each release that waited, lowest rung first, and lowest version first.
    pub rows: Vec<ResumeRow>,
    /// Whether nothing was done.
    pub dry_run: bool,
}

/// A release that waited.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ResumeRow {
    /// The component.
    pub component: ComponentName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The version.
    pub version: Version,
    /// The release, by digest.
    pub digest: Digest,
    /// The number of the event that holds the verdict it waited by.
    pub judged: u64,
    /// What that verdict said.
    pub was: VerdictStatus,
    /// Whether its time has come, or is not known.
    pub due: bool,
    /// Whether the policy lets the one who acts promote there, where that is known. What may not be promoted by this one is
    /// left for somebody who may, and waits on.
    pub may: bool,
    /// How the promotion ended; absent where there was none, or it ended in an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<PromoteStatus>,
    /// That in words, or the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When to ask again, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub next_check_at: Option<Timestamp>,
    /// What this promotion alone would have ended with; 0 where there was none, or it still waits.
    pub exit_code: ExitCode,
}

/// Promotes again each release whose time has come.
///
/// # Errors
/// The ledger cannot be read. A promotion that ends in an error has its row, and the next one follows.
pub async fn run(context: &Context, args: &GateResumeArgs) -> Result<GateResumeDocument> {
    let mut rows = waiting(context, args).await?;
    for row in rows.iter_mut().filter(|row| row.due) {
        row.may = may_promote(context, &row.environment).await?;
    }
    for row in rows.iter_mut().filter(|row| row.goes_on() && !context.dry_run) {
        let release = ReleaseArgs::of(&row.component, &row.digest);
        match promote::run(context, &row.environment, &release, None).await {
            Ok(ended) => {
                row.status = Some(ended.status);
                row.reason = Some(ended.headline());
                row.next_check_at = ended.next_check_at;
                if ended.status != PromoteStatus::Waiting {
                    row.exit_code = ended.exit_code();
                }
            }
            Err(error) => {
                row.reason = Some(error.to_string());
                row.exit_code = error.exit_code();
            }
        }
    }
    Ok(GateResumeDocument {
        rows,
        dry_run: context.dry_run,
    })
}

/// Whether the one who acts may promote there. Where that cannot be found out, the gate is asked all the same.
async fn may_promote(context: &Context, environment: &EnvironmentName) -> Result<bool> {
    let access = context.settings.environment(environment)?.gate.access.as_ref();
    let Some(list) = access.map(|access| &access.promote).filter(|list| !list.is_empty()) else {
        return Ok(true);
    };
    Ok(is_entitled(context, environment, list, &context.actor).await? != Entitled::No)
}

/// What waits, by the verdicts that the ledger keeps.
async fn waiting(context: &Context, args: &GateResumeArgs) -> Result<Vec<ResumeRow>> {
    if let Some(name) = &args.environment {
        context.settings.environment(name)?;
    }
    let view = context.ledger.open().await?;
    let components = match &args.component {
        Some(name) => vec![context.settings.component(Some(name))?],
        None => context.settings.components(),
    };
    let mut places = Vec::new();
    let wanted = |name: &&EnvironmentName| args.environment.as_ref().is_none_or(|only| only == *name);
    for environment in context.settings.ladder.environments().filter(wanted) {
        places.extend(components.iter().map(|component| (environment, &component.name)));
    }
    let stream = |(environment, component): &(&EnvironmentName, &ComponentName)| {
        Stream::Environment((*environment).clone(), (*component).clone())
    };
    let streams: Vec<Stream> = places.iter().map(stream).collect();
    view.prefetch(Some(&streams)).await?;
    let now = context.clock.now();
    let mut rows = Vec::new();
    for (environment, component) in places {
        let state = view.environment(environment, component)?.state;
        let mut pending: Vec<(&Digest, &LastVerdict)> = state.verdicts.iter().collect();
        pending.retain(|(_, last)| last.is_pending());
        pending.sort_by(|(_, one), (_, other)| one.version.0.cmp(&other.version.0));
        rows.extend(pending.into_iter().map(|(digest, last)| ResumeRow {
            component: component.clone(),
            environment: environment.clone(),
            version: last.version.clone(),
            digest: digest.clone(),
            judged: last.event,
            was: last.answer.status,
            due: last.answer.next_check_at.is_none_or(|next| next <= now),
            may: true,
            status: None,
            reason: None,
            next_check_at: last.answer.next_check_at,
            exit_code: ExitCode::Done,
        }));
    }
    Ok(rows)
}

const HEADER: [&str; 6] = ["component", "environment", "version", "was", "now", "ask again"];

impl ResumeRow {
    fn goes_on(&self) -> bool {
        self.due && self.may
    }

    fn now(&self, dry_run: bool) -> &'static str {
        match self.status {
            _ if !self.due => "not-yet",
            _ if !self.may => "not-yours",
            _ if dry_run => "due",
            Some(status) => status.word(),
            None => "error",
        }
    }

    fn cells(&self, dry_run: bool) -> Vec<String> {
        vec![
            self.component.to_string(),
            self.environment.to_string(),
            self.version.to_string(),
            verdict::word(self.was).to_owned(),
            self.now(dry_run).to_owned(),
            self.next_check_at.map(|at| at.to_string()).unwrap_or_default(),
        ]
    }
}

impl GateResumeDocument {
    fn cells(&self) -> Vec<Vec<String>> {
        self.rows.iter().map(|row| row.cells(self.dry_run)).collect()
    }

    fn reasons(&self) -> String {
        let reasons = self.rows.iter().filter_map(|row| row.reason.as_ref());
        reasons.map(|reason| format!("{reason}\n")).collect()
    }
}

impl Document for GateResumeDocument {
    const SCHEMA: &'static str = "tidegate.gate-resume/1";

    fn exit_code(&self) -> ExitCode {
        ExitCode::worst(self.rows.iter().map(|row| row.exit_code))
    }

    fn text(&self) -> Text {
        if self.rows.is_empty() {
            return Text {
                stdout: String::new(),
                stderr: "nothing waits\n".to_owned(),
            };
        }
        Text {
            stdout: table::plain(&HEADER, &self.cells()),
            stderr: self.reasons(),
        }
    }

    /// `environments` is a JSON array, for the matrix of a workflow that runs a job for each.
    fn outputs(&self) -> Vec<(&'static str, String)> {
        let due = self.rows.iter().filter(|row| row.goes_on());
        let mut names: Vec<&str> = due.map(|row| row.environment.as_str()).collect();
        names.dedup();
        vec![("environments", serde_json::Value::from(names).to_string())]
    }

    fn annotation(&self) -> Option<Annotation> {
        (self.exit_code() != ExitCode::Done).then(|| Annotation {
            level: Level::Error,
            title: "not every release that waited could go on".to_owned(),
            message: self.reasons(),
        })
    }

    fn summary(&self) -> Option<String> {
        match self.rows.is_empty() {
            true => Some("### nothing waits\n".to_owned()),
            false => Some(format!(
                "### What waited\n\n{}",
                table::markdown(&HEADER, &self.cells())
            )),
        }
    }
}
