//! Files that say the version: where it stands in each, and the file with another version there. Only the bytes of the
//! version change; comments, order, quotes and line ends stay, because nothing is ever written anew from a parsed form.

mod cargo;
mod cargo_lock;
mod chart;
mod json;
mod maven;
mod npm;
mod npm_lock;
mod pattern;
mod place;
mod plain;
mod pyproject;
mod together;
mod toml_text;

use std::collections::BTreeSet;

use thiserror::Error;

use crate::model::version::Version;
use crate::model::version_file::{Form, Kind, VersionFile};
use place::{Place, Trouble, decode, line, replace};

pub use together::{Files, companions, members, plan, stated};

/// Why a version file cannot be read or set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{path}{}: {reason}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct VersionFileError {
    /// The file.
    pub path: String,
    /// The line, counted from 1, where one is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub help: String,
}

impl VersionFileError {
    fn of(path: &str, trouble: Trouble) -> Self {
        Self {
            path: path.to_owned(),
            line: trouble.line,
            reason: trouble.reason,
            help: trouble.help,
        }
    }
}

/// A file with its version set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The whole file.
    pub content: Vec<u8>,
    /// What it said before, as it was written there; nothing where the file only follows another.
    pub before: Option<String>,
    /// Whether a byte differs.
    pub changed: bool,
}

/// What a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// As it is written there, without quotes and a leading `v`.
    pub text: String,
    /// The version, where it is a semantic one.
    pub version: Option<Version>,
    /// The line, counted from 1.
    pub line: usize,
}

/// What else moves together with a file, so that it knows its own packages from foreign ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// The Rust packages.
    pub crates: BTreeSet<String>,
    /// The folders of the Node packages, seen from the lock file's; the empty name is its own.
    pub folders: BTreeSet<String>,
    /// The Maven projects, by group and artifact.
    pub projects: BTreeSet<(String, String)>,
    /// Whether the workspace's Cargo.toml is set as well.
    pub workspace: bool,
}

/// What a file says its version is.
///
/// # Errors
/// The file cannot be read in its format, or says no version of its own.
pub fn read(file: &VersionFile, content: &[u8], own: &Own) -> Result<Found, VersionFileError> {
    let told = |trouble| VersionFileError::of(&file.path, trouble);
    let (_, text) = decode(content).map_err(told)?;
    let places = places(file, text, own).map_err(told)?;
    let Some(place) = places.first() else {
        return Err(told(Trouble::new(
            "it says no version of its own",
            "ask the file that it follows",
        )));
    };
    Ok(Found {
        text: place.text(text).to_owned(),
        version: place.version(text),
        line: line(text, place.span.start),
    })
}

/// The file with the version set, to the byte the same elsewhere.
///
/// # Errors
/// The file cannot be read in its format, says no version of its own, or cannot hold this one.
pub fn set(file: &VersionFile, content: &[u8], version: &Version, own: &Own) -> Result<Edited, VersionFileError> {
    let told = |trouble| VersionFileError::of(&file.path, trouble);
    let (mark, text) = decode(content).map_err(told)?;
    let places = places(file, text, own).map_err(told)?;
    edit(mark, text, &places, version)
        .and_then(|edited| match &file.form {
            Form::Pattern(pattern) => pattern::holds(&edited.1, pattern, version).map(|()| edited),
            _ => Ok(edited),
        })
        .map(|(edited, _)| edited)
        .map_err(told)
}

/// The file with the version at these places, and its text.
fn edit(mark: &str, text: &str, places: &[Place], version: &Version) -> Result<(Edited, String), Trouble> {
    let written = replace(text, places, version)?;
    let edited = Edited {
        content: format!("{mark}{written}").into_bytes(),
        before: places.first().map(|place| place.text(text).to_owned()),
        changed: written != text,
    };
    Ok((edited, written))
}

/// The places to set in a file that is listed, the one that tells its version first.
fn places(file: &VersionFile, text: &str, own: &Own) -> Result<Vec<Place>, Trouble> {
    let locked = |places: Vec<Place>| match places.is_empty() {
        true => Err(Trouble::new(
            "it has no entry of a package whose version is set",
            "list the manifest beside it; the lock file is then followed by itself",
        )),
        false => Ok(places),
    };
    match &file.form {
        Form::Pattern(pattern) => pattern::places(text, pattern),
        Form::Chart(keys) => chart::places(text, *keys),
        Form::Known(Kind::Cargo) => {
            let manifest = cargo::read(text)?;
            let follows = own.workspace && matches!(manifest.version, cargo::Stated::Workspace(_));
            manifest.places(text, &own.crates, follows)
        }
        Form::Known(Kind::CargoLock) => locked(cargo_lock::places(text, &own.crates)?),
        Form::Known(Kind::Npm) => npm::places(text),
        Form::Known(Kind::NpmLock) => locked(npm_lock::places(text, &own.folders)?),
        Form::Known(Kind::Pyproject) => pyproject::places(text),
        Form::Known(Kind::Maven) => maven::read(text)?.places(&own.projects),
        Form::Known(Kind::Chart) => chart::places(text, crate::model::version_file::ChartKeys::default()),
        Form::Known(Kind::Plain) => plain::places(text),
    }
}
