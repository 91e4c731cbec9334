//! The word of the one who opens a hotfix: gates whose policy names people for it ask for one that is proven.

use super::HotfixArgs;
use super::document::HotfixDocument;
use crate::commands::gate::hotfix::deaf;
use crate::commands::gate::opened::Opening;
use crate::context::Context;
use crate::error::Result;
use crate::model::hotfix::Hotfix;
use crate::model::name::EnvironmentName;
use crate::model::proof::Standing;
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
        let opening = Opening::hotfix(context, &self.component, &self.version, hotfix);
        let mut deaf = deaf(context, &opening, hotfix, &context.actor).await?;
        if recorded.is_some() && deaf.iter().all(|(_, doubt)| doubt.is_some()) {
            self.warnings.extend(deaf.into_iter().filter_map(warning));
            return Ok(());
        }
        let reason = args.reason.as_deref();
        let (proof, standing) = opening.prove(context, reason).await?;
        if let Some(Standing::Unproven { why } | Standing::Unknown { why }) = standing {
            for (_, doubt) in &mut deaf {
                doubt.get_or_insert_with(|| why.clone());
            }
        }
        let counts = deaf.iter().any(|(_, doubt)| doubt.is_none());
        self.warnings.extend(deaf.into_iter().filter_map(warning));
        if recorded.is_none() || counts {
            self.steps
                .push(record(&self.component, &self.version, opened, reason, proof));
        }
        Ok(())
    }
}

fn warning((environment, doubt): (&EnvironmentName, Option<String>)) -> Option<String> {
    let doubt = doubt?;
    Some(format!("the gate of {environment} is no shorter for it: {doubt}"))
}
