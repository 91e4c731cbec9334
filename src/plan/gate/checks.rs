//! The rule `checks`: each required check has succeeded on the release's commit. An absent one has not. The newest report
//! of each kind, name and app decides, even while it is pending; where several apps report one name, all of them must have
//! succeeded.

use std::collections::BTreeMap;

use super::facts::Facts;
use super::rule::Rule;
use crate::model::check::{Check, Conclusion, RequiredCheck, SameTree};
use crate::model::fact::{Fact, FactState};
use crate::model::name::CommitId;
use crate::model::policy::Checks;
use crate::model::verdict::RuleOutcome;

/// Judges the check results.
pub fn judge(policy: &Checks, facts: &Facts) -> RuleOutcome {
    let results = (facts.checks.as_ref(), facts.same_tree.as_ref());
    judge_commit(policy, &facts.release.commit, results)
}

/// What was looked for: the results of a commit's checks, and those on the heads of its pull requests.
pub type Results<'a> = (Option<&'a Fact<Vec<Check>>>, Option<&'a Fact<Vec<SameTree>>>);

/// Judges the check results of a commit.
pub fn judge_commit(policy: &Checks, commit: &CommitId, (checks, same_tree): Results<'_>) -> RuleOutcome {
    let source = checks.map_or("checks", |fact| fact.source.as_str());
    let rule = Rule::new("checks", needs(policy, commit), source);
    let results = match rule.value(checks, "the list of check results") {
        Ok(results) => results,
        Err(unknown) => return *unknown,
    };
    let mut tally = Tally::default();
    for required in &policy.require {
        let own = newest(required, results);
        if !own.is_empty() {
            tally.count(policy, required, &own, None);
            continue;
        }
        let heads = match rule.value(same_tree, "the list of the commit's pull requests") {
            Ok(heads) => heads,
            Err(unknown) => {
                tally.unknown = Some(unknown);
                continue;
            }
        };
        match reported(required, heads) {
            Some((head, reports)) => tally.count(policy, required, &reports, Some(head)),
            None => tally.failed.push(format!("{required} is absent")),
        }
    }
    tally.outcome(rule, policy.require.len())
}

/// Whether a required check has no report on the commit itself, so that the commit's pull requests are worth a look.
pub fn lacks(policy: &Checks, fact: &Fact<Vec<Check>>) -> bool {
    let FactState::Known { value } = &fact.state else {
        return false;
    };
    policy.require.iter().any(|required| newest(required, value).is_empty())
}

fn needs(policy: &Checks, commit: &CommitId) -> String {
    let names: Vec<String> = policy.require.iter().map(ToString::to_string).collect();
    let accepted = policy.accept.iter().map(|one| match one.conclusion() {
        Conclusion::Skipped => " or skipping",
        _ => " or neutrality",
    });
    let accepted: String = accepted.collect();
    format!("success{accepted} of {} on {}", names.join(", "), commit.short())
}

/// The newest report of each kind and app.
fn newest<'a>(required: &RequiredCheck, results: &'a [Check]) -> Vec<&'a Check> {
    let mut newest: BTreeMap<_, &Check> = BTreeMap::new();
    for check in results.iter().filter(|check| required.is(check)) {
        let seen = newest.entry((check.kind, check.app.as_deref())).or_insert(check);
        if check.number >= seen.number {
            *seen = check;
        }
    }
    newest.into_values().collect()
}

fn reported<'a>(required: &RequiredCheck, heads: &'a [SameTree]) -> Option<(&'a SameTree, Vec<&'a Check>)> {
    let mut found = heads.iter().map(|head| (head, newest(required, &head.checks)));
    found.find(|(_, reports)| !reports.is_empty())
}

/// What became of the required checks.
#[derive(Default)]
struct Tally {
    succeeded: usize,
    failed: Vec<String>,
    pending: Vec<String>,
    /// What is to be said of those that succeeded.
    notes: Vec<String>,
    /// The checks that are not waited for.
    own: usize,
    unknown: Option<Box<RuleOutcome>>,
}

impl Tally {
    /// Counts a required check by its newest reports.
    fn count(&mut self, policy: &Checks, required: &RequiredCheck, reports: &[&Check], head: Option<&SameTree>) {
        let waits = |check: &&&Check| !(check.own && check.conclusion == Conclusion::Pending);
        let counted: Vec<&Check> = reports.iter().filter(waits).copied().collect();
        if counted.is_empty() {
            self.own += 1;
            self.notes
                .push(format!("{required} is the job that asks, and is not waited for"));
            return;
        }
        let counts = |check: &&Check| {
            let accepted = policy.accept.iter().any(|one| one.conclusion() == check.conclusion);
            check.conclusion == Conclusion::Success || accepted
        };
        let (met, open): (Vec<&Check>, Vec<&Check>) = counted.into_iter().partition(counts);
        if open.is_empty() {
            self.succeeded += 1;
            let other = met.iter().filter(|check| check.conclusion != Conclusion::Success);
            self.notes.extend(other.map(|check| said(check)));
            self.notes
                .extend(head.map(|head| format!("{required} on {}", place(head))));
        }
        for check in open {
            let place = head.map_or_else(String::new, |head| format!(" on {}", place(head)));
            let list = match check.conclusion {
                Conclusion::Pending => &mut self.pending,
                _ => &mut self.failed,
            };
            list.push(format!("{}{place}", said(check)));
        }
    }

    /// The answer, with how many of `all` the required checks have succeeded.
    fn outcome(self, rule: Rule, all: usize) -> RuleOutcome {
        let all = all - self.own;
        let count = |parts: &[&[String]]| {
            let succeeded = format!("{} of {all} succeeded", self.succeeded);
            let parts = parts.concat();
            match parts.is_empty() {
                true => succeeded,
                false => format!("{succeeded}; {}", parts.join(", ")),
            }
        };
        if !self.failed.is_empty() {
            let saw = count(&[&self.failed, &self.pending, &self.notes]);
            return rule.fail(saw, "a run of these checks that succeeds on this commit");
        }
        if let Some(unknown) = self.unknown {
            return rule.unknown(count(&[&[unknown.saw], &self.pending, &self.notes]), unknown.opens);
        }
        if !self.pending.is_empty() {
            let saw = count(&[&self.pending, &self.notes]);
            return rule.wait(saw, "the end of the checks", None);
        }
        if all == 0 {
            return rule.fail(count(&[&self.notes]), "the name of another check in `require`");
        }
        rule.pass(count(&[&self.notes]))
    }
}

/// A report in words: its name, its app, its end, and where people see it.
fn said(check: &Check) -> String {
    let app = check.app.as_ref().map_or_else(String::new, |app| format!(" of {app}"));
    let url = check.url.as_ref().map_or_else(String::new, |url| format!(" ({url})"));
    format!("{}{app} {}{url}", check.name, check.conclusion.words())
}

fn place(head: &SameTree) -> String {
    format!(
        "{}, the head of pull request {}, which has the same tree",
        head.commit.short(),
        head.pull
    )
}
