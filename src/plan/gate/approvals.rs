//! The rule `approvals`: enough of the right people said yes to this digest, here, under this policy.
//! Each person's latest word counts, and one no of theirs closes the gate.

use std::collections::BTreeMap;

use super::facts::{Facts, Policy};
use super::rule::Rule;
use crate::model::policy::Approvals;
use crate::model::state::{EnvironmentState, Said};
use crate::model::verdict::RuleOutcome;

/// Judges what people said.
pub fn judge(rules: &Approvals, policy: &Policy<'_>, facts: &Facts) -> RuleOutcome {
    let from: Vec<String> = rules.from.iter().map(ToString::to_string).collect();
    let fact = facts.environments.get(policy.name);
    let source = fact.map_or("ledger", |fact| fact.source.as_str());
    let rule = Rule::new(
        "approvals",
        format!("{} from {}", people(rules.count), from.join(", ")),
        source,
    );
    let state = match rule.value(fact, "the approvals") {
        Ok(state) => state,
        Err(unknown) => return *unknown,
    };
    let entitled = rules.entitled(&policy.teams);
    let words = latest(state, policy, facts);
    let itself = facts.requested_by.as_ref().filter(|_| rules.no_self_approval);
    let mut yes = Vec::new();
    let mut no = Vec::new();
    let mut aside = Vec::new();
    for (person, approved) in words {
        if !entitled.contains(person) {
            aside.push(format!("{person} is not entitled"));
        } else if !approved {
            no.push(person);
        } else if itself.is_some_and(|requester| requester.0 == person) {
            aside.push(format!("{person} asked for the release"));
        } else {
            yes.push(person);
        }
    }
    let mut saw = format!("{} of {}", yes.len(), rules.count);
    if !yes.is_empty() {
        saw = format!("{saw}: {}", yes.join(", "));
    }
    if !aside.is_empty() {
        saw = format!("{saw} (not counted: {})", aside.join(", "));
    }
    if !no.is_empty() {
        let opens = format!("a newer word of {}", no.join(", "));
        return rule.fail(format!("{saw}; rejected by {}", no.join(", ")), opens);
    }
    if yes.len() >= rules.count as usize {
        return rule.pass(saw);
    }
    let left: Vec<&str> = entitled
        .iter()
        .copied()
        .filter(|person| !yes.contains(person) && itself.is_none_or(|requester| requester.0 != *person))
        .collect();
    let command = format!("tidegate approve {} --digest {}", policy.name, facts.release.digest);
    rule.fail(saw, format!("`{command}` by {}", left.join(" or ")))
}

fn people(count: u32) -> String {
    if count == 1 {
        "1 approval".to_owned()
    } else {
        format!("{count} approvals")
    }
}

/// Each person's latest word on this digest under this policy: whether it was yes.
fn latest<'a>(state: &'a EnvironmentState, policy: &Policy<'_>, facts: &Facts) -> BTreeMap<&'a str, bool> {
    let counts = |word: &&crate::model::state::SpokenWord| {
        word.digest == facts.release.digest && word.policy == policy.reference.digest
    };
    let mut latest = BTreeMap::new();
    for word in state.words.iter().filter(counts) {
        match word.said {
            Said::Approved => latest.insert(word.by.0.as_str(), true),
            Said::Rejected => latest.insert(word.by.0.as_str(), false),
            Said::Overridden { .. } => None,
        };
    }
    latest
}
