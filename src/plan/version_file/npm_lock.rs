//! `package-lock.json` and `npm-shrinkwrap.json` (lockfileVersion 1, 2 and 3): the entries of own packages, never those
//! of a dependency.

use std::collections::BTreeSet;

use super::json::{Members, parse};
use super::place::{Place, Trouble};

/// The places of the packages in these folders, seen from the lock file; the empty name is its own folder.
pub(super) fn places(text: &str, folders: &BTreeSet<String>) -> Result<Vec<Place>, Trouble> {
    let root = parse(text)?;
    let packages = root.object(text, "packages")?;
    let mut spans = Vec::new();
    if folders.contains("") {
        spans.extend(root.string(text, "version")?);
    }
    for folder in folders {
        let entry: Option<Members<'_>> = match &packages {
            Some(packages) => packages.object(text, folder)?,
            None => None,
        };
        if let Some(entry) = entry {
            spans.extend(entry.string(text, "version")?);
        }
    }
    Ok(spans.into_iter().map(|span| Place::after_v(text, span)).collect())
}
