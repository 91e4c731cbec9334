//! Messages of commits, whatever they are: `cargo +nightly fuzz run conventional`.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use tidegate::model::commit::{Commit, Person};
use tidegate::plan::changes::{Rules, Twins, colliding, originals, read};
use tidegate::plan::conventional::{Leniency, parse, parse_with};

fuzz_target!(|data: &[u8]| {
    let texts = data.split(|byte| *byte == 0xff);
    let texts: Vec<String> = texts.map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    for text in &texts {
        check_message(text);
    }
    let id = |place: usize| format!("{place:07x}{:033x}", 0).parse().unwrap();
    let commit = |(place, text): (usize, &String)| Commit {
        id: id(place),
        message: text.clone(),
        author: Person {
            name: "One".to_owned(),
            email: "one@example.com".to_owned(),
        },
        authored: jiff::Timestamp::UNIX_EPOCH,
        time: jiff::Timestamp::UNIX_EPOCH,
        merge: text.starts_with("Merge "),
        brought_by: text.ends_with('\n').then(|| id(place / 2)),
        scopes: vec![0],
    };
    let commits: Vec<Commit> = texts.iter().enumerate().map(commit).collect();
    let commits: Vec<&Commit> = commits.iter().collect();
    let alike = colliding(&commits).into_iter();
    let patches: BTreeMap<_, _> = alike.map(|id| (id.clone(), id.to_string()[..6].to_owned())).collect();
    let released = originals(&commits).into_iter().take(1).collect();
    let found = read(&commits, &Rules::default(), &Twins { patches, released });
    let lines: usize = texts.iter().map(|text| text.lines().count().max(1)).sum();
    assert!(found.changes.len() <= lines, "a line is one change at most");
    assert!(found.foreign <= found.commits && found.commits == commits.len());
    for change in &found.changes {
        assert!(!change.description.chars().any(char::is_control), "{change:?}");
        assert!(commits.iter().any(|commit| commit.id == change.commit));
    }
});

fn check_message(text: &str) {
    let lenient = parse(text);
    if let Ok(strict) = parse_with(text, &[]) {
        let lenient = lenient.as_ref().expect("what is read strictly is read leniently");
        assert_eq!((&strict.kind, &strict.scope), (&lenient.kind, &lenient.scope));
        assert!(strict.breaking.is_none() || lenient.breaking.is_some());
    }
    let Ok(parsed) = lenient else { return };
    assert!(!parsed.description.is_empty());
    let scope = parsed.scope.as_ref().map(|scope| format!("({scope})")).unwrap_or_default();
    let mark = if parsed.breaking.is_some() { "!" } else { "" };
    let again = parse_with(&format!("{}{scope}{mark}: {}", parsed.kind, parsed.description), &Leniency::ALL);
    let again = again.expect("what was read is written as it is read");
    assert_eq!(
        (again.kind, again.scope, again.description, again.breaking.is_some()),
        (parsed.kind, parsed.scope, parsed.description, parsed.breaking.is_some())
    );
}
