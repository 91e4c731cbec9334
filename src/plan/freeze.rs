//! Freezing and thawing a branch: written once, and shown as a status of every open pull request into it.

pub mod queue;

use jiff::Timestamp;

use crate::model::event::EventBody;
use crate::model::freeze::{BranchesState, Freeze};
use crate::model::pull::{CommitStatus, Label, Pull, StatusState};
use crate::model::step::{Action, PullAction, Step};

/// The context of the status.
pub const CONTEXT: &str = "tidegate/freeze";

/// The label that lets a pull request in, where none is named.
pub const LABEL: &str = "freeze-exception";

/// How many letters a status's description has at most
/// (<https://docs.github.com/en/rest/commits/statuses#create-a-commit-status>).
const DESCRIPTION: usize = 140;

/// What somebody wants frozen.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The branch.
    pub branch: &'a str,
    /// Why.
    pub reason: &'a str,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
    /// The label that lets a pull request in.
    pub label: &'a str,
}

/// The step that freezes; none where the same freeze holds already.
pub fn freeze(state: &BranchesState, wanted: Wanted<'_>, now: Timestamp) -> Option<Step> {
    let same = |freeze: &Freeze| {
        (freeze.reason.as_str(), freeze.until, freeze.label.as_str()) == (wanted.reason, wanted.until, wanted.label)
    };
    if state.holding(wanted.branch, now).is_some_and(same) {
        return None;
    }
    let event = EventBody::BranchFrozen {
        branch: wanted.branch.to_owned(),
        reason: wanted.reason.to_owned(),
        until: wanted.until,
        label: wanted.label.to_owned(),
    };
    Some(record(
        event,
        "from here on it stands in the ledger, whatever becomes of the statuses",
    ))
}

/// The step that thaws; none where no freeze holds.
pub fn thaw(state: &BranchesState, branch: &str, reason: Option<&str>, now: Timestamp) -> Option<Step> {
    let freeze = state.holding(branch, now)?;
    let event = EventBody::BranchThawed {
        branch: branch.to_owned(),
        number: freeze.number,
        reason: reason.map(str::to_owned),
    };
    Some(record(event, "pull requests come in again"))
}

fn record(event: EventBody, reason: &str) -> Step {
    Step::new(Action::Record { event: Box::new(event) }, reason)
}

/// The step that keeps the label of a freeze; none where the repository has it. What people let it say stays.
pub fn keep_label(label: &str, there: &[Label]) -> Option<Step> {
    if there.iter().any(|one| one.name.eq_ignore_ascii_case(label)) {
        return None;
    }
    let label = Label {
        name: label.to_owned(),
        color: "d93f0b".to_owned(),
        description: "May be merged into a frozen branch".to_owned(),
    };
    Some(Step::new(
        Action::Pull(PullAction::KeepLabel { label }),
        "whoever may set it lets a pull request in",
    ))
}

/// What a pull request into a branch is told.
pub fn verdict(pull: &Pull, freeze: Option<&Freeze>) -> CommitStatus {
    match freeze {
        None => open(&pull.base),
        Some(freeze) if let_in(pull, freeze) => excepted(&pull.base, freeze),
        Some(freeze) => closed(&format!("{} is frozen", pull.base), freeze),
    }
}

/// Whether a pull request has the label that lets it in.
fn let_in(pull: &Pull, freeze: &Freeze) -> bool {
    let is_it = |label: &String| label.eq_ignore_ascii_case(&freeze.label);
    pull.labels.iter().any(is_it)
}

fn open(base: &str) -> CommitStatus {
    status(StatusState::Success, &format!("{base} is not frozen"))
}

fn excepted(base: &str, freeze: &Freeze) -> CommitStatus {
    let words = format!("{base} is frozen; the label {} lets this in", freeze.label);
    status(StatusState::Success, &words)
}

fn closed(what: &str, freeze: &Freeze) -> CommitStatus {
    let end = freeze.until.map_or_else(String::new, |until| format!(" until {until}"));
    let opens = format!("; the label {} lets it in", freeze.label);
    let why = format!("{what}{end}: {}", freeze.reason);
    status(StatusState::Failure, &format!("{}{opens}", shortened(&why, &opens)))
}

fn status(state: StatusState, description: &str) -> CommitStatus {
    CommitStatus {
        context: CONTEXT.to_owned(),
        state,
        description: shortened(description, ""),
    }
}

/// The beginning of a text that still has room for what stands behind it.
fn shortened(text: &str, behind: &str) -> String {
    let room = DESCRIPTION.saturating_sub(behind.chars().count());
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let begin: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{begin}…")
}

/// The step that tells a pull request; none where it is told already.
pub fn tell(pull: &Pull, told: Option<&CommitStatus>, wanted: &CommitStatus) -> Option<Step> {
    if told == Some(wanted) {
        return None;
    }
    let action = PullAction::SetStatus {
        commit: pull.head_commit.clone(),
        status: wanted.clone(),
    };
    let reason = format!("pull request {}: {}", pull.number, wanted.description);
    Some(Step::new(Action::Pull(action), reason))
}
