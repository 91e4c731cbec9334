//! The template of notes that comes with tidegate.

use minijinja::Environment;
use minijinja::value::Serde;

use super::model::Notes;
use crate::error::{Error, Result};

/// The template, as `docs/notes.md` shows it.
pub const TEMPLATE: &str = include_str!("default.md.j2");

/// The notes by that template.
pub(super) fn render(engine: &Environment<'_>, notes: &Notes) -> Result<String> {
    let text = engine.render_str(TEMPLATE, Serde(notes));
    text.map(|text| super::finished(&text))
        .map_err(|error| Error::Internal(format!("the template of notes: {error:#}")))
}
