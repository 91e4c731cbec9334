//! `hotfix --check`: whether each hotfix of the maintained lines has reached the default branch.

use schemars::JsonSchema;
use serde::Serialize;

use super::document::{HotfixDocument, HotfixState};
use super::{HotfixArgs, reach};
use crate::commands::shared_ref;
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::report::document::{Annotation, Document, Text};

/// The result of `hotfix --check` without a version.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HotfixesDocument {
    /// The hotfixes that have a commit, the newest of each component first.
    pub hotfixes: Vec<HotfixDocument>,
}

/// Checks them all.
pub async fn check(context: &Context, args: &HotfixArgs) -> Result<HotfixesDocument> {
    let components: Vec<ResolvedComponent> = match &args.component {
        Some(_) => vec![context.settings.component(args.component.as_ref())?],
        None => context.settings.components(),
    };
    shared_ref::check(context, true).await?;
    let hotfixes = reach::check_all(context, &components).await?;
    Ok(HotfixesDocument { hotfixes })
}

impl Document for HotfixesDocument {
    const SCHEMA: &'static str = "tidegate.hotfixes/1";

    fn exit_code(&self) -> ExitCode {
        ExitCode::worst(self.hotfixes.iter().map(Document::exit_code))
    }

    fn text(&self) -> Text {
        let mut text = Text::default();
        for one in &self.hotfixes {
            let own = one.text();
            text.stdout.push_str(&own.stdout);
            text.stderr.push_str(&own.stderr);
        }
        if self.hotfixes.is_empty() {
            text.stderr.push_str("no hotfix of a maintained line has a commit\n");
        }
        text
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        let lacking = self.hotfixes.iter().any(|one| one.status == HotfixState::Lacking);
        let status = if lacking {
            HotfixState::Lacking
        } else {
            HotfixState::Reached
        };
        vec![("status", status.word().to_owned())]
    }

    fn annotation(&self) -> Option<Annotation> {
        self.hotfixes.iter().find_map(Document::annotation)
    }

    fn summary(&self) -> Option<String> {
        let each: Vec<String> = self.hotfixes.iter().filter_map(Document::summary).collect();
        (!each.is_empty()).then(|| each.join("\n"))
    }
}
