//! `package.json`: its own `version`, at the top.

use super::json::parse;
use super::place::{Place, Trouble};

/// The place of the version.
pub(super) fn places(text: &str) -> Result<Vec<Place>, Trouble> {
    let span = parse(text)?.string(text, "version")?;
    let place = span.map(|span| Place::after_v(text, span)).ok_or_else(|| {
        Trouble::new(
            "it has no `version` at the top",
            "add `\"version\": \"0.0.0\"`, or take the file off the list",
        )
    })?;
    Ok(vec![place])
}
