//! Release lines: the major and minor version that a branch is for.

use crate::model::text::{ParseError, text_type};
use crate::model::version::Version;
use crate::templates;

/// The template of a release branch where the configuration has none.
const BRANCH: &str = "release/{{{major}}}.{{{minor}}}";

/// The same where there are many components.
const BRANCH_OF_MANY: &str = "release/{{{component}}}-{{{major}}}.{{{minor}}}";

/// The template of release branches: the configuration's own, else the usual one. `many` says whether the repository has more
/// than one component.
pub fn template(own: Option<&str>, many: bool) -> &str {
    own.unwrap_or(if many { BRANCH_OF_MANY } else { BRANCH })
}

/// A release line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// The major version.
    pub major: u64,
    /// The minor version.
    pub minor: u64,
}

impl Line {
    /// The line that a branch is for, when its name is what the template gives for it.
    pub fn of_branch(template: &str, branch: &str, component: &str) -> Option<Self> {
        let named = |line: &Self| line.branch(template, component).is_ok_and(|name| name == branch);
        Self::within(branch).into_iter().find(named)
    }

    /// The lines that a name may be about: any two numbers that follow each other.
    pub fn within(name: &str) -> Vec<Self> {
        let numbers = name.split(|letter: char| !letter.is_ascii_digit());
        let numbers: Vec<u64> = numbers.filter_map(|digits| digits.parse().ok()).collect();
        let lines = numbers.windows(2).filter_map(|pair| match pair {
            [major, minor] => Some(Self {
                major: *major,
                minor: *minor,
            }),
            _ => None,
        });
        lines.collect()
    }

    /// The name of the branch.
    ///
    /// # Errors
    /// What is wrong with the template.
    pub fn branch(&self, template: &str, component: &str) -> Result<String, String> {
        let values = serde_json::json!({ "major": self.major, "minor": self.minor, "component": component });
        templates::fill(template, &values).map_err(|error| error.to_string())?
    }

    /// The line that a version belongs to.
    pub fn of(version: &Version) -> Self {
        Self {
            major: version.0.major,
            minor: version.0.minor,
        }
    }

    /// Whether a version belongs to it.
    pub fn holds(&self, version: &Version) -> bool {
        (version.0.major, version.0.minor) == (self.major, self.minor)
    }

    /// Whether a version is of a later line.
    pub fn is_below(&self, version: &Version) -> bool {
        (version.0.major, version.0.minor) > (self.major, self.minor)
    }

    /// The line after it.
    #[must_use]
    pub fn next(&self) -> Self {
        Self {
            major: self.major,
            minor: self.minor + 1,
        }
    }

    /// Its first version.
    pub fn first(&self) -> Version {
        Version::new(self.major, self.minor, 0)
    }
}

text_type!(
    Line,
    "ReleaseLine",
    "A release line: the major and the minor version, such as `1.4`."
);

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl std::str::FromStr for Line {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        // The whole version is parsed so that a number follows the rules of semver: no sign, no leading zero.
        match format!("{text}.0").parse::<Version>() {
            Ok(version) if !version.is_prerelease() && version.0.build.is_empty() => Ok(Self::of(&version)),
            _ => Err(ParseError::new(
                "release line",
                text,
                "write major and minor version, such as 1.4",
            )),
        }
    }
}
