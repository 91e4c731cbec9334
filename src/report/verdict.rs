//! A verdict in words: for terminals, for outputs and for the step summary.

use super::github::markdown;
use super::table;
use crate::model::verdict::{Overriding, PastOverride, RuleOutcome, RuleStatus, Verdict, VerdictStatus};

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
    for past in &verdict.overrides {
        text.push_str(&format!("  {}\n", override_words(past)));
    }
    text.push_str(&format!(
        "  policy {} from {}\n",
        verdict.policy.digest.short(),
        verdict.policy.source
    ));
    text
}

/// An override in one line, with what its rules said.
pub fn override_words(past: &PastOverride) -> String {
    let said: Vec<String> = past.set_aside.iter().map(outcome_words).collect();
    let counts = past
        .refused
        .as_ref()
        .map_or("it counts".to_owned(), |why| format!("it does not count: {why}"));
    format!(
        "override by {} at {} until {}: {}; it set aside {}; {counts}",
        past.by,
        past.at,
        past.until,
        past.reason,
        said.join(", ")
    )
}

/// What a rule that was set aside had said, in few words.
pub fn outcome_words(rule: &RuleOutcome) -> String {
    format!("{} ({}: {})", rule.rule, mark(rule.status).trim(), rule.saw)
}

fn details(rule: &RuleOutcome) -> Vec<(&'static str, String)> {
    let mut details = vec![
        ("needs", rule.needs.clone()),
        ("seen", rule.source.clone()),
        ("opens", rule.opens.clone()),
    ];
    details.extend(rule.next_check_at.map(|at| ("ask", format!("again at {at}"))));
    details.extend(rule.overridden.as_ref().map(|aside| {
        let Overriding { by, reason, until, was } = aside;
        let was = mark(*was).trim();
        ("aside", format!("by {by} until {until}: {reason}; it would be: {was}"))
    }));
    details
}

fn mark(status: RuleStatus) -> &'static str {
    match status {
        RuleStatus::Pass => "ok     ",
        RuleStatus::Overridden => "aside  ",
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
