//! The rule `checks`: each named check has succeeded on the release's commit. An absent one has not.

use super::facts::Facts;
use super::rule::Rule;
use crate::model::fact::Conclusion;
use crate::model::policy::Checks;
use crate::model::verdict::RuleOutcome;

/// Judges the check results.
pub fn judge(policy: &Checks, facts: &Facts) -> RuleOutcome {
    let commit = facts.release.commit.short();
    let source = facts.checks.as_ref().map_or("checks", |fact| fact.source.as_str());
    let rule = Rule::new(
        "checks",
        format!("success of {} on {commit}", policy.require.join(", ")),
        source,
    );
    let results = match rule.value(facts.checks.as_ref(), "the check results") {
        Ok(results) => results,
        Err(unknown) => return *unknown,
    };
    let mut failed = Vec::new();
    let mut pending = Vec::new();
    for name in &policy.require {
        let last = results.iter().rev().find(|check| check.name == *name);
        match last.map(|check| check.conclusion) {
            Some(Conclusion::Success) => {}
            Some(Conclusion::Pending) => pending.push(format!("{name} is pending")),
            Some(Conclusion::Failure) => failed.push(format!("{name} failed")),
            None => failed.push(format!("{name} is absent")),
        }
    }
    let passed = policy.require.len() - failed.len() - pending.len();
    let count = format!("{passed} of {} succeeded", policy.require.len());
    if failed.is_empty() && pending.is_empty() {
        return rule.pass(count);
    }
    if failed.is_empty() {
        return rule.wait(
            format!("{count}; {}", pending.join(", ")),
            "the end of the checks",
            None,
        );
    }
    failed.extend(pending);
    rule.fail(
        format!("{count}; {}", failed.join(", ")),
        "a run of these checks that succeeds on this commit",
    )
}
