//! Which owners a commit touches: one walk over two trees for all of them, into those folders alone that differ and
//! that one of them may own something of.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use git2::{ErrorCode, ObjectType, Oid, Repository, Tree, TreeEntry};

use super::graph::missing;
use super::read::oid;
use crate::error::Result;
use crate::model::name::CommitId;
use crate::model::ownership::{Below, Ownership};

/// For each owner whether something of it differs between two trees; nothing before means that all is new.
pub(super) fn touched(
    repository: &Repository,
    before: Option<Oid>,
    after: Oid,
    owners: &[&Ownership],
) -> Result<Vec<bool>> {
    let mut comparison = Comparison {
        repository,
        owners,
        touched: vec![false; owners.len()],
    };
    if before != Some(after) {
        let all: Vec<usize> = (0..owners.len()).collect();
        comparison.compare(before, Some(after), "", &all)?;
    }
    Ok(comparison.touched)
}

/// Those of the commits that change something of an owner, against their first parents.
pub(super) fn touching(repository: &Repository, commits: &[CommitId], owner: &Ownership) -> Result<BTreeSet<CommitId>> {
    let mut found = BTreeSet::new();
    for name in commits {
        let commit = repository.find_commit(oid(name)?)?;
        let before = commit.parent(0).ok().map(|parent| parent.tree_id());
        if touched(repository, before, commit.tree_id(), &[owner])? == [true] {
            found.insert(name.clone());
        }
    }
    Ok(found)
}

struct Comparison<'a> {
    repository: &'a Repository,
    owners: &'a [&'a Ownership],
    touched: Vec<bool>,
}

impl Comparison<'_> {
    fn compare(&mut self, before: Option<Oid>, after: Option<Oid>, folder: &str, asked: &[usize]) -> Result<()> {
        let (before, after) = (tree(self.repository, before)?, tree(self.repository, after)?);
        let mut old = before.iter().flat_map(Tree::iter).peekable();
        let mut new = after.iter().flat_map(Tree::iter).peekable();
        loop {
            let order = match (old.peek(), new.peek()) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => sorted(old).cmp(sorted(new)),
            };
            let old = if order.is_le() { old.next() } else { None };
            let new = if order.is_ge() { new.next() } else { None };
            if let (Some(old), Some(new)) = (&old, &new)
                && old.id() == new.id()
                && old.filemode_raw() == new.filemode_raw()
            {
                continue;
            }
            let Some(entry) = old.as_ref().or(new.as_ref()) else {
                continue;
            };
            let mut path = String::with_capacity(folder.len() + 32);
            path.push_str(folder);
            path.push_str(&String::from_utf8_lossy(entry.name_bytes()));
            let is_folder = entry.kind() == Some(ObjectType::Tree);
            let inside = self.tell(&path, is_folder, asked);
            if !inside.is_empty() {
                path.push('/');
                self.compare(old.map(|old| old.id()), new.map(|new| new.id()), &path, &inside)?;
            }
            if asked.iter().all(|owner| self.is_touched(*owner)) {
                return Ok(());
            }
        }
    }

    /// Marks the owners that a difference at a path touches; gives those that the inside of a folder has to tell.
    fn tell(&mut self, path: &str, is_folder: bool, asked: &[usize]) -> Vec<usize> {
        let mut inside = Vec::new();
        for place in asked {
            let (Some(owner), Some(touched)) = (self.owners.get(*place), self.touched.get_mut(*place)) else {
                continue;
            };
            if *touched {
                continue;
            }
            if !is_folder {
                *touched = owner.covers(path);
                continue;
            }
            match owner.below(path) {
                Below::Everything => *touched = true,
                Below::Something => inside.push(*place),
                Below::Nothing => {}
            }
        }
        inside
    }

    fn is_touched(&self, owner: usize) -> bool {
        self.touched.get(owner).copied().unwrap_or(true)
    }
}

fn tree(repository: &Repository, id: Option<Oid>) -> Result<Option<Tree<'_>>> {
    let Some(id) = id else { return Ok(None) };
    repository.find_tree(id).map(Some).map_err(|error| match error.code() {
        ErrorCode::NotFound => missing("tree", id),
        _ => error.into(),
    })
}

/// The bytes that git sorts an entry by: a folder's name ends with a slash.
fn sorted<'a>(entry: &'a TreeEntry<'_>) -> impl Iterator<Item = u8> + 'a {
    let slash = (entry.kind() == Some(ObjectType::Tree)).then_some(b'/');
    entry.name_bytes().iter().copied().chain(slash)
}
