//! The rule `lock`: neither the environment nor the ladder is locked. It counts everywhere and needs no key.

use jiff::Timestamp;

use super::facts::{Facts, Policy};
use super::rule::Rule;
use crate::model::duration::Duration;
use crate::model::verdict::RuleOutcome;

/// Judges the locks at `now`.
pub fn judge(policy: &Policy<'_>, facts: &Facts, now: Timestamp) -> RuleOutcome {
    let needs = format!("neither {} nor the ladder is locked", policy.name);
    let rule = Rule::new("lock", needs, &facts.lock.source);
    let scopes = [
        (policy.name.as_str(), policy.name.as_str(), &facts.lock),
        ("the ladder", "--all", &facts.ladder_lock),
    ];
    let mut until = None;
    let mut seen = Vec::new();
    let mut ways = Vec::new();
    let mut ends = true;
    let mut unknown = None;
    for (scope, argument, fact) in scopes {
        let state = match rule.value(Some(fact), "the lock") {
            Ok(state) => state,
            Err(outcome) => {
                unknown = Some(*outcome);
                continue;
            }
        };
        for lock in state.standing(now) {
            seen.push(format!(
                "{scope} was locked by {} at {} (lock {}): {}",
                lock.by, lock.at, lock.number, lock.reason
            ));
            ends &= lock.until.is_some();
            until = until.max(lock.until);
        }
        // Whoever takes the newest away takes those before it away as well.
        let newest = state.standing(now).next_back();
        ways.extend(newest.map(|lock| format!("`tidegate unlock {argument} --lock {}`", lock.number)));
    }
    let (saw, ways) = (seen.join("; "), ways.join(" and "));
    match (unknown, until.filter(|_| ends)) {
        (None, _) if seen.is_empty() => rule.pass("no lock"),
        (Some(unknown), _) if seen.is_empty() => unknown,
        (None, Some(until)) => {
            let left: Duration = until.duration_since(now).into();
            rule.wait(saw, format!("time, at {until} (in {left}), or {ways}"), Some(until))
        }
        (None, None) => rule.fail(saw, ways),
        (Some(unknown), _) => rule.fail(
            format!("{saw}; {}", unknown.saw),
            format!("{ways}, and {}", unknown.opens),
        ),
    }
}
