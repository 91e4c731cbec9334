//! The rule `previous`: this very digest was verified in the environments before.

use super::facts::{Facts, Policy};
use super::rule::Rule;
use crate::model::environment::After;
use crate::model::name::EnvironmentName;
use crate::model::verdict::RuleOutcome;

/// Judges whether the digest came up the ladder.
pub fn judge(policy: &Policy<'_>, facts: &Facts) -> RuleOutcome {
    let after = &policy.environment.after;
    let rule = Rule::new("previous", needs(after), source(facts, after.names().next()));
    let (mut seen, mut missing) = (Vec::new(), Vec::new());
    for name in after.all() {
        match verified(&rule, facts, name) {
            Ok(true) => seen.push(name.as_str()),
            Ok(false) => missing.push(name.to_string()),
            Err(unknown) => return *unknown,
        }
    }
    let (mut chosen, mut left) = (Vec::new(), Vec::new());
    for name in after.any() {
        match verified(&rule, facts, name) {
            Ok(true) => chosen.push(name.as_str()),
            Ok(false) => left.push(name.as_str()),
            Err(unknown) => return *unknown,
        }
    }
    let have = seen.len() + chosen.len().min(after.at_least());
    let need = after.all().len() + after.at_least();
    seen.extend(&chosen);
    match after.at_least().saturating_sub(chosen.len()) {
        0 => {}
        1 => missing.push(left.join(" or ")),
        more => missing.push(format!("{more} of {}", left.join(", "))),
    }
    if missing.is_empty() {
        return rule.pass(format!("verified in {}", seen.join(", ")));
    }
    let missing = missing.join(" and ");
    let saw = format!("{have} of {need}; not verified in {missing}");
    rule.fail(saw, format!("`tidegate promote` into {missing}"))
}

fn verified(rule: &Rule, facts: &Facts, name: &EnvironmentName) -> Result<bool, Box<RuleOutcome>> {
    let state = rule.value(facts.environments.get(name), &format!("the history of {name}"))?;
    let digest = &facts.release.digest;
    Ok(state.was_verified(digest) && !state.failures.contains_key(digest))
}

fn needs(after: &After) -> String {
    let list = |names: &[EnvironmentName], between| {
        let names: Vec<&str> = names.iter().map(EnvironmentName::as_str).collect();
        names.join(between)
    };
    let mut parts = Vec::new();
    if !after.all().is_empty() {
        parts.push(list(after.all(), " and "));
    }
    match after.at_least() {
        0 => {}
        1 => parts.push(format!("one of {}", list(after.any(), ", "))),
        more => parts.push(format!("{more} of {}", list(after.any(), ", "))),
    }
    format!("this digest verified in {}", parts.join(" and in "))
}

fn source(facts: &Facts, name: Option<&EnvironmentName>) -> String {
    let fact = name.and_then(|name| facts.environments.get(name));
    fact.map_or_else(|| "ledger".to_owned(), |fact| fact.source.clone())
}
