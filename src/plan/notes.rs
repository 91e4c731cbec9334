//! What a release tells its readers, from the changes that it brings.
//!
//! Everything that a commit says is data: it is escaped before a template sees it, and no template is made of it.

mod default;
pub mod escape;
pub mod links;
pub mod message;
pub mod model;
pub mod sections;
pub mod shorten;

use std::cmp::Reverse;

use minijinja::value::{Serde, Value};

pub use default::TEMPLATE;
pub use links::Links;
pub use message::message;
pub use model::{Entry, Group, Notes, Raw, Reference};
pub use sections::{Section, Sections};
pub use shorten::{LIMIT, shorten};

use crate::error::Result;
use crate::model::change::Change;
use crate::model::name::ComponentName;
use crate::model::version::Version;
use crate::templates;

/// What notes are made of.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The component.
    pub component: &'a ComponentName,
    /// Its version.
    pub version: &'a Version,
    /// The tag that carries it.
    pub tag: &'a str,
    /// The tag before; nothing for the first release.
    pub previous_tag: Option<&'a str>,
    /// The day of the release.
    pub date: jiff::civil::Date,
    /// The changes since the tag before, newest first; those of one commit in its order.
    pub changes: &'a [Change],
    /// Where commits and pull requests are found; plain text without.
    pub links: Option<&'a Links>,
    /// Which section a change goes to.
    pub sections: &'a Sections,
    /// Whether the repository has several components.
    pub many: bool,
}

/// Sorts the changes into sections. A breaking change goes to none of them: it is told first. In a section those without
/// a scope stand first, then scope by scope; the oldest first.
pub fn notes(facts: &Facts<'_>) -> Notes {
    let mut breaking = Vec::new();
    let mut sections: Vec<Vec<(usize, &Change)>> = vec![Vec::new(); facts.sections.all().len()];
    let mut age = 0;
    let mut commit = None;
    for change in facts.changes {
        if commit.replace(&change.commit) != Some(&change.commit) {
            age += 1;
        }
        if change.breaking.is_some() {
            breaking.push((age, change));
        } else if let Some(section) = facts.sections.place(change).and_then(|place| sections.get_mut(place)) {
            section.push((age, change));
        }
    }
    let groups = facts.sections.all().iter().zip(sections);
    let groups = groups.filter(|(_, changes)| !changes.is_empty());
    Notes {
        component: facts.component.to_string(),
        version: facts.version.to_string(),
        tag: escape::markdown(facts.tag),
        previous_tag: facts.previous_tag.map(escape::markdown),
        date: facts.date.to_string(),
        prerelease: facts.version.is_prerelease(),
        many: facts.many,
        compare: facts.links.map(|links| links.compare(facts.previous_tag, facts.tag)),
        breaking: entries(facts.links, breaking),
        sections: groups
            .map(|(section, changes)| Group {
                title: escape::line(&section.title),
                changes: entries(facts.links, changes),
            })
            .collect(),
    }
}

fn entries(links: Option<&Links>, mut changes: Vec<(usize, &Change)>) -> Vec<Entry> {
    changes.sort_by(|(age, one), (other_age, other)| {
        let scopes = one.scope.as_deref().cmp(&other.scope.as_deref());
        scopes.then_with(|| Reverse(age).cmp(&Reverse(other_age)))
    });
    changes.iter().map(|(_, change)| Entry::of(change, links)).collect()
}

/// The notes as Markdown, without a heading for the version, by a template or the one that comes with tidegate. The inner
/// error says what is wrong with the given template and in which line.
///
/// # Errors
/// An internal error: the template that comes with tidegate does not hold.
pub fn render(notes: &Notes, template: Option<&str>) -> Result<Result<String, String>> {
    let mut engine = templates::pages()?;
    engine.add_filter("markdown", escape::markdown);
    engine.add_filter("link", link);
    let text = match template {
        None => return default::render(&engine, notes).map(Ok),
        Some(template) => engine.render_str(template, Serde(notes)),
    };
    Ok(text
        .map(|text| finished(&text))
        .map_err(|error| templates::mistake(&error)))
}

/// A reference with its `text` and, where there is one, its `url` as a Markdown link.
fn link(reference: &Value) -> Result<String, minijinja::Error> {
    let (text, url) = (reference.get_attr("text")?, reference.get_attr("url")?);
    Ok(match url.as_str() {
        Some(url) => format!("[{text}]({url})"),
        None => text.to_string(),
    })
}

/// The text with one line break at its end and none at its start.
fn finished(text: &str) -> String {
    format!("{}\n", text.trim_start_matches(['\n', '\r']).trim_end())
}
