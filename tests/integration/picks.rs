//! What counts as being on another branch: tables of what tells it, and every short history of picks, merges and reverts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use tidegate::model::commit::{Commit, Person};
use tidegate::model::name::CommitId;
use tidegate::plan::picks::{Brought, Picks, lasting, named};

fn id(number: usize) -> CommitId {
    format!("{number:040x}").parse().unwrap()
}

fn commit(number: usize, message: &str) -> Commit {
    Commit {
        id: id(number),
        message: message.to_owned(),
        author: Person {
            name: "developer-1".to_owned(),
            email: "developer-1@example.com".to_owned(),
        },
        authored: Timestamp::from_second(i64::try_from(number).unwrap()).unwrap(),
        time: Timestamp::UNIX_EPOCH,
        merge: false,
        empty: false,
        brought_by: None,
        scopes: Vec::new(),
    }
}

fn origin(number: usize) -> String {
    format!("(cherry picked from commit {})", id(number))
}

fn revert(number: usize) -> String {
    format!("Revert \"it\"\n\nThis reverts commit {}.", id(number))
}

#[test]
fn a_commit_is_told_by_its_line_its_marks_or_its_patch() {
    let fix = commit(1, "fix: a");
    let same_time = |number, message: &str| Commit {
        authored: fix.authored,
        ..commit(number, message)
    };
    let merged = Commit {
        brought_by: Some(id(9)),
        ..commit(1, "fix: a")
    };
    let other_author = Commit {
        author: Person {
            name: "developer-1".to_owned(),
            email: "developer-2@example.com".to_owned(),
        },
        ..same_time(2, "fix: a")
    };
    let same = [(1, "p"), (2, "p")];
    type Case<'a> = (&'a str, Commit, Commit, &'a [(usize, &'a str)], bool);
    let cases: [Case<'_>; 14] = [
        (
            "it says so",
            fix.clone(),
            commit(2, &format!("fix: b\n\n{}", origin(1))),
            &[],
            true,
        ),
        (
            "the other says so",
            commit(1, &format!("fix: b\n\n{}", origin(2))),
            commit(2, "fix: a"),
            &[],
            true,
        ),
        (
            "both are picks of a third",
            commit(1, &format!("fix: b\n\n{}", origin(7))),
            commit(2, &format!("fix: a\n\n{}", origin(7))),
            &[],
            true,
        ),
        (
            "its merge was picked",
            merged.clone(),
            commit(2, &format!("Merge\n\n{}", origin(9))),
            &[],
            true,
        ),
        (
            "a merge was picked",
            merged,
            commit(2, &format!("Merge\n\n{}", origin(8))),
            &[],
            false,
        ),
        ("all marks", fix.clone(), same_time(2, "fix: a"), &[], true),
        (
            "all marks, with a number",
            fix.clone(),
            same_time(2, "fix: a (#7)"),
            &[],
            true,
        ),
        ("the time of another author", fix.clone(), other_author, &[], false),
        ("the title alone", fix.clone(), commit(2, "fix: a (#7)"), &[], false),
        (
            "the title and another patch",
            fix.clone(),
            commit(2, "fix: a"),
            &[(1, "p"), (2, "q")],
            false,
        ),
        ("the title and the patch", fix.clone(), commit(2, "fix: a"), &same, true),
        (
            "the time and the patch",
            fix.clone(),
            same_time(2, "fix: b"),
            &same,
            true,
        ),
        ("the time alone", fix.clone(), same_time(2, "fix: b"), &[], false),
        (
            "nothing says that they are one",
            fix.clone(),
            commit(2, "fix: b"),
            &same,
            false,
        ),
    ];
    for (what, asked, there, patches, is_there) in cases {
        let patches = patches.iter().map(|(number, patch)| (id(*number), (*patch).to_owned()));
        let (picks, patches) = (Picks::of([&there], &Brought::new()), patches.collect());
        let found = picks.find(&asked, &patches);
        assert_eq!(found, is_there.then_some(&there.id), "{what}");
    }
    let (named, alike, other) = (
        commit(2, &format!("fix: a\n\n{}", origin(1))),
        commit(3, "fix: a (#7)"),
        commit(4, "fix: b"),
    );
    let doubtful = |there: &[&Commit]| Picks::of(there.iter().copied(), &Brought::new()).doubtful(&fix);
    assert_eq!(doubtful(&[&alike, &other]), [id(1), id(3)]);
    assert_eq!(doubtful(&[&named, &alike]), []);
}

