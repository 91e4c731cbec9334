//! What is shown of a deployment after each of its events.

use crate::model::anchor::Anchor;
use crate::model::environment::{Environment, Tier};
use crate::model::event::{Event, EventBody, Phase};
use crate::model::mirror::{ShownAttempt, ShownDeployment, ShownStatus};
use crate::model::name::EnvironmentName;
use crate::model::release::Release;
use crate::model::state::Attempt;

/// What is shown after an event: `attempt` is the one that was under way before it.
pub fn after(
    event: &Event,
    attempt: Option<&Attempt>,
    settings: &Environment,
    anchor: &Anchor,
) -> Vec<ShownDeployment> {
    let show = |environment: &EnvironmentName, release: &Release, number: u64, status, description: String| {
        let attempt = ShownAttempt::Number(number, anchor.clone());
        shown(environment, settings, release, attempt, status, description)
    };
    if let EventBody::DeploymentStarted {
        environment, release, ..
    } = &event.body
    {
        let words = "it is being deployed".to_owned();
        return vec![show(
            environment,
            release,
            event.sequence,
            ShownStatus::InProgress,
            words,
        )];
    }
    let Some(Attempt { number, release, .. }) = attempt else {
        return Vec::new();
    };
    match &event.body {
        EventBody::DeploymentSucceeded { environment, .. } => {
            let words = "it is deployed, and not verified yet".to_owned();
            vec![show(environment, release, *number, ShownStatus::InProgress, words)]
        }
        EventBody::Verified { environment, saw, .. } => {
            vec![show(environment, release, *number, ShownStatus::Success, saw.clone())]
        }
        EventBody::DeploymentFailed {
            environment,
            during,
            reason,
            ..
        } => {
            let words = match during {
                Phase::Deploy => format!("the deployment failed: {reason}"),
                Phase::Verify => format!("the verification failed: {reason}"),
            };
            vec![show(environment, release, *number, ShownStatus::Failure, words)]
        }
        EventBody::RolledBack {
            environment,
            from,
            to,
            reason,
        } => {
            let mut all = Vec::new();
            if release.digest == *from {
                let words = format!("rolled back: {reason}");
                all.push(show(environment, release, *number, ShownStatus::Failure, words));
            }
            let words = format!("it runs again in place of {}: {reason}", from.short());
            all.push(show(environment, to, *number, ShownStatus::Success, words));
            all
        }
        _ => Vec::new(),
    }
}

/// How a deployment of that environment stands.
pub fn shown(
    environment: &EnvironmentName,
    settings: &Environment,
    release: &Release,
    attempt: ShownAttempt,
    status: ShownStatus,
    description: String,
) -> ShownDeployment {
    ShownDeployment {
        environment: environment.clone(),
        release: release.clone(),
        attempt,
        status,
        description,
        url: settings.url.clone(),
        production: settings.tier == Tier::Production,
    }
}
