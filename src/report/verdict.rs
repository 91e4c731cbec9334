//! A verdict in words: for terminals, for outputs and for the step summary.

use super::github::markdown;
use super::table;
use crate::model::verdict::{RuleOutcome, RuleStatus, Verdict, VerdictStatus};

/// The answer in one word.
pub fn word(status: VerdictStatus) -> &'static str {
    match status {
        VerdictStatus::Open => "open",
        VerdictStatus::Closed => "closed",
        VerdictStatus::Waiting => "waiting",
        VerdictStatus::Undecidable => "undecidable",
    }
}

/// The answer in one line.
pub fn headline(verdict: &Verdict) -> String {
    let next = verdict
        .next_check_at
        .map_or_else(String::new, |at| format!(", ask again at {at}"));
    format!(
        "{} is {} for {}{next}",
        verdict.environment,
        word(verdict.status),
        verdict.release
    )
}

/// The answer with each rule: what it saw, and for one that is not met what it needs, who opens it and when to ask again.
pub fn text(verdict: &Verdict) -> String {
    let mut text = format!("{}\n", headline(verdict));
    for rule in &verdict.rules {
        text.push_str(&format!("  {} {}: {}\n", mark(rule.status), rule.rule, rule.saw));
        if rule.status != RuleStatus::Pass {
            for (label, value) in details(rule) {
                text.push_str(&format!("      {label:<6} {value}\n"));
            }
        }
    }
    text.push_str(&format!(
        "  policy {} from {}\n",
        verdict.policy.digest.short(),
        verdict.policy.source
    ));
    text
}

fn details(rule: &RuleOutcome) -> Vec<(&'static str, String)> {
    let mut details = vec![
        ("needs", rule.needs.clone()),
        ("seen", rule.source.clone()),
        ("opens", rule.opens.clone()),
    ];
    details.extend(rule.next_check_at.map(|at| ("ask", format!("again at {at}"))));
    details
}

fn mark(status: RuleStatus) -> &'static str {
    match status {
        RuleStatus::Pass => "ok     ",
        RuleStatus::Wait => "wait   ",
        RuleStatus::Unknown => "unknown",
        RuleStatus::Fail => "closed ",
    }
}

/// The step's outputs.
pub fn outputs(verdict: &Verdict) -> Vec<(&'static str, String)> {
    let next = verdict.next_check_at.map(|at| at.to_string()).unwrap_or_default();
    vec![
        ("status", word(verdict.status).to_owned()),
        ("environment", verdict.environment.to_string()),
        ("version", verdict.release.version.to_string()),
        ("digest", verdict.release.digest.to_string()),
        ("commit", verdict.release.commit.to_string()),
        ("next-check-at", next),
    ]
}

/// The step summary.
pub fn summary(verdict: &Verdict) -> String {
    let row = |rule: &RuleOutcome| {
        let next = rule.next_check_at.map(|at| at.to_string()).unwrap_or_default();
        let cells = [
            rule.rule.as_str(),
            mark(rule.status).trim(),
            &rule.needs,
            &rule.saw,
            &rule.opens,
            &next,
        ];
        cells.map(str::to_owned).to_vec()
    };
    let rows: Vec<Vec<String>> = verdict.rules.iter().map(row).collect();
    let header = ["rule", "answer", "needs", "saw", "opens", "ask again"];
    format!(
        "### {}\n\n{}",
        markdown(&headline(verdict)),
        table::markdown(&header, &rows)
    )
}
