//! `VERSION`: one line with the version, whose `v` and line end stay.

use super::place::{Place, Trouble, line};

/// The place of the version.
pub(super) fn places(text: &str) -> Result<Vec<Place>, Trouble> {
    let said = text.trim();
    let start = text.len() - text.trim_start().len();
    let place = Place::after_v(text, start..start + said.len());
    let bare = place.text(text);
    let version = bare.starts_with(|letter: char| letter.is_ascii_digit())
        && bare
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "._-+".contains(letter));
    if version {
        return Ok(vec![place]);
    }
    Err(Trouble {
        line: Some(line(text, start)),
        reason: "it holds something else than one version".to_owned(),
        help: "let the file hold the version alone, such as `1.4.0`, or give a `pattern` that finds it".to_owned(),
    })
}
