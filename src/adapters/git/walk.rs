//! Walks over the history that go no further back than the answer needs. Dates only say where to go on first: what a
//! clock did wrong never changes an answer.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use git2::{Oid, Repository};
use jiff::Timestamp;

use super::graph::{Colours, Graph, Painting, Rule};
use super::read::{id, oid};
use super::touched;
use crate::error::Result;
use crate::model::commit::{Commit, Person, Scope};
use crate::model::name::CommitId;

/// The colour of what the commit in question reaches; those of the others follow.
const OWN: usize = 0;

fn words(colours: usize) -> usize {
    colours.div_ceil(64)
}

/// For each list the place of its first commit that `from` reaches.
///
/// A first walk goes from `from` as far back as the candidates' dates. What it does not meet is taken as not reached and
/// proven at the end, for all lists at once: both sides are painted until all that `from` has still before it is
/// reached from every such candidate, and so can lead to none of them.
pub(super) fn first_reached(
    repository: &Repository,
    from: &CommitId,
    lists: &[Vec<CommitId>],
) -> Result<Vec<Option<usize>>> {
    let mut graph = Graph::new(repository)?;
    let own = Colours::of(1, [OWN]);
    let mut walk = Painting::new(1, Vec::new());
    let Some(from) = graph.find(oid(from)?)? else {
        return Ok(vec![None; lists.len()]);
    };
    walk.paint(&graph, from, &own);
    let mut answers = Vec::new();
    let mut doubtful: Vec<usize> = Vec::new();
    let mut numbers: HashMap<usize, usize> = HashMap::new();
    let mut passed: Vec<Vec<usize>> = Vec::new();
    for list in lists {
        let (mut answer, mut before) = (None, Vec::new());
        for (position, candidate) in list.iter().enumerate() {
            let Some(candidate) = graph.find(oid(candidate)?)? else {
                continue;
            };
            let time = graph.node(candidate).map_or(0, |node| node.time);
            while !walk.carries(candidate, OWN) && walk.newest().is_some_and(|newest| newest >= time) {
                walk.step(&mut graph)?;
            }
            if walk.carries(candidate, OWN) {
                answer = Some(position);
                break;
            }
            before.push(candidate);
            if !walk.is_exhausted() {
                numbers.entry(candidate).or_insert_with(|| {
                    doubtful.push(candidate);
                    doubtful.len()
                });
            }
        }
        answers.push(answer);
        passed.push(before);
    }
    if doubtful.is_empty() {
        return Ok(answers);
    }
    let width = words(doubtful.len() + 1);
    let rule = Rule {
        any: Colours::of(width, [OWN]),
        all: Colours::of(width, 1..=doubtful.len()),
    };
    let mut proof = Painting::new(width, vec![rule]);
    proof.paint(&graph, from, &Colours::of(width, [OWN]));
    for (candidate, number) in &numbers {
        proof.paint(&graph, *candidate, &Colours::of(width, [*number]));
    }
    while proof.goes_on() {
        proof.step(&mut graph)?;
    }
    for (answer, before) in answers.iter_mut().zip(&passed) {
        let reached = before.iter().position(|candidate| proof.carries(*candidate, OWN));
        *answer = reached.or(*answer);
    }
    Ok(answers)
}

/// The commits that `to` reaches and that count in at least one of the scopes, children before their parents, the
/// newest first among those that could come next.
pub(super) fn history(repository: &Repository, to: &CommitId, scopes: &[Scope]) -> Result<Vec<Commit>> {
    let mut graph = Graph::new(repository)?;
    let mut bases: Vec<Oid> = Vec::new();
    let mut base_of = Vec::new();
    for scope in scopes {
        let base = scope.since.as_ref().map(oid).transpose()?;
        base_of.push(base.map(|base| {
            bases.iter().position(|known| *known == base).unwrap_or_else(|| {
                bases.push(base);
                bases.len() - 1
            })
        }));
    }
    let whole = scopes.is_empty() || base_of.contains(&None);
    let range = Range::walk(&mut graph, &[oid(to)?], &bases, whole)?;
    let mut commits = Vec::new();
    let own = graph.place(oid(to)?)?;
    let brought = range.brought(&graph, own);
    for place in range.ordered(&graph) {
        let counts = |base: &Option<usize>| base.is_none_or(|base| !range.painting.carries(place, base + 1));
        let mut kept: Vec<usize> = (0..scopes.len())
            .filter(|scope| base_of.get(*scope).is_some_and(counts))
            .collect();
        let Some(node) = graph.node(place) else { continue };
        let (tree, parent) = (node.tree, node.parents.first().copied());
        let limited = |place: &usize| scopes.get(*place).filter(|scope| !scope.ownership.is_everything());
        if kept.iter().any(|place| limited(place).is_some()) {
            let before = match parent {
                Some(parent) => {
                    let parent = graph.place(parent)?;
                    graph.node(parent).map(|node| node.tree)
                }
                None => None,
            };
            let owners: Vec<_> = kept.iter().filter_map(limited).map(|scope| &scope.ownership).collect();
            let mut touched = touched::touched(repository, before, tree, &owners)?.into_iter();
            kept.retain(|place| limited(place).is_none() || touched.next().unwrap_or(false));
        }
        if !kept.is_empty() {
            let merge = brought.get(&place).copied();
            commits.extend(read(repository, &graph, (place, merge), kept)?);
        }
    }
    Ok(commits)
}

