//! One commit that tells of many.

use tidegate::model::version::Bump;

use super::{changes, history, id, of};

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
fn a_squash_takes_back_what_it_brought() {
    for revert in [
        "revert: feat: a",
        "revert: a\n\nRefs: 0000009",
        "Revert \"feat: a\"",
        "Revert \"feat: a\"\n\nThis reverts commit 1234567890.",
        "Revert \"feat: a\" (#3)",
    ] {
        let squash = format!("The door (#4)\n\n* feat: a\n\n* fix: b\n\n* {revert}\n\n* docs: c");
        let expected = match revert.starts_with("revert: a") {
            true => vec!["feat: a #4", "fix: b #4", "revert: a #4", "docs: c #4"],
            false => vec!["fix: b #4", "docs: c #4"],
        };
        assert_eq!(of(&[&squash]), expected, "{revert}");
    }
    assert_eq!(
        of(&["x (#4)\n\n* feat: a\n* Revert \"feat: a\"\n* Revert \"Revert \"feat: a\"\""]),
        ["feat: a #4"]
    );
    assert_eq!(
        of(&["x (#4)\n\n* feat: a\n* Revert \"feat: a\"\n* Reapply \"feat: a\""]),
        ["feat: a #4"]
    );
    assert_eq!(
        of(&["x\n\n* feat: a\n* revert: feat: a\n* feat: a"]),
        ["feat: a"],
        "made again"
    );
    assert_eq!(
        of(&["x\n\n* Revert \"feat: a\"\n* feat: a"]),
        ["revert: feat: a", "feat: a"]
    );
    assert_eq!(
        of(&["x\n\n* feat: a\n* feat: a\n* revert: feat: a"]),
        ["feat: a"],
        "the newest of the two is meant"
    );
    assert_eq!(
        of(&["feat: a (#4)\n\n* feat!: a\n* revert: feat!: a"]),
        ["feat: a #4"],
        "the title tells what was merged"
    );
    let bump = changes(&history(&["feat: a (#4)\n\n* feat!: a\n* revert: feat!: a"])).changes[0].bump;
    assert_eq!(bump, Some(Bump::Minor));
}

#[test]
fn a_line_of_a_squash_takes_back_an_older_commit() {
    let squash = |line: &str| format!("Cleanup (#4)\n\n* {line}\n\n* fix: b");
    let by_id = format!("Revert \"it\"\n\nThis reverts commit {}.", id(1));
    for line in [
        "Revert \"feat: a\"",
        "Revert \"feat: a (#3)\"",
        "revert: feat: a",
        &by_id,
    ] {
        assert_eq!(of(&["feat: a (#3)", &squash(line)]), ["fix: b #4"], "{line}");
        assert_eq!(
            of(&[
                "feat: a (#3)",
                &squash(line),
                "Revert \"Cleanup\" (#5)\n\nReverts o/r#4"
            ]),
            ["feat: a #3"],
            "{line}"
        );
    }
    let older = "More (#2)\n\n* feat: a\n* fix: c";
    assert_eq!(
        of(&[older, &squash("revert: feat: a")]),
        ["fix: b #4", "fix: c #2"],
        "a line of an older squash"
    );
    assert_eq!(of(&[older, "Revert \"feat: a\""]), ["fix: c #2"]);
    assert_eq!(
        of(&["feat: a", "Revert \"feat: a\" (#4)\n\n* Revert \"feat: a\"\n* fix: b"]),
        ["fix: b #4"],
        "what comes along with a revert stays"
    );
    assert_eq!(
        of(&[
            "feat: a",
            "feat: a",
            "Revert \"feat: a\" (#4)\n\n* Revert \"feat: a\"\n* fix: b"
        ]),
        ["fix: b #4", "feat: a"],
        "the title is a line of its own squash"
    );
    for named in ["This reverts commit 0000001.", "Reverts o/r#3"] {
        let below = format!("Revert \"the door\" (#4)\n\n* fix: b\n\n* wip\n\n{named}");
        assert_eq!(of(&["feat: a (#3)", &below]), ["fix: b #4"], "{named}");
    }
    let again =
        "Revert \"feat: a\" (#4)\n\n* Revert \"feat: a\"\n\nThis reverts commit 0000001.\n\n* Reapply \"feat: a\"";
    assert_eq!(of(&["feat: a", again]), ["feat: a"], "taken back within the squash");
    let bumps: Vec<Option<Bump>> = changes(&history(&[&squash("Revert \"feat: long ago\"")]))
        .changes
        .iter()
        .map(|change| change.bump)
        .collect();
    assert_eq!(bumps, [Some(Bump::Patch), Some(Bump::Patch)]);
    assert_eq!(
        of(&["Cleanup (#4)\n\n* Revert \"feat: x\"\n\n* wip"]),
        ["revert: feat: x #4"],
        "a squash of reverts alone"
    );
}

