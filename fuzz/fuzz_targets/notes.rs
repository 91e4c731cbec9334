//! Text of commits, whatever it is, in notes and in CHANGELOG.md: `cargo +nightly fuzz run notes`.
#![no_main]

use comrak::nodes::NodeValue;
use libfuzzer_sys::fuzz_target;
use tidegate::model::change::Change;
use tidegate::model::commit::Person;
use tidegate::model::version::{Bump, Version};
use tidegate::plan::changelog::{Entry, Outcome, insert};
use tidegate::plan::notes::{Facts, Links, Sections, escape, message, notes, render, shorten};

const KINDS: [&str; 5] = ["feat", "fix", "perf", "chore", "security"];

/// Changes and a file, each part cut off at a byte that no text has.
fn parts(data: &[u8]) -> (Vec<Change>, Option<String>) {
    let mut texts = data
        .split(|byte| *byte == 0xff)
        .map(|part| String::from_utf8_lossy(part).into_owned());
    let file = texts.next().filter(|file| !file.is_empty());
    let texts: Vec<String> = texts.collect();
    let changes = texts.chunks(3).enumerate().map(|(index, texts)| {
        let text = |at: usize| texts.get(at).cloned().filter(|text| !text.is_empty());
        let first = text(0).unwrap_or_default();
        let choice = usize::from(first.bytes().next().unwrap_or_default());
        Change {
            commit: format!("{index:040x}").parse().unwrap(),
            kind: KINDS[choice % KINDS.len()].to_owned(),
            scope: text(1),
            description: first,
            breaking: text(2),
            bump: (choice % 2 == 0).then_some(Bump::Patch),
            pull_request: None,
            authors: [Person {
                name: text(1).unwrap_or_default(),
                email: text(2).unwrap_or_default(),
            }]
            .into(),
            time: jiff::Timestamp::UNIX_EPOCH,
        }
    });
    (changes.collect(), file)
}

/// What a renderer shows of a line; it must find nothing but text, code and what the template makes of it.
fn check_line(line: &str) {
    let mut options = comrak::Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    let arena = comrak::Arena::new();
    let root = comrak::parse_document(&arena, line, &options);
    let mut bold = 0;
    for node in root.descendants() {
        match &node.data.borrow().value {
            NodeValue::Text(text) => {
                let mut letters = text.chars().peekable();
                while let Some(letter) = letters.next() {
                    let next = letters.peek();
                    let mention = letter == '@' && next.is_some_and(|next| next.is_alphanumeric());
                    let issue = letter == '#' && next.is_some_and(char::is_ascii_digit);
                    assert!(!mention && !issue, "{line:?}");
                }
            }
            NodeValue::Strong => bold += 1,
            NodeValue::Heading(_) if line.starts_with("### ") => {}
            NodeValue::Link(link) => assert!(link.url.starts_with("https://github.com/"), "{line:?}"),
            NodeValue::Code(_)
            | NodeValue::Document
            | NodeValue::List(_)
            | NodeValue::Item(_)
            | NodeValue::Paragraph => {}
            other => panic!("{other:?} in {line:?}"),
        }
    }
    assert!(bold <= 1, "{line:?}");
}

/// A line without what ends lines: a carriage return alone ends one too (CommonMark 0.31.2, 2.1).
fn bare_line(line: &str) -> &str {
    line.trim_end().trim_start_matches('\r')
}

fuzz_target!(|data: &[u8]| {
    let (changes, file) = parts(data);
    let component = "api".parse().unwrap();
    let version = Version::new(1, 2, 0);
    let sections = Sections::default();
    let links = Links {
        server: "https://github.com".to_owned(),
        repository: "demo/api".to_owned(),
    };
    let facts = Facts {
        component: &component,
        version: &version,
        tag: "v1.2.0",
        previous_tag: Some("v1.1.0"),
        date: jiff::civil::date(2026, 1, 2),
        changes: &changes,
        links: (data.len() % 2 == 0).then_some(&links),
        sections: &sections,
        many: false,
    };
    let text = render(&notes(&facts), None).unwrap().unwrap();
    let told = changes
        .iter()
        .filter(|change| change.breaking.is_some() || sections.place(change).is_some());
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("- ")).collect();
    assert_eq!(lines.len(), told.count(), "{text}");
    for line in text.lines() {
        check_line(line);
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
    for change in &changes {
        let escaped = escape::markdown(&change.description);
        assert!(!escaped.split('`').next().unwrap().contains('<'), "{escaped:?}");
    }
    assert!(shorten(&text, 200, "x").len() <= 200);
    assert!(message(&notes(&facts)).lines().count() < 80);

    let entry = Entry {
        version: &version,
        tag: "v1.2.0",
        previous_tag: Some("v1.1.0"),
        date: facts.date,
        text: &text,
        links: facts.links,
        mark: data.len() % 3 == 0,
    };
    let Ok(first) = insert(file.as_deref(), &entry) else {
        return;
    };
    let second = insert(Some(&first.text), &entry).unwrap();
    assert_eq!(second.text, first.text);
    match first.outcome {
        Outcome::Added | Outcome::Replaced => assert_eq!(second.outcome, Outcome::Same, "{:?}", first.text),
        other => assert_eq!(second.outcome, other),
    }
    if first.outcome == Outcome::Added {
        let mut left = std::collections::HashMap::new();
        // The byte order mark is no part of the first line.
        let bare = |text: &'_ str| text.trim_start_matches('\u{feff}').to_owned();
        let (file, text) = (file.as_deref().map(bare), bare(&first.text));
        for line in text.split('\n') {
            *left.entry(bare_line(line)).or_insert(0) += 1;
        }
        for line in file.iter().flat_map(|file| file.split('\n')).map(bare_line) {
            if line.is_empty() || line.contains("/compare/") {
                continue;
            }
            let found = left.get_mut(line).filter(|count| **count > 0);
            *found.unwrap_or_else(|| panic!("{line:?} is lost in {:?}", first.text)) -= 1;
        }
    }
});