/// The commits that one of the tips reaches and another does not, children before their parents, each with the places of
/// the tips that reach it. What merges brought is told by the first tip's line of first parents.
pub(super) fn apart(repository: &Repository, tips: &[CommitId]) -> Result<Vec<Commit>> {
    let mut graph = Graph::new(repository)?;
    let tips: Vec<Oid> = tips.iter().map(oid).collect::<Result<_>>()?;
    let Some(first) = tips.first() else {
        return Ok(Vec::new());
    };
    let range = Range::walk(&mut graph, &tips, &tips, false)?;
    let first = graph.place(*first)?;
    let brought = range.brought(&graph, first);
    let mut commits = Vec::new();
    for place in range.ordered(&graph) {
        let on = (0..tips.len()).filter(|tip| range.painting.carries(place, tip + 1));
        let merge = brought.get(&place).copied();
        commits.extend(read(repository, &graph, (place, merge), on.collect())?);
    }
    Ok(commits)
}

/// The root folders that `history` compares for these scopes.
pub(super) fn trees(repository: &Repository, to: &CommitId, scopes: &[Scope]) -> Result<Vec<Oid>> {
    let mut graph = Graph::new(repository)?;
    let bases = scopes.iter().filter_map(|scope| scope.since.as_ref().map(oid));
    let bases = bases.collect::<Result<Vec<_>>>()?;
    let range = Range::walk(&mut graph, &[oid(to)?], &bases, bases.len() < scopes.len())?;
    let mut trees = Vec::new();
    for node in range.ordered(&graph).into_iter().filter_map(|place| graph.node(place)) {
        let parent = node.parents.first().and_then(|parent| graph.known(*parent));
        trees.push(node.tree);
        trees.extend(parent.and_then(|parent| graph.node(parent)).map(|parent| parent.tree));
    }
    Ok(trees)
}

/// The commit at a place, which a merge at another has brought.
fn read(
    repository: &Repository,
    graph: &Graph<'_>,
    (place, merge): (usize, Option<usize>),
    scopes: Vec<usize>,
) -> Result<Option<Commit>> {
    let Some(node) = graph.node(place) else { return Ok(None) };
    let parent = node.parents.first().and_then(|parent| graph.known(*parent));
    let brought_by = merge.and_then(|merge| graph.node(merge)).map(|merge| id(merge.id));
    let commit = repository.find_commit(node.id)?;
    let author = commit.author();
    Ok(Some(Commit {
        id: id(node.id)?,
        message: String::from_utf8_lossy(commit.message_bytes()).into_owned(),
        author: Person {
            name: String::from_utf8_lossy(author.name_bytes()).into_owned(),
            email: String::from_utf8_lossy(author.email_bytes()).into_owned(),
        },
        authored: Timestamp::from_second(author.when().seconds()).unwrap_or_default(),
        time: Timestamp::from_second(commit.time().seconds()).unwrap_or_default(),
        merge: commit.parent_count() > 1,
        empty: parent.and_then(|parent| graph.node(parent)).map(|parent| parent.tree) == Some(node.tree),
        brought_by: brought_by.transpose()?,
        scopes,
    }))
}

/// What at least one commit reaches and at least one of the bases does not.
struct Range {
    painting: Painting,
    bases: Colours,
    whole: bool,
}

