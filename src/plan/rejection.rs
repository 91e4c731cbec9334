//! A person's no to a digest for every environment, and taking it back: each written once.

use crate::model::event::EventBody;
use crate::model::proof::Proof;
use crate::model::release::Release;
use crate::model::state::{ComponentState, Rejection};
use crate::model::step::{Action, Step};

/// The step that rejects a release everywhere, or none when it is rejected.
pub fn reject(state: &ComponentState, release: &Release, reason: &str) -> Vec<Step> {
    if state.rejection(&release.digest).is_some() {
        return Vec::new();
    }
    let event = EventBody::RejectedEverywhere {
        component: release.component.clone(),
        digest: release.digest.clone(),
        reason: reason.to_owned(),
    };
    vec![step(event, "no environment lets it in any more")]
}

/// The rejection that there is to withdraw: one that nobody has withdrawn, or whose withdrawal does not count by the policy.
pub fn rejection_to_withdraw<'a>(state: &'a ComponentState, release: &Release, counts: bool) -> Option<&'a Rejection> {
    let rejection = state.rejections.get(&release.digest)?;
    (rejection.withdrawn.is_empty() || !counts).then_some(rejection)
}

/// The step that withdraws the rejection.
pub fn withdraw(release: &Release, reason: &str, proof: Option<Proof>) -> Step {
    let event = EventBody::RejectionWithdrawn {
        component: release.component.clone(),
        digest: release.digest.clone(),
        reason: reason.to_owned(),
        proof,
    };
    step(event, "the gates judge it by their other rules again")
}

fn step(event: EventBody, reason: &str) -> Step {
    Step::new(Action::Record { event: Box::new(event) }, reason)
}
