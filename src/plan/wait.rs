//! Waiting for a gate within a run: for a short time alone, because a runner that waits costs what one that works does.

use jiff::Timestamp;

use crate::model::duration::Duration;

/// How long a run waits at most.
pub const LONGEST: Duration = Duration::from_secs(30 * 60);

/// How long it is between two looks at most.
const PAUSE: Duration = Duration::from_secs(15);

/// How long to sleep before the next look: until `next`, the time that is worth asking at, or a quarter of a minute,
/// whichever is sooner. Nothing when waiting is over at `until`, or could not help because `next` is later than that.
pub fn pause(now: Timestamp, until: Timestamp, next: Option<Timestamp>) -> Option<Duration> {
    if now >= until || next.is_some_and(|next| next > until) {
        return None;
    }
    let look = next.filter(|next| *next > now).map_or(until, |next| next.min(until));
    let left: Duration = look.duration_since(now).into();
    Some(left.min(PAUSE).max(Duration::from_secs(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_looks_again_soon_and_gives_up_when_waiting_cannot_help() {
        let at = |second: i64| Timestamp::from_second(1_000_000 + second).unwrap();
        for (now, until, next, seconds) in [
            (0, 600, None, Some(15)),
            (0, 600, Some(5), Some(5)),
            (0, 600, Some(60), Some(15)),
            (0, 600, Some(600), Some(15)),
            (0, 600, Some(601), None),
            (590, 600, None, Some(10)),
            (600, 600, None, None),
            (30, 600, Some(10), Some(15)),
            (0, 0, None, None),
        ] {
            let found = pause(at(now), at(until), next.map(at));
            assert_eq!(found.map(Duration::as_secs), seconds, "{now} {until} {next:?}");
        }
    }
}