#[test]
fn reverts_are_read_as_git_writes_them() {
    let whole = id(0xabcdef);
    for (message, expected) in [
        (
            format!("Revert \"a\"\n\nThis reverts commit {whole}."),
            vec![whole.to_string()],
        ),
        (
            format!(
                "Revert \"Merge b\"\n\nThis reverts commit {whole}, reversing\nchanges made to {}.",
                id(7)
            ),
            vec![whole.to_string()],
        ),
        (
            format!(
                "Revert \"Merge b\"\n\nThis reverts commit {whole}, reversing changes made to {}.",
                id(7)
            ),
            vec![whole.to_string()],
        ),
        (
            "This reverts commit 1a2b3c4d5 (fix: deadbeef, 2026-03-04).".to_owned(),
            vec!["1a2b3c4d5".to_owned()],
        ),
        ("fix: a\n\nas said: This reverts commit 1a2b3c4d5.".to_owned(), vec![]),
        ("fix: a".to_owned(), vec![]),
    ] {
        let found = named([&commit(1, &message)]);
        assert_eq!(found, BTreeSet::from_iter(expected), "{message}");
    }
    let (fix, short) = (
        commit(0xabc, "fix: a"),
        commit(2, "revert: it\n\nThis reverts commit 00000000."),
    );
    let picks = Picks::of([&short, &fix], &Brought::new());
    assert!(picks.take_back(&fix.id) && picks.find(&commit(0xabc, "fix: a"), &BTreeMap::new()).is_none());
}

#[test]
fn what_does_not_last_is_lacked_by_nobody() {
    let (fix, kept, back) = (commit(1, "fix: a"), commit(2, "fix: b"), commit(3, &revert(1)));
    let again = commit(4, &revert(3));
    let release = commit(5, "chore(release): v1.4.1");
    let merge = Commit {
        merge: true,
        ..commit(6, "Merge branch 'topic'")
    };
    let empty = Commit {
        empty: true,
        ..commit(7, "fix: nothing")
    };
    let whole = commit(
        8,
        &format!(
            "{}, reversing\nchanges made to {}.",
            revert(6).trim_end_matches('.'),
            id(2)
        ),
    );
    let better = commit(9, &format!("fix: better than a\n\nThis reverts commit {}.", id(1)));
    let elsewhere = commit(10, &revert(99));
    let brought = Brought::from([(id(6).to_string(), vec![id(6), id(1)])]);
    for (what, commits, left) in [
        (
            "no merge, release or empty one",
            vec![&merge, &release, &empty, &fix],
            vec![1],
        ),
        ("neither revert nor reverted", vec![&back, &kept, &fix], vec![2]),
        ("brought back", vec![&again, &back, &kept, &fix], vec![2, 1]),
        ("with its merge", vec![&whole, &merge, &kept, &fix], vec![2]),
        ("a revert of what others have", vec![&elsewhere, &fix], vec![10, 1]),
        ("more than a revert", vec![&better, &fix], vec![9]),
    ] {
        let found: Vec<CommitId> = lasting(&commits, &brought).iter().map(|one| one.id.clone()).collect();
        assert_eq!(found, left.into_iter().map(id).collect::<Vec<_>>(), "{what}");
    }
}

/// The two changes of `main`, by the numbers of their commits, and the reverts of them that `main` made as well.
const CHANGES: [usize; 2] = [1, 2];
const REVERTED: [usize; 2] = [11, 12];

/// A branch that picks the two changes and takes them back, in every way.
#[derive(Clone, Default)]
struct Line {
    /// Its commits, the oldest first, each with what it does to which change.
    commits: Vec<(Commit, Vec<(usize, bool)>)>,
    brought: Brought,
    patches: BTreeMap<CommitId, String>,
    /// Which changes are there, and by which of its commits that is so.
    state: [(bool, usize); 2],
}

