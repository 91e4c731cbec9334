//! A person's no to a digest for every environment, and taking it back: each written once.

use crate::model::event::EventBody;
use crate::model::release::Release;
use crate::model::state::ComponentState;
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

/// The step that withdraws the rejection, or none when there is none.
pub fn withdraw(state: &ComponentState, release: &Release, reason: &str) -> Vec<Step> {
    if state.rejection(&release.digest).is_none() {
        return Vec::new();
    }
    let event = EventBody::RejectionWithdrawn {
        component: release.component.clone(),
        digest: release.digest.clone(),
        reason: reason.to_owned(),
    };
    vec![step(event, "the gates judge it by their other rules again")]
}

fn step(event: EventBody, reason: &str) -> Step {
    Step::new(Action::Record { event: Box::new(event) }, reason)
}
