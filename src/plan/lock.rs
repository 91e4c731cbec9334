//! Locking and unlocking: written once, and again only when it changes something.

use jiff::Timestamp;

use crate::model::duration::Duration;
use crate::model::event::EventBody;
use crate::model::name::EnvironmentName;
use crate::model::refusal::Refusal;
use crate::model::state::Lock;
use crate::model::step::{Action, Step};
use crate::model::text::ParseError;

/// The step that locks, or none when a lock with that reason and end holds already.
pub fn lock(
    present: Option<&Lock>,
    environment: Option<&EnvironmentName>,
    reason: &str,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Vec<Step> {
    let same = |lock: &Lock| lock.holds(now) && lock.reason == reason && lock.until == until;
    if present.is_some_and(same) {
        return Vec::new();
    }
    let event = EventBody::Locked {
        environment: environment.cloned(),
        reason: reason.to_owned(),
        until,
    };
    vec![step(event, "nothing enters while it holds")]
}

/// The step that unlocks, or none when there is no lock.
///
/// # Errors
/// A lock of another number than the named one holds: somebody has locked since.
pub fn unlock(
    present: Option<&Lock>,
    environment: Option<&EnvironmentName>,
    number: Option<u64>,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Step>, Refusal> {
    let Some(lock) = present else {
        return Ok(Vec::new());
    };
    if let Some(named) = number.filter(|named| *named != lock.number) {
        if !lock.holds(now) {
            return Ok(Vec::new());
        }
        return Err(Refusal::new(
            format!(
                "lock {named} is not the one that holds: that is lock {}, by {} at {}: {}",
                lock.number, lock.by, lock.at, lock.reason
            ),
            format!("when it may go as well, name it with --lock {}", lock.number),
        ));
    }
    let event = EventBody::Unlocked {
        environment: environment.cloned(),
        number: lock.number,
        reason: reason.map(str::to_owned),
    };
    Ok(vec![step(event, "the gate judges by its other rules again")])
}

fn step(event: EventBody, reason: &str) -> Step {
    Step::new(Action::Record { event: Box::new(event) }, reason)
}

/// When a lock ends: a time, or a length from now.
///
/// # Errors
/// The text is neither, or that time is over.
pub fn until(text: &str, now: Timestamp) -> Result<Timestamp, ParseError> {
    let bad = |why: &str| ParseError::new("end of a lock", text, why);
    let at = match (text.parse::<Timestamp>(), text.parse::<Duration>()) {
        (Ok(at), _) => at,
        (Err(_), Ok(length)) => now
            .checked_add(length.signed())
            .map_err(|_| bad("that is beyond the end of the calendar"))?,
        (Err(_), Err(_)) => return Err(bad("write a time such as 2026-12-24T18:00:00Z, or a length such as 4h")),
    };
    if at <= now {
        return Err(bad("that time is over"));
    }
    Ok(at)
}
