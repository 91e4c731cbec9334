//! `pom.xml`: the project's own `<version>`, or the property that it names; and the parent's, where the parent is a
//! project whose version moves too.

use std::collections::BTreeSet;

use roxmltree::{Document, Node};

use super::place::{Place, Trouble, line};

/// What names a project: its group and its artifact.
pub(super) type Coordinates = (String, String);

/// What a project file says.
pub(super) struct Project {
    /// What it is called.
    pub(super) coordinates: Coordinates,
    parent: Option<(Coordinates, Option<Place>)>,
    version: Option<Place>,
}

/// Reads a project file.
pub(super) fn read(text: &str) -> Result<Project, Trouble> {
    let document = Document::parse(text).map_err(|error| {
        let place = usize::try_from(error.pos().row).ok();
        Trouble::broken("XML", &error, place)
    })?;
    let root = document.root_element();
    if root.tag_name().name() != "project" {
        return Err(Trouble::broken("Maven project", "its root is not `<project>`", Some(1)));
    }
    let parent = child(text, root, "parent")?;
    let group = |node| Ok(child(text, node, "groupId")?.map(words));
    let artifact = |node| Ok(child(text, node, "artifactId")?.map(words).unwrap_or_default());
    let parent = match parent {
        None => None,
        Some(parent) => {
            let coordinates = (group(parent)?.unwrap_or_default(), artifact(parent)?);
            let version = child(text, parent, "version")?.map(|version| inside(text, version));
            // A property of the parent's own moves with the parent.
            let version = version.transpose()?.filter(|place| !place.text(text).starts_with("${"));
            Some((coordinates, version))
        }
    };
    let of_parent = parent.as_ref().map(|((group, _), _)| group.clone());
    let version = match child(text, root, "version")? {
        None => None,
        Some(version) => Some(resolve(text, root, inside(text, version)?)?),
    };
    Ok(Project {
        coordinates: (group(root)?.or(of_parent).unwrap_or_default(), artifact(root)?),
        parent,
        version,
    })
}

/// The only child with that name.
fn child<'a, 'i>(text: &str, node: Node<'a, 'i>, name: &str) -> Result<Option<Node<'a, 'i>>, Trouble> {
    let mut found = node
        .children()
        .filter(|child| child.is_element() && child.tag_name().name() == name);
    let first = found.next();
    match found.next() {
        Some(second) => Err(
            Trouble::new(format!("`<{name}>` stands there twice"), "remove one of the two")
                .at(text, second.range().start),
        ),
        None => Ok(first),
    }
}

fn words(node: Node<'_, '_>) -> String {
    let texts = node
        .children()
        .filter_map(|child| child.text().filter(|_| child.is_text()));
    texts.collect::<String>().trim().to_owned()
}

/// Where the text of an element stands, without white space around it, comments and the marks of CDATA.
fn inside(text: &str, node: Node<'_, '_>) -> Result<Place, Trouble> {
    let name = node.tag_name().name();
    let full = |child: &Node<'_, '_>| child.is_text() && child.text().is_some_and(|text| !text.trim().is_empty());
    let mut found = node.children().filter(full);
    let (Some(only), None) = (found.next(), found.next()) else {
        return Err(Trouble::new(
            format!("`<{name}>` holds no text in one piece"),
            format!("write it as `<{name}>0.0.0</{name}>`"),
        )
        .at(text, node.range().start));
    };
    let mut span = only.range();
    let mut raw = text.get(span.clone()).unwrap_or_default().trim();
    if let Some(data) = raw.strip_prefix("<![CDATA[").and_then(|raw| raw.strip_suffix("]]>")) {
        raw = data.trim();
    }
    let value = only.text().unwrap_or_default().trim();
    if raw != value {
        return Err(Trouble::new(
            format!("`<{name}>` is written with entities or in pieces"),
            format!("write it as `<{name}>0.0.0</{name}>`"),
        )
        .at(text, span.start));
    }
    let whole = text.get(span.clone()).unwrap_or_default();
    span.start += whole.find(raw).unwrap_or_default();
    span.end = span.start + raw.len();
    Ok(Place::semantic(span))
}

/// The place itself, or that of the property that it names.
fn resolve(text: &str, root: Node<'_, '_>, place: Place) -> Result<Place, Trouble> {
    let said = place.text(text);
    if !said.contains("${") {
        return Ok(place);
    }
    let name = said.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let name = name.filter(|name| !name.contains(['$', '{', '}']));
    let properties = child(text, root, "properties")?;
    let found = match (name, properties) {
        (Some(name), Some(properties)) => child(text, properties, name)?,
        _ => None,
    };
    let value = found.map(|found| inside(text, found)).transpose()?;
    value
        .filter(|value| !value.text(text).contains("${"))
        .ok_or_else(|| Trouble {
            line: Some(line(text, place.span.start)),
            reason: format!("its version is {said}, which no single property of this file says"),
            help: "let `<version>` be one property of its `<properties>`, such as `${revision}`, or give a `pattern`"
                .to_owned(),
        })
}

impl Project {
    /// The places to set: its own, and the parent's where that moves too.
    pub(super) fn places(&self, own: &BTreeSet<Coordinates>) -> Result<Vec<Place>, Trouble> {
        let moving = self.parent.as_ref().filter(|(parent, _)| own.contains(parent));
        if self.version.is_none() && moving.is_none() {
            return Err(match &self.parent {
                Some((parent, _)) => Trouble::new(
                    format!("its version is that of its parent {}:{}", parent.0, parent.1),
                    "list the parent's pom.xml; its own is then followed here",
                ),
                None => Trouble::new(
                    "`<project>` has no `<version>`",
                    "add `<version>0.0.0</version>`, or take the file off the list",
                ),
            });
        }
        let parent = moving.and_then(|(_, place)| place.clone());
        Ok(self.version.clone().into_iter().chain(parent).collect())
    }
}
