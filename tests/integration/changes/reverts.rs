//! What is reverted, by commit, title or pull request.

use tidegate::model::commit::Commit;
use tidegate::model::name::CommitId;
use tidegate::model::version::Bump;

use super::{changes, commit, history, id, of, told};

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
fn a_revert_names_commits_of_sha_256_too() {
    let long: CommitId = "ab".repeat(32).parse().unwrap();
    let door = Commit {
        id: long.clone(),
        ..commit(1, "feat: a door")
    };
    let revert = |named: &str| commit(2, &format!("Revert \"it\"\n\nThis reverts commit {named}."));
    assert!(told(&[door.clone(), revert(long.as_str())]).is_empty());
    assert!(told(&[door, revert(&long.as_str()[..50])]).is_empty());
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
    let scoped = changes(&history(&["revert(api): feat: x"])).changes;
    assert_eq!(scoped[0].scope.as_deref(), Some("api"));
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
fn a_merged_revert_is_told_by_its_branch() {
    let merge = Commit {
        merge: true,
        ..commit(
            9,
            "Merge pull request #7 from a/b\n\nRevert \"feat: a\"\n\nReverts o/r#3",
        )
    };
    let brought = |place: usize, message: &str| Commit {
        brought_by: Some(id(9)),
        ..commit(place, message)
    };
    let revert = "Revert \"feat: a\"\n\nThis reverts commit 0000001.";
    let back = "Revert \"Revert \"feat: a\"\"\n\nThis reverts commit 0000002.";
    let released = commit(1, "feat: a (#3)");
    assert!(told(&[released.clone(), brought(2, revert), merge.clone()]).is_empty());
    assert!(told(&[released.clone(), brought(2, "take it out"), merge.clone()]).is_empty());
    let both = [brought(2, revert), brought(3, back), merge];
    assert_eq!(told(&[&[released], both.as_slice()].concat()), ["feat: a #3"]);
    assert!(told(&both).is_empty(), "nothing went out and nothing is taken back");
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
fn many_reverts_of_one_title_take_one_each() {
    let texts = [vec!["fix: a"; 20_000], vec!["Revert \"fix: a\""; 10_000]].concat();
    assert_eq!(of(&texts).len(), 10_000);
}
