//! `promote --next`: climbs as far as the gates allow, rung by rung, environments side by side at the same time.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use schemars::JsonSchema;
use serde::Serialize;

use super::{PromoteArgs, PromoteDocument, PromoteStatus, enter};
use crate::commands::deployment::verifiable;
use crate::commands::subject::find_subject;
use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::model::release::Release;
use crate::plan::climb::rungs_left;
use crate::report::document::{Annotation, Document, Level, Text};

/// The result of `promote --next`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ClimbDocument {
    /// The release.
    pub release: Release,
    /// Whether it runs, verified, in every environment of the highest rung.
    pub at_the_top: bool,
    /// How each promotion ended, lowest rung first.
    pub promotions: Vec<PromoteDocument>,
    /// Whether plans were shown instead of carried out.
    pub dry_run: bool,
}

/// Climbs.
pub async fn run(context: &Context, args: &PromoteArgs) -> Result<ClimbDocument> {
    let view = context.ledger.open().await?;
    let subject = find_subject(context, view.as_ref(), &args.release).await?;
    let mut states = BTreeMap::new();
    for name in context.settings.ladder.environments() {
        let read = view.environment(name, &subject.component.name)?;
        states.insert(name.clone(), read.state);
    }
    let (settings, digest) = (&context.settings, &subject.release.digest);
    let rungs = rungs_left(&settings.ladder, &settings.file.environment, &states, digest);
    for environment in rungs.iter().flatten() {
        verifiable(context, environment)?;
    }
    let mut document = ClimbDocument {
        release: subject.release.clone(),
        at_the_top: rungs.is_empty(),
        promotions: Vec::new(),
        dry_run: context.dry_run,
    };
    for (index, rung) in rungs.iter().enumerate() {
        let each = rung.iter().map(|environment| enter(context, environment, &subject));
        let ended = try_join_all(each).await?;
        let entered = |one: &PromoteDocument| matches!(one.status, PromoteStatus::Promoted | PromoteStatus::Already);
        let (any, all) = (ended.iter().any(entered), ended.iter().all(entered));
        document.promotions.extend(ended);
        document.at_the_top = all && index + 1 == rungs.len();
        if !any {
            break;
        }
    }
    Ok(document)
}

impl Document for ClimbDocument {
    const SCHEMA: &'static str = "tidegate.climb/1";

    fn exit_code(&self) -> ExitCode {
        match self.at_the_top {
            true => ExitCode::Done,
            false => ExitCode::worst(self.promotions.iter().map(Document::exit_code)),
        }
    }

    fn text(&self) -> Text {
        let line = |one: &PromoteDocument| format!("{} {}\n", one.environment, one.text().stdout.trim_end());
        let mut text = Text {
            stdout: self.promotions.iter().map(line).collect(),
            stderr: self.promotions.iter().map(|one| one.text().stderr).collect(),
        };
        if self.promotions.is_empty() {
            text.stderr = format!("{} is at the top already; nothing to do\n", self.release);
        }
        text
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        let next = self.promotions.iter().filter_map(|one| one.next_check_at).min();
        vec![
            (
                "status",
                if self.at_the_top { "at-the-top" } else { "stopped" }.to_owned(),
            ),
            ("version", self.release.version.to_string()),
            ("digest", self.release.digest.to_string()),
            ("next-check-at", next.map(|at| at.to_string()).unwrap_or_default()),
        ]
    }

    fn annotation(&self) -> Option<Annotation> {
        let level = match self.exit_code() {
            ExitCode::Done => return None,
            ExitCode::Waiting => Level::Notice,
            _ => Level::Error,
        };
        Some(Annotation {
            level,
            title: format!("{} has not come to the top", self.release),
            message: self.text().stderr,
        })
    }

    fn summary(&self) -> Option<String> {
        let each = self.promotions.iter().filter_map(Document::summary);
        Some(each.collect::<Vec<_>>().join("\n"))
    }
}
