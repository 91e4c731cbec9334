//! `Cargo.lock`: the entries of own packages, which are those without a source, and where others name their version.

use std::collections::{BTreeMap, BTreeSet};

use super::place::{Place, Trouble};
use super::toml_text::{get, inside, parse};

/// The places of own packages, in the order of the file.
pub(super) fn places(text: &str, own: &BTreeSet<String>) -> Result<Vec<Place>, Trouble> {
    let root = parse(text)?;
    let packages = get(&root, &["package"]).and_then(|packages| packages.get_ref().as_array());
    let packages: Vec<_> = packages
        .into_iter()
        .flatten()
        .filter_map(|package| package.get_ref().as_table())
        .collect();
    let mut places = Vec::new();
    let mut old: BTreeMap<&str, &str> = BTreeMap::new();
    for package in packages.iter().filter(|package| !package.contains_key("source")) {
        let word = |key| get(package, &[key]).and_then(|value| value.get_ref().as_str());
        let span = get(package, &["version"]).and_then(|version| inside(text, version));
        if let (Some(name), Some(version), Some(span)) = (word("name"), word("version"), span)
            && own.contains(name)
        {
            old.insert(name, version);
            places.push(Place::semantic(span));
        }
    }
    // `NAME VERSION` stands where two packages have that name.
    for package in packages {
        let needs = get(package, &["dependencies"]).and_then(|needs| needs.get_ref().as_array());
        for need in needs.into_iter().flatten() {
            let words = need.get_ref().as_str().and_then(|words| words.split_once(' '));
            if let (Some((name, version)), Some(span)) = (words, inside(text, need))
                && old.get(name) == Some(&version)
            {
                places.push(Place::semantic(span.end - version.len()..span.end));
            }
        }
    }
    Ok(places)
}
