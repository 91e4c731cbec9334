//! A plan in words.

use crate::model::step::Step;

/// The steps of a plan, a line each, with the reason.
pub fn text(steps: &[Step]) -> String {
    steps
        .iter()
        .enumerate()
        .map(|(index, step)| format!("  {}. {} ({})\n", index + 1, step.action, step.reason))
        .collect()
}
