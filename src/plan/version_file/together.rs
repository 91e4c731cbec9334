//! All version files of a release at once: all of them are set, or none.

use std::collections::{BTreeMap, BTreeSet};

use super::cargo::{self, Manifest, Stated};
use super::place::{Place, Trouble, decode};
use super::{Found, Own, VersionFileError, cargo_lock, edit, maven, npm_lock, read, set};
use crate::model::refusal::Refusal;
use crate::model::version::Version;
use crate::model::version_file::{Kind, VersionFile};

/// Files by their paths.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The lock files that may go with a manifest: beside it, or in a folder above it where a workspace keeps one for all.
/// The nearest folder comes first.
pub fn companions(path: &str) -> Vec<String> {
    let locks: &[&str] = match Kind::of_path(path) {
        Some(Kind::Cargo) => &["Cargo.lock"],
        Some(Kind::Npm) => &["package-lock.json", "npm-shrinkwrap.json"],
        _ => &[],
    };
    let folders = above(folder(path));
    folders
        .flat_map(|folder| locks.iter().map(move |lock| join(folder, lock)))
        .collect()
}

/// The manifests below a workspace's, out of all paths of the repository. Those that inherit its version, and what they
/// ask of each other, are followed; nothing where the file is no workspace.
pub fn members(path: &str, content: &[u8], all: &[String]) -> Vec<String> {
    let root = Kind::of_path(path) == Some(Kind::Cargo)
        && manifest(content).is_some_and(|manifest| manifest.root && manifest.inherited.is_some());
    let below = |other: &&String| {
        root && Kind::of_path(other) == Some(Kind::Cargo)
            && other.as_str() != path
            && under(folder(other), folder(path)).is_some()
    };
    all.iter().filter(below).cloned().collect()
}

/// The files that change, with what they then hold: all of those listed, and of `beside` those that follow one of them.
/// `beside` is what there is of [`companions`] and [`members`]. A listed file without content is missing.
///
/// # Errors
/// One of the files is missing, cannot be read, or says no version; each that does is named.
pub fn plan(
    files: &[(VersionFile, Option<Vec<u8>>)],
    beside: &Files,
    version: &Version,
) -> Result<Vec<(String, Vec<u8>)>, Refusal> {
    let release = Release::of(files, beside);
    let mut texts: Files = BTreeMap::new();
    let mut errors = Vec::new();
    for (file, content) in files {
        let Some(content) = content else {
            let trouble = Trouble::new(
                "there is no such file",
                "mend the path in tidegate.toml, or add the file to the commit",
            );
            errors.push(VersionFileError::of(&file.path, trouble));
            continue;
        };
        // A file that is listed twice is set at both places.
        let start = texts.get(&file.path).unwrap_or(content);
        match set(file, start, version, &release.own(&file.path)) {
            Ok(edited) => drop(texts.insert(file.path.clone(), edited.content)),
            Err(error) => errors.push(error),
        }
    }
    for (path, content) in beside
        .iter()
        .filter(|(path, _)| !release.listed.contains(path.as_str()))
    {
        match release.follow(path, content, version) {
            Ok(Some(edited)) => drop(texts.insert(path.clone(), edited)),
            Ok(None) => {}
            Err(trouble) => errors.push(VersionFileError::of(path, trouble)),
        }
    }
    if let Some(refusal) = refused(&errors) {
        return Err(refusal);
    }
    let original = |path: &str| {
        let listed = files.iter().find(|(file, _)| file.path == path);
        listed.map_or_else(|| beside.get(path), |(_, content)| content.as_ref())
    };
    Ok(texts
        .into_iter()
        .filter(|(path, content)| original(path) != Some(content))
        .collect())
}

/// What the listed files say, each by its path.
///
/// # Errors
/// One of the files is missing, cannot be read, or says no version; each that does is named.
pub fn stated(files: &[(VersionFile, Option<Vec<u8>>)], beside: &Files) -> Result<Vec<(String, Found)>, Refusal> {
    let release = Release::of(files, beside);
    let mut found = Vec::new();
    let mut errors = Vec::new();
    for (file, content) in files {
        match read(file, content.as_deref().unwrap_or_default(), &release.own(&file.path)) {
            Ok(said) => found.push((file.path.clone(), said)),
            Err(error) => errors.push(error),
        }
    }
    refused(&errors).map_or(Ok(found), Err)
}

/// One refusal of all errors.
fn refused(errors: &[VersionFileError]) -> Option<Refusal> {
    errors.first()?;
    let mut reasons: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let mut helps: Vec<&str> = errors.iter().map(|error| error.help.as_str()).collect();
    reasons.dedup();
    helps.dedup();
    Some(Refusal::new(
        format!("the version cannot be set in every file: {}", reasons.join("; ")),
        helps.join("; "),
    ))
}

/// What moves together.
#[derive(Default)]
struct Release<'a> {
    listed: BTreeSet<&'a str>,
    crates: BTreeSet<String>,
    projects: BTreeSet<maven::Coordinates>,
    /// The folders of the workspaces whose version is set.
    workspaces: BTreeSet<&'a str>,
    /// The folders of the Node packages.
    nodes: BTreeSet<&'a str>,
    /// The lock files that go with a listed manifest.
    locks: BTreeSet<String>,
}

