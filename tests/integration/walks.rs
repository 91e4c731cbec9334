//! Walks over the history against brute force, on random histories: merges, unrelated roots, clocks that go wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::Stdio;

use tidegate::adapters::git::GitRepository;
use tidegate::model::commit::Scope;
use tidegate::model::name::CommitId;
use tidegate::model::ownership::{Below, Ownership};
use tidegate::ports::repository::Repository;

use crate::common::Sandbox;

/// A small generator of pseudo-random numbers (xorshift), so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// How wrong the clocks of a history are.
#[derive(Clone, Copy, Debug)]
enum Clocks {
    Right,
    SomeWrong,
    AllWrong,
}

/// A history of `count` commits by `git fast-import`, and its commits in the order of their making.
fn history(sandbox: &Sandbox, random: &mut Random, count: u64, clocks: Clocks) -> Vec<CommitId> {
    let folders = ["a", "b/c", "b/d", "e"];
    let mut stream = String::new();
    for number in 1..=count {
        let at = match (clocks, random.below(8)) {
            (Clocks::AllWrong, _) | (Clocks::SomeWrong, 0) => 1_000 + random.below(2 * count),
            (_, same) => 1_000 + number - same % 2,
        };
        let file = format!("{}/file{}", folders[random.below(4) as usize], random.below(3));
        stream.push_str(&format!(
            "commit refs/heads/c{number}\nmark :{number}\ncommitter a <a@b> {at} +0000\ndata 1\nx\n"
        ));
        let mut parents = BTreeSet::new();
        if number > 1 && random.below(20) > 0 {
            for _ in 0..=random.below(3) / 2 + random.below(12) / 11 {
                let far = if random.below(6) == 0 { count } else { 4 };
                let reach = 1 + random.below(far.min(number - 1));
                parents.insert(number - reach);
            }
        }
        for (place, parent) in parents.iter().rev().enumerate() {
            stream.push_str(&format!("{} :{parent}\n", if place == 0 { "from" } else { "merge" }));
        }
        stream.push_str(&format!("M 644 inline {file}\ndata 4\n{number:04}\n"));
    }
    let mut import = sandbox
        .command("git", &sandbox.work())
        .args(["fast-import", "--quiet", "--force"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    import.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    assert!(import.wait().unwrap().success());
    let names: Vec<String> = (1..=count).map(|number| format!("refs/heads/c{number}")).collect();
    let mut arguments = vec!["rev-parse"];
    arguments.extend(names.iter().map(String::as_str));
    sandbox
        .git(&arguments)
        .lines()
        .map(|line| line.parse().unwrap())
        .collect()
}

type Ancestors = BTreeMap<CommitId, BTreeSet<CommitId>>;

/// What each commit reaches, itself included, from nothing but git's list of parents.
fn ancestors(sandbox: &Sandbox, commits: &[CommitId]) -> Ancestors {
    let parents: BTreeMap<CommitId, Vec<CommitId>> = sandbox
        .git(&["log", "--all", "--format=%H %P"])
        .lines()
        .map(|line| {
            let mut ids = line.split_whitespace().map(|id| id.parse::<CommitId>().unwrap());
            (ids.next().unwrap(), ids.collect())
        })
        .collect();
    let mut reached = Ancestors::new();
    for commit in commits {
        let mut all: BTreeSet<CommitId> = BTreeSet::from([commit.clone()]);
        for parent in &parents[commit] {
            all.extend(reached[parent].iter().cloned());
        }
        reached.insert(commit.clone(), all);
    }
    reached
}

fn some(random: &mut Random, commits: &[CommitId], most: u64) -> Vec<CommitId> {
    let count = random.below(most + 1);
    (0..count)
        .map(|_| commits[random.below(commits.len() as u64) as usize].clone())
        .collect()
}

/// Runs a test on many histories: its repository, the numbers, the commits and what they reach.
fn on_many(test: impl Fn(&GitRepository, &mut Random, &[CommitId], &Ancestors, &str, &Sandbox)) {
    for clocks in [Clocks::Right, Clocks::SomeWrong, Clocks::AllWrong] {
        for seed in 1..=5_u64 {
            let sandbox = Sandbox::empty();
            let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let count = 20 + random.below(120);
            let commits = history(&sandbox, &mut random, count, clocks);
            let reached = ancestors(&sandbox, &commits);
            let repository = GitRepository::discover(&sandbox.work(), "origin").unwrap();
            let label = format!("seed {seed}, {clocks:?}");
            test(&repository, &mut random, &commits, &reached, &label, &sandbox);
        }
    }
}

#[test]
fn the_first_that_is_reached_is_found_whatever_the_clocks_say() {
    on_many(|repository, random, commits, reached, label, sandbox| {
        let mut asked_git = false;
        for _ in 0..40 {
            let from = &commits[random.below(commits.len() as u64) as usize];
            let lists: Vec<_> = (0..1 + random.below(4)).map(|_| some(random, commits, 5)).collect();
            let expected: Vec<_> = lists
                .iter()
                .map(|list| list.iter().position(|commit| reached[from].contains(commit)))
                .collect();
            let found = repository.first_reached(from, &lists).unwrap();
            assert_eq!(found, expected, "{label}: {from} {lists:?}");
            if let (false, Some(candidate)) = (asked_git, lists[0].first()) {
                asked_git = true;
                let said = sandbox
                    .command("git", &sandbox.work())
                    .args(["merge-base", "--is-ancestor", candidate.as_str(), from.as_str()])
                    .status()
                    .unwrap();
                assert_eq!(said.success(), expected[0] == Some(0), "{label}: git itself");
            }
        }
    });
}

#[test]
fn a_range_holds_what_no_base_reaches_whatever_the_clocks_say() {
    on_many(|repository, random, commits, reached, label, sandbox| {
        let first_parents = sandbox.git(&["log", "--all", "--format=%H %P"]);
        let parents: BTreeMap<&str, Vec<&str>> = first_parents
            .lines()
            .map(|line| (&line[..40], line[40..].split_whitespace().collect()))
            .collect();
        for round in 0..30 {
            let to = &commits[commits.len() - 1 - random.below(commits.len() as u64 / 2) as usize];
            let bases = some(random, commits, 3);
            let mut scopes: Vec<Scope> = bases
                .iter()
                .map(|base| Scope {
                    since: Some(base.clone()),
                    ownership: Ownership::default(),
                })
                .collect();
            if scopes.is_empty() || round % 7 == 0 {
                scopes.push(Scope::default());
            }
            let found = repository.history(to, &scopes).unwrap();
            for (place, scope) in scopes.iter().enumerate() {
                let hidden = scope.since.as_ref().map(|base| &reached[base]);
                let expected: BTreeSet<&CommitId> = reached[to]
                    .iter()
                    .filter(|commit| hidden.is_none_or(|hidden| !hidden.contains(*commit)))
                    .collect();
                let counted = found.iter().filter(|commit| commit.scopes.contains(&place));
                let counted: BTreeSet<&CommitId> = counted.map(|commit| &commit.id).collect();
                assert_eq!(counted, expected, "{label}: {to} without {:?}", scope.since);
            }
            let mut seen: BTreeSet<&str> = BTreeSet::new();
            for commit in &found {
                assert!(seen.insert(commit.id.as_str()), "{label}: twice");
                let early = parents[commit.id.as_str()].iter().find(|parent| seen.contains(*parent));
                assert_eq!(early, None, "{label}: a parent came before its child");
            }
        }
    });
}

#[test]
fn what_a_commit_touches_is_what_git_says_it_changes() {
    on_many(|repository, _, commits, _, label, sandbox| {
        let patterns: [&[&str]; 9] = [
            &["a"],
            &["b/c/**"],
            &["b/*"],
            &["**/file1"],
            &["!a"],
            &["b", "!b/*/file0"],
            &["*/file2", "e/file0"],
            &["b/{c,d}/file?"],
            &["nowhere", "b/c/file[01]"],
        ];
        let owned: Vec<Ownership> = patterns.iter().map(|paths| owner(paths)).collect();
        let scopes: Vec<Scope> = owned
            .iter()
            .map(|ownership| Scope {
                since: None,
                ownership: ownership.clone(),
            })
            .collect();
        let to = &commits[commits.len() - 1];
        let found = repository.history(to, &scopes).unwrap();
        let log = [
            "log",
            "--format=>%H",
            "--name-only",
            "--no-renames",
            "--diff-merges=first-parent",
        ];
        let text = sandbox.git(&[&log[..], &[to.as_str()]].concat());
        let mut compared = 0;
        for entry in text.split('>').skip(1) {
            let mut lines = entry.lines();
            let commit = lines.next().unwrap();
            let files: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
            let expected: Vec<usize> = (0..owned.len())
                .filter(|place| files.iter().any(|file| owned[*place].covers(file)))
                .collect();
            let counted = found.iter().find(|found| found.id.as_str() == commit);
            let counted = counted.map(|found| found.scopes.clone()).unwrap_or_default();
            assert_eq!(counted, expected, "{label}: {commit} {files:?}");
            compared += 1;
        }
        assert!(compared > 0);
    });
}

fn owner(paths: &[&str]) -> Ownership {
    Ownership::of(&paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>()).unwrap()
}

#[test]
fn the_last_path_that_fits_decides() {
    let table: [(&[&str], &str, bool); 19] = [
        (&["services/*/api/**"], "services/x/api/main.rs", true),
        (&["services/*/api"], "services/x/api/deep/main.rs", true),
        (&["services/*/api/**"], "services/x/y/api/main.rs", false),
        (&["services/*/api/**"], "services/x/web/main.rs", false),
        (&["services/*"], "services/x/main.rs", true),
        (&["**/*.sql"], "a/b/one.sql", true),
        (&["**/*.sql"], "one.sql", true),
        (&["**/*.sql"], "one.sql.md", false),
        (&["*.sql"], "a/one.sql", false),
        (&["!docs/**"], "docs/page.md", false),
        (&["!docs/**"], "src/main.rs", true),
        (&["a", "!a/docs"], "a/docs/page.md", false),
        (&["a", "!a/docs", "a/docs/api"], "a/docs/api/page.md", true),
        (&["a", "!a/docs", "a/docs/api"], "a/docs/page.md", false),
        (&["!a/docs", "a"], "a/docs/page.md", true),
        (&["{web,api}/**"], "api/main.rs", true),
        (&["/a/"], "a/b", true),
        (&["a/\\*"], "a/*", true),
        (&["a/\\*"], "a/b", false),
    ];
    for (paths, file, expected) in table {
        let owner = owner(paths);
        assert_eq!(owner.covers(file), expected, "{paths:?} {file}");
        let mut folder = file;
        while let Some((above, _)) = folder.rsplit_once('/') {
            let wrong = if expected { Below::Nothing } else { Below::Everything };
            assert_ne!(owner.below(above), wrong, "{paths:?} {above} of {file}");
            folder = above;
        }
    }
    let table: [(&[&str], &str, Below); 8] = [
        (&["a/b"], "a", Below::Something),
        (&["a/b"], "a/b/c", Below::Everything),
        (&["a/b"], "a/c", Below::Nothing),
        (&["a", "!a/b"], "a/b/c", Below::Nothing),
        (&["a", "!a/b"], "a", Below::Something),
        (&["services/*/api"], "web", Below::Nothing),
        (&["services/*/api"], "services/x/web", Below::Nothing),
        (&["!docs"], "src", Below::Everything),
    ];
    for (paths, folder, expected) in table {
        assert_eq!(owner(paths).below(folder), expected, "{paths:?} {folder}");
    }
    for path in ["a/[b", "a/{b", "!", "a/[z-a]"] {
        let error = Ownership::of(&[path.to_owned()]).unwrap_err();
        assert_eq!(error.value, path, "{error}");
    }
}
