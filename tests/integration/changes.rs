//! From commits to changes: squashes, merges, reverts and picks, as tables of whole histories.

mod reverts;
mod squashes;

use std::collections::BTreeMap;

use tidegate::model::commit::{Commit, Person};
use tidegate::model::name::CommitId;
use tidegate::model::version::Bump;
use tidegate::plan::changes::{Changes, Rules, Twins, colliding, originals, read, telling};

/// The id of a commit by its place in the history, from 1.
fn id(place: usize) -> CommitId {
    format!("{place:07x}{:033x}", 0).parse().unwrap()
}

fn commit(place: usize, message: &str) -> Commit {
    Commit {
        id: id(place),
        message: message.to_owned(),
        author: Person {
            name: "One".to_owned(),
            email: "one@example.com".to_owned(),
        },
        authored: jiff::Timestamp::UNIX_EPOCH,
        time: jiff::Timestamp::UNIX_EPOCH,
        merge: false,
        empty: false,
        brought_by: None,
        scopes: vec![0],
    }
}

/// Reads a history that is given oldest first.
fn changes(history: &[Commit]) -> Changes {
    let newest_first: Vec<&Commit> = history.iter().rev().collect();
    read(&newest_first, &Rules::default(), &Twins::default())
}

fn told(history: &[Commit]) -> Vec<String> {
    let found = changes(history).changes;
    let line = |change: &tidegate::model::change::Change| {
        let number = change
            .pull_request
            .map(|number| format!(" #{number}"))
            .unwrap_or_default();
        format!("{}: {}{number}", change.kind, change.description)
    };
    found.iter().map(line).collect()
}

fn history(messages: &[&str]) -> Vec<Commit> {
    messages
        .iter()
        .enumerate()
        .map(|(place, message)| commit(place + 1, message))
        .collect()
}

fn of(messages: &[&str]) -> Vec<String> {
    told(&history(messages))
}

#[test]
fn a_commit_is_a_change_and_others_are_counted() {
    let found = changes(&history(&[
        "feat(api): a (#12)",
        "words",
        "",
        "docs: b",
        "fixup! feat: c",
    ]));
    assert_eq!((found.commits, found.foreign), (5, 2));
    let [docs, feature] = found.changes.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!((docs.kind.as_str(), docs.bump), ("docs", None));
    assert_eq!(
        (
            feature.scope.as_deref(),
            feature.description.as_str(),
            feature.pull_request,
            feature.bump
        ),
        (Some("api"), "a", Some(12), Some(Bump::Minor))
    );
}

#[test]
fn the_table_of_types_is_the_teams_own() {
    let rules = Rules::new([
        ("docs".to_owned(), Some(Bump::Patch)),
        ("Feat".to_owned(), Some(Bump::Major)),
        ("fix".to_owned(), None),
    ]);
    let table = [
        ("docs", false, Some(Bump::Patch)),
        ("feat", false, Some(Bump::Major)),
        ("fix", false, None),
        ("fix", true, Some(Bump::Major)),
        ("perf", false, Some(Bump::Patch)),
        ("other", false, None),
    ];
    for (kind, breaks, expected) in table {
        assert_eq!(rules.asks(kind, breaks), expected, "{kind} {breaks}");
    }
}

#[test]
fn a_merged_pull_request_counts_once() {
    let merge = |place: usize, message: &str| Commit {
        merge: true,
        ..commit(place, message)
    };
    let brought = |place: usize, message: &str, by: usize| Commit {
        brought_by: Some(id(by)),
        ..commit(place, message)
    };
    let title = "Merge pull request #7 from someone/branch\n\nfeat: a door";
    let by_commits = [brought(1, "feat: a frame", 3), brought(2, "wip", 3), merge(3, title)];
    assert_eq!(told(&by_commits), ["feat: a frame #7"]);
    let by_title = [brought(1, "wip", 2), merge(2, title)];
    assert_eq!(told(&by_title), ["feat: a door #7"]);
    let found = changes(&[merge(1, "Merge branch 'main' into topic")]);
    assert_eq!((found.changes.len(), found.foreign), (0, 0));
    let custom = [brought(1, "feat: a door", 2), merge(2, "feat: a door (#9)")];
    assert_eq!(told(&custom), ["feat: a door #9"]);
    let nested = [
        brought(1, "feat: deep", 3),
        Commit {
            brought_by: Some(id(3)),
            ..merge(2, "Merge pull request #5 from a/b\n\nfeat: deep")
        },
        merge(3, "Merge pull request #6 from a/c\n\nfeat: outer"),
    ];
    assert_eq!(told(&nested), ["feat: deep #6"]);
}

