//! Which files belong to a component.

use std::collections::BTreeSet;

/// The paths of a component: a folder, a folder followed by `/**`, or a file. Everything when there are none, a commit
/// that changes no file included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ownership {
    paths: BTreeSet<String>,
}

impl Ownership {
    /// Ownership of these paths.
    pub fn of(paths: &[String]) -> Self {
        let folder = |path: &String| {
            let folder = path.strip_prefix("./").unwrap_or(path);
            let folder = folder.strip_suffix("**").unwrap_or(folder).trim_end_matches('/');
            if folder == "." { "" } else { folder }.to_owned()
        };
        Self {
            paths: paths.iter().map(folder).collect(),
        }
    }

    /// Whether everything belongs to it.
    pub fn is_everything(&self) -> bool {
        self.paths.is_empty()
    }

    /// Whether a file belongs to it.
    pub fn covers(&self, file: &str) -> bool {
        let below = |folder: &String| {
            file.strip_prefix(folder.as_str())
                .is_some_and(|rest| folder.is_empty() || rest.is_empty() || rest.starts_with('/'))
        };
        self.is_everything() || self.paths.iter().any(below)
    }
}
