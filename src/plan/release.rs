//! Which release is meant: by version, by digest, or the newest.

use crate::model::digest::Digest;
use crate::model::name::ComponentName;
use crate::model::release::Release;
use crate::model::state::ComponentState;
use crate::model::version::Version;

/// How a release was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// By its version.
    Version(Version),
    /// By its digest.
    Digest(Digest),
    /// Not at all: the highest version that was pushed.
    Newest,
}

/// Finds a release among those that were pushed. The error says what is there.
pub fn find<'a>(
    component: &ComponentName,
    state: &'a ComponentState,
    wanted: &Wanted,
) -> Result<&'a Release, (String, String)> {
    let found = match wanted {
        Wanted::Version(version) => state.releases().find(|release| release.version == *version),
        Wanted::Digest(digest) => state.releases().rev().find(|release| release.digest == *digest),
        Wanted::Newest => state
            .releases()
            .max_by(|one, other| one.version.0.cmp_precedence(&other.version.0)),
    };
    found.ok_or_else(|| {
        let what = match wanted {
            Wanted::Version(version) => format!("the ledger knows no image of {component} {version}"),
            Wanted::Digest(digest) => format!("the ledger knows no release of {component} with {digest}"),
            Wanted::Newest => format!("the ledger knows no release of {component} yet"),
        };
        let newest: Vec<String> = state.releases().rev().take(5).map(ToString::to_string).collect();
        let help = if newest.is_empty() {
            "run `tidegate tag` and `tidegate push` first".to_owned()
        } else {
            format!("it knows {}; `tidegate push` makes a release known", newest.join(", "))
        };
        (what, help)
    })
}
