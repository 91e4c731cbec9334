//! All rules of an environment, and the answer of the worst.

use jiff::Timestamp;

use super::facts::{Facts, Policy};
use super::hotfix::Trust;
use super::{
    access, approvals, branch, checks, freeze, held, hotfix, image, lock, overrides, previous, rejected, soak, version,
};
use crate::model::verdict::{RuleOutcome, RuleStatus, Verdict, VerdictStatus};

/// Judges a release. A rule that is certain not to be met closes the gate whatever else is unknown; an unknown one
/// keeps it from opening whatever else is met.
pub fn judge(policy: &Policy<'_>, facts: &Facts, now: Timestamp) -> Verdict {
    let trust = hotfix::trust(policy, facts.hotfix.as_ref(), &facts.release);
    let shorter = (trust != Trust::None).then(|| hotfix::shorter(policy.environment));
    let shorter = shorter.as_ref().map(|environment| Policy {
        environment,
        ..policy.clone()
    });
    let (in_force, other) = match &shorter {
        Some(shorter) if trust == Trust::Shorter => (shorter, Some(policy)),
        shorter => (policy, shorter.as_ref()),
    };
    let mut rules = each(in_force, facts, now);
    if let Some(other) = other {
        let others = each(other, facts, now);
        hotfix::tell(&mut rules, &others, &trust, policy, &facts.release.version.core());
    }
    let (rules, overrides) = overrides::apply(rules, in_force, facts, now);
    let status = worst(&rules);
    Verdict {
        environment: policy.name.clone(),
        release: facts.release.clone(),
        at: now,
        policy: policy.reference.clone(),
        status,
        next_check_at: next_check(&rules, status),
        rules,
        overrides,
    }
}

/// What each rule says.
fn each(policy: &Policy<'_>, facts: &Facts, now: Timestamp) -> Vec<RuleOutcome> {
    let gate = &policy.environment.gate;
    [
        Some(image::judge(facts)),
        Some(rejected::judge(facts)),
        Some(held::judge(policy, facts)),
        Some(lock::judge(policy, facts, now)),
        gate.previous.as_ref().map(|_| previous::judge(policy, facts)),
        gate.soak.as_ref().map(|rule| soak::judge(rule, facts, now)),
        gate.checks.as_ref().map(|rule| checks::judge(rule, facts)),
        gate.approvals
            .as_ref()
            .map(|rule| approvals::judge(rule, policy, facts)),
        gate.access.as_ref().map(|rule| access::judge(rule, policy, facts, now)),
        gate.freeze.as_ref().map(|rule| freeze::judge(rule, now)),
        gate.branch.as_ref().map(|rule| branch::judge(rule, facts)),
        gate.version.as_ref().map(|rule| version::judge(rule, policy, facts)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The answer of the worst rule.
pub fn worst(rules: &[RuleOutcome]) -> VerdictStatus {
    match rules.iter().map(|rule| rule.status).max() {
        None | Some(RuleStatus::Pass | RuleStatus::Overridden) => VerdictStatus::Open,
        Some(RuleStatus::Wait) => VerdictStatus::Waiting,
        Some(RuleStatus::Unknown) => VerdictStatus::Undecidable,
        Some(RuleStatus::Fail) => VerdictStatus::Closed,
    }
}

/// A gate that waits for several times opens after the last of them.
fn next_check(rules: &[RuleOutcome], status: VerdictStatus) -> Option<Timestamp> {
    let waits = rules.iter().filter(|rule| rule.status == RuleStatus::Wait);
    let times = waits.filter_map(|rule| rule.next_check_at);
    if status == VerdictStatus::Waiting {
        times.max()
    } else {
        None
    }
}
