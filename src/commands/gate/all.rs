//! `gate --all`: every environment of the ladder for one release.

use futures_util::future::try_join_all;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::people::Asking;
use super::verdict_of;
use crate::cli::ReleaseArgs;
use crate::commands::subject::find_subject;
use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::model::release::Release;
use crate::model::verdict::Verdict;
use crate::report::document::{Document, Text};
use crate::report::{github, table, verdict};

/// The verdicts of every gate on one release.
#[derive(Debug, Serialize, JsonSchema)]
pub struct GateAllDocument {
    /// The release.
    pub release: Release,
    /// When it was looked.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Each environment's verdict, lowest rung first.
    pub verdicts: Vec<Verdict>,
}

/// Asks every gate, side by side.
pub async fn run(context: &Context, args: &ReleaseArgs) -> Result<GateAllDocument> {
    context.settings.climbs()?;
    let view = context.ledger.open().await?;
    let subject = find_subject(context, view.as_ref(), args).await?;
    let environments = context.settings.ladder.environments();
    let asked = environments.map(|name| verdict_of(context, view.as_ref(), name, &subject, Asking::Looks));
    let verdicts = try_join_all(asked).await?;
    Ok(GateAllDocument {
        release: subject.release.clone(),
        at: context.clock.now(),
        verdicts: verdicts.into_iter().map(|(verdict, _)| verdict).collect(),
    })
}

const HEADER: [&str; 4] = ["environment", "verdict", "waits for", "ask again"];

impl GateAllDocument {
    fn cells(&self) -> Vec<Vec<String>> {
        let row = |verdict: &Verdict| {
            let unmet = verdict.rules.iter().filter(|rule| !rule.status.is_met());
            let unmet: Vec<String> = unmet.map(|rule| format!("{}: {}", rule.rule, rule.saw)).collect();
            vec![
                verdict.environment.to_string(),
                verdict::word(verdict.status).to_owned(),
                unmet.join("; "),
                verdict.next_check_at.map(|at| at.to_string()).unwrap_or_default(),
            ]
        };
        self.verdicts.iter().map(row).collect()
    }
}

impl Document for GateAllDocument {
    const SCHEMA: &'static str = "tidegate.gate-all/1";

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }

    fn text(&self) -> Text {
        Text {
            stdout: table::plain(&HEADER, &self.cells()),
            stderr: format!("{}\n", self.release),
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        vec![
            ("version", self.release.version.to_string()),
            ("digest", self.release.digest.to_string()),
            ("commit", self.release.commit.to_string()),
        ]
    }

    fn summary(&self) -> Option<String> {
        let headline = github::markdown(&self.release.to_string());
        Some(format!("### {headline}\n\n{}", table::markdown(&HEADER, &self.cells())))
    }
}