#[test]
fn a_line_that_is_no_change_ends_a_footer() {
    let breaking = |message: &str| changes(&history(&[message])).changes[0].breaking.clone().unwrap();
    for message in [
        "Door (#4)\n\n* feat: a\n\nBREAKING CHANGE: no windows\n\n* wip\n\nmore words\n\n* fix: b",
        "Door (#4)\n\n* feat: a\n\nBREAKING CHANGE: no windows\n* wip\n* fix: b",
        "feat: a (#4)\n\n* first\n\nBREAKING CHANGE: no windows\n\n* wip\n\nmore words",
    ] {
        assert_eq!(breaking(message), "no windows", "{message:?}");
    }
    for list in ["gone:\n* a\n* b", "gone:\n\n* a\n\n* b", "gone:\n- a\n- b"] {
        assert_eq!(
            breaking(&format!("feat: a\n\nBREAKING CHANGE: {list}")),
            list,
            "no squash"
        );
    }
    let inner = "Door\n\n* feat: a\n\nBREAKING CHANGE: gone:\n- a\n- b\n\n* fix: b";
    assert_eq!(breaking(inner), "gone:\n- a\n- b", "a list within the text");
    let found = changes(&history(&[
        "Door\n\n* feat: a\n\n* wip\n\nwords\n\nRelease-As: 2.0.0\n\n* fix: b",
    ]));
    assert_eq!(found.release_as[0].text, "2.0.0", "no footer is lost");
}

#[test]
fn the_body_of_a_release_commit_counts_nothing() {
    let body = "* feat: a\n* fix!: b\n\nBREAKING CHANGE: c";
    let of_subject = |subject: &str| {
        let found = changes(&history(&[&format!("{subject}\n\n{body}")])).changes;
        let kinds = found.iter().map(|change| change.kind.clone()).collect::<Vec<_>>();
        (kinds.join(" "), found.iter().map(|change| change.bump).max().flatten())
    };
    for subject in ["chore(release): v1.2.0", "chore(release): v1.2.0 (#9)"] {
        assert_eq!(of_subject(subject), ("chore".to_owned(), None), "{subject}");
    }
    for subject in ["chore: v1.2.0", "chore(releases): v1.2.0", "build(release): v1.2.0"] {
        assert_eq!(of_subject(subject).1, Some(Bump::Major), "{subject}");
    }
    assert_eq!(
        of_subject("chore(release)!: v2.0.0"),
        ("chore".to_owned(), Some(Bump::Major))
    );
    let asked = changes(&history(&["chore(release): 2.0.0\n\nRelease-As: 2.0.0"]));
    assert_eq!(asked.release_as[0].text, "2.0.0");
}

#[test]
fn many_lines_share_many_authors() {
    let lines: String = (0..5_000).map(|line| format!("* feat: {line}\n")).collect();
    let authors: String = (0..5_000)
        .map(|one| format!("Co-authored-by: P{one} <{one}@example.com>\n"))
        .collect();
    let found = changes(&history(&[&format!("All (#1)\n\n{lines}\n{authors}")]));
    assert_eq!(
        (found.changes.len(), found.changes[4_999].authors.len()),
        (5_000, 5_001)
    );
}
