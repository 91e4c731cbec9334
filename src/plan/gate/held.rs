//! The rule `held`: a digest that failed here does not come back. It counts everywhere and needs no key.

use super::facts::{Facts, Policy};
use super::rule::Rule;
use crate::model::verdict::RuleOutcome;

/// Judges whether the digest has failed here.
pub fn judge(policy: &Policy<'_>, facts: &Facts) -> RuleOutcome {
    let fact = facts.environments.get(policy.name);
    let source = fact.map_or("ledger", |fact| fact.source.as_str());
    let rule = Rule::new(
        "held",
        format!("the digest has not failed in {} before", policy.name),
        source,
    );
    let state = match rule.value(fact, "the environment's history") {
        Ok(state) => state,
        Err(unknown) => return *unknown,
    };
    match state.failures.get(&facts.release.digest) {
        None => rule.pass("it has not"),
        Some(failure) => rule.fail(
            format!("it failed at {}: {}", failure.at, failure.reason),
            "a newer release",
        ),
    }
}
