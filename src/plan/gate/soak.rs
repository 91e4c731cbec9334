//! The rule `soak`: this very digest has run somewhere, verified and without a break, for long enough.
//! The longest stay counts; a later replacement does not erase it.

use jiff::Timestamp;

use super::facts::Facts;
use super::rule::Rule;
use crate::model::policy::Soak;
use crate::model::verdict::RuleOutcome;

/// Judges the stay at `now`.
pub fn judge(policy: &Soak, facts: &Facts, now: Timestamp) -> RuleOutcome {
    let (place, length) = (&policy.environment, policy.length);
    let fact = facts.environments.get(place);
    let source = fact.map_or("ledger", |fact| fact.source.as_str());
    let rule = Rule::new("soak", format!("{length} verified in {place} without a break"), source);
    let state = match rule.value(fact, &format!("the history of {place}")) {
        Ok(state) => state,
        Err(unknown) => return *unknown,
    };
    let digest = &facts.release.digest;
    let stay = state.longest_stay(digest, now);
    let saw = format!("{stay} of {length}");
    if stay >= length && !state.failures.contains_key(digest) {
        return rule.pass(saw);
    }
    match state.verified_since(digest) {
        Some(since) => rule.wait(
            saw,
            format!("time, while it stays in {place}"),
            Some(since + length.signed()),
        ),
        None => rule.fail(
            format!("{saw}, and it does not run in {place} now"),
            format!("`tidegate promote {place}`, and time"),
        ),
    }
}
