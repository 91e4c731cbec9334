//! The rule `freeze`: the time is right. A denied time wins over an allowed one.

use jiff::Timestamp;

use super::rule::Rule;
use crate::model::policy::Freeze;
use crate::model::verdict::RuleOutcome;
use crate::model::window::{Purpose, Window};

/// How many windows that follow each other without a gap are looked through for the end of a freeze.
const LOOKAHEAD: usize = 64;

/// Judges `now`.
pub fn judge(policy: &Freeze, now: Timestamp) -> RuleOutcome {
    let rule = Rule::new("freeze", needs(policy), format!("policy, {}", policy.zone));
    match closed_by(policy, now) {
        None => rule.pass(format!("no window closes {now}")),
        Some(saw) => match opens_at(policy, now) {
            Some(at) => rule.wait(format!("{now} is {saw}"), format!("time, at {at}"), Some(at)),
            None => rule.fail(format!("{now} is {saw}"), "a change of the policy"),
        },
    }
}

fn needs(policy: &Freeze) -> String {
    let list = |windows: &[Window]| windows.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut parts = Vec::new();
    if !policy.deny.is_empty() {
        parts.push(format!("a time outside of {}", list(&policy.deny)));
    }
    if !policy.allow.is_empty() {
        parts.push(format!("a time within {}", list(&policy.allow)));
    }
    format!("{} ({})", parts.join(" and "), policy.zone)
}

fn closed_by(policy: &Freeze, now: Timestamp) -> Option<String> {
    let denied = |window: &&Window| window.containing(now, &policy.zone, Purpose::Deny).is_some();
    if let Some(window) = policy.deny.iter().find(denied) {
        return Some(format!("within {window}"));
    }
    let allowed = |window: &Window| window.containing(now, &policy.zone, Purpose::Allow).is_some();
    let closed = !policy.allow.is_empty() && !policy.allow.iter().any(allowed);
    closed.then(|| "outside of the allowed windows".to_owned())
}

/// The first moment after `now` that is open.
fn opens_at(policy: &Freeze, now: Timestamp) -> Option<Timestamp> {
    let mut at = now;
    for _ in 0..LOOKAHEAD {
        let ends = policy
            .deny
            .iter()
            .filter_map(|window| window.containing(at, &policy.zone, Purpose::Deny));
        let next = match ends.map(|(_, end)| end).max() {
            Some(end) => end,
            None if closed_by(policy, at).is_none() => return Some(at),
            None => {
                let starts = policy
                    .allow
                    .iter()
                    .filter_map(|window| window.next_start(at, &policy.zone, Purpose::Allow));
                starts.min()?
            }
        };
        at = next;
    }
    None
}
