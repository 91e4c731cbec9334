//! Locking and unlocking: written once, and again only when it changes something.

use jiff::Timestamp;

use crate::model::duration::Duration;
use crate::model::event::EventBody;
use crate::model::name::EnvironmentName;
use crate::model::proof::Proof;
use crate::model::refusal::Refusal;
use crate::model::state::{Lock, LockState};
use crate::model::step::{Action, Step};
use crate::model::text::ParseError;

/// The step that locks, or none when a lock with that reason holds already, to that end or longer.
pub fn lock(
    present: &LockState,
    environment: Option<&EnvironmentName>,
    reason: &str,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Vec<Step> {
    let same = |lock: &Lock| lock.reason == reason && lock.until == until;
    if present.standing(now).any(same) {
        return Vec::new();
    }
    let event = EventBody::Locked {
        environment: environment.cloned(),
        reason: reason.to_owned(),
        until,
    };
    vec![step(event, "nothing enters while it holds")]
}

/// The lock that there is to take away, of those that hold, oldest first: the newest, which takes the others with it.
///
/// # Errors
/// A lock of another number than the named one holds: somebody has locked since.
pub fn lock_to_take<'a>(holding: &[&'a Lock], number: Option<u64>) -> Result<Option<&'a Lock>, Refusal> {
    let Some(lock) = holding.last().copied() else {
        return Ok(None);
    };
    let Some(named) = number.filter(|named| *named != lock.number) else {
        return Ok(Some(lock));
    };
    Err(Refusal::new(
        format!(
            "lock {named} is not the one that holds: that is lock {}, by {} at {}: {}",
            lock.number, lock.by, lock.at, lock.reason
        ),
        format!("when it may go as well, name it with --lock {}", lock.number),
    ))
}

/// The step that unlocks.
pub fn unlock(lock: &Lock, environment: Option<&EnvironmentName>, reason: Option<&str>, proof: Option<Proof>) -> Step {
    let event = EventBody::Unlocked {
        environment: environment.cloned(),
        number: lock.number,
        reason: reason.map(str::to_owned),
        proof,
    };
    step(event, "the gate judges by its other rules again")
}

fn step(event: EventBody, reason: &str) -> Step {
    Step::new(Action::Record { event: Box::new(event) }, reason)
}

/// When something ends: a time, or a length from now. `what` says what ends, for the error.
///
/// # Errors
/// The text is neither, or that time is over.
pub fn until(what: &'static str, text: &str, now: Timestamp) -> Result<Timestamp, ParseError> {
    let bad = |why: &str| ParseError::new(what, text, why);
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
