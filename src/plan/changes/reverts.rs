//! What is reverted is taken out, and so is the revert. A revert of what went out before is a change of its own.

use std::collections::{HashMap, HashSet};

use super::message::{Message, title};
use crate::plan::conventional::Parsed;

/// What a message, or a line of a squash, takes back, as it names it.
#[derive(Default)]
pub(super) struct Reverts {
    pub(super) commits: Vec<String>,
    pub(super) pull_request: Option<u64>,
    pub(super) title: String,
}

/// Reads GitHub's and git's `Revert "…"`, `Reapply "…"`, and `revert: …`.
pub(super) fn read_reverts(head: &str, parsed: Option<&Parsed>, text: &str) -> Option<Reverts> {
    let quoted = |word: &str| {
        let rest = head.strip_prefix(word)?.strip_prefix(" \"")?;
        rest.strip_suffix('"').map(str::to_owned)
    };
    let named = match parsed.filter(|parsed| parsed.kind == "revert") {
        Some(parsed) => parsed.description.clone(),
        None => quoted("Revert").or_else(|| quoted("Reapply").map(|title| format!("Revert \"{title}\"")))?,
    };
    let (own_title, number) = title(&named);
    let mut reverts = read_named(text);
    reverts.title = own_title.to_owned();
    reverts.pull_request = reverts.pull_request.or(number);
    if let Some(parsed) = parsed {
        let references = parsed.footers.iter().filter(|footer| footer.is("Refs"));
        reverts.commits.extend(references.flat_map(|footer| ids(&footer.value)));
    }
    Some(reverts)
}

/// How the line begins that git writes below a revert (git-revert(1)).
const REVERTS: &str = "This reverts commit ";

/// The commits that a message says it reverts, whole or short.
pub fn reverted(message: &str) -> Vec<String> {
    match message.contains(REVERTS) {
        true => read_named(message).commits,
        false => Vec::new(),
    }
}

/// What the lines name that git and GitHub write below a revert.
pub(super) fn read_named(text: &str) -> Reverts {
    let mut named = Reverts::default();
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix(REVERTS) {
            // After a comma stands the parent that a merge goes back to, in brackets what a short name is of.
            let name = rest.split([',', '(']).next().unwrap_or_default();
            named.commits.extend(ids(name));
        } else if let Some((_, number)) = line.strip_prefix("Reverts ").and_then(|rest| rest.rsplit_once('#')) {
            named.pull_request = number.trim_end_matches('.').parse().ok();
        }
    }
    named
}

/// The words that may be commits, whole or short.
fn ids(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_ascii_hexdigit());
    let ids = words.filter(|word| (7..=64).contains(&word.len()));
    ids.map(str::to_ascii_lowercase).collect()
}

/// Takes reverts and what they revert out. What a revert takes back counts again when the revert itself is taken back.
pub(super) fn cancel(messages: &mut [Message<'_>]) {
    let mut known = Known::of(messages);
    let mut found: HashMap<Unit, Targets> = HashMap::new();
    for (place, message) in messages.iter().enumerate().rev() {
        for (at, line) in message.lines_in_time() {
            let unit = Unit::Line(place, at);
            if let Some(reverts) = &line.reverts {
                let targets = known.targets(place, line.is_subject, reverts);
                known.targeted.add(&targets, place);
                found.insert(unit, targets);
            }
            let called_otherwise = !line.is_subject || line.title != message.title;
            if called_otherwise && (!line.cancelled || line.reverts.is_some()) {
                known.add(line.title, unit);
            }
        }
        known.add(message.title, Unit::Message(place));
        known.numbers.extend(message.pull_request);
    }
    // Newest first: whether a revert still holds is known before what it reverts is looked at.
    let mut taken_back = Marks::default();
    for (place, message) in messages.iter_mut().enumerate() {
        message.cancelled = taken_back.has(Unit::Message(place), &known.origins);
        let order: Vec<usize> = message.lines_in_time().map(|(at, _)| at).collect();
        for at in order.into_iter().rev() {
            let unit = Unit::Line(place, at);
            let Some(line) = message.lines.get_mut(at) else {
                continue;
            };
            if taken_back.has(unit, &known.origins) {
                line.cancelled = true;
            } else if let Some(targets) = found.get(&unit) {
                taken_back.add(targets, place);
                // One that takes back something from before the range changes what went out.
                line.cancelled |= targets.all && !targets.units.is_empty();
            }
        }
    }
}

/// What a revert may take back: a message, a line of one by its place there, or all of a pull request.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Unit {
    Message(usize),
    Line(usize, usize),
    PullRequest(u64),
}

