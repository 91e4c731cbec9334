//! What people do on the way of a rehearsed release, whether they may or not, with the commands that they would give.

use super::RehearsedRelease;
use super::train::Train;
use crate::commands::lock::{LockArgs, LockScope, UnlockArgs, run_lock, run_unlock};
use crate::commands::{approve, r#override, promote};
use crate::config::scenario::{DeedKind, ScriptedDeed};
use crate::error::Result;
use crate::model::name::EnvironmentName;
use crate::model::verdict::{Verdict, VerdictStatus};
use crate::plan::word::Choice;
use crate::report::document::Document;

/// What became of a deed: the command's word and its answer.
type Told = (&'static str, String);

impl Train<'_> {
    /// Does what is scripted for the moment at which the release comes to a gate.
    pub(super) async fn deeds(
        &self,
        release: &mut RehearsedRelease,
        scripted: &[ScriptedDeed],
        at: &EnvironmentName,
    ) -> Result<()> {
        for deed in scripted.iter().filter(|deed| deed.at == *at) {
            let environment = deed.environment.as_ref().unwrap_or(at);
            let (what, detail) = self.deed(release, deed, environment).await?;
            self.tell(&mut release.timeline, what, Some(environment), detail, None);
        }
        Ok(())
    }

    async fn deed(
        &self,
        release: &RehearsedRelease,
        deed: &ScriptedDeed,
        environment: &EnvironmentName,
    ) -> Result<Told> {
        let (context, by) = (self.as_person(&deed.by), &deed.by);
        let (subject, reason) = (self.subject(release, environment), deed.reason.clone());
        let scope = LockScope {
            environment: Some(environment.clone()),
            all: false,
        };
        Ok(match deed.does {
            DeedKind::Promote => {
                let document = promote::run(&context, environment, &subject.release, None).await?;
                match document.verdict.filter(|verdict| verdict.status != VerdictStatus::Open) {
                    Some(verdict) => ("refuse", format!("{by}: {}", unmet(&verdict))),
                    None => ("promote", format!("{by}: {}", document.reason.unwrap_or_default())),
                }
            }
            DeedKind::Approve => {
                let args = approve::ApproveArgs { subject, reason };
                let document = approve::run(&context, &args, Choice::Approved).await?;
                (if document.counts { "approve" } else { "refuse" }, words(&document))
            }
            DeedKind::Override => {
                let args = r#override::OverrideArgs {
                    environment: environment.clone(),
                    digest: release.digest.to_string(),
                    component: Some(release.component.clone()),
                    rules: deed.rules.clone(),
                    reason: reason.unwrap_or_default(),
                    expires: deed.until.clone().unwrap_or_default(),
                };
                let document = r#override::run(&context, &args).await?;
                let what = document.refusal.as_ref().map_or("override", |_| "refuse");
                (what, words(&document))
            }
            DeedKind::Lock => {
                let args = LockArgs {
                    scope,
                    reason: reason.unwrap_or_default(),
                    until: deed.until.clone(),
                };
                ("lock", format!("{by}: {}", words(&run_lock(&context, &args).await?)))
            }
            DeedKind::Unlock => {
                let args = UnlockArgs {
                    scope,
                    lock: None,
                    digest: None,
                    component: None,
                    reason,
                };
                let document = run_unlock(&context, &args).await?;
                let what = document.why_not.as_ref().map_or("unlock", |_| "refuse");
                (what, format!("{by}: {}", words(&document)))
            }
        })
    }
}

/// The rules that keep a release out, in the gate's words.
pub(super) fn unmet(verdict: &Verdict) -> String {
    let rules = verdict.rules.iter().filter(|rule| !rule.status.is_met());
    let rules: Vec<String> = rules.map(|rule| format!("{}: {}", rule.rule, rule.saw)).collect();
    rules.join("; ")
}

/// What the command tells people, in one line.
pub(super) fn words(document: &impl Document) -> String {
    let text = document.text().stderr;
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.join("; ")
}
