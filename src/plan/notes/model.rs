//! The values that a template of notes gets. Their text is Markdown already, except under `raw`.

use serde::Serialize;

use super::escape;
use super::links::Links;
use crate::model::change::Change;
use crate::model::commit::Person;

/// The notes of one release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notes {
    /// The component.
    pub component: String,
    /// Its version, without prefix.
    pub version: String,
    /// The tag.
    pub tag: String,
    /// The tag before.
    pub previous_tag: Option<String>,
    /// The day, as `2026-01-31`.
    pub date: String,
    /// Whether the version is a prerelease.
    pub prerelease: bool,
    /// Whether the repository has several components.
    pub many: bool,
    /// The address of the comparison with the tag before, or of the commits of the first release.
    pub compare: Option<String>,
    /// The breaking changes. They stand in no section.
    pub breaking: Vec<Entry>,
    /// The sections that hold something.
    pub sections: Vec<Group>,
}

/// A section with its changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Its heading.
    pub title: String,
    /// Its changes.
    pub changes: Vec<Entry>,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its type, such as `feat`.
    pub kind: String,
    /// Its scope.
    pub scope: Option<String>,
    /// What it does, on one line.
    pub description: String,
    /// What breaks, on one line, where the author says more than the description.
    pub breaking: Option<String>,
    /// The pull request that brought it, as `#12`.
    pub pull_request: Option<Reference>,
    /// The commit, as the start of its identifier.
    pub commit: Reference,
    /// The author and the co-authors: the login where GitHub wrote one into the address, else the name. The last one counts
    /// those beyond twenty.
    pub authors: Vec<Reference>,
    /// The same as the commit has it.
    pub raw: Raw,
}

/// Something that has a page where the repository is on a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// How it is written.
    pub text: String,
    /// Its address.
    pub url: Option<String>,
}

/// Text of a commit that is not escaped: one line, without control characters, for templates that do not make Markdown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Raw {
    /// The scope.
    pub scope: Option<String>,
    /// The description.
    pub description: String,
    /// What breaks, where it differs from the description.
    pub breaking: Option<String>,
}

impl Entry {
    /// A change as templates see it.
    pub fn of(change: &Change, links: Option<&Links>) -> Self {
        let filled = |text: &str| Some(escape::line(text)).filter(|text| !text.is_empty());
        let description = filled(&change.description).unwrap_or_else(|| "no description".to_owned());
        let raw = Raw {
            scope: change.scope.as_deref().and_then(filled),
            breaking: change
                .breaking
                .as_deref()
                .and_then(filled)
                .filter(|text| *text != description),
            description,
        };
        Self {
            kind: escape::markdown(&change.kind),
            scope: raw.scope.as_deref().map(escape::markdown),
            description: escape::markdown(&raw.description),
            breaking: raw.breaking.as_deref().map(escape::markdown),
            pull_request: change.pull_request.map(|number| Reference {
                text: format!("#{number}"),
                url: links.map(|links| links.pull_request(number)),
            }),
            commit: Reference {
                text: change.commit.short().to_owned(),
                url: links.map(|links| links.commit(&change.commit)),
            },
            authors: Reference::people(&change.authors, links),
            raw,
        }
    }
}

/// How many people are named at a change.
const MOST_PEOPLE: usize = 20;

impl Reference {
    /// People, and how many more there are.
    fn people(people: &[Person], links: Option<&Links>) -> Vec<Self> {
        let named = people.iter().take(MOST_PEOPLE);
        let named = named.filter_map(|person| Self::person(person, links));
        let rest = people.len().saturating_sub(MOST_PEOPLE);
        let others = (rest > 0).then(|| Self {
            text: format!("{rest} more"),
            url: None,
        });
        named.chain(others).collect()
    }

    /// A person; the address is never told. Nothing without a name.
    fn person(person: &Person, links: Option<&Links>) -> Option<Self> {
        let login = links.and_then(|links| Some((links, links.login(person)?)));
        let (text, url) = match login {
            Some((links, login)) => (escape::markdown(login), Some(links.profile(login))),
            None => (escape::markdown(&person.name), None),
        };
        (!text.is_empty()).then_some(Self { text, url })
    }
}
