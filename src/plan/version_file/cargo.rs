//! `Cargo.toml`: the package's version, the version that a workspace's members inherit, and what is asked of own
//! packages that are found by path.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::de::DeTable;

use super::place::{Place, Trouble};
use super::toml_text::{get, inside, parse, table};

/// What a manifest says.
#[derive(Clone, Debug)]
pub(super) struct Manifest {
    /// The package's name.
    pub(super) name: Option<String>,
    /// Whether it is the root of a workspace.
    pub(super) root: bool,
    /// Where its version comes from.
    pub(super) version: Stated,
    /// The version that members inherit.
    pub(super) inherited: Option<Range<usize>>,
    /// The versions that are asked of packages that are found by path: the package, and where.
    pub(super) asked: Vec<(String, Range<usize>)>,
}

/// Where the version of a package comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stated {
    /// It stands here.
    Here(Range<usize>),
    /// It is the workspace's.
    Workspace(usize),
    /// There is none, or no package.
    Missing,
}

const SECTIONS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Reads a manifest.
pub(super) fn read(text: &str) -> Result<Manifest, Trouble> {
    let root = parse(text)?;
    let mut asked = Vec::new();
    for section in SECTIONS {
        dependencies(text, table(&root, &[section]), &mut asked);
        for (_, target) in table(&root, &["target"]).into_iter().flatten() {
            let part = target.get_ref().as_table().and_then(|target| table(target, &[section]));
            dependencies(text, part, &mut asked);
        }
    }
    dependencies(text, table(&root, &["workspace", "dependencies"]), &mut asked);
    let said = get(&root, &["package", "version"]);
    let version = match said.map(|value| (inside(text, value), value)) {
        Some((Some(span), _)) => Stated::Here(span),
        Some((None, value)) if get(&root, &["package", "version", "workspace"]).is_some() => {
            Stated::Workspace(value.span().start)
        }
        _ => Stated::Missing,
    };
    let name = get(&root, &["package", "name"]).and_then(|name| name.get_ref().as_str());
    let inherited = get(&root, &["workspace", "package", "version"]);
    Ok(Manifest {
        name: name.map(str::to_owned),
        root: root.contains_key("workspace"),
        version,
        inherited: inherited.and_then(|value| inside(text, value)),
        asked,
    })
}

/// The versions asked of packages that are found by path.
fn dependencies(text: &str, section: Option<&DeTable<'_>>, asked: &mut Vec<(String, Range<usize>)>) {
    for (key, value) in section.into_iter().flatten() {
        let Some(parts) = value.get_ref().as_table().filter(|parts| parts.contains_key("path")) else {
            continue;
        };
        let package = get(parts, &["package"]).and_then(|package| package.get_ref().as_str());
        let span = get(parts, &["version"]).and_then(|version| inside(text, version));
        if let Some(span) = span.and_then(|span| single(text, span)) {
            asked.push((package.unwrap_or(key.get_ref()).to_owned(), span));
        }
    }
}

/// The version in a requirement of one version, without its operator; ranges and wildcards are left alone.
fn single(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let asked = text.get(span.clone())?;
    let bare = asked.trim_start_matches(['=', '^', '~']).trim_start();
    let one = bare.starts_with(|letter: char| letter.is_ascii_digit())
        && bare
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || ".-+".contains(letter));
    one.then(|| span.end - bare.len()..span.end)
}

impl Manifest {
    /// The places to set, the package's own first.
    pub(super) fn places(&self, text: &str, own: &BTreeSet<String>, followed: bool) -> Result<Vec<Place>, Trouble> {
        let mut spans: Vec<Range<usize>> = Vec::new();
        if let Stated::Here(span) = &self.version {
            spans.push(span.clone());
        }
        spans.extend(self.inherited.clone());
        if spans.is_empty() && !followed {
            return Err(match self.version {
                Stated::Workspace(offset) => Trouble::new(
                    "its version is the workspace's (`version.workspace = true`)",
                    "list the workspace's Cargo.toml, whose `[workspace.package]` says the version",
                )
                .at(text, offset),
                _ => Trouble::new(
                    "neither `[package]` nor `[workspace.package]` says a version",
                    "add `version = \"0.0.0\"` to one of them, or take the file off the list",
                ),
            });
        }
        spans.extend(self.asked(own));
        Ok(spans.into_iter().map(Place::semantic).collect())
    }

    /// The places that ask for own packages.
    pub(super) fn asked(&self, own: &BTreeSet<String>) -> impl Iterator<Item = Range<usize>> {
        let asked = self.asked.iter().filter(|(name, _)| own.contains(name));
        asked.map(|(_, span)| span.clone())
    }
}