/// What a revert takes back.
#[derive(Default)]
struct Targets {
    units: Vec<Unit>,
    /// Whether they are all that it names.
    all: bool,
}

impl Targets {
    fn one(unit: Unit) -> Self {
        Self {
            units: vec![unit],
            all: true,
        }
    }
}

/// With what else a message is taken back.
struct Origin {
    brought_by: Option<usize>,
    pull_request: Option<u64>,
}

/// What is taken back, each with the newest message that does it.
#[derive(Default)]
struct Marks(HashMap<Unit, usize>);

impl Marks {
    fn add(&mut self, targets: &Targets, by: usize) {
        for unit in &targets.units {
            let newest = self.0.entry(*unit).or_insert(by);
            *newest = by.min(*newest);
        }
    }

    /// Whether it is taken back, itself or with what it is a part of.
    fn has(&self, unit: Unit, origins: &[Origin]) -> bool {
        let (Unit::Message(place) | Unit::Line(place, _)) = unit else {
            return false;
        };
        let origin = origins.get(place);
        let merge = origin.and_then(|origin| origin.brought_by).map(Unit::Message);
        let number = origin.and_then(|origin| origin.pull_request).map(Unit::PullRequest);
        let whole = [Some(Unit::Message(place)), merge, number];
        let newer = |unit: &Unit| self.0.get(unit).is_some_and(|by| *by < place);
        self.0.contains_key(&unit) || whole.iter().flatten().any(newer)
    }
}

/// What has one title.
struct Titled {
    newest: Unit,
    /// Those that no revert has taken, the newest last.
    open: Vec<Unit>,
}

/// The messages by what a revert may call them; by title and number those that are older than it.
struct Known<'a> {
    ids: Vec<(&'a str, usize)>,
    titles: HashMap<&'a str, Titled>,
    numbers: HashSet<u64>,
    origins: Vec<Origin>,
    targeted: Marks,
}

impl<'a> Known<'a> {
    fn of(messages: &[Message<'a>]) -> Self {
        let ids = messages.iter().map(|message| message.commit.id.as_str());
        let mut ids: Vec<(&str, usize)> = ids.zip(0..).collect();
        ids.sort_unstable();
        let origin = |message: &Message<'_>| Origin {
            brought_by: message
                .commit
                .brought_by
                .as_ref()
                .and_then(|id| by_id(&ids, id.as_str())),
            pull_request: message.pull_request,
        };
        Self {
            origins: messages.iter().map(origin).collect(),
            ids,
            titles: HashMap::new(),
            numbers: HashSet::new(),
            targeted: Marks::default(),
        }
    }

    fn add(&mut self, title: &'a str, unit: Unit) {
        let titled = self.titles.entry(title).or_insert(Titled {
            newest: unit,
            open: Vec::new(),
        });
        titled.newest = unit;
        titled.open.push(unit);
    }

    fn targets(&mut self, place: usize, is_subject: bool, reverts: &Reverts) -> Targets {
        let named = reverts.commits.iter().filter_map(|id| by_id(&self.ids, id));
        let units: Vec<Unit> = named.filter(|target| *target > place).map(Unit::Message).collect();
        if !units.is_empty() {
            let all = units.len() == reverts.commits.len();
            return Targets { units, all };
        }
        let titled = self.titled(&reverts.title);
        if !reverts.commits.is_empty() {
            // The commits that a squash names may be its own, which are gone.
            let own = titled.filter(|unit| !is_subject && matches!(unit, Unit::Line(line, _) if *line == place));
            return own.map(Targets::one).unwrap_or_default();
        }
        let numbered = reverts.pull_request.filter(|number| self.numbers.contains(number));
        let unit = titled.or(numbered.map(Unit::PullRequest));
        unit.map(Targets::one).unwrap_or_default()
    }

    /// The newest of a title that no other revert takes, or else the newest.
    fn titled(&mut self, title: &str) -> Option<Unit> {
        let titled = self.titles.get_mut(title)?;
        while titled
            .open
            .pop_if(|unit| self.targeted.has(*unit, &self.origins))
            .is_some()
        {}
        titled.open.last().copied().or(Some(titled.newest))
    }
}

/// The place of a commit by its identifier, whole or short.
fn by_id(ids: &[(&str, usize)], id: &str) -> Option<usize> {
    let first = ids.partition_point(|(known, _)| *known < id);
    let found = ids.get(first).filter(|(known, _)| known.starts_with(id));
    found.map(|(_, place)| *place)
}
