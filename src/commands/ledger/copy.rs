//! `ledger export` and `ledger import`: the events as lines of JSON, and a ledger made of them again.

use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::model::event::Event;
use crate::model::refusal::Refusal;
use crate::ports::ledger::Restored;
use crate::report::document::{Annotation, Document, Level, Text};

/// The arguments of `ledger import`.
#[derive(Clone, Debug, Args)]
pub struct LedgerImportArgs {
    /// What `ledger export` wrote
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// The result of `ledger export`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LedgerExportDocument {
    /// The ledger.
    pub source: String,
    /// Every event, oldest first.
    pub events: Vec<Event>,
}

/// The result of `ledger import`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LedgerImportDocument {
    /// The ledger.
    pub source: String,
    /// How many events the file holds.
    pub events: usize,
    /// How many of them the ledger had lost and has again.
    pub restored: usize,
    /// Whether the file was read and nothing was written.
    pub dry_run: bool,
    /// Why nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

/// Reads every event.
pub async fn export(context: &Context) -> Result<LedgerExportDocument> {
    Ok(LedgerExportDocument {
        source: context.ledger.source(),
        events: context.ledger.events().await?,
    })
}

/// Brings events back.
///
/// # Errors
/// The file cannot be read, or a line of it is no event.
pub async fn import(context: &Context, args: &LedgerImportArgs) -> Result<LedgerImportDocument> {
    let file = &args.file;
    let text = tokio::fs::read_to_string(file).await;
    let text = text.map_err(|error| Error::file("reading the events", file, &error))?;
    let mut events: Vec<Event> = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let event = serde_json::from_str(line).map_err(|error| {
            Error::usage(
                format!("{}:{}: this is no event: {error}", file.display(), index + 1),
                "give the file that `tidegate ledger export` wrote, as it was",
            )
        })?;
        events.push(event);
    }
    let mut document = LedgerImportDocument {
        source: context.ledger.source(),
        events: events.len(),
        restored: 0,
        dry_run: context.dry_run,
        refusal: None,
    };
    if context.dry_run {
        return Ok(document);
    }
    match context.ledger.restore(&events).await? {
        Restored::Done(restored) => document.restored = restored,
        Restored::Other(sequence) => {
            document.refusal = Some(Refusal::new(
                format!("the ledger goes on to event {sequence}, and the file has not that event in its place"),
                "a ledger is brought back where it is gone or was cut short: look with `tidegate ledger verify` which is right",
            ));
        }
        Restored::Changed(sequence) => {
            document.refusal = Some(Refusal::new(
                format!(
                    "event {sequence} of the file does not leave behind what it says: it or one before it was changed"
                ),
                "take another copy; nothing was written",
            ));
        }
    }
    Ok(document)
}

impl Document for LedgerExportDocument {
    const SCHEMA: &'static str = "tidegate.ledger-export/1";

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }

    fn text(&self) -> Text {
        let line = |event: &Event| serde_json::to_string(event).map(|line| line + "\n").unwrap_or_default();
        Text {
            stdout: self.events.iter().map(line).collect(),
            stderr: format!("{}: {} events\n", self.source, self.events.len()),
        }
    }
}

impl Document for LedgerImportDocument {
    const SCHEMA: &'static str = "tidegate.ledger-import/1";

    fn exit_code(&self) -> ExitCode {
        match self.refusal {
            Some(_) => ExitCode::Refused,
            None => ExitCode::Done,
        }
    }

    fn text(&self) -> Text {
        let Some(refusal) = &self.refusal else {
            let verb = if self.dry_run {
                "are in the file"
            } else {
                "were missing and are back"
            };
            let count = if self.dry_run { self.events } else { self.restored };
            return Text {
                stdout: format!("{count}\n"),
                stderr: format!("{}: {count} events {verb}\n", self.source),
            };
        };
        Text {
            stdout: "refused\n".to_owned(),
            stderr: format!("{}\n  {}\n", refusal.reason, refusal.help),
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        let status = if self.refusal.is_some() { "refused" } else { "done" };
        vec![("status", status.to_owned())]
    }

    fn annotation(&self) -> Option<Annotation> {
        self.refusal.as_ref().map(|refusal| Annotation {
            level: Level::Error,
            title: "the ledger was not brought back".to_owned(),
            message: format!("{}\n{}", refusal.reason, refusal.help),
        })
    }
}
