//! The rule `held`: a digest that failed here, or was taken away, does not come back until a person says so. It counts
//! everywhere and needs no key. A newer release has another digest, so it is not held.

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
    let digest = &facts.release.digest;
    let Some(failure) = state.failures.get(digest) else {
        return rule.pass("it has not");
    };
    let saw = format!("it failed at {}: {}", failure.at, failure.reason);
    match failure.cleared.last() {
        Some(lifted) => rule.pass(format!("{saw}; cleared by {} at {}", lifted.by, lifted.at)),
        None => rule.fail(
            saw,
            format!(
                "`tidegate unlock {} --digest {digest} --reason …`, or a newer release",
                policy.name
            ),
        ),
    }
}
