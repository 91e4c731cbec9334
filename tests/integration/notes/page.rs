//! `docs/notes.md` tells what the code does.

use std::collections::BTreeSet;

use serde_json::Value;
use tidegate::plan::changelog::{Entry, insert};
use tidegate::plan::notes::{Sections, TEMPLATE, escape, notes, render};

use super::{Case, github};
use crate::common;

fn page() -> String {
    let text = std::fs::read_to_string(common::repository().join("docs/notes.md")).unwrap();
    text.replace('▯', "\u{200b}")
}

/// The blocks of the page in a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("\n```{language}\n");
    let starts = page.split(&fence).skip(1);
    starts
        .map(|block| format!("{}\n", block.split("\n```").next().unwrap()))
        .collect()
}

#[test]
fn the_page_has_the_template_and_its_example_is_true() {
    let page = page();
    let templates = blocks(&page, "jinja");
    assert_eq!(templates[0], TEMPLATE);
    let case = Case::of(&["fix: count <b> as text, thanks @ada", "feat(web): show the tide"]);
    let text = render(&notes(&case.facts()), Some(&templates[1])).unwrap().unwrap();
    assert_eq!(text, blocks(&page, "markdown")[0]);
}

#[test]
fn the_page_has_the_table_of_sections() {
    let page = page();
    let row = |types: &[String]| {
        types
            .iter()
            .map(|kind| format!("`{kind}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let rows = Sections::default();
    let rows: String = rows
        .all()
        .iter()
        .map(|section| format!("| {} | {} |\n", section.title, row(&section.types)))
        .collect();
    assert!(page.contains(&format!("| --- | --- |\n{rows}\n")), "{rows}");
}

#[test]
fn the_page_names_every_value() {
    fn names(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.keys().cloned());
                fields.values().for_each(|value| names(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| names(value, found)),
            _ => {}
        }
    }
    let mut case = Case::of(&["feat(a)!: b", "fix: c"]).linked();
    case.changes[0].pull_request = Some(1);
    let mut found = BTreeSet::new();
    names(&serde_json::to_value(notes(&case.facts())).unwrap(), &mut found);
    assert!(found.len() > 18, "{found:?}");
    let page = page();
    for name in found {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn the_page_says_what_becomes_of_text() {
    let page = page();
    let lines = blocks(&page, "text").remove(0);
    assert!(lines.lines().count() > 5);
    for line in lines.lines() {
        let (text, shown) = line.split_once(" → ").unwrap();
        assert_eq!(escape::markdown(text), shown);
    }
}

#[test]
fn the_page_shows_a_changelog_before_and_after() {
    let page = page();
    let files = blocks(&page, "markdown");
    let version = "1.2.0".parse().unwrap();
    let links = github();
    let entry = Entry {
        version: &version,
        tag: "v1.2.0",
        previous_tag: Some("v1.1.0"),
        date: jiff::civil::date(2026, 1, 31),
        text: "### Fixed\n\n- a fix\n",
        links: Some(&links),
        mark: false,
    };
    assert_eq!(insert(Some(&files[1]), &entry).unwrap().text, files[2]);
}
