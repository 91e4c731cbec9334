//! How long release branches take on a history of 100,000 commits, whole process, warm: a cut and a back-port that are only
//! shown, and the status of fifty lines beside git's own look at the same branches. `cargo bench --bench cut`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs
)]

#[path = "tag/generator.rs"]
mod generator;
#[allow(dead_code, reason = "shared with the bench of push")]
#[path = "push/measure.rs"]
mod measure;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use generator::Shape;
use measure::{head, measured, median, row};

/// How many runs the median is taken of, after one that warms up.
const RUNS: usize = 7;

/// How many release branches there are, and how many commits of its own each has.
const BRANCHES: usize = 50;
const OWN: usize = 5;

fn main() {
    head();
    let folder = tempfile::tempdir().unwrap();
    let clone = prepared(folder.path());
    let tidegate = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
        command.current_dir(&clone).args(arguments);
        command
    };
    let cut = tidegate(&["cut", "7.50", "--dry-run", "--quiet"]);
    row("cut --dry-run", (seconds(&cut), "s"), None, Some(0.1));
    let backport = tidegate(&["backport", "HEAD", "--to", "7.40", "--dry-run", "--quiet"]);
    row("backport --dry-run", (seconds(&backport), "s"), None, Some(0.1));

    let status = tidegate(&["cut", "status", "--quiet"]);
    let one = git(&clone, &["branch", "--remotes", "--merged", "origin/main"]);
    let mut each = Command::new("sh");
    let script = "for branch in $(git for-each-ref --format='%(refname:short)' 'refs/remotes/origin/release/*'); do \
                  git branch --remotes --merged \"$branch\"; done";
    each.current_dir(&clone).args(["-c", script]);
    let (ours, one, each) = (seconds(&status), seconds(&one), seconds(&each));
    row("cut status of 50 release branches", (ours, "s"), None, None);
    row(
        "  git branch --merged of each",
        (each, "s"),
        Some(ours / each),
        Some(3.0),
    );
    row("  one git branch --merged of main", (one, "s"), Some(ours / one), None);
}

fn seconds(command: &Command) -> f64 {
    measured(command);
    median((0..RUNS).map(|_| measured(command).wall))
}

fn git(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    command
}

fn said(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A clone of an origin with the history and the release branches, which start a thousand commits apart.
fn prepared(folder: &Path) -> PathBuf {
    let history = generator::repository(Shape {
        commits: 100_000,
        tags: 2_000,
        components: 1,
        since: 50,
    });
    let origin = folder.join("origin.git");
    said(git(
        folder,
        &[
            "clone",
            "--quiet",
            "--bare",
            "--local",
            history.to_str().unwrap(),
            "origin.git",
        ],
    ));
    said(git(&origin, &["branch", "--force", "main", "HEAD"]));
    said(git(&origin, &["symbolic-ref", "HEAD", "refs/heads/main"]));
    let mut stream = String::new();
    for line in 0..BRANCHES {
        let start = said(git(
            &origin,
            &["rev-parse", &format!("main~{}", 100 + (BRANCHES - line) * 1000)],
        ));
        for own in 0..OWN {
            let message = format!("fix: {own} of {line}");
            let content = format!("{own} {line}\n");
            let from = if own == 0 {
                format!("from {start}\n")
            } else {
                String::new()
            };
            write!(
                stream,
                "commit refs/heads/release/7.{line}\ncommitter bench <bench@example.com> {} +0000\ndata {}\n{message}\n{from}M 100644 inline own/{line}\ndata {}\n{content}\n",
                1_700_000_000 + own,
                message.len() + 1,
                content.len(),
            )
            .unwrap();
        }
    }
    let mut import = git(&origin, &["fast-import", "--quiet"]);
    let mut child = import.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    said(git(folder, &["clone", "--quiet", "origin.git", "clone"]));
    let clone = folder.join("clone");
    for (key, value) in [("user.name", "bench"), ("user.email", "bench@example.com")] {
        said(git(&clone, &["config", key, value]));
    }
    std::fs::write(
        clone.join("tidegate.toml"),
        "[project]\nname = \"bench\"\n\n[cut]\ndevelopment = false\n",
    )
    .unwrap();
    said(git(&clone, &["add", "tidegate.toml"]));
    said(git(&clone, &["commit", "--quiet", "--message", "fix: set up"]));
    said(git(&clone, &["push", "--quiet", "origin", "main"]));
    clone
}
