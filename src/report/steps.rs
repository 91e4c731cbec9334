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

/// The line that says why a gate does not count what a person did; nothing when it does.
pub fn doubt(why: Option<&str>) -> String {
    why.map_or_else(String::new, |why| format!("  the gate does not count this: {why}\n"))
}
