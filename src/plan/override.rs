//! Setting rules aside: only what stands in the way now, and only what the policy lets people set aside.

use crate::model::policy::Gate;
use crate::model::refusal::Refusal;
use crate::model::verdict::{RuleOutcome, RuleStatus, Verdict};
use crate::plan::gate::overrides::is_overridable;

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// These rules are set aside; this is what they say now.
    SetAside(Vec<RuleOutcome>),
    /// All of them are set aside already.
    Already,
    /// Nothing.
    Refuse(Refusal),
}

/// Decides on the rules that somebody wants to set aside, by what the gate says now.
pub fn decide(gate: &Gate, verdict: &Verdict, names: &[String]) -> Decision {
    let mut set_aside = Vec::new();
    let mut before = 0;
    for name in names {
        let Some(rule) = verdict.rules.iter().find(|rule| rule.rule == *name) else {
            let known: Vec<&str> = verdict.rules.iter().map(|rule| rule.rule.as_str()).collect();
            let reason = format!("the gate of {} has no rule `{name}`", verdict.environment);
            return Decision::Refuse(Refusal::new(reason, format!("name one of {}", known.join(", "))));
        };
        if !is_overridable(gate, name) {
            let reason = format!(
                "the rule `{name}` of {} is not set aside by anybody",
                verdict.environment
            );
            let help = format!("what opens it is {}", opens(rule));
            return Decision::Refuse(Refusal::new(reason, help));
        }
        match rule.status {
            RuleStatus::Pass => {
                let reason = format!("the rule `{name}` of {} is met", verdict.environment);
                return Decision::Refuse(Refusal::new(reason, "leave it out: there is nothing to set aside"));
            }
            RuleStatus::Overridden => before += 1,
            RuleStatus::Wait | RuleStatus::Unknown | RuleStatus::Fail => set_aside.push(rule.clone()),
        }
    }
    match set_aside.is_empty() && before > 0 {
        true => Decision::Already,
        false => Decision::SetAside(set_aside),
    }
}

fn opens(rule: &RuleOutcome) -> &str {
    if rule.opens.is_empty() {
        "nothing: it is met"
    } else {
        &rule.opens
    }
}
