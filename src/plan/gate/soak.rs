//! The rule `soak`: this very digest has run somewhere, verified and without a break, for long enough.
//! The longest stay counts; a later replacement does not erase it, and two stays are not added up.

use jiff::Timestamp;

use super::facts::Facts;
use super::rule::Rule;
use crate::model::duration::Duration;
use crate::model::policy::Soak;
use crate::model::state::Progress;
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
    let longest = state.longest_stay(digest, now);
    if let Some(failure) = state.failures.get(digest) {
        let saw = format!(
            "{longest} of {length}, and then it failed at {}: {}",
            failure.at, failure.reason
        );
        return rule.fail(saw, format!("its verification in {place}, where it is held, and time"));
    }
    if longest >= length {
        return rule.pass(format!("{longest} of {length}"));
    }
    if let Some(since) = state.verified_since(digest) {
        let stay: Duration = now.duration_since(since).into();
        let earlier = if longest > stay {
            format!(" (an earlier stay: {longest})")
        } else {
            String::new()
        };
        let until = since.checked_add(length.signed()).ok();
        let opens = format!("time, while it stays in {place}");
        return rule.wait(format!("{stay} of {length}{earlier}"), opens, until);
    }
    let attempt = state
        .attempt
        .as_ref()
        .filter(|attempt| attempt.release.digest == *digest);
    if attempt.is_some_and(|attempt| !matches!(attempt.progress, Progress::Failed { .. })) {
        let saw = format!("{longest} of {length}, and it is being deployed in {place}");
        return rule.wait(saw, format!("its verification in {place}, and time"), None);
    }
    rule.fail(
        format!("{longest} of {length}, and it does not run in {place} now"),
        format!("`tidegate promote {place}`, and time"),
    )
}
