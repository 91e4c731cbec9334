//! `pyproject.toml`: `project.version` and `tool.poetry.version`, in the form of PEP 440.

use super::place::{Place, Trouble, Writing};
use super::toml_text::{get, inside, parse as parse_toml};
use crate::model::version::Version;

/// How prereleases are named there and here.
const PHASES: [(&str, &str); 3] = [("alpha", "a"), ("beta", "b"), ("rc", "rc")];

/// How `1.5.0-dev` ends there (PEP 440, "Developmental releases").
const DEVELOPMENT: &str = ".dev0";

/// The places of the version.
pub(super) fn places(text: &str) -> Result<Vec<Place>, Trouble> {
    let root = parse_toml(text)?;
    let ways: [&[&str]; 2] = [&["project", "version"], &["tool", "poetry", "version"]];
    let found = ways.iter().filter_map(|way| inside(text, get(&root, way)?));
    let writing = Writing::Python;
    let places: Vec<Place> = found.map(|span| Place { span, writing }).collect();
    if !places.is_empty() {
        return Ok(places);
    }
    let dynamic = get(&root, &["project", "dynamic"]);
    let listed = dynamic.and_then(|dynamic| dynamic.get_ref().as_array());
    let listed = listed
        .into_iter()
        .flatten()
        .any(|item| item.get_ref().as_str() == Some("version"));
    Err(match dynamic.filter(|_| listed) {
        Some(dynamic) => Trouble::new(
            "its version is dynamic: the build takes it from somewhere else",
            "list the file that says it, with a `pattern`; or none, where it is read from the tag",
        )
        .at(text, dynamic.span().start),
        None => Trouble::new(
            "neither `[project]` nor `[tool.poetry]` says a version",
            "add `version = \"0.0.0\"` to one of them, or take the file off the list",
        ),
    })
}

/// A version by PEP 440: `1.4.0-rc.1` is `1.4.0rc1`.
pub(super) fn write(version: &Version) -> Result<String, Trouble> {
    let unknown = || {
        Trouble::new(
            format!("{version} cannot be written by PEP 440"),
            "a Python project knows X.Y.Z, and before it alpha.N, beta.N, rc.N and dev, without build metadata",
        )
    };
    let semver::Version {
        major,
        minor,
        patch,
        pre,
        build,
    } = &version.0;
    if !build.is_empty() {
        return Err(unknown());
    }
    let phase = match pre.as_str() {
        "" => String::new(),
        "dev" => DEVELOPMENT.to_owned(),
        pre => {
            let (name, number) = pre.split_once('.').ok_or_else(unknown)?;
            let (_, short) = PHASES.iter().find(|(long, _)| *long == name).ok_or_else(unknown)?;
            let number: u64 = number.parse().map_err(|_| unknown())?;
            format!("{short}{number}")
        }
    };
    Ok(format!("{major}.{minor}.{patch}{phase}"))
}

/// The version that a text by PEP 440 stands for, where it is one of X.Y.Z.
pub(super) fn parse(text: &str) -> Option<Version> {
    if let Ok(version) = text.parse() {
        return Some(version);
    }
    if let Some(numbers) = text.strip_suffix(DEVELOPMENT) {
        return format!("{numbers}-dev").parse().ok();
    }
    let start = text.find(|letter: char| letter.is_ascii_alphabetic())?;
    let (numbers, phase) = text.split_at(start);
    let (long, number) = PHASES
        .iter()
        .find_map(|(long, short)| Some((long, phase.strip_prefix(short)?.parse::<u64>().ok()?)))?;
    format!("{numbers}-{long}.{number}").parse().ok()
}
