//! From commits to changes: squashes, merges, reverts and picks, as tables of whole histories.

use std::collections::BTreeMap;

use tidegate::model::commit::{Commit, Person};
use tidegate::model::name::CommitId;
use tidegate::model::version::Bump;
use tidegate::plan::changes::{Changes, Rules, Twins, colliding, originals, read};

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
fn a_squash_merge_is_split() {
    let squash = "Add a door (#12)\n\n* feat: a door\n\nwith a lock\n\nBREAKING CHANGE: no more windows\n\n* fix(hinge): oil\n* wip\n* Note: x\n\n---------\n\nCo-authored-by: Two <two@example.com>\nCo-authored-by: One <ONE@example.com>";
    let found = changes(&history(&[squash]));
    let [door, hinge] = found.changes.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(
        (door.bump, door.breaking.as_deref()),
        (Some(Bump::Major), Some("no more windows"))
    );
    assert_eq!((hinge.scope.as_deref(), hinge.bump), (Some("hinge"), Some(Bump::Patch)));
    let names: Vec<&str> = hinge.authors.iter().map(|person| person.name.as_str()).collect();
    assert_eq!((names, found.foreign), (vec!["One", "Two"], 0));
    assert_eq!(
        of(&["feat: a door (#12)\n\n* feat: a door\n* fix: oil"]),
        ["feat: a door #12", "fix: oil #12"]
    );
    assert_eq!(of(&["Add a door (#12)\n\n* more\n* words"]), Vec::<String>::new());
    assert_eq!(of(&["docs: a list\n\n* one: two\n- a url: b"]), ["docs: a list"]);
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
fn reverts_cancel_what_they_revert() {
    let nothing: Vec<String> = Vec::new();
    let by_id = |place: usize| format!("This reverts commit {}.", id(place));
    let revert_of = |place: usize, title: &str| format!("Revert \"{title}\"\n\n{}", by_id(place));
    let door = "feat: a door";
    assert_eq!(of(&[door, &revert_of(1, door)]), nothing);
    assert_eq!(of(&[door, "Revert \"feat: a door\""]), nothing, "by its title");
    assert_eq!(
        of(&["feat: a door (#3)", "Revert \"feat: a door\" (#4)\n\nReverts o/r#3"]),
        nothing
    );
    assert_eq!(
        of(&[
            "Add a door (#3)\n\n* feat: a\n* fix: b",
            "Revert \"something\" (#4)\n\nReverts o/r#3"
        ]),
        nothing
    );
    assert_eq!(
        of(&[door, "revert: feat: a door\n\nRefs: 0000001"]),
        nothing,
        "by a short id"
    );
    assert_eq!(of(&[door, "fix: b", "revert: both\n\nRefs: 0000001, 0000002"]), nothing);
    assert_eq!(of(&[door, "revert: feat: a door"]), nothing);
    let twice = revert_of(2, "Revert \"feat: a door\"");
    assert_eq!(of(&[door, &revert_of(1, door), &twice]), [door]);
    assert_eq!(
        of(&[door, "Revert \"feat: a door\"", "Reapply \"feat: a door\""]),
        [door]
    );
    let thrice = revert_of(3, "Revert \"Revert \"feat: a door\"\"");
    assert_eq!(of(&[door, &revert_of(1, door), &twice, &thrice]), nothing);
    assert_eq!(of(&[door, &revert_of(1, door), door]), [door], "made again");
    assert_eq!(
        of(&[door, door, "Revert \"feat: a door\""]),
        [door],
        "the newest of the two is meant"
    );
}

#[test]
fn a_revert_of_what_went_out_is_a_patch() {
    let released = "Revert \"feat: long ago\"\n\nThis reverts commit 1234567890123456789012345678901234567890.";
    let found = changes(&history(&["docs: x", released]));
    let change = &found.changes[0];
    assert_eq!(
        (
            change.kind.as_str(),
            change.description.as_str(),
            change.bump,
            found.foreign
        ),
        ("revert", "feat: long ago", Some(Bump::Patch), 0)
    );
    let both = "revert: both\n\nRefs: 0000001, 1234567";
    assert_eq!(of(&["feat: a", both]), ["revert: both"], "a part of it went out");
    let back = "Revert \"Revert \"feat: long ago\"\"\n\nThis reverts commit 0000001.";
    assert_eq!(of(&[released, back]), Vec::<String>::new(), "what went out stays out");
    let itself = "Revert \"feat: a\"\n\nThis reverts commit 0000001.";
    assert_eq!(of(&[itself]), ["revert: feat: a"]);
    let later = "Revert \"feat: a\"\n\nThis reverts commit 0000002.";
    assert_eq!(
        of(&[later, "feat: a"]),
        ["feat: a", "revert: feat: a"],
        "nothing reverts what comes after it"
    );
}

#[test]
fn a_revert_that_breaks_or_stands_among_others_loses_nothing() {
    let bumps = |message: &str| -> Vec<Option<Bump>> {
        changes(&history(&[message]))
            .changes
            .iter()
            .map(|change| change.bump)
            .collect()
    };
    assert_eq!(bumps("revert!: drop the api"), [Some(Bump::Major)]);
    assert_eq!(bumps("revert: x\n\nBREAKING CHANGE: gone"), [Some(Bump::Major)]);
    assert_eq!(
        bumps("Cleanup (#4)\n\n* revert: old thing\n* feat!: new api"),
        [Some(Bump::Patch), Some(Bump::Major)]
    );
    assert_eq!(
        of(&["feat: x (#1)", "Revert \"feat: x (#1)\" (#2)"]),
        Vec::<String>::new()
    );
    let released = "Revert \"fix: typo\"\n\nThis reverts commit 1234567890123456789012345678901234567890.";
    assert_eq!(
        of(&["fix: typo", released]),
        ["revert: fix: typo", "fix: typo"],
        "another commit is named"
    );
    let asked = "chore: x\n\nRelease-As: 2.0.0";
    let found = changes(&history(&[
        asked,
        "Revert \"chore: x\"\n\nThis reverts commit 0000001.",
    ]));
    assert!(found.release_as.is_empty(), "what was reverted asks for nothing");
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
fn a_merge_is_reverted_with_all_that_it_brought() {
    let merged = |revert: &str| {
        told(&[
            Commit {
                brought_by: Some(id(2)),
                ..commit(1, "feat!: b")
            },
            Commit {
                merge: true,
                ..commit(2, "Merge pull request #5 from a/b\n\nMy title")
            },
            commit(3, revert),
        ])
    };
    assert_eq!(merged("fix: c"), ["fix: c", "feat: b #5"]);
    assert!(
        merged("Revert \"Merge it\"\n\nThis reverts commit 0000002, reversing\nchanges made to 1234567.").is_empty()
    );
    assert!(merged("Revert \"My title\" (#6)\n\nReverts o/r#5").is_empty());
    let nested = told(&[
        Commit {
            merge: true,
            brought_by: Some(id(2)),
            ..commit(1, "Merge pull request #5 from a/b\n\nfeat: add login")
        },
        Commit {
            merge: true,
            ..commit(2, "Merge branch 'develop'")
        },
    ]);
    assert_eq!(nested, ["feat: add login #5"]);
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
fn a_long_chain_of_reverts_is_read_as_any_other() {
    let mut messages = vec!["feat: a door".to_owned()];
    for place in 1..20_000 {
        messages.push(format!("Revert \"x\"\n\nThis reverts commit {}.", id(place)));
    }
    let texts: Vec<&str> = messages.iter().map(String::as_str).collect();
    assert_eq!(of(&texts), Vec::<String>::new(), "an odd number of reverts");
    assert_eq!(of(&texts[..19_999]), ["feat: a door"]);
}

#[test]
fn lines_of_a_squash_revert_lines_and_commits() {
    let table: &[(&[&str], &[&str])] = &[
        (
            &["Add (#1)\n\n* feat: a\n\n* fix: b\n\n* revert: feat: a"],
            &["fix: b #1"],
        ),
        (
            &["Add (#1)\n\n* feat: a\n\n* Revert \"feat: a\"\n\nThis reverts commit 1234567.\n\n* fix: b"],
            &["fix: b #1"],
        ),
        (
            &["Add (#1)\n\n* feat: a\n* Revert \"feat: a\"\n* Revert \"Revert \"feat: a\"\""],
            &["feat: a #1"],
        ),
        (
            &["feat: a", "Tidy (#2)\n\n* revert: feat: a\n\n* docs: b"],
            &["docs: b #2"],
        ),
        (
            &["feat: a", "feat: b", "Tidy (#2)\n\n* Revert \"feat: a\"\n* docs: b"],
            &["docs: b #2", "feat: b"],
        ),
        // A line that reverts what went out before is a change of its own.
        (
            &["Tidy (#2)\n\n* revert: feat: a\n\n* docs: b"],
            &["revert: feat: a #2", "docs: b #2"],
        ),
        // What takes the squash back takes its lines back: they revert nothing any more.
        (
            &[
                "feat: a",
                "Tidy (#2)\n\n* revert: feat: a\n\n* docs: b",
                "Revert \"Tidy (#2)\"",
            ],
            &["feat: a"],
        ),
    ];
    for (messages, expected) in table {
        assert_eq!(of(messages), *expected, "{messages:?}");
    }
    let found = changes(&history(&["Tidy\n\n* revert(api): feat: a\n* docs: b"]));
    assert_eq!(
        (found.changes[0].scope.as_deref(), found.changes[0].bump),
        (Some("api"), Some(Bump::Patch))
    );
    let scoped = changes(&history(&["revert(api): feat: a\n\nRefs: 1234567"]));
    assert_eq!(scoped.changes[0].scope.as_deref(), Some("api"));
}

#[test]
fn a_revert_that_is_taken_back_in_its_own_branch_reverts_nothing() {
    let branch = |messages: &[&str], title: &str| {
        let mut commits = history(&["feat: a"]);
        let merge = id(messages.len() + 2);
        for (place, message) in messages.iter().enumerate() {
            let mut one = commit(place + 2, message);
            one.brought_by = Some(merge.clone());
            commits.push(one);
        }
        let mut last = commit(messages.len() + 2, &format!("Merge pull request #3 from b\n\n{title}"));
        last.merge = true;
        commits.push(last);
        told(&commits)
    };
    let title = "Revert \"feat: a\"";
    assert_eq!(branch(&[title, "Revert \"Revert \"feat: a\"\""], title), ["feat: a"]);
    assert_eq!(branch(&[title], title), [""; 0]);
    assert_eq!(
        branch(&["undo it"], title),
        [""; 0],
        "the title tells what its commits do not"
    );
}

#[test]
fn a_squashed_commit_that_is_not_conventional_ends_the_text_above_it() {
    let told = |body: &str| {
        let found = changes(&history(&[&format!("Add (#1)\n\n{body}")]));
        let breaking = found.changes.iter().filter_map(|change| change.breaking.clone());
        breaking.collect::<Vec<_>>()
    };
    let table = [
        ("* feat: a\n\nBREAKING CHANGE: no b\n\n* wip\n\n* fix: c", "no b"),
        (
            "* feat: a\n\nBREAKING CHANGE: no b\n\n* wip\n\nmore\n\n* fix: c",
            "no b",
        ),
        // Its own footers are heard.
        ("* feat: a\n\n* wip\n\nBREAKING CHANGE: no b\n\n* fix: c", "no b"),
        // A list in a footer stays whole.
        ("* feat: a\n\nBREAKING CHANGE: no b\n* nor c", "no b\n* nor c"),
    ];
    for (body, expected) in table {
        assert_eq!(told(body), [expected], "{body:?}");
    }
    let alone = changes(&history(&["feat: a\n\nBREAKING CHANGE: no b\n\n* nor c"]));
    assert_eq!(alone.changes[0].breaking.as_deref(), Some("no b\n\n* nor c"));
}

#[test]
fn a_release_commit_repeats_and_counts_nothing() {
    for message in [
        "chore(release): v1.2.0 (#9)\n\n* feat: a\n* fix: b\n\nBREAKING CHANGE: c",
        "chore(release): v1.2.0\n\n- feat: a\n\nRelease-As: 3.0.0",
    ] {
        let found = changes(&history(&[message]));
        let asks: Vec<_> = found.changes.iter().filter_map(|change| change.bump).collect();
        assert_eq!((asks, found.release_as.len()), (vec![], 0), "{message:?}");
    }
    assert_eq!(of(&["chore: release\n\n* feat: a"]), ["chore: release", "feat: a"]);
}

#[test]
fn a_commit_is_named_by_sha_256_too() {
    let long = format!("{}{}", id(1), "0".repeat(24));
    assert_eq!(
        of(&["feat: a", &format!("Revert \"x\"\n\nThis reverts commit {long}.")]).len(),
        2
    );
    let mut commits = history(&["feat: a", &format!("Revert \"x\"\n\nThis reverts commit {long}.")]);
    commits[0].id = long.parse().unwrap();
    assert_eq!(told(&commits), [""; 0]);
}

#[test]
fn a_squash_names_no_more_authors_than_people_read() {
    let mut message = "Add\n\n* feat: a\n".to_owned();
    for number in 0..200 {
        message.push_str(&format!("\nCo-authored-by: P <p{number}@example.com>"));
    }
    assert_eq!(changes(&history(&[&message])).changes[0].authors.len(), 50);
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
