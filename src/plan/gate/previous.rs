//! The rule `previous`: this very digest was verified in the environments before.

use super::facts::{Facts, Policy};
use super::rule::Rule;
use crate::model::name::EnvironmentName;
use crate::model::verdict::RuleOutcome;

/// Judges whether the digest came up the ladder.
pub fn judge(policy: &Policy<'_>, facts: &Facts) -> RuleOutcome {
    let after = &policy.environment.after;
    let rule = Rule::new(
        "previous",
        needs(after.all(), after.any()),
        source(facts, after.names().next()),
    );
    let mut missing = Vec::new();
    let mut seen = Vec::new();
    for name in after.all() {
        match verified(&rule, facts, name) {
            Ok(true) => seen.push(format!("verified in {name}")),
            Ok(false) => missing.push(name.to_string()),
            Err(unknown) => return *unknown,
        }
    }
    let mut alternatives = Vec::new();
    for name in after.any() {
        match verified(&rule, facts, name) {
            Ok(true) => alternatives.push(format!("verified in {name}")),
            Ok(false) => {}
            Err(unknown) => return *unknown,
        }
    }
    if alternatives.is_empty() && !after.any().is_empty() {
        missing.push(list(after.any(), " or "));
    }
    seen.extend(alternatives);
    if missing.is_empty() {
        return rule.pass(seen.join(", "));
    }
    let opens = format!("`tidegate promote` into {}", missing.join(" and "));
    rule.fail(format!("not verified in {}", missing.join(" and ")), opens)
}

fn verified(rule: &Rule, facts: &Facts, name: &EnvironmentName) -> Result<bool, Box<RuleOutcome>> {
    let state = rule.value(facts.environments.get(name), &format!("the history of {name}"))?;
    let digest = &facts.release.digest;
    let was = state.stays.contains_key(digest) || state.verified_since(digest).is_some();
    Ok(was && !state.failures.contains_key(digest))
}

fn needs(all: &[EnvironmentName], any: &[EnvironmentName]) -> String {
    let mut parts = Vec::new();
    if !all.is_empty() {
        parts.push(list(all, " and "));
    }
    if !any.is_empty() {
        parts.push(format!("one of {}", list(any, ", ")));
    }
    format!("this digest verified in {}", parts.join(" and in "))
}

fn list(names: &[EnvironmentName], between: &str) -> String {
    let names: Vec<&str> = names.iter().map(EnvironmentName::as_str).collect();
    names.join(between)
}

fn source(facts: &Facts, name: Option<&EnvironmentName>) -> String {
    let fact = name.and_then(|name| facts.environments.get(name));
    fact.map_or_else(|| "ledger".to_owned(), |fact| fact.source.clone())
}
