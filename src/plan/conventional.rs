//! What a commit's message says about the next version (Conventional Commits 1.0.0,
//! <https://www.conventionalcommits.org/en/v1.0.0/>).

use crate::model::version::Bump;

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// How far it asks the version to move.
    pub bump: Bump,
    /// The rule that says so, in words.
    pub rule: &'static str,
}

/// How a message was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It asks for a release.
    Releases(Meaning),
    /// It is conventional and asks for none.
    Quiet,
    /// It is not conventional; it asks for none.
    Foreign,
}

/// Reads a message. `fix`, `perf` and `revert` ask for a patch, `feat` for a minor version, a breaking change of any
/// type for a major one. One leniency: the blank line after the first line may be missing.
pub fn read(message: &str) -> Reading {
    let message = message.trim();
    let (subject, rest) = message.split_once('\n').unwrap_or((message, ""));
    let apart = format!("{}\n\n{}", subject.trim_end(), rest.trim_start());
    let Ok(commit) = git_conventional::Commit::parse(apart.trim_end()) else {
        return Reading::Foreign;
    };
    let releases = |bump, rule| Reading::Releases(Meaning { bump, rule });
    if commit.breaking() {
        return releases(Bump::Major, "a breaking change asks for a major version");
    }
    match commit.type_().as_str().to_ascii_lowercase().as_str() {
        "feat" => releases(Bump::Minor, "`feat` asks for a minor version"),
        "fix" => releases(Bump::Patch, "`fix` asks for a patch"),
        "perf" => releases(Bump::Patch, "`perf` asks for a patch"),
        "revert" => releases(Bump::Patch, "`revert` asks for a patch"),
        _ => Reading::Quiet,
    }
}
