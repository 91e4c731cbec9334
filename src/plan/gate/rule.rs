//! What every rule uses to say its answer.

use jiff::Timestamp;

use crate::model::fact::{Fact, FactState};
use crate::model::verdict::{RuleOutcome, RuleStatus};

/// Builds the outcome of one rule.
#[derive(Clone, Debug)]
pub struct Rule {
    name: &'static str,
    needs: String,
    source: String,
}

impl Rule {
    /// The rule of that name, what it needs, and where it looked.
    pub fn new(name: &'static str, needs: impl Into<String>, source: impl Into<String>) -> Self {
        Self {
            name,
            needs: needs.into(),
            source: source.into(),
        }
    }

    /// It is met.
    pub fn pass(self, saw: impl Into<String>) -> RuleOutcome {
        self.outcome(RuleStatus::Pass, saw.into(), String::new(), None)
    }

    /// It is not met; `opens` says who or what can change that.
    pub fn fail(self, saw: impl Into<String>, opens: impl Into<String>) -> RuleOutcome {
        self.outcome(RuleStatus::Fail, saw.into(), opens.into(), None)
    }

    /// It will be met, at the time given where that is known.
    pub fn wait(self, saw: impl Into<String>, opens: impl Into<String>, until: Option<Timestamp>) -> RuleOutcome {
        self.outcome(RuleStatus::Wait, saw.into(), opens.into(), until)
    }

    /// A fact that it needs is not known.
    pub fn unknown(self, saw: impl Into<String>, opens: impl Into<String>) -> RuleOutcome {
        self.outcome(RuleStatus::Unknown, saw.into(), opens.into(), None)
    }

    /// The value of a fact, or the answer that its absence gives.
    pub fn value<'a, T>(&self, fact: Option<&'a Fact<T>>, what: &str) -> Result<&'a T, Box<RuleOutcome>> {
        let (saw, opens) = match fact.map(|fact| &fact.state) {
            Some(FactState::Known { value }) => return Ok(value),
            Some(FactState::Forbidden { reason }) => (
                format!("{what} may not be read: {reason}"),
                "whoever can give the permission to read it",
            ),
            Some(FactState::Unavailable { reason }) => (
                format!("{what} could not be read: {reason}"),
                "the source, once it answers",
            ),
            Some(FactState::Absent) => (format!("{what} is not there"), "whoever provides it"),
            None => (format!("{what} was not looked for"), "a newer version of the facts"),
        };
        Err(Box::new(self.clone().unknown(saw, opens)))
    }

    fn outcome(self, status: RuleStatus, saw: String, opens: String, next: Option<Timestamp>) -> RuleOutcome {
        RuleOutcome {
            rule: self.name.to_owned(),
            status,
            needs: self.needs,
            saw,
            source: self.source,
            opens,
            next_check_at: next,
            overridden: None,
        }
    }
}
