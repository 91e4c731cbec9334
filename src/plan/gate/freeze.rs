//! The rule `freeze`: the time is right. A denied time wins over an allowed one.

use jiff::{SignedDuration, Timestamp};

use super::rule::Rule;
use crate::model::duration::Duration;
use crate::model::policy::Freeze;
use crate::model::verdict::RuleOutcome;
use crate::model::window::{Purpose, Window};

/// How far beyond the last window by date the windows that come back are looked through for an opening.
const LOOKAHEAD: SignedDuration = SignedDuration::from_hours(2 * 366 * 24);

/// Judges `now`.
pub fn judge(policy: &Freeze, now: Timestamp) -> RuleOutcome {
    let rule = Rule::new("freeze", needs(policy), format!("policy, {}", policy.zone));
    if let Some(calendar) = policy.calendar.as_ref().filter(|calendar| calendar.events().is_none()) {
        let opens = "a policy that is read together with its calendar";
        return rule.unknown(format!("the calendar {calendar} was not read"), opens);
    }
    let saw = match (denied(policy, now), is_allowed(policy, now)) {
        (None, true) => return rule.pass(format!("no window closes {now}")),
        (Some((by, _)), _) => format!("{now} is within {by}"),
        (None, false) => format!("{now} is outside of the allowed windows"),
    };
    match opens_at(policy, now) {
        Ok(at) => {
            let left: Duration = at.duration_since(now).into();
            rule.wait(saw, format!("time, at {at} (in {left})"), Some(at))
        }
        Err(end) => rule.fail(
            format!("{saw}, and nothing opens before {end}"),
            "a change of the policy",
        ),
    }
}

fn needs(policy: &Freeze) -> String {
    let list = |windows: &[Window]| windows.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut denied = list(&policy.deny);
    denied.extend(
        policy
            .calendar
            .as_ref()
            .map(|calendar| format!("the events of {calendar}")),
    );
    let mut parts = Vec::new();
    if !denied.is_empty() {
        parts.push(format!("a time outside of {}", denied.join(", ")));
    }
    if !policy.allow.is_empty() {
        parts.push(format!("a time within {}", list(&policy.allow).join(", ")));
    }
    format!("{} ({})", parts.join(" and "), policy.zone)
}

/// What denies a moment, and the end of what denies it longest.
fn denied(policy: &Freeze, at: Timestamp) -> Option<(String, Timestamp)> {
    let windows = policy.deny.iter().filter_map(|window| {
        let (_, end) = window.containing(at, &policy.zone, Purpose::Deny)?;
        Some((window.to_string(), end))
    });
    let calendar = policy.calendar.as_ref();
    let event = calendar.and_then(|calendar| {
        let (event, end) = calendar.containing(at, &policy.zone)?;
        Some((format!("{} of {calendar}", event.summary()), end))
    });
    windows.chain(event).max_by_key(|(_, end)| *end)
}

fn is_allowed(policy: &Freeze, at: Timestamp) -> bool {
    let holds = |window: &Window| window.containing(at, &policy.zone, Purpose::Allow).is_some();
    policy.allow.is_empty() || policy.allow.iter().any(holds)
}

/// The first moment from `now` on that is open, or the moment up to which none was found.
fn opens_at(policy: &Freeze, now: Timestamp) -> Result<Timestamp, Timestamp> {
    let end = last_end(policy, now).checked_add(LOOKAHEAD).unwrap_or(Timestamp::MAX);
    let mut at = now;
    while at < end {
        let next = match denied(policy, at) {
            Some((_, end)) => Some(end),
            None if is_allowed(policy, at) => return Ok(at),
            None => {
                let windows = policy.allow.iter();
                let starts = windows.filter_map(|window| window.next_start(at, &policy.zone, Purpose::Allow));
                starts.min()
            }
        };
        at = next.unwrap_or(end);
    }
    Err(end)
}

/// The end of the last window or event that does not come back.
fn last_end(policy: &Freeze, now: Timestamp) -> Timestamp {
    let windows = policy.deny.iter().chain(&policy.allow);
    let windows = windows.filter_map(|window| window.last_end(&policy.zone));
    let events = policy
        .calendar
        .iter()
        .filter_map(|calendar| calendar.events())
        .flatten();
    let ends = windows.chain(events.filter_map(|event| event.last_end(&policy.zone)));
    ends.fold(now, Timestamp::max)
}
