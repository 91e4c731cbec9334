//! What people read at the forge: the pull request of a back-port, and the comment on the one that it is of.

use super::{BackportStatus, Facts, Outcome, by_hand};
use crate::model::pick::Conflict;
use crate::plan::notes::escape;

/// How many bytes of conflicting lines a pull request shows; GitHub takes 65,536 for the whole text.
const SHOWN: usize = 30_000;

/// The title: the original one, with the target at its end. A type such as `fix:` stays in front, where a squash needs it.
pub(super) fn title(facts: &Facts<'_>) -> String {
    format!("{} [{}]", escape::line(&facts.subject.title), facts.target.name)
}

/// The text of a pull request. Whole names of commits become links.
pub(super) fn body(facts: &Facts<'_>, conflict: Option<&Conflict>) -> String {
    let subject = facts.subject;
    let name = match &subject.pull {
        Some(pull) => format!("#{}", pull.number),
        None => format!("`{}`", subject.name),
    };
    let (branch, actor) = (&facts.target.branch, escape::markdown(facts.actor));
    let mut text = format!("Back-port of {name} to `{branch}`, asked for by {actor}.\n");
    for commit in &subject.commits {
        let there = match facts.there.get(&commit.id) {
            Some(there) if *there == commit.id => " (there already)".to_owned(),
            Some(there) => format!(" (there already, as {there})"),
            None => String::new(),
        };
        let subject = escape::markdown(commit.subject());
        text.push_str(&format!("\n- {} {subject}{there}", commit.id));
    }
    text.push('\n');
    if let Some(conflict) = conflict {
        text.push_str(&unfinished(facts, conflict));
    }
    text
}

fn unfinished(facts: &Facts<'_>, conflict: &Conflict) -> String {
    let mut text = format!(
        "\n**{} cannot be applied.** The last commit of this branch holds conflict markers: it must not be merged as it is.\n",
        conflict.commit
    );
    for file in &conflict.files {
        text.push_str(&format!(
            "\n- {}: {}",
            escape::markdown(&file.path),
            escape::markdown(&file.words())
        ));
    }
    text.push('\n');
    let mut left = SHOWN;
    for file in conflict.files.iter().filter(|file| !file.hunks.is_empty()) {
        let path = escape::markdown(&file.path);
        if file.hunks.len() > left {
            text.push_str(&format!("\n{path} conflicts in more lines than fit here.\n"));
            continue;
        }
        left -= file.hunks.len();
        let fence = fence(&file.hunks);
        text.push_str(&format!("\n{path}:\n\n{fence}\n{}{fence}\n", file.hunks));
    }
    let commands = by_hand(facts, conflict, true, "origin").join("\n");
    text.push_str(&format!(
        "\nTo finish it, resolve what `git cherry-pick` stops at, and mark it as ready:\n\n```sh\n{commands}\n```\n"
    ));
    text
}

/// A fence that nothing in the text closes.
fn fence(text: &str) -> String {
    let runs = text.split(|letter| letter != '`').map(str::len);
    "`".repeat(runs.max().unwrap_or_default().max(2) + 1)
}

/// The comment on what was back-ported.
pub(super) fn comment(outcomes: &[Outcome]) -> String {
    let mut text =
        "Back-ports of this pull request:\n\n| target | pull request | state |\n| --- | --- | --- |".to_owned();
    for outcome in outcomes {
        let pull = outcome.pull.as_ref().map(|pull| format!("#{}", pull.number));
        let state = match (outcome.status, &outcome.refusal) {
            (BackportStatus::Created | BackportStatus::Exists, _) => "open".to_owned(),
            (BackportStatus::Merged, _) => "merged".to_owned(),
            (BackportStatus::Nothing, _) => "the change is there already".to_owned(),
            (BackportStatus::Conflict, _) => "conflict: a person must finish it".to_owned(),
            (BackportStatus::Refused, refusal) => {
                let why = refusal.as_ref().map(|refusal| escape::markdown(&refusal.reason));
                format!("refused: {}", why.unwrap_or_default())
            }
        };
        let branch = &outcome.target.branch;
        text.push_str(&format!("\n| `{branch}` | {} | {state} |", pull.unwrap_or_default()));
    }
    text
}
