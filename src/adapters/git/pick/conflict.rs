//! What cannot be merged: text gets markers, and of everything else one side is taken, so that the rest can be committed.

use std::path::Path;

use git2::{Commit, Index, IndexConflict, IndexEntry, MergeFileInput, MergeFileOptions, Repository};

use crate::error::Result;
use crate::model::pick::{ConflictKind, ConflictingFile};

/// How many bytes at the start of a file tell whether it is text, as git looks at them.
const LOOK: usize = 8000;

/// Takes every conflict out of the index, and tells them.
pub(super) fn settle(repository: &Repository, index: &mut Index, source: &Commit<'_>) -> Result<Vec<ConflictingFile>> {
    let conflicts: Vec<IndexConflict> = index.conflicts()?.collect::<Result<_, _>>()?;
    let mut files = Vec::new();
    for conflict in conflicts {
        let sides = [&conflict.our, &conflict.their, &conflict.ancestor];
        let Some(path) = sides.into_iter().flatten().map(|entry| entry.path.clone()).next() else {
            continue;
        };
        let (kind, kept, hunks) = resolve(repository, &conflict, source)?;
        let text = String::from_utf8_lossy(&path).into_owned();
        index.conflict_remove(Path::new(&text))?;
        if let Some(entry) = kept {
            index.add(&IndexEntry {
                flags: 0,
                flags_extended: 0,
                ..entry
            })?;
        }
        // The old name of what was moved is told by its new ones.
        if conflict.our.is_some() || conflict.their.is_some() {
            files.push(ConflictingFile {
                path: text,
                kind,
                hunks,
            });
        }
    }
    Ok(files)
}

/// What is wrong, the entry that is kept, and the places with their markers.
fn resolve(
    repository: &Repository,
    conflict: &IndexConflict,
    source: &Commit<'_>,
) -> Result<(ConflictKind, Option<IndexEntry>, String)> {
    let nothing = String::new();
    Ok(match (&conflict.ancestor, &conflict.our, &conflict.their) {
        (ancestor, Some(ours), Some(theirs)) => match marked(repository, ancestor.as_ref(), (ours, theirs), source)? {
            Some(content) => {
                let entry = IndexEntry {
                    id: repository.blob(&content)?,
                    ..copy(ours)
                };
                (ConflictKind::Content, Some(entry), hunks(&content))
            }
            None => (ConflictKind::Kept, Some(copy(ours)), nothing),
        },
        (Some(_), Some(ours), None) => (ConflictKind::ChangedThere, Some(copy(ours)), nothing),
        (Some(_), None, Some(theirs)) => (ConflictKind::GoneThere, Some(copy(theirs)), nothing),
        (_, ours, _) => (ConflictKind::Kept, ours.as_ref().map(copy), nothing),
    })
}

/// The text of both sides with markers, where both are text.
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
    let id = source.id().to_string();
    let subject = String::from_utf8_lossy(source.summary_bytes().unwrap_or_default()).into_owned();
    let mut options = MergeFileOptions::new();
    options.our_label("HEAD");
    options.their_label(format!("{} ({subject})", id.get(..9).unwrap_or(&id)));
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
