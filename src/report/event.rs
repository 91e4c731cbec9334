//! An event in words.

use super::verdict::{outcome_words, word};
use crate::model::event::{EventBody, Phase, Word};
use crate::model::recovery::{Loss, Origin, Outcome};
use crate::model::verdict::Verdict;

/// What happened, in one line.
pub fn words(body: &EventBody) -> String {
    match body {
        EventBody::Tagged { tag, commit, .. } => format!("{tag} on {}", commit.short()),
        EventBody::Pushed { release } => format!("{release} to {}", release.image),
        EventBody::BranchCut { branch, commit, .. } => format!("{branch} from {}", commit.short()),
        EventBody::Proposed { head, base, .. } => format!("{head} into {base}"),
        EventBody::HotfixOpened { version, branch, .. } => format!("{version} on {branch}"),
        EventBody::DeploymentStarted {
            release,
            rollback_from: None,
            evidence,
            ..
        } => match evidence {
            Some(evidence) => format!("{release}: {}", let_in(evidence.verdict())),
            None => release.to_string(),
        },
        EventBody::DeploymentStarted {
            release,
            rollback_from: Some(from),
            ..
        } => format!("{release} in the place of {}", from.short()),
        EventBody::Judged { evidence } => judged(evidence.verdict()),
        EventBody::DeploymentSucceeded { digest, .. } => digest.short().to_owned(),
        EventBody::DeploymentFailed {
            digest, during, reason, ..
        } => {
            let during = match during {
                Phase::Deploy => "deploying",
                Phase::Verify => "verifying",
            };
            format!("{} while {during}: {reason}", digest.short())
        }
        EventBody::Verified { digest, saw, .. } => format!("{}: {saw}", digest.short()),
        EventBody::RolledBack { from, to, reason, .. } => format!("from {} to {to}: {reason}", from.short()),
        EventBody::RejectedEverywhere { digest, reason, .. }
        | EventBody::RejectionWithdrawn { digest, reason, .. }
        | EventBody::HoldCleared { digest, reason, .. } => format!("{}: {reason}", digest.short()),
        EventBody::Approved(word) | EventBody::Rejected(word) => said(word),
        EventBody::Overridden {
            word, until, set_aside, ..
        } => {
            let rules: Vec<String> = set_aside.iter().map(outcome_words).collect();
            format!("{} for {} until {until}", rules.join(", "), said(word))
        }
        EventBody::Locked { reason, until, .. } => match until {
            Some(until) => format!("until {until}: {reason}"),
            None => reason.clone(),
        },
        EventBody::BranchFrozen {
            branch, reason, until, ..
        } => match until {
            Some(until) => format!("{branch} until {until}: {reason}"),
            None => format!("{branch}: {reason}"),
        },
        EventBody::BranchThawed { branch, reason, .. } => match reason {
            Some(reason) => format!("{branch}: {reason}"),
            None => branch.clone(),
        },
        EventBody::Recovered { loss } => lost(loss),
        EventBody::VersionRecovered {
            tag,
            commit,
            release,
            from,
            ..
        } => {
            let image = match release {
                Some(release) => format!("{release} in {}", release.image),
                None => format!("{tag}, whose image is not known"),
            };
            format!("{image}, on {}, by {}", commit.short(), places(from))
        }
        EventBody::DeploymentRecovered {
            release, outcome, from, ..
        } => {
            let ended = match outcome {
                Outcome::Verified { at, until: None } => format!("verified at {at}"),
                Outcome::Verified { at, until: Some(until) } => format!("verified from {at} until {until}"),
                Outcome::Failed { at, reason } => format!("failed at {at}: {reason}"),
                Outcome::Unknown => "how it ended is not known".to_owned(),
            };
            format!("{release} {ended}, by {}", from.place)
        }
        EventBody::Unlocked { number, reason, .. } => match reason {
            Some(reason) => format!("lock {number}: {reason}"),
            None => format!("lock {number}"),
        },
    }
}

fn lost(loss: &Loss) -> String {
    let known = match &loss.known {
        Some(Origin {
            place,
            anchor: Some(anchor),
            ..
        }) => format!("the last that is noted is event {} ({})", anchor.sequence, place),
        _ => "none of them is noted anywhere".to_owned(),
    };
    match loss.after {
        0 => format!("every event before was lost; {known}"),
        after => format!("what came after event {after} was lost; {known}"),
    }
}

fn places(from: &[Origin]) -> String {
    let names: Vec<&str> = from.iter().map(|origin| origin.place.as_str()).collect();
    names.join(" and ")
}

fn judged(verdict: &Verdict) -> String {
    let unmet = verdict.rules.iter().filter(|rule| !rule.status.is_met());
    let unmet: Vec<String> = unmet.map(outcome_words).collect();
    let colon = if unmet.is_empty() { "" } else { ": " };
    format!(
        "{} for {}{colon}{}",
        word(verdict.status),
        verdict.release,
        unmet.join(", ")
    )
}

/// What the gate said that let a release in.
fn let_in(verdict: &Verdict) -> String {
    let aside = verdict
        .rules
        .iter()
        .filter_map(|rule| rule.overridden.as_ref().zip(Some(&rule.rule)));
    let aside: String = aside
        .map(|(by, rule)| format!(", {rule} set aside by {}", by.by))
        .collect();
    let met = verdict.rules.iter().filter(|rule| rule.overridden.is_none()).count();
    format!("{}, {met} rules met{aside}", word(verdict.status))
}

fn said(word: &Word) -> String {
    match &word.reason {
        Some(reason) => format!("{}: {reason}", word.digest.short()),
        None => word.digest.short().to_owned(),
    }
}