impl<'a> Release<'a> {
    fn of(files: &'a [(VersionFile, Option<Vec<u8>>)], beside: &'a Files) -> Self {
        let mut release = Self::default();
        let there = || {
            files
                .iter()
                .filter_map(|(file, content)| Some((file, content.as_ref()?)))
        };
        release.listed = there().map(|(file, _)| file.path.as_str()).collect();
        let mut roots: BTreeSet<&str> = BTreeSet::new();
        for (file, content) in there() {
            let path = file.path.as_str();
            match file.kind() {
                Some(Kind::Cargo) => {
                    let Some(manifest) = manifest(content) else { continue };
                    if manifest.root {
                        roots.insert(folder(path));
                    }
                    if manifest.inherited.is_some() {
                        release.workspaces.insert(folder(path));
                    }
                    release
                        .crates
                        .extend(manifest.name.filter(|_| manifest.version != Stated::Missing));
                }
                Some(Kind::Npm) => drop(release.nodes.insert(folder(path))),
                Some(Kind::Maven) => {
                    let project = decode(content).and_then(|(_, text)| maven::read(text));
                    release.projects.extend(project.map(|project| project.coordinates));
                }
                _ => {}
            }
            let is_there = |lock: &String| beside.contains_key(lock) || release.listed.contains(lock.as_str());
            let mut locks = companions(path).into_iter().filter(is_there).peekable();
            let nearest = locks.peek().map(|lock| folder(lock).to_owned());
            release
                .locks
                .extend(locks.take_while(|lock| nearest.as_deref() == Some(folder(lock))));
        }
        let manifests = || {
            let read = |(path, content): (&'a String, &'a Vec<u8>)| Some((folder(path), cargo(path, content)?));
            beside.iter().filter_map(read)
        };
        roots.extend(
            manifests()
                .filter(|(_, manifest)| manifest.root)
                .map(|(folder, _)| folder),
        );
        for (place, manifest) in manifests() {
            let root = above(place).find(|folder| roots.contains(folder));
            let inherits = matches!(manifest.version, Stated::Workspace(_));
            if inherits && root.is_some_and(|root| release.workspaces.contains(root)) {
                release.crates.extend(manifest.name);
            }
        }
        release
    }

    /// What a file has to know of the others.
    fn own(&self, path: &str) -> Own {
        let place = folder(path);
        let mut folders: BTreeSet<String> = self.nodes.iter().filter_map(|node| under(node, place)).collect();
        if folders.is_empty() {
            // A lock file that is listed alone speaks for its own folder.
            folders.insert(String::new());
        }
        Own {
            crates: self.crates.clone(),
            folders,
            projects: self.projects.clone(),
            workspace: above(place).any(|folder| self.workspaces.contains(folder)),
        }
    }

    /// A file that is not listed, with what follows from those that are.
    fn follow(&self, path: &str, content: &[u8], version: &Version) -> Result<Option<Vec<u8>>, Trouble> {
        let semantic = |spans: Vec<_>| spans.into_iter().map(Place::semantic).collect();
        let (mark, text) = match Kind::of_path(path) {
            Some(Kind::Cargo) => match decode(content) {
                Ok(decoded) => decoded,
                Err(_) => return Ok(None),
            },
            _ => decode(content)?,
        };
        let places: Vec<Place> = match Kind::of_path(path) {
            Some(Kind::Cargo) => {
                let manifest = cargo(path, content);
                manifest.map_or_else(Vec::new, |manifest| semantic(manifest.asked(&self.crates).collect()))
            }
            Some(Kind::CargoLock) if self.locks.contains(path) => cargo_lock::places(text, &self.crates)?,
            Some(Kind::NpmLock) if self.locks.contains(path) => npm_lock::places(text, &self.own(path).folders)?,
            _ => Vec::new(),
        };
        let (edited, _) = edit(mark, text, &places, version)?;
        Ok(Some(edited.content).filter(|_| edited.changed))
    }
}

/// A manifest that can be read.
fn manifest(content: &[u8]) -> Option<Manifest> {
    let (_, text) = decode(content).ok()?;
    cargo::read(text).ok()
}

/// The same, where the path is one of a manifest.
fn cargo(path: &str, content: &[u8]) -> Option<Manifest> {
    manifest(content).filter(|_| Kind::of_path(path) == Some(Kind::Cargo))
}

/// The folder of a file; empty for the root.
fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// A folder and those above it, up to the root.
fn above(start: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(start), |inner| (!inner.is_empty()).then(|| folder(inner)))
}

/// The way from a folder down to another; empty when they are the same.
fn under(inner: &str, outer: &str) -> Option<String> {
    if outer.is_empty() || inner == outer {
        return Some(if outer.is_empty() { inner } else { "" }.to_owned());
    }
    inner.strip_prefix(outer)?.strip_prefix('/').map(str::to_owned)
}