#[test]
fn no_change_is_lost_beside_another_of_its_words() {
    let most = |messages: &[&str]| {
        changes(&history(messages))
            .changes
            .iter()
            .map(|change| change.bump)
            .max()
            .flatten()
    };
    assert_eq!(most(&["feat: a door (#12)\n\n* feat!: a door"]), Some(Bump::Major));
    assert_eq!(
        most(&["feat: a door (#12)\n\n* feat: a door\n\nBREAKING CHANGE: b"]),
        Some(Bump::Major)
    );
    assert_eq!(of(&["The door (#3)\n\n* docs: the door\n* feat: the door"]).len(), 2);
    let partly = format!(
        "Both (#9)\n\n* feat: here too\n* feat: only here\n\n(cherry picked from commit {})\n(cherry picked from commit {})",
        id(1),
        "9".repeat(40)
    );
    assert!(
        of(&["feat: here too", &partly])
            .iter()
            .any(|line| line.contains("only here"))
    );
    assert_eq!(of(&["\u{feff}feat: a"]), ["feat: a"]);
    let titled = |title: &str, commit_message: &str| {
        changes(&[
            Commit {
                brought_by: Some(id(2)),
                ..commit(1, commit_message)
            },
            Commit {
                merge: true,
                ..commit(2, &format!("Merge pull request #7 from a/b\n\n{title}"))
            },
        ])
    };
    for below in ["docs: x", "feat: a frame"] {
        let bumps: Vec<Option<Bump>> = titled("feat!: a frame", below)
            .changes
            .iter()
            .map(|change| change.bump)
            .collect();
        assert!(
            bumps.contains(&Some(Bump::Major)),
            "{below}: a title that breaks is heard"
        );
    }
    assert_eq!(titled("feat: a door", "feat: a frame").changes.len(), 1);
}

#[test]
fn what_was_picked_twice_is_told_once() {
    let picked = format!("feat: a door\n\n(cherry picked from commit {})", id(1));
    assert_eq!(of(&["feat: a door", &picked]), ["feat: a door"]);
    let elsewhere = "feat: a door\n\n(cherry picked from commit 1234567890123456789012345678901234567890)";
    assert_eq!(of(&["fix: b", elsewhere]), ["feat: a door", "fix: b"]);
    assert_eq!(of(&["fix: a (#3)", "fix: a (#3)"]), ["fix: a #3"]);
    assert_eq!(
        of(&["fix: a", "fix: a"]).len(),
        2,
        "two of the same words may be two changes"
    );
    let revert = format!("Revert \"feat: a door\"\n\nThis reverts commit {}.", id(1));
    assert_eq!(
        of(&["feat: a door", &revert, &picked]),
        ["feat: a door"],
        "picked again after the revert"
    );
    let history = history(&["fix: a", "fix: a", "fix: a", "fix: b"]);
    let newest_first: Vec<&Commit> = history.iter().rev().collect();
    assert_eq!(colliding(&newest_first), [id(3), id(2), id(1)]);
    let patches = BTreeMap::from([
        (id(1), "p".to_owned()),
        (id(2), "q".to_owned()),
        (id(3), "p".to_owned()),
    ]);
    let twins = Twins {
        patches,
        ..Twins::default()
    };
    let found = read(&newest_first, &Rules::default(), &twins);
    assert_eq!(found.changes.len(), 3);
}

#[test]
fn a_footer_asks_for_a_version() {
    let found = changes(&history(&[
        "chore: a\n\nRelease-As: 2.0.0",
        "chore: b\n\nbody\nrelease-as: v3.0.0-rc.1",
        "feat: c (#1)\n\n* fix: d\n\nRelease-As: next",
    ]));
    let below = [
        "fix: a\n\nRelease-As: 4.0.0\n(cherry picked from commit 1234567890123456789012345678901234567890)",
        "fix: a\n\nRelease-As: 4.0.0\n\n---------\n\nCo-authored-by: Two <two@example.com>",
        "fix: a\n\nRelease-As: 4.0.0\n\n* tidy up",
    ];
    for message in below {
        let asked = changes(&history(&[message])).release_as;
        assert_eq!(asked[0].text, "4.0.0", "{message:?}");
    }
    let texts: Vec<(&str, Option<String>)> = found
        .release_as
        .iter()
        .map(|footer| (footer.text.as_str(), footer.version.as_ref().map(ToString::to_string)))
        .collect();
    assert_eq!(
        texts,
        [
            ("next", None),
            ("v3.0.0-rc.1", Some("3.0.0-rc.1".to_owned())),
            ("2.0.0", Some("2.0.0".to_owned()))
        ]
    );
}

#[test]
fn a_pick_of_what_went_out_is_no_change_when_it_comes_back() {
    let outside = id(99);
    let history = history(&[
        &format!("fix: a\n\n(cherry picked from commit {outside})"),
        &format!("fix: b\n\n(cherry picked from commit {})", id(98)),
        "fix: c",
        &format!("fix: c\n\n(cherry picked from commit {})", id(3)),
    ]);
    let newest_first: Vec<&Commit> = history.iter().rev().collect();
    assert_eq!(
        originals(&newest_first).into_iter().collect::<Vec<_>>(),
        [id(98), id(99)]
    );
    let twins = Twins {
        released: [outside].into(),
        ..Twins::default()
    };
    let found = read(&newest_first, &Rules::default(), &twins);
    let told: Vec<&str> = found.changes.iter().map(|change| change.description.as_str()).collect();
    assert_eq!(told, ["c", "b"]);
}

#[test]
fn the_oldest_of_those_that_ask_for_most_tells_what_commits_are_about() {
    for (messages, place) in [
        (
            &["test: a door", "fix: the door", "fix: its frame", "docs: the door"][..],
            2,
        ),
        (&["fix: a", "feat: b", "feat: c", "fix: d"], 2),
        (&["feat: a", "fix!: b"], 2),
        (&["docs: a", "chore: b"], 1),
        (&["no type at all"], 1),
    ] {
        let history: Vec<Commit> = (1..)
            .zip(messages)
            .map(|(place, message)| commit(place, message))
            .collect();
        let told = telling(&history, &Rules::default()).unwrap();
        assert_eq!(told.id, id(place), "{messages:?}");
    }
    assert_eq!(telling(&[], &Rules::default()), None);
}
