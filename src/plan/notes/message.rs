//! The notes as the message of an annotated tag: plain text, no links.

use super::escape;
use super::model::{Entry, Notes};

/// How many changes the message of a tag lists.
const MOST: usize = 50;

/// The message: the component and its version, then the changes by section, at most fifty.
pub fn message(notes: &Notes) -> String {
    let mut message = format!("{} {}\n", notes.component, notes.version);
    let breaking = (!notes.breaking.is_empty()).then_some(("Breaking changes", &notes.breaking));
    let sections = notes
        .sections
        .iter()
        .map(|group| (group.title.as_str(), &group.changes));
    let mut left = MOST;
    let mut total = 0;
    for (title, changes) in breaking.into_iter().chain(sections) {
        total += changes.len();
        if left == 0 {
            continue;
        }
        message.push_str(&format!("\n{title}\n"));
        for change in changes.iter().take(left) {
            message.push_str(&line(change));
        }
        left = left.saturating_sub(changes.len());
    }
    if total > MOST {
        message.push_str(&format!("- and {} more\n", total - MOST));
    }
    message
}

fn line(change: &Entry) -> String {
    let scope = change
        .raw
        .scope
        .as_deref()
        .map(|scope| format!("{}: ", escape::plain(scope)));
    let breaking = change
        .raw
        .breaking
        .as_deref()
        .map(|text| format!(": {}", escape::plain(text)));
    let pull_request = change
        .pull_request
        .as_ref()
        .map(|reference| format!(" ({})", reference.text));
    format!(
        "- {}{}{}{}\n",
        scope.unwrap_or_default(),
        escape::plain(&change.raw.description),
        breaking.unwrap_or_default(),
        pull_request.unwrap_or_default()
    )
}
