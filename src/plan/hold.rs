//! Letting a digest that failed in an environment try again there.

use crate::model::event::EventBody;
use crate::model::name::EnvironmentName;
use crate::model::refusal::Refusal;
use crate::model::release::Release;
use crate::model::state::{ComponentState, EnvironmentState};
use crate::model::step::{Action, Step};

/// The step that clears the hold, or none when the digest is not held.
///
/// # Errors
/// The digest is not out of the environment yet: it is to be rolled back first.
pub fn clear(
    environment: &EnvironmentName,
    state: &EnvironmentState,
    component: &ComponentState,
    release: &Release,
    reason: &str,
) -> Result<Vec<Step>, Refusal> {
    let digest = &release.digest;
    let held = state
        .failures
        .get(digest)
        .is_some_and(|failure| failure.cleared.is_none());
    if !held {
        return Ok(Vec::new());
    }
    let leaving = state.attempt.as_ref().is_some_and(|attempt| {
        let failed = attempt.release.digest == *digest && state.rollback_target(digest, component).is_some();
        failed || attempt.rollback_from.as_ref() == Some(digest)
    });
    if leaving {
        return Err(Refusal::new(
            format!("{release} failed in {environment} and is still to be rolled back"),
            format!("run `tidegate promote {environment} --digest {digest}` again to finish that, then clear the hold"),
        ));
    }
    let event = EventBody::HoldCleared {
        environment: environment.clone(),
        component: release.component.clone(),
        digest: digest.clone(),
        reason: reason.to_owned(),
    };
    let action = Action::Record { event: Box::new(event) };
    Ok(vec![Step::new(
        action,
        "it may be deployed there again, and has to be verified anew",
    )])
}
