//! What is reverted is taken out, and so is the revert. A revert of what went out before is a change of its own.

use std::collections::{HashMap, HashSet};

use super::Rules;
use super::message::Message;
use crate::model::name::CommitId;

/// Takes reverts and what they revert out. What a revert takes back counts again when the revert itself is taken back.
pub(super) fn cancel(messages: &mut [Message<'_>], rules: &Rules) {
    let known = Known::of(messages);
    let mut targeted: HashSet<usize> = HashSet::new();
    let mut targets: HashMap<usize, Targets> = HashMap::new();
    for place in (0..messages.len()).rev() {
        if let Some(found) = known.targets(messages, place, &targeted) {
            targeted.extend(&found.places);
            targets.insert(place, found);
        }
    }
    // Newest first: whether a revert still holds is known before what it reverts is looked at.
    let mut taken_back: HashSet<usize> = HashSet::new();
    for (place, message) in messages.iter_mut().enumerate() {
        let holds = !taken_back.contains(&place);
        message.cancelled = !holds;
        let Some(found) = targets.get(&place).filter(|_| holds) else {
            continue;
        };
        taken_back.extend(&found.places);
        // One that takes back something from before the range changes what went out.
        message.cancelled = found.all && !found.places.is_empty();
        let quiet = message
            .changes
            .iter_mut()
            .filter(|change| change.kind == "revert" && change.breaking.is_none());
        quiet.for_each(|change| change.bump = rules.asks("revert", false));
    }
}

/// What a revert takes back.
struct Targets {
    /// The older messages.
    places: Vec<usize>,
    /// Whether they are all that it names.
    all: bool,
}

/// The messages by what a revert may call them.
struct Known {
    ids: Vec<(String, usize)>,
    titles: HashMap<String, Vec<usize>>,
    pull_requests: HashMap<u64, Vec<usize>>,
    brought: HashMap<CommitId, Vec<usize>>,
}

impl Known {
    fn of(messages: &[Message<'_>]) -> Self {
        let mut known = Self {
            ids: Vec::new(),
            titles: HashMap::new(),
            pull_requests: HashMap::new(),
            brought: HashMap::new(),
        };
        for (place, message) in messages.iter().enumerate() {
            known.ids.push((message.commit.id.to_string(), place));
            known.titles.entry(message.title.to_owned()).or_default().push(place);
            if let Some(merge) = &message.commit.brought_by {
                known.brought.entry(merge.clone()).or_default().push(place);
            }
            if let Some(number) = message.pull_request {
                known.pull_requests.entry(number).or_default().push(place);
            }
        }
        known.ids.sort();
        known
    }

    fn targets(&self, messages: &[Message<'_>], place: usize, targeted: &HashSet<usize>) -> Option<Targets> {
        let reverts = messages.get(place)?.reverts.as_ref()?;
        let found = |places: Vec<usize>, all| Some(Targets { places, all });
        let older = |target: &usize| *target > place;
        let named: Vec<usize> = reverts
            .commits
            .iter()
            .flat_map(|id| self.by_id(id))
            .filter(older)
            .collect();
        if !reverts.commits.is_empty() {
            let all = named.len() == reverts.commits.len();
            return found(self.with_brought(messages, named), all);
        }
        // Messages are newest first, and so are the places of a title.
        let titled = || {
            self.titles
                .get(&reverts.title)
                .into_iter()
                .flatten()
                .filter(|target| older(target))
        };
        let open = titled().find(|target| !targeted.contains(target));
        if let Some(target) = open.or_else(|| titled().next()) {
            return found(self.with_brought(messages, vec![*target]), true);
        }
        let numbered = reverts.pull_request.and_then(|number| self.pull_requests.get(&number));
        found(numbered.into_iter().flatten().copied().filter(older).collect(), true)
    }

    /// The same, and what the merges among them brought.
    fn with_brought(&self, messages: &[Message<'_>], places: Vec<usize>) -> Vec<usize> {
        let ids = places
            .iter()
            .filter_map(|place| messages.get(*place))
            .map(|message| &message.commit.id);
        let brought: Vec<usize> = ids.filter_map(|id| self.brought.get(id)).flatten().copied().collect();
        places.into_iter().chain(brought).collect()
    }

    fn by_id(&self, id: &str) -> impl Iterator<Item = usize> {
        let first = self.ids.partition_point(|(known, _)| known.as_str() < id);
        let found = self.ids.get(first).filter(|(known, _)| known.starts_with(id));
        found.map(|(_, place)| *place).into_iter()
    }
}