impl Line {
    fn number(&self) -> usize {
        100 + self.commits.len()
    }

    fn add(&mut self, message: &str, effects: &[(usize, bool)]) -> &mut Commit {
        let (number, place) = (self.number(), self.commits.len());
        for (change, is_there) in effects {
            self.state[*change] = (*is_there, place);
        }
        self.commits.push((commit(number, message), effects.to_vec()));
        &mut self.commits.last_mut().unwrap().0
    }

    fn title(change: usize) -> String {
        format!("fix: change {}", CHANGES[change])
    }

    fn pick(&mut self, change: usize) {
        let message = format!("fix: other words\n\n{}", origin(CHANGES[change]));
        self.add(&message, &[(change, true)]);
    }

    /// Every next step that git would take.
    fn next(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let mut step = |work: &dyn Fn(&mut Self)| {
            let mut next = self.clone();
            work(&mut next);
            all.push(next);
        };
        for change in 0..2 {
            let original = CHANGES[change];
            if !self.state[change].0 {
                step(&|next| next.pick(change));
                step(&|next| {
                    let authored = Timestamp::from_second(i64::try_from(original).unwrap()).unwrap();
                    next.add(&Self::title(change), &[(change, true)]).authored = authored;
                });
                step(&|next| {
                    let made = next.add(&format!("{} (#7)", Self::title(change)), &[(change, true)]);
                    let made = made.id.clone();
                    next.patches.insert(made, format!("patch {original}"));
                });
            }
            // What `main` took back is picked from there: the message names the commits of `main`.
            let by_line = |(commit, effects): &(Commit, Vec<(usize, bool)>)| {
                effects.contains(&(change, true)) && !commit.message.contains(&origin(original))
            };
            let is_named = !self.commits.iter().any(by_line);
            if self.state[change].0 && is_named {
                let message = format!("{}\n\n{}", revert(original), origin(REVERTED[change]));
                step(&|next| _ = next.add(&message, &[(change, false)]));
            }
        }
        if !self.state[0].0 && !self.state[1].0 {
            step(&|next| {
                next.pick(0);
                next.pick(1);
                let parts = [1, 2].map(|back| id(next.number() - back));
                let merge = next.add("Merge both", &[(0, true), (1, true)]);
                merge.merge = true;
                let (name, whole) = (merge.id.to_string(), merge.id.clone());
                let [second, first] = parts;
                next.brought.insert(name, vec![whole, second, first]);
            });
        }
        for (place, (commit, effects)) in self.commits.iter().enumerate() {
            if effects
                .iter()
                .all(|(change, is_there)| self.state[*change] == (*is_there, place))
            {
                let undone: Vec<(usize, bool)> = effects.iter().map(|(change, is)| (*change, !is)).collect();
                let from = if commit.merge {
                    ", reversing\nchanges made to 7777777"
                } else {
                    ""
                };
                let message = format!("Revert \"it\"\n\nThis reverts commit {}{from}.", commit.id);
                step(&|next| _ = next.add(&message, &undone));
            }
        }
        all
    }

    fn check(&self) {
        let newest_first = self.commits.iter().rev().map(|(commit, _)| commit);
        let picks = Picks::of(newest_first, &self.brought);
        for (change, number) in CHANGES.into_iter().enumerate() {
            let original = commit(number, &Self::title(change));
            let mut patches = self.patches.clone();
            patches.insert(original.id.clone(), format!("patch {number}"));
            let told: Vec<&str> = self.commits.iter().map(|(commit, _)| commit.message.as_str()).collect();
            assert_eq!(
                picks.find(&original, &patches).is_some(),
                self.state[change].0,
                "change {change} after {told:#?}"
            );
        }
    }
}

#[test]
fn a_change_is_there_after_every_short_history_that_left_it_there() {
    let (mut lines, mut count) = (vec![Line::default()], 0);
    for _ in 0..6 {
        lines = lines.iter().flat_map(Line::next).collect();
        lines.iter().for_each(Line::check);
        count += lines.len();
    }
    assert!(count > 10_000, "{count} histories");
}
