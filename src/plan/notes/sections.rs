//! Which section of the notes a change goes to.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::change::Change;

/// A section and the types that go there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// Types such as `feat`, types with a scope such as `fix(security)`, or `*`: whatever else asks for a release.
    pub types: Vec<String>,
}

/// The sections, in the order in which they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sections {
    sections: Vec<Section>,
    places: HashMap<String, usize>,
}

/// The sections of Keep a Changelog 1.1.0, in its order.
const DEFAULT: [(&str, &[&str]); 6] = [
    ("Added", &["feat"]),
    ("Changed", &["perf", "revert", "*"]),
    ("Deprecated", &["deprecate"]),
    ("Removed", &["remove"]),
    ("Fixed", &["fix"]),
    ("Security", &["security", "fix(security)"]),
];

impl Default for Sections {
    fn default() -> Self {
        let section = |(title, types): (&str, &[&str])| Section {
            title: title.to_owned(),
            types: types.iter().map(|kind| (*kind).to_owned()).collect(),
        };
        Self::new(DEFAULT.into_iter().map(section).collect())
    }
}

impl Sections {
    /// A table. A type that is named twice goes to the section that names it first.
    pub fn new(sections: Vec<Section>) -> Self {
        let mut places = HashMap::new();
        for (place, section) in sections.iter().enumerate() {
            for kind in &section.types {
                places.entry(kind.trim().to_lowercase()).or_insert(place);
            }
        }
        Self { sections, places }
    }

    /// The sections, in order.
    pub fn all(&self) -> &[Section] {
        &self.sections
    }

    /// The place of a change's section: the one that names its type with its scope, or its type, or `*` when it asks for
    /// a release. Nothing: the notes do not tell it.
    pub fn place(&self, change: &Change) -> Option<usize> {
        let kind = change.kind.to_lowercase();
        let scoped = |scope: &String| self.places.get(&format!("{kind}({})", scope.trim().to_lowercase()));
        let named = change.scope.as_ref().and_then(scoped);
        let named = named.or_else(|| self.places.get(&kind));
        let rest = || self.places.get("*").filter(|_| change.bump.is_some());
        named.or_else(rest).copied()
    }
}
