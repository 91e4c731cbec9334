//! `ledger`: reads and checks the ledger.

pub mod copy;
pub mod recover;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use super::gate::opened::holding;
use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::model::anchor::Anchor;
use crate::model::digest::Digest;
use crate::model::event::Event;
use crate::model::state::Lock;
use crate::model::stream::Stream;
use crate::model::text::ParseError;
use crate::ports::ledger::{Anchored, Finding, FindingKind};
use crate::report::document::{Annotation, Document, Level, Text};
use crate::report::{event, table};

/// What can be done with the ledger.
#[derive(Clone, Debug, Subcommand)]
pub enum LedgerCommand {
    /// Show the last events, newest first
    Log(LedgerLogArgs),
    /// Check the whole chain and say what was changed, removed or reordered
    Verify(LedgerVerifyArgs),
    /// Write every event to stdout, oldest first, one JSON object a line
    Export,
    /// Bring back the events that the ledger has lost
    Import(copy::LedgerImportArgs),
    /// Make a ledger out of what is left of one whose branch is gone
    Recover,
}

/// The arguments of `ledger log`.
#[derive(Clone, Debug, Args)]
pub struct LedgerLogArgs {
    /// One environment alone
    #[arg(long, value_name = "ENVIRONMENT")]
    pub environment: Option<crate::model::name::EnvironmentName>,
    /// The component; needed beside --environment when there are many
    #[arg(long, value_name = "NAME")]
    pub component: Option<crate::model::name::ComponentName>,
    /// How many events at most
    #[arg(long, short = 'n', default_value_t = 50, value_name = "COUNT")]
    pub limit: usize,
}

/// The arguments of `ledger verify`.
#[derive(Clone, Debug, Args)]
pub struct LedgerVerifyArgs {
    /// An event that is noted elsewhere, such as on a workload, as `NUMBER DIGEST`; can be given more than once
    #[arg(long = "anchor", value_name = "ANCHOR")]
    pub anchors: Vec<Anchor>,
}

/// The result of `ledger log`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LedgerLogDocument {
    /// The ledger.
    pub source: String,
    /// The events, newest first.
    pub events: Vec<Event>,
}

/// The result of `ledger verify`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LedgerVerifyDocument {
    /// The ledger.
    pub source: String,
    /// How many events there are.
    pub events: u64,
    /// The digest of the last event's file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<Digest>,
    /// How many events are noted outside of the ledger, in tags, in deployments on GitHub and by `--anchor`.
    pub anchors: usize,
    /// What is noted about events that were lost before the ledger was recovered; they cannot be checked.
    pub lost: Vec<String>,
    /// What is wrong; empty when it holds.
    pub findings: Vec<Finding>,
}

/// Shows the last events.
pub async fn log(context: &Context, args: &LedgerLogArgs) -> Result<LedgerLogDocument> {
    let view = context.ledger.open().await?;
    let stream = match (&args.environment, &args.component) {
        (Some(environment), component) => {
            context.settings.environment(environment)?;
            let component = context.settings.component(component.as_ref())?;
            Some(Stream::Environment(environment.clone(), component.name))
        }
        (None, Some(component)) => Some(Stream::Component(context.settings.component(Some(component))?.name)),
        (None, None) => None,
    };
    Ok(LedgerLogDocument {
        source: context.ledger.source(),
        events: view.log(stream.as_ref(), args.limit)?,
    })
}

/// Checks the whole chain, and that it holds the events that tags and deployments name.
pub async fn verify(context: &Context, args: &LedgerVerifyArgs) -> Result<LedgerVerifyDocument> {
    if context.repository.has_remote() {
        context.repository.fetch().await?;
    }
    let given = |anchor: &Anchor| Anchored {
        place: "--anchor".to_owned(),
        anchor: anchor.clone(),
    };
    let mut anchors: Vec<Anchored> = args.anchors.iter().map(given).collect();
    let mut findings = Vec::new();
    for one in tags(context)? {
        match one {
            Ok(anchor) => anchors.push(anchor),
            Err(finding) => findings.push(finding),
        }
    }
    if let Some(mirror) = &context.mirror {
        match mirror.anchors().await {
            Ok(shown) => anchors.extend(shown),
            Err(error) => tracing::warn!("the events that deployments name are not checked: {error}"),
        }
    }
    let audit = context.ledger.verify(&anchors).await?;
    findings.extend(audit.findings);
    for lock in holding(context, None, None, &audit.ladder).await? {
        findings.extend(lock.loss.is_some().then(|| unconfirmed(lock)));
    }
    Ok(LedgerVerifyDocument {
        source: context.ledger.source(),
        events: audit.events,
        head: audit.head,
        anchors: anchors.len(),
        lost: audit.lost,
        findings,
    })
}

