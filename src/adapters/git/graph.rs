//! Commits as a graph: each is read once, and colours spread from children to their parents, newest first.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use git2::{ErrorCode, ObjectType, Odb, Oid, Repository};

use crate::error::{Error, Result};

/// The commits that were read so far.
pub(super) struct Graph<'a> {
    objects: Odb<'a>,
    nodes: Vec<Node>,
    places: HashMap<Oid, usize>,
}

/// A commit, as far as walks need it.
pub(super) struct Node {
    /// Its identifier.
    pub(super) id: Oid,
    /// Its tree.
    pub(super) tree: Oid,
    /// When it was committed, in seconds.
    pub(super) time: i64,
    /// Its parents, the first one first.
    pub(super) parents: Vec<Oid>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(repository: &'a Repository) -> Result<Self> {
        Ok(Self {
            objects: repository.odb()?,
            nodes: Vec::new(),
            places: HashMap::new(),
        })
    }

    /// The place of a commit, which is read when it is new.
    pub(super) fn place(&mut self, id: Oid) -> Result<usize> {
        self.find(id)?.ok_or_else(|| {
            Error::usage(
                format!("object {id} is no commit"),
                "check the repository with `git fsck`",
            )
        })
    }

    /// The same for an object that may be no commit.
    pub(super) fn find(&mut self, id: Oid) -> Result<Option<usize>> {
        if let Some(place) = self.places.get(&id) {
            return Ok(Some(*place));
        }
        let object = self.objects.read(id).map_err(|error| match error.code() {
            ErrorCode::NotFound => missing("commit", id),
            _ => error.into(),
        })?;
        let node = (object.kind() == ObjectType::Commit).then(|| parse(id, object.data()));
        let Some(node) = node.flatten() else {
            return Ok(None);
        };
        let place = self.nodes.len();
        self.nodes.push(node);
        self.places.insert(id, place);
        Ok(Some(place))
    }

    /// The place of a commit that was read.
    pub(super) fn known(&self, id: Oid) -> Option<usize> {
        self.places.get(&id).copied()
    }

    pub(super) fn node(&self, place: usize) -> Option<&Node> {
        self.nodes.get(place)
    }

    fn time(&self, place: usize) -> i64 {
        self.node(place).map_or(0, |node| node.time)
    }
}

/// The error for an object that the clone was made without.
pub(super) fn missing(kind: &str, id: Oid) -> Error {
    Error::usage(
        format!("{kind} {id} is missing in this clone: its history was left out or is damaged"),
        "run `git fetch --unshallow` or `git fetch --refetch --filter=blob:none`; in a workflow, give actions/checkout `fetch-depth: 0`",
    )
}

/// The header of a commit (gitformat-commit): `tree`, `parent` lines, `author`, `committer`.
fn parse(id: Oid, data: &[u8]) -> Option<Node> {
    let mut lines = data.split(|byte| *byte == b'\n');
    let oid = |text: &[u8]| Oid::from_str(std::str::from_utf8(text).ok()?).ok();
    let tree = oid(lines.next()?.strip_prefix(b"tree ")?)?;
    let mut parents = Vec::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        if let Some(parent) = line.strip_prefix(b"parent ") {
            parents.push(oid(parent)?);
        } else if let Some(committer) = line.strip_prefix(b"committer ") {
            // NAME <EMAIL> SECONDS ZONE; git takes a date that it cannot read as 0.
            let after = committer.rsplit(|byte| *byte == b'>').next()?;
            let seconds = std::str::from_utf8(after)
                .ok()
                .and_then(|text| text.split_whitespace().next());
            let time = seconds.and_then(|text| text.parse().ok()).unwrap_or(0);
            return Some(Node {
                id,
                tree,
                time,
                parents,
            });
        }
    }
    None
}

/// A set of colours, by number.
#[derive(Clone, Debug, Default)]
pub(super) struct Colours(Vec<u64>);

impl Colours {
    /// The colours of these numbers, in a set with room for `width` words.
    pub(super) fn of(width: usize, numbers: impl IntoIterator<Item = usize>) -> Self {
        let mut words = vec![0; width];
        for number in numbers {
            if let Some(word) = words.get_mut(number / 64) {
                *word |= 1 << (number % 64);
            }
        }
        Self(words)
    }
}

