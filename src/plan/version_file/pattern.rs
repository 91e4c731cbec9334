//! Any other file: the group `version` of a regular expression.

use super::place::{Place, Trouble, line};
use crate::model::version::Version;
use crate::model::version_file::Pattern;

/// The places that the group takes in.
pub(super) fn places(text: &str, pattern: &Pattern) -> Result<Vec<Place>, Trouble> {
    let regex = pattern.compile().map_err(|why| {
        Trouble::new(
            format!("its pattern cannot be used: {why}"),
            "mend `pattern` in tidegate.toml",
        )
    })?;
    let mut places = Vec::new();
    for found in regex.captures_iter(text) {
        let Some(version) = found.name("version").filter(|version| !version.is_empty()) else {
            let offset = found.get_match().start();
            return Err(Trouble::new(
                "the pattern matches here without a version",
                "write it so that the group `version` is never empty",
            )
            .at(text, offset));
        };
        places.push(Place::semantic(version.range()));
    }
    if places.len() == pattern.matches {
        return Ok(places);
    }
    let lines: Vec<String> = places
        .iter()
        .take(9)
        .map(|place| line(text, place.span.start).to_string())
        .collect();
    Err(match lines.first() {
        None => Trouble::new(
            format!("`{}` matches nowhere", pattern.text),
            "mend `pattern` in tidegate.toml, or put back the line that it looks for",
        ),
        Some(_) => Trouble::new(
            format!(
                "`{}` matches {} times (lines {}), and {} was asked for",
                pattern.text,
                places.len(),
                lines.join(", "),
                pattern.matches
            ),
            format!("make the pattern narrower, or say `matches = {}`", places.len()),
        ),
    })
}

/// Whether the pattern finds the version again in what was made of the file: it would not the next time otherwise.
pub(super) fn holds(edited: &str, pattern: &Pattern, version: &Version) -> Result<(), Trouble> {
    let places = places(edited, pattern);
    let wanted = version.to_string();
    let again = places.is_ok_and(|places| places.iter().all(|place| place.text(edited) == wanted));
    if again {
        return Ok(());
    }
    Err(Trouble::new(
        format!("`{}` does not take in the whole of {version}", pattern.text),
        r"widen the group, such as `(?<version>\d+\.\d+\.\d+[-+.\w]*)`",
    ))
}