/// The events that tags name, and what is wrong with a tag that should name one.
fn tags(context: &Context) -> Result<Vec<Result<Anchored, Finding>>> {
    let mut found = Vec::new();
    for tag in context.repository.tags_named(&|_| true)? {
        let place = format!("tag {}", tag.name);
        match noted(context, &tag.name)? {
            Ok(anchor) => found.extend(anchor.map(|anchor| Ok(Anchored { place, anchor }))),
            Err(error) => found.push(Err(Finding {
                sequence: None,
                kind: FindingKind::Changed,
                message: format!("{place}: {error}"),
            })),
        }
    }
    Ok(found)
}

/// The event that a tag names.
fn noted(context: &Context, tag: &str) -> Result<Result<Option<Anchor>, ParseError>> {
    let message = context.repository.tag_message(tag)?.unwrap_or_default();
    Ok(Anchor::in_message(&message))
}

fn unconfirmed(lock: &Lock) -> Finding {
    let Lock { number, by, at, .. } = lock;
    Finding {
        sequence: Some(*number),
        kind: FindingKind::Recovered,
        message: format!(
            "{by} recovered the ledger at {at} (event {number}), and nobody who may has said that it goes on: look at \
             `tidegate ledger log`, then `tidegate unlock --all --lock {number}`"
        ),
    }
}

impl Document for LedgerLogDocument {
    const SCHEMA: &'static str = "tidegate.ledger-log/1";

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }

    fn text(&self) -> Text {
        let row = |event: &Event| {
            vec![
                event.sequence.to_string(),
                event.at.to_string(),
                event.actor.to_string(),
                event.body.kind().to_owned(),
                event.stream.to_string(),
                event::words(&event.body),
            ]
        };
        let rows: Vec<Vec<String>> = self.events.iter().map(row).collect();
        let mut text = Text::default();
        if rows.is_empty() {
            text.stderr = format!("{} has no event yet\n", self.source);
        } else {
            text.stdout = table::plain(&["#", "at", "by", "event", "about", "what"], &rows);
        }
        text
    }
}

impl Document for LedgerVerifyDocument {
    const SCHEMA: &'static str = "tidegate.ledger-verify/1";

    fn exit_code(&self) -> ExitCode {
        if self.findings.is_empty() {
            ExitCode::Done
        } else {
            ExitCode::NeedsPerson
        }
    }

    fn text(&self) -> Text {
        let lost: String = self.lost.iter().map(|lost| format!("  {lost}\n")).collect();
        if self.findings.is_empty() {
            return Text {
                stdout: "intact\n".to_owned(),
                stderr: format!(
                    "{}: {} events, each bound to the one before; anchors outside of it: {}\n{lost}",
                    self.source, self.events, self.anchors
                ),
            };
        }
        let lines: String = self
            .findings
            .iter()
            .map(|finding| format!("  {}\n", finding.message))
            .chain([lost])
            .collect();
        Text {
            stdout: "broken\n".to_owned(),
            stderr: format!("{} does not hold:\n{lines}", self.source),
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        let status = if self.findings.is_empty() { "intact" } else { "broken" };
        vec![("status", status.to_owned())]
    }

    fn annotation(&self) -> Option<Annotation> {
        (!self.findings.is_empty()).then(|| Annotation {
            level: Level::Error,
            title: "the ledger does not hold".to_owned(),
            message: self.text().stderr,
        })
    }
}