fn all(of: &[u64], within: &[u64]) -> bool {
    of.iter().zip(within).all(|(of, within)| of & within == *of)
}

fn any(of: &[u64], within: &[u64]) -> bool {
    of.iter().zip(within).any(|(of, within)| of & within != 0)
}

/// A commit that carries a colour of `any` matters until it carries all of `all`.
pub(super) struct Rule {
    pub(super) any: Colours,
    pub(super) all: Colours,
}

/// Colours spreading over a graph.
pub(super) struct Painting {
    width: usize,
    words: Vec<u64>,
    waiting: Vec<bool>,
    queue: BinaryHeap<(i64, Reverse<usize>)>,
    rules: Vec<Rule>,
    open: usize,
}

impl Painting {
    /// Nothing painted yet, with room for `width` words of colours.
    pub(super) fn new(width: usize, rules: Vec<Rule>) -> Self {
        Self {
            width,
            words: Vec::new(),
            waiting: Vec::new(),
            queue: BinaryHeap::new(),
            rules,
            open: 0,
        }
    }

    /// Gives colours to a commit; they spread as the walk goes on.
    pub(super) fn paint(&mut self, graph: &Graph<'_>, place: usize, colours: &Colours) {
        let room = place + 1;
        if self.waiting.len() < room {
            self.waiting.resize(room, false);
            self.words.resize(room * self.width, 0);
        }
        if all(&colours.0, self.words(place)) {
            return;
        }
        let waited = self.waits(place);
        let was_open = waited && self.is_open(place);
        let start = place * self.width;
        for (word, more) in self.words.iter_mut().skip(start).zip(&colours.0) {
            *word |= more;
        }
        if !waited {
            self.queue.push((graph.time(place), Reverse(place)));
            if let Some(waiting) = self.waiting.get_mut(place) {
                *waiting = true;
            }
        }
        match (was_open, self.is_open(place)) {
            (false, true) => self.open += 1,
            (true, false) => self.open -= 1,
            _ => {}
        }
    }

    /// Whether a commit at which the walk stands still matters.
    pub(super) fn goes_on(&self) -> bool {
        self.open > 0
    }

    /// Whether the walk has come to the end of every line.
    pub(super) fn is_exhausted(&self) -> bool {
        self.queue.is_empty()
    }

    /// The time of the newest commit at which the walk stands.
    pub(super) fn newest(&self) -> Option<i64> {
        self.queue.peek().map(|(time, _)| *time)
    }

    /// Goes on from the newest commit to its parents.
    pub(super) fn step(&mut self, graph: &mut Graph<'_>) -> Result<()> {
        let Some((_, Reverse(place))) = self.queue.pop() else {
            return Ok(());
        };
        if self.is_open(place) {
            self.open -= 1;
        }
        if let Some(waiting) = self.waiting.get_mut(place) {
            *waiting = false;
        }
        let colours = Colours(self.words(place).to_vec());
        let parents = graph.node(place).map(|node| node.parents.clone()).unwrap_or_default();
        for parent in parents {
            let parent = graph.place(parent)?;
            self.paint(graph, parent, &colours);
        }
        Ok(())
    }

    /// Whether a commit carries a colour.
    pub(super) fn carries(&self, place: usize, colour: usize) -> bool {
        let word = self.words(place).get(colour / 64);
        word.is_some_and(|word| word >> (colour % 64) & 1 == 1)
    }

    /// Whether a commit carries all of these colours.
    pub(super) fn carries_all(&self, place: usize, colours: &Colours) -> bool {
        let words = self.words(place);
        words.len() == self.width && all(&colours.0, words)
    }

    /// The places of the commits that were met.
    pub(super) fn places(&self) -> std::ops::Range<usize> {
        0..self.waiting.len()
    }

    fn words(&self, place: usize) -> &[u64] {
        let start = place * self.width;
        self.words.get(start..start + self.width).unwrap_or_default()
    }

    fn waits(&self, place: usize) -> bool {
        self.waiting.get(place).copied().unwrap_or(false)
    }

    fn is_open(&self, place: usize) -> bool {
        let words = self.words(place);
        self.rules
            .iter()
            .any(|rule| any(&rule.any.0, words) && !all(&rule.all.0, words))
    }
}