impl Range {
    /// Paints from the commits and from the bases until nothing is before it that a base does not reach. Then the lower
    /// ends of the range are painted as well, until all that the bases have still before them is reached from each of
    /// these ends: it can lead to nothing in the range any more.
    fn walk(graph: &mut Graph<'_>, to: &[Oid], bases: &[Oid], whole: bool) -> Result<Self> {
        let mut ends: Vec<usize> = Vec::new();
        let mut endless = whole;
        loop {
            let never = bases.len() + 1;
            let first_end = never + 1;
            let width = words(first_end + ends.len());
            let own = Colours::of(width, [OWN]);
            let all_bases = Colours::of(width, 1..=bases.len());
            let mut rules = vec![Rule {
                any: own.clone(),
                all: if whole {
                    Colours::of(width, [never])
                } else {
                    all_bases.clone()
                },
            }];
            if endless {
                rules.push(Rule {
                    any: all_bases.clone(),
                    all: Colours::of(width, [never]),
                });
            } else if !ends.is_empty() {
                let all_ends = Colours::of(width, (0..ends.len()).map(|end| first_end + end));
                rules.push(Rule {
                    any: all_bases.clone(),
                    all: all_ends,
                });
            }
            let mut painting = Painting::new(width, rules);
            for tip in to {
                let start = graph.place(*tip)?;
                painting.paint(graph, start, &own);
            }
            for (number, base) in bases.iter().enumerate() {
                let base = graph.place(*base)?;
                painting.paint(graph, base, &Colours::of(width, [number + 1]));
            }
            for (number, end) in ends.iter().enumerate() {
                painting.paint(graph, *end, &Colours::of(width, [first_end + number]));
            }
            while painting.goes_on() {
                painting.step(graph)?;
            }
            let range = Self {
                painting,
                bases: all_bases,
                whole,
            };
            if range.painting.is_exhausted() || bases.is_empty() {
                return Ok(range);
            }
            let (found, rootless) = range.ends(graph);
            let known: BTreeSet<usize> = ends.iter().copied().collect();
            let more: Vec<usize> = found.difference(&known).copied().collect();
            if more.is_empty() && (endless || !rootless) {
                return Ok(range);
            }
            ends.extend(more);
            endless |= rootless;
        }
    }

    fn holds(&self, place: usize) -> bool {
        self.painting.carries(place, OWN) && (self.whole || !self.painting.carries_all(place, &self.bases))
    }

    /// The first parents of the commits of the range whose parents are all outside of it, and whether one has none.
    fn ends(&self, graph: &Graph<'_>) -> (BTreeSet<usize>, bool) {
        let (mut ends, mut rootless) = (BTreeSet::new(), false);
        for node in self
            .painting
            .places()
            .filter(|place| self.holds(*place))
            .filter_map(|place| graph.node(place))
        {
            let mut parents = node.parents.iter().filter_map(|parent| graph.known(*parent));
            match parents.clone().next() {
                None => rootless = true,
                Some(first) if !parents.any(|parent| self.holds(parent)) => {
                    ends.insert(first);
                }
                Some(_) => {}
            }
        }
        (ends, rootless)
    }

    /// For each commit off the line of first parents the merge on that line that brought it.
    fn brought(&self, graph: &Graph<'_>, to: usize) -> HashMap<usize, usize> {
        let parents = |place: usize| {
            let parents = graph
                .node(place)
                .map(|node| node.parents.as_slice())
                .unwrap_or_default();
            parents
                .iter()
                .filter_map(|parent| graph.known(*parent))
                .filter(|parent| self.holds(*parent))
        };
        let first = |place: usize| {
            let first = graph.node(place)?.parents.first()?;
            graph.known(*first).filter(|parent| self.holds(*parent))
        };
        let line: Vec<usize> = std::iter::successors(Some(to), |place| first(*place)).collect();
        let on_line: BTreeSet<usize> = line.iter().copied().collect();
        let mut brought = HashMap::new();
        for merge in line.iter().rev() {
            let mut open: Vec<usize> = parents(*merge).collect();
            while let Some(place) = open.pop() {
                if !on_line.contains(&place) && !brought.contains_key(&place) {
                    brought.insert(place, *merge);
                    open.extend(parents(place));
                }
            }
        }
        brought
    }

    /// The places of its commits, children before their parents.
    fn ordered(&self, graph: &Graph<'_>) -> Vec<usize> {
        let mut children: HashMap<usize, usize> = HashMap::new();
        let parents = |place: usize| {
            let parents = graph
                .node(place)
                .map(|node| node.parents.as_slice())
                .unwrap_or_default();
            parents.iter().filter_map(|parent| graph.known(*parent))
        };
        let held: Vec<usize> = self.painting.places().filter(|place| self.holds(*place)).collect();
        for place in &held {
            for parent in parents(*place) {
                *children.entry(parent).or_default() += 1;
            }
        }
        let entry = |place: usize| (graph.node(place).map_or(0, |node| node.time), Reverse(place));
        let tips = held.iter().copied().filter(|place| !children.contains_key(place));
        let mut queue: BinaryHeap<_> = tips.map(entry).collect();
        let mut ordered = Vec::with_capacity(held.len());
        while let Some((_, Reverse(place))) = queue.pop() {
            ordered.push(place);
            for parent in parents(place) {
                if let Some(left) = children.get_mut(&parent) {
                    *left -= 1;
                    if *left == 0 && self.holds(parent) {
                        queue.push(entry(parent));
                    }
                }
            }
        }
        ordered
    }
}
