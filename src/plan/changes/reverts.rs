//! What is reverted is taken out, and so is the revert. A revert of what went out before is a change of its own.

use std::collections::{HashMap, HashSet};

use super::Rules;
use super::message::Message;
use crate::model::change::Change;
use crate::model::name::CommitId;

/// Takes reverts and what they revert out. What a revert takes back counts again when the revert itself is taken back.
pub(super) fn cancel(messages: &mut [Message<'_>], rules: &Rules) {
    let mut known = Known::of(messages);
    let mut targeted: HashSet<usize> = HashSet::new();
    let mut targets: HashMap<usize, Targets> = HashMap::new();
    for place in (0..messages.len()).rev() {
        if let Some(found) = known.targets(messages, place, &targeted) {
            targeted.extend(&found.places);
            targets.insert(place, found);
        }
        known.pass(messages, place);
    }
    // Newest first: whether a revert still holds is known before what it reverts is looked at.
    let mut taken_back: HashSet<usize> = HashSet::new();
    for (place, message) in messages.iter_mut().enumerate() {
        let holds = !taken_back.contains(&place);
        message.cancelled = !holds;
        if holds {
            take_lines_back(message, place, &mut known, &mut taken_back);
        }
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

/// Takes back what lines of a squash revert, and those lines.
fn take_lines_back(message: &mut Message<'_>, place: usize, known: &mut Known, taken_back: &mut HashSet<usize>) {
    for named in std::mem::take(&mut message.line_reverts) {
        let Some(places) = known.titles.get_mut(&named) else {
            continue;
        };
        // The highest place is the oldest message and comes first. What is newer, or taken back, is so for older ones too.
        while places
            .last()
            .is_some_and(|other| *other <= place || taken_back.contains(other))
        {
            places.pop();
        }
        if let Some(target) = places.last() {
            taken_back.insert(*target);
            let is_it = |change: &Change| change.kind == "revert" && change.description == named;
            if let Some(line) = message.changes.iter().position(is_it) {
                message.changes.remove(line);
            }
        }
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
    /// The older ones that were passed, oldest first.
    titles: HashMap<String, Vec<usize>>,
    /// The same, without those at the end that a revert means.
    open: HashMap<String, Vec<usize>>,
    pull_requests: HashMap<u64, Vec<usize>>,
    brought: HashMap<CommitId, Vec<usize>>,
}

impl Known {
    fn of(messages: &[Message<'_>]) -> Self {
        let mut known = Self {
            ids: Vec::new(),
            titles: HashMap::new(),
            open: HashMap::new(),
            pull_requests: HashMap::new(),
            brought: HashMap::new(),
        };
        for (place, message) in messages.iter().enumerate() {
            known.ids.push((message.commit.id.to_string(), place));
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

    /// Lets newer messages find this one by its title.
    fn pass(&mut self, messages: &[Message<'_>], place: usize) {
        if let Some(message) = messages.get(place) {
            self.titles.entry(message.title.to_owned()).or_default().push(place);
            self.open.entry(message.title.to_owned()).or_default().push(place);
        }
    }

    fn targets(&mut self, messages: &[Message<'_>], place: usize, targeted: &HashSet<usize>) -> Option<Targets> {
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
        if let Some(target) = self.by_title(&reverts.title, targeted) {
            return found(self.with_brought(messages, vec![target]), true);
        }
        let numbered = reverts.pull_request.and_then(|number| self.pull_requests.get(&number));
        found(numbered.into_iter().flatten().copied().filter(older).collect(), true)
    }

    /// The newest of those with a title: one that no revert means yet, else any.
    fn by_title(&mut self, title: &str, targeted: &HashSet<usize>) -> Option<usize> {
        let open = self.open.get_mut(title)?;
        while open.last().is_some_and(|target| targeted.contains(target)) {
            open.pop();
        }
        open.last().or_else(|| self.titles.get(title)?.last()).copied()
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
