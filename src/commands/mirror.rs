//! Showing at the forge what the ledger has, for `promote` and `rollback`. Where there is no forge, nothing is shown.

use crate::context::Context;
use crate::model::anchor::Anchor;
use crate::model::check::verdict_name;
use crate::model::event::Event;
use crate::model::mirror::{ShownAttempt, ShownStatus, ShownVerdict};
use crate::model::name::EnvironmentName;
use crate::model::release::Release;
use crate::model::state::Attempt;
use crate::model::verdict::Verdict;
use crate::plan::mirror::{after, shown};
use crate::report::verdict as words;

/// Shows what an event means for a deployment.
pub async fn recorded(context: &Context, environment: &EnvironmentName, event: &Event, attempt: Option<&Attempt>) {
    let (Some(mirror), Ok(settings)) = (&context.mirror, context.settings.environment(environment)) else {
        return;
    };
    let Some(anchor) = head(context).await else {
        return;
    };
    for deployment in after(event, attempt, settings, &anchor) {
        mirror.deployment(&deployment).await;
    }
}

/// Shows that a release runs, verified, where a run was killed before it showed that.
pub async fn settled(context: &Context, environment: &EnvironmentName, release: &Release) {
    let (Some(mirror), Ok(settings), false) = (
        &context.mirror,
        context.settings.environment(environment),
        context.dry_run,
    ) else {
        return;
    };
    let (attempt, status) = (ShownAttempt::Newest, ShownStatus::Success);
    let words = "it runs there, verified".to_owned();
    mirror
        .deployment(&shown(environment, settings, release, attempt, status, words))
        .await;
}

/// Shows that an attempt has failed, where a run was killed before it showed that.
pub async fn stranded(context: &Context, environment: &EnvironmentName, attempt: Option<&Attempt>, reason: &str) {
    let (Some(mirror), Ok(settings), Some(attempt), false) = (
        &context.mirror,
        context.settings.environment(environment),
        attempt,
        context.dry_run,
    ) else {
        return;
    };
    let Some(anchor) = head(context).await else {
        return;
    };
    let (number, status) = (ShownAttempt::Number(attempt.number, anchor), ShownStatus::Failure);
    let deployment = shown(
        environment,
        settings,
        &attempt.release,
        number,
        status,
        reason.to_owned(),
    );
    mirror.deployment(&deployment).await;
}

/// The end of the ledger, as this process saw it last.
async fn head(context: &Context) -> Option<Anchor> {
    context.ledger.reopen().await.ok()?.head().ok()?
}

/// Shows a verdict.
pub async fn judged(context: &Context, verdict: &Verdict) {
    let (Some(mirror), false) = (&context.mirror, context.dry_run) else {
        return;
    };
    let shown = ShownVerdict {
        name: verdict_name(&verdict.environment, &verdict.release.component),
        commit: verdict.release.commit.clone(),
        status: verdict.status,
        title: words::headline(verdict),
        summary: words::summary(verdict),
    };
    mirror.verdict(&shown).await;
}
