//! Which files belong to a component.

use globset::{GlobBuilder, GlobMatcher};

use super::text::ParseError;

/// The paths of a component, from the root of the repository. A path is a folder with all below it, or a file; it may
/// hold `*` (within a name), `**` (over folders), `?`, `[…]` and `{…,…}`. What a path that starts with `!` names does not
/// belong to it. The last path that fits a file decides, as in gitignore(5); where the first is an exclusion, everything
/// else belongs. Everything belongs when there are none, a commit that changes no file included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ownership {
    patterns: Vec<Pattern>,
}

/// What of a folder's files belongs to a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    /// None of them, whatever they are.
    Nothing,
    /// All of them, whatever they are.
    Everything,
    /// It depends on the file.
    Something,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    includes: bool,
    shape: Shape,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Shape {
    Plain(String),
    Glob(Box<Glob>),
}

#[derive(Clone, Debug)]
struct Glob {
    text: String,
    /// Fits the files and folders that are named.
    named: GlobMatcher,
    /// Fits what is below a named folder.
    inside: GlobMatcher,
    /// Fits the folders above, by their depth from 1; deeper ones may always hold something.
    above: Vec<GlobMatcher>,
    /// How many levels lead to what is named; nothing when `**` or braces leave that open.
    depth: Option<usize>,
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Glob {}

impl Ownership {
    /// Ownership of these paths.
    ///
    /// # Errors
    /// The first path that cannot be read.
    pub fn of(paths: &[String]) -> Result<Self, ParseError> {
        let patterns = paths
            .iter()
            .map(|path| Pattern::parse(path))
            .collect::<Result<_, _>>()?;
        Ok(Self { patterns })
    }

    /// Whether everything belongs to it.
    pub fn is_everything(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether a file belongs to it.
    pub fn covers(&self, file: &str) -> bool {
        let last = self.patterns.iter().rev().find(|pattern| pattern.fits(file));
        last.map_or(self.by_default(), |pattern| pattern.includes)
    }

    /// What of the files below a folder, at any depth, belongs to it.
    pub fn below(&self, folder: &str) -> Below {
        let mut known = if self.by_default() {
            Below::Everything
        } else {
            Below::Nothing
        };
        for pattern in &self.patterns {
            let would_be = if pattern.includes {
                Below::Everything
            } else {
                Below::Nothing
            };
            match pattern.below(folder) {
                Below::Everything => known = would_be,
                Below::Something if known != would_be => known = Below::Something,
                _ => {}
            }
        }
        known
    }

    fn by_default(&self) -> bool {
        self.patterns.first().is_none_or(|first| !first.includes)
    }
}

impl Pattern {
    fn parse(path: &str) -> Result<Self, ParseError> {
        let (includes, rest) = match path.strip_prefix('!') {
            Some("") => {
                return Err(ParseError::new(
                    "path of a component",
                    path,
                    "write what is left out after the `!`",
                ));
            }
            Some(rest) => (false, rest),
            None => (true, path),
        };
        let rest = rest.strip_prefix("./").unwrap_or(rest).trim_start_matches('/');
        let mut named = rest;
        while let Some(folder) = named.strip_suffix("/**").or_else(|| named.strip_suffix('/')) {
            named = folder;
        }
        let named = if named == "." || named == "**" { "" } else { named };
        let shape = if named.contains(['*', '?', '[', ']', '{', '}', '\\']) {
            Shape::Glob(Box::new(Glob::parse(path, named)?))
        } else {
            Shape::Plain(named.to_owned())
        };
        Ok(Self { includes, shape })
    }

    fn fits(&self, file: &str) -> bool {
        match &self.shape {
            Shape::Plain(folder) => is_within(file, folder),
            Shape::Glob(glob) => glob.named.is_match(file) || glob.inside.is_match(file),
        }
    }

    fn below(&self, folder: &str) -> Below {
        match &self.shape {
            _ if self.fits(folder) => Below::Everything,
            Shape::Plain(path) if is_within(path, folder) => Below::Something,
            Shape::Plain(_) => Below::Nothing,
            Shape::Glob(glob) => {
                let deep = folder.split('/').count();
                if glob.depth.is_some_and(|depth| deep >= depth) {
                    return Below::Nothing;
                }
                let level = deep.min(glob.above.len());
                let head: Vec<&str> = folder.split('/').take(level).collect();
                let fits = |matcher: &GlobMatcher| matcher.is_match(head.join("/"));
                match level.checked_sub(1).and_then(|level| glob.above.get(level)) {
                    Some(matcher) if !fits(matcher) => Below::Nothing,
                    _ => Below::Something,
                }
            }
        }
    }
}

impl Glob {
    fn parse(path: &str, named: &str) -> Result<Self, ParseError> {
        let build = |glob: &str| {
            let glob = GlobBuilder::new(glob)
                .literal_separator(true)
                .backslash_escape(true)
                .build();
            let why = |error: globset::Error| format!("{}; write it as `services/*/api/**`", error.kind());
            glob.map(|glob| glob.compile_matcher())
                .map_err(|error| ParseError::new("path of a component", path, why(error)))
        };
        let parts: Vec<&str> = named.split('/').collect();
        let open = parts
            .iter()
            .position(|part| *part == "**" || part.contains(['{', '[', '\\']));
        let known = open.unwrap_or(parts.len() - 1);
        let above = (1..=known).map(|length| build(&parts.iter().take(length).copied().collect::<Vec<_>>().join("/")));
        Ok(Self {
            text: named.to_owned(),
            named: build(named)?,
            inside: build(&format!("{named}/**"))?,
            above: above.collect::<Result<_, _>>()?,
            depth: open.is_none().then_some(parts.len()),
        })
    }
}

/// Whether a path is that folder or file, or below it. All is within the root, whose name is empty.
fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| folder.is_empty() || rest.is_empty() || rest.starts_with('/'))
}
