//! The word of the one who opens a hotfix: gates whose policy names people for it ask for one that is proven.

use super::HotfixArgs;
use super::document::HotfixDocument;
use crate::commands::gate::hotfix::deaf;
use crate::commands::gate::opened::Opening;
use crate::context::Context;
use crate::error::Result;
use crate::model::hotfix::Hotfix;
use crate::plan::hotfix::{Opened, record};

impl HotfixDocument {
    /// Adds the step that keeps the word, where the hotfix is new or the word counts where none did before, and tells where
    /// none counts then. A dry run signs nothing.
    pub(super) async fn speak(
        &mut self,
        context: &Context,
        args: &HotfixArgs,
        opened: &Opened,
        recorded: Option<&Hotfix>,
    ) -> Result<()> {
        if !context.settings.keeps_ledger {
            let place = &context.settings.source;
            let warning = format!("`tag` does not know of the hotfix: {place} keeps no ledger for it: add `[ledger]`");
            self.warnings.push(warning);
        }
        let new = Hotfix {
            branch: opened.branch.clone(),
            commit: opened.commit.clone(),
            opened: Vec::new(),
        };
        let hotfix = recorded.unwrap_or(&new);
        let by = &context.actor;
        let (component, version) = (&self.component, &self.version);
        let asked = deaf(context, component, version, hotfix, (by, None)).await?;
        if recorded.is_some() && asked.iter().all(|(_, doubt)| doubt.is_some()) {
            self.warnings.extend(asked.into_iter().filter_map(warning));
            return Ok(());
        }
        let reason = args.reason.as_deref();
        let opening = Opening::hotfix(context, component, version, hotfix);
        let (proof, standing) = opening.prove(context, reason).await?;
        let still = deaf(context, component, version, hotfix, (by, standing.as_ref())).await?;
        let counts = still.iter().any(|(_, doubt)| doubt.is_none());
        self.warnings.extend(still.into_iter().filter_map(warning));
        if recorded.is_none() || counts {
            self.steps.push(record(component, version, opened, reason, proof));
        }
        Ok(())
    }
}

fn warning((environment, doubt): (&crate::model::name::EnvironmentName, Option<String>)) -> Option<String> {
    let doubt = doubt?;
    Some(format!("the gate of {environment} is no shorter for it: {doubt}"))
}
