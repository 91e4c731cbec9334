//! Letting a digest that failed in an environment try again there.

use crate::model::event::EventBody;
use crate::model::name::EnvironmentName;
use crate::model::proof::Proof;
use crate::model::refusal::Refusal;
use crate::model::release::Release;
use crate::model::state::{ComponentState, EnvironmentState, Failure};
use crate::model::step::{Action, Step};

/// The hold that there is to clear: one that nobody has cleared, or whose clearing does not count by the policy.
///
/// # Errors
/// The digest is not out of the environment yet: it is to be rolled back first.
pub fn hold_to_clear<'a>(
    environment: &EnvironmentName,
    state: &'a EnvironmentState,
    component: &ComponentState,
    release: &Release,
    counts: bool,
) -> Result<Option<&'a Failure>, Refusal> {
    let digest = &release.digest;
    let failure = state.failures.get(digest);
    let Some(failure) = failure.filter(|failure| failure.cleared.is_empty() || !counts) else {
        return Ok(None);
    };
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
    Ok(Some(failure))
}

/// The step that clears the hold.
pub fn clear(environment: &EnvironmentName, release: &Release, reason: &str, proof: Option<Proof>) -> Step {
    let event = EventBody::HoldCleared {
        environment: environment.clone(),
        component: release.component.clone(),
        digest: release.digest.clone(),
        reason: reason.to_owned(),
        proof,
    };
    let action = Action::Record { event: Box::new(event) };
    Step::new(action, "it may be deployed there again, and has to be verified anew")
}
