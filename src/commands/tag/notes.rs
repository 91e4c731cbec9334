//! The notes of a version: for its tag, for people, and for its release.

use crate::config::settings::Settings;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::plan::notes::{self, Sections};
use crate::plan::tag::{Chosen, Facts};

/// The notes in their two forms.
pub struct Told {
    /// Markdown.
    pub markdown: String,
    /// Plain text, for the annotation of the tag.
    pub message: String,
}

/// Tells what changed since the version before.
///
/// # Errors
/// A usage error when the configured template cannot be read or filled in.
pub fn tell(context: &Context, facts: &Facts<'_>, chosen: &Chosen) -> Result<Told> {
    let table = &context.settings.file.notes;
    let own = |sections: &Vec<_>| Sections::new(sections.clone());
    let sections = table.sections.as_ref().map_or_else(Sections::default, own);
    let changes = facts.fresh.told();
    let of_notes = notes::Facts {
        component: facts.component,
        version: &chosen.version,
        tag: &chosen.tag,
        previous_tag: facts.previous.map(|previous| previous.tag.name.as_str()),
        date: context.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date(),
        changes: &changes,
        links: context.links.as_ref(),
        sections: &sections,
        many: context.settings.file.component.len() > 1,
    };
    let template = template(&context.settings)?;
    let notes = notes::notes(&of_notes);
    let markdown = notes::render(&notes, template.as_deref())?.map_err(|cause| {
        let name = table.template.clone().unwrap_or_default();
        Error::usage(
            format!("the template {} cannot be filled in: {cause}", name.display()),
            "docs/notes.md lists the values that a template has",
        )
    })?;
    Ok(Told {
        markdown,
        message: notes::message(&notes),
    })
}

fn template(settings: &Settings) -> Result<Option<String>> {
    let Some(name) = &settings.file.notes.template else {
        return Ok(None);
    };
    let file = settings.root.join(name);
    let text = std::fs::read_to_string(&file).map_err(|error| {
        Error::usage(
            format!("the template {} cannot be read: {error}", file.display()),
            "name a file that is there in `template` under `[notes]`",
        )
    })?;
    Ok(Some(text))
}
