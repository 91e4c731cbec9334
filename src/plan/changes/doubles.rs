//! What was picked from one branch to another and is in the range by both is told once.

use std::collections::{HashMap, HashSet};

use super::Twins;
use super::message::Message;
use crate::model::change::Change;
use crate::model::name::CommitId;

/// Takes out what is there twice, keeping the oldest: by `git cherry-pick -x`, by pull request and description, and by
/// patch identity (git-patch-id(1)).
pub(super) fn drop_doubles(messages: &mut [Message<'_>], twins: &Twins) {
    let places = messages.iter().enumerate();
    let places: HashMap<String, usize> = places.map(|(place, one)| (one.commit.id.to_string(), place)).collect();
    let released: HashSet<&str> = twins.released.iter().map(CommitId::as_str).collect();
    let mut numbered: HashSet<(u64, String, Option<String>, String)> = HashSet::new();
    let mut seen: HashSet<&String> = HashSet::new();
    for place in (0..messages.len()).rev() {
        let Some(message) = messages.get(place).filter(|message| !message.cancelled) else {
            continue;
        };
        let stands = |id: &String| {
            let original = places.get(id).and_then(|place| messages.get(*place));
            let here = original.is_some_and(|original| !original.cancelled && original.commit.id != message.commit.id);
            here || released.contains(id.as_str())
        };
        let picked = !message.picked_from.is_empty() && message.picked_from.iter().all(stands);
        let patched = twins
            .patches
            .get(&message.commit.id)
            .is_some_and(|patch| !seen.insert(patch));
        let number = message.pull_request;
        if let Some(message) = messages.get_mut(place) {
            message.cancelled = picked || patched;
            if message.cancelled {
                continue;
            }
            let mut fresh = |change: &Change| {
                let mark = if change.breaking.is_some() { "!" } else { "" };
                let head = format!("{}{mark}", change.kind);
                let words = (head, change.scope.clone(), change.description.clone());
                number.is_none_or(|number| numbered.insert((number, words.0, words.1, words.2)))
            };
            message.lines.retain(|line| line.cancelled || fresh(&line.change));
        }
    }
}
