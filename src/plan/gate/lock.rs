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
    for (scope, argument, fact) in scopes {
        let state = match rule.value(Some(fact), "the lock") {
            Ok(state) => state,
            Err(unknown) => return *unknown,
        };
        let Some(lock) = state.lock.as_ref().filter(|lock| lock.holds(now)) else {
            continue;
        };
        seen.push(format!(
            "{scope} was locked by {} at {} (lock {}): {}",
            lock.by, lock.at, lock.number, lock.reason
        ));
        ways.push(format!("`tidegate unlock {argument} --lock {}`", lock.number));
        ends &= lock.until.is_some();
        until = until.max(lock.until);
    }
    if seen.is_empty() {
        return rule.pass("no lock");
    }
    let (saw, ways) = (seen.join("; "), ways.join(" and "));
    if let Some(until) = until.filter(|_| ends) {
        let left: Duration = until.duration_since(now).into();
        return rule.wait(saw, format!("time, at {until} (in {left}), or {ways}"), Some(until));
    }
    rule.fail(saw, ways)
}
