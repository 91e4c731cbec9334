//! What cannot be merged: text gets markers, and of everything else one side is taken, so that the rest can be committed.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use git2::{
    Commit, Delta, DiffFindOptions, Index, IndexConflict, IndexEntry, MergeFileInput, MergeFileOptions, Repository,
    Tree,
};

use crate::error::Result;
use crate::model::pick::{ConflictKind, ConflictingFile};

/// How many bytes at the start of a file tell whether it is text, as git looks at them.
const LOOK: usize = 8000;

/// Names of files that are others now.
type Moves = BTreeMap<Vec<u8>, Vec<u8>>;
/// Entries of one side by their names.
type Entries = BTreeMap<Vec<u8>, IndexEntry>;

/// A file that could not be merged: as it was, on the target, and in the commit. Each may have a name of its own.
struct Sides {
    before: Option<IndexEntry>,
    ours: Option<IndexEntry>,
    theirs: Option<IndexEntry>,
}

/// Takes every conflict out of the index, and tells them.
pub(super) fn settle(
    repository: &Repository,
    index: &mut Index,
    source: &Commit<'_>,
    onto: &Commit<'_>,
) -> Result<Vec<ConflictingFile>> {
    let mut files = Vec::new();
    for sides in take(repository, index, source, onto)? {
        let (kind, kept, hunks) = resolve(repository, &sides, source)?;
        let Some(kept) = kept else { continue };
        let text = |entry: &IndexEntry| String::from_utf8_lossy(&entry.path).into_owned();
        let other = sides.theirs.as_ref().filter(|theirs| theirs.path != kept.path);
        files.push(ConflictingFile {
            path: text(&kept),
            other_path: other.map(text),
            kind,
            hunks,
        });
        index.add(&IndexEntry {
            flags: 0,
            flags_extended: 0,
            ..kept
        })?;
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

/// The conflicts, which leave the index. It has an entry at each name: those of one file that was moved are brought together.
fn take(repository: &Repository, index: &mut Index, source: &Commit<'_>, onto: &Commit<'_>) -> Result<Vec<Sides>> {
    let conflicts: Vec<IndexConflict> = index.conflicts()?.collect::<Result<_, _>>()?;
    let before = match source.parent(0) {
        Ok(parent) if !conflicts.is_empty() => Some(parent.tree()?),
        _ => None,
    };
    let [moved_there, moved_here] = match &before {
        Some(before) => [
            moves(repository, before, &onto.tree()?)?,
            moves(repository, before, &source.tree()?)?,
        ],
        None => Default::default(),
    };
    let (mut olds, mut ours, mut theirs) = (Vec::new(), Entries::new(), Entries::new());
    for conflict in conflicts {
        let entries = [&conflict.our, &conflict.their, &conflict.ancestor];
        if let Some(entry) = entries.into_iter().flatten().next() {
            index.conflict_remove(Path::new(OsStr::from_bytes(&entry.path)))?;
        }
        ours.extend(conflict.our.map(|entry| (entry.path.clone(), entry)));
        theirs.extend(conflict.their.map(|entry| (entry.path.clone(), entry)));
        olds.extend(conflict.ancestor);
    }
    let mut taken = Vec::new();
    for old in olds {
        let side = |entries: &mut Entries, moved: &Moves| {
            let new = moved.get(&old.path).and_then(|new| entries.remove(new));
            new.or_else(|| entries.remove(&old.path))
        };
        taken.push(Sides {
            ours: side(&mut ours, &moved_there),
            theirs: side(&mut theirs, &moved_here),
            before: Some(old),
        });
    }
    for (path, entry) in ours {
        taken.push(Sides {
            before: None,
            ours: Some(entry),
            theirs: theirs.remove(&path),
        });
    }
    taken.extend(theirs.into_values().map(|entry| Sides {
        before: None,
        ours: None,
        theirs: Some(entry),
    }));
    Ok(taken)
}

/// The new names of the files that moved.
fn moves(repository: &Repository, before: &Tree<'_>, after: &Tree<'_>) -> Result<Moves> {
    let mut diff = repository.diff_tree_to_tree(Some(before), Some(after), None)?;
    diff.find_similar(Some(DiffFindOptions::new().renames(true)))?;
    let moved = diff.deltas().filter(|delta| delta.status() == Delta::Renamed);
    let names = moved.filter_map(|delta| {
        let (old, new) = (
            delta.old_file().path_bytes()?.to_vec(),
            delta.new_file().path_bytes()?.to_vec(),
        );
        Some((old, new))
    });
    Ok(names.collect())
}

/// What is wrong, the entry that is kept, and the places with their markers. A file that one side moved is where that side
/// has it.
fn resolve(
    repository: &Repository,
    sides: &Sides,
    source: &Commit<'_>,
) -> Result<(ConflictKind, Option<IndexEntry>, String)> {
    let nothing = String::new();
    let before = sides.before.as_ref();
    let (ours, theirs) = match (&sides.ours, &sides.theirs) {
        (Some(ours), Some(theirs)) => (ours, theirs),
        (Some(ours), None) if before.is_some() => return Ok((ConflictKind::ChangedThere, Some(copy(ours)), nothing)),
        (None, Some(theirs)) if before.is_some() => return Ok((ConflictKind::GoneThere, Some(copy(theirs)), nothing)),
        (ours, theirs) => {
            let kept = ours.as_ref().or(theirs.as_ref()).map(copy);
            return Ok((ConflictKind::Place, kept, nothing));
        }
    };
    let is_old = |entry: &IndexEntry| before.is_some_and(|before| before.path == entry.path);
    let mut kept = copy(ours);
    if is_old(ours) {
        kept.path.clone_from(&theirs.path);
    }
    if before.is_some_and(|before| before.mode == ours.mode) {
        kept.mode = theirs.mode;
    }
    let is_apart = kept.path != theirs.path && !is_old(theirs);
    let (kind, hunks) = match marked(repository, before, (ours, theirs), source)? {
        Some(content) => {
            kept.id = repository.blob(&content)?;
            (ConflictKind::Content, hunks(&content))
        }
        None => {
            kept.mode = ours.mode;
            (ConflictKind::Kept, nothing)
        }
    };
    let kind = if is_apart { ConflictKind::Apart } else { kind };
    Ok((kind, Some(kept), hunks))
}

/// The text of both sides with markers, where both are text. The markers name a file that one side moved, as git's do.
fn marked(
    repository: &Repository,
    ancestor: Option<&IndexEntry>,
    (ours, theirs): (&IndexEntry, &IndexEntry),
    source: &Commit<'_>,
) -> Result<Option<Vec<u8>>> {
    let is_file = |entry: &IndexEntry| entry.mode & 0o170_000 == 0o100_000;
    if !is_file(ours) || !is_file(theirs) {
        return Ok(None);
    }
    let named = |label: String, entry: &IndexEntry| match ours.path != theirs.path {
        true => format!("{label}:{}", String::from_utf8_lossy(&entry.path)),
        false => label,
    };
    let id = source.id().to_string();
    let subject = String::from_utf8_lossy(source.summary_bytes().unwrap_or_default()).into_owned();
    let mut options = MergeFileOptions::new();
    options.our_label(named("HEAD".to_owned(), ours));
    options.their_label(named(format!("{} ({subject})", id.get(..9).unwrap_or(&id)), theirs));
    let read = |entry: &IndexEntry| repository.find_blob(entry.id).map(|blob| blob.content().to_vec());
    let (ours, theirs) = (read(ours)?, read(theirs)?);
    let ancestor = ancestor
        .filter(|entry| is_file(entry))
        .map(read)
        .transpose()?
        .unwrap_or_default();
    let is_text = |content: &Vec<u8>| !content.iter().take(LOOK).any(|byte| *byte == 0);
    if ![&ancestor, &ours, &theirs].into_iter().all(is_text) {
        return Ok(None);
    }
    let input = |content| {
        let mut input = MergeFileInput::new();
        input.content(content);
        input
    };
    let merged = git2::merge_file(&input(&ancestor), &input(&ours), &input(&theirs), Some(&mut options))?;
    Ok(Some(merged.content().to_vec()))
}

fn copy(entry: &IndexEntry) -> IndexEntry {
    IndexEntry {
        ctime: entry.ctime,
        mtime: entry.mtime,
        path: entry.path.clone(),
        ..*entry
    }
}

/// The parts between markers, with them.
fn hunks(content: &[u8]) -> String {
    let text = String::from_utf8_lossy(content);
    let (mut hunks, mut inside) = (String::new(), false);
    for line in text.lines() {
        inside |= line.starts_with("<<<<<<< ");
        if inside {
            hunks.push_str(line);
            hunks.push('\n');
        }
        inside &= !line.starts_with(">>>>>>> ");
    }
    hunks
}
