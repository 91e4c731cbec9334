//! Overrides: rules that a person of those whom `access.override` names has set aside, for one release in one environment
//! under one policy, until a time. What a rule said stays beside what is made of it, and so does who did it and why.

use jiff::Timestamp;

use super::entitled::{Entitled, entitled};
use super::facts::{Facts, Policy};
use crate::model::duration::Duration;
use crate::model::heard::HeardOverride;
use crate::model::policy::{Approver, Gate};
use crate::model::proof::Standing;
use crate::model::verdict::{Overriding, PastOverride, RuleOutcome, RuleStatus};

/// How long an override lasts at most.
pub const LONGEST: Duration = Duration::from_secs(72 * 3600);

/// The rules that nobody sets aside: what is gone, what is blocked everywhere, what has a way of its own to be opened, and
/// the rule that says who may do what.
const NEVER: [&str; 4] = ["access", "image", "lock", "rejected"];

/// Whether a rule may be set aside, by the policy.
pub fn is_overridable(gate: &Gate, rule: &str) -> bool {
    let said = match rule {
        "previous" => gate.previous.as_ref().map(|rule| rule.overridable),
        "soak" => gate.soak.as_ref().map(|rule| rule.overridable),
        "checks" => gate.checks.as_ref().map(|rule| rule.overridable),
        "approvals" => gate.approvals.as_ref().map(|rule| rule.overridable),
        "freeze" => gate.freeze.as_ref().map(|rule| rule.overridable),
        "branch" => gate.branch.as_ref().map(|rule| rule.overridable),
        "version" => gate.version.as_ref().map(|rule| rule.overridable),
        _ => None,
    };
    !NEVER.contains(&rule) && said.unwrap_or(true)
}

/// Those who may set rules aside, by the policy: nobody when it names nobody.
pub fn overriders(gate: &Gate) -> &[Approver] {
    gate.access
        .as_ref()
        .map(|access| access.overriding.as_slice())
        .unwrap_or_default()
}

/// Sets aside what the overrides that count set aside, and tells of every one, also of those that do not count any more.
pub fn apply(
    mut rules: Vec<RuleOutcome>,
    policy: &Policy<'_>,
    facts: &Facts,
    now: Timestamp,
) -> (Vec<RuleOutcome>, Vec<PastOverride>) {
    let gate = &policy.environment.gate;
    let mut told = Vec::new();
    for word in &facts.people.overrides {
        let refused = refuses(word, policy, facts, now);
        if refused.is_none() {
            let named = rules.iter_mut().filter(|rule| word.rules.contains(&rule.rule));
            let shut = named.filter(|rule| !rule.status.is_met());
            for rule in shut.filter(|rule| is_overridable(gate, &rule.rule)) {
                rule.overridden = Some(Overriding {
                    was: rule.status,
                    by: word.by.clone(),
                    reason: word.reason.clone(),
                    until: word.until,
                });
                rule.status = RuleStatus::Overridden;
            }
        }
        told.push(PastOverride {
            by: word.by.clone(),
            at: word.at,
            rules: word.rules.clone(),
            until: word.until,
            reason: word.reason.clone(),
            set_aside: word.set_aside.clone(),
            refused,
        });
    }
    (rules, told)
}

/// Why an override does not count; nothing when it does.
fn refuses(word: &HeardOverride, policy: &Policy<'_>, facts: &Facts, now: Timestamp) -> Option<String> {
    match &word.standing {
        Standing::Proven { .. } => {}
        Standing::Unproven { why } | Standing::Unknown { why } => return Some(why.clone()),
    }
    let gate = &policy.environment.gate;
    match entitled(overriders(gate), &word.by.0, policy, &facts.people.members) {
        Entitled::Yes => {}
        Entitled::No => return Some(format!("{} may not set rules aside here", word.by)),
        Entitled::Unknown(why) => return Some(why),
    }
    // A word of a time to come does not begin before now.
    if word.until.duration_since(word.at.min(now)) > LONGEST.signed() {
        return Some(format!("it lasts longer than {LONGEST}"));
    }
    (now >= word.until).then(|| format!("it ended at {}", word.until))
}
