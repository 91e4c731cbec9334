//! A merged pull request is told by its commits or by its title.

use std::collections::{HashMap, HashSet};

use super::message::Message;
use crate::model::name::CommitId;
use crate::model::version::Bump;

/// A merged pull request counts once: by its commits where one of them is conventional, which then have its number, and
/// else by its title.
pub(super) fn settle(messages: &mut [Message<'_>]) {
    let merges: HashMap<CommitId, Option<u64>> = messages
        .iter()
        .filter(|message| message.commit.merge)
        .map(|message| (message.commit.id.clone(), message.pull_request))
        .collect();
    let mut told: HashMap<CommitId, Option<Bump>> = HashMap::new();
    let mut reverting: HashSet<CommitId> = HashSet::new();
    for message in messages.iter_mut() {
        let brought_by = message.commit.brought_by.as_ref();
        let Some(merge) = brought_by.filter(|merge| merges.contains_key(merge)) else {
            continue;
        };
        if message.lines.is_empty() || message.commit.merge {
            continue;
        }
        let most = told.entry(merge.clone()).or_default();
        *most = (*most).max(message.asks());
        if message.lines.iter().any(|line| line.reverts.is_some()) {
            reverting.insert(merge.clone());
        }
        let number = merges.get(merge).copied().flatten();
        message.pull_request = message.pull_request.or(number);
        for line in &mut message.lines {
            line.change.pull_request = line.change.pull_request.or(number);
        }
    }
    for message in messages.iter_mut().filter(|message| message.commit.merge) {
        // A merge inside a branch is told by the branch's commits too; its own were not looked at apart from the others.
        let by = [Some(&message.commit.id), message.commit.brought_by.as_ref()];
        let by = by.into_iter().flatten().find(|merge| told.contains_key(merge));
        let Some((by, most)) = by.and_then(|merge| told.get_key_value(merge)) else {
            continue;
        };
        // A title that asks for more than its commits do is heard as well, but what they revert it does not revert again.
        let quiet = message.asks() <= *most;
        for line in &mut message.lines {
            line.cancelled = quiet;
            line.reverts.take_if(|_| reverting.contains(by));
        }
    }
}
