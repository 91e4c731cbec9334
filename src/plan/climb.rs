//! How far up a release has come, and which rungs of the ladder are next.

use std::collections::BTreeMap;

use crate::model::digest::Digest;
use crate::model::environment::{Environment, TriggerEvent};
use crate::model::ladder::Ladder;
use crate::model::name::EnvironmentName;
use crate::model::state::EnvironmentState;

/// The rungs that are left for a digest, lowest first, each with the environments where it is not verified now. It goes on
/// from the highest rung where it was ever verified. One that is nowhere yet begins where something other than a
/// person sets a promotion off, and without such a rung at the bottom.
pub fn rungs_left(
    ladder: &Ladder,
    environments: &BTreeMap<EnvironmentName, Environment>,
    states: &BTreeMap<EnvironmentName, EnvironmentState>,
    digest: &Digest,
) -> Vec<Vec<EnvironmentName>> {
    let rungs = ladder.rungs();
    let was = |name: &EnvironmentName| states.get(name).is_some_and(|state| state.was_verified(digest));
    let is = |name: &EnvironmentName| {
        states
            .get(name)
            .is_some_and(|state| state.verified_since(digest).is_some())
    };
    let sets_itself_off = |name: &EnvironmentName| {
        let trigger = environments.get(name).map(|environment| environment.trigger.on);
        trigger.is_some_and(|on| on != TriggerEvent::Manual)
    };
    let highest = rungs.iter().rposition(|names| names.iter().any(was));
    let automatic = || rungs.iter().position(|names| names.iter().any(sets_itself_off));
    let start = highest.or_else(automatic).unwrap_or_default();
    let left = |names: &Vec<EnvironmentName>| -> Vec<EnvironmentName> {
        names.iter().filter(|name| !is(name)).cloned().collect()
    };
    rungs
        .iter()
        .skip(start)
        .map(left)
        .filter(|names| !names.is_empty())
        .collect()
}
