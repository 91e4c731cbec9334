//! How long a gate takes whose sources answer after 100 ms, how long a verdict takes once its facts are there, and how long
//! a gate and the status take against a ledger of 100,000 events, whole process, and how much a fresh runner reads of it.
//! `cargo bench --bench gate`; `-- small` leaves the ledger out, which is made once and takes minutes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs
)]

#[path = "gate/ledger.rs"]
mod ledger;
#[allow(dead_code, reason = "shared with the bench of push")]
#[path = "push/measure.rs"]
mod measure;
#[path = "gate/server.rs"]
mod server;
#[path = "gate/sources.rs"]
mod sources;
#[path = "gate/verdicts.rs"]
mod verdicts;

use std::path::{Path, PathBuf};
use std::process::Command;

use measure::{head, measured, median, row};

/// How many runs the median is taken of, after one that warms up.
const RUNS: usize = 7;

fn main() {
    head();
    let sources = sources::Sources::start();
    sources.measure();
    verdicts::measure(&sources);
    if std::env::args().any(|argument| argument == "small") {
        return;
    }
    let folder = ledger::prepared();
    fresh(&folder);
    warm(&folder);
}

/// What a runner without a copy fetches for one gate.
fn fresh(folder: &Path) {
    let clone = clone(folder, "fresh");
    tidegate(&clone, &["gate", "staging", "--component", "c0500"], &[3, 4, 5]);
    let copies = clone.join(".git/tidegate/ledgers");
    let bytes: u64 = files(&copies)
        .iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "pack"))
        .map(|file| file.metadata().unwrap().len())
        .sum();
    row(
        "a fresh runner's gate fetches",
        (bytes as f64 / 1_048_576.0, "MiB"),
        None,
        Some(1.0),
    );
}

fn warm(folder: &Path) {
    let clone = clone(folder, "warm");
    let one = ["--component", "c0500"];
    for (what, arguments, seconds, mebibytes) in [
        (
            "gate for one component",
            [&["gate", "staging"][..], &one].concat(),
            0.05,
            None,
        ),
        ("status for one component", [&["status"][..], &one].concat(), 0.05, None),
        ("status for all", vec!["status"], 1.0, Some(100.0)),
    ] {
        tidegate(&clone, &arguments, &[0, 3, 4, 5]);
        let costs: Vec<_> = (0..RUNS).map(|_| measured(&shell(&clone, &arguments))).collect();
        row(
            what,
            (median(costs.iter().map(|cost| cost.wall)), "s"),
            None,
            Some(seconds),
        );
        if mebibytes.is_some() {
            row(
                "  its memory",
                (median(costs.iter().map(|cost| cost.mebibytes)), "MiB"),
                None,
                mebibytes,
            );
        }
    }
}

fn clone(folder: &Path, name: &str) -> PathBuf {
    let clone = folder.join(name);
    let _ = std::fs::remove_dir_all(&clone);
    let origin = format!("file://{}", folder.join("origin.git").display());
    ledger::git(
        folder,
        &["clone", "--quiet", "--depth=1", "--branch=main", &origin, name],
    );
    clone
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

fn command(clone: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command
        .args(arguments)
        .current_dir(clone)
        .env("TIDEGATE_ACTOR", "maintainer");
    command
}

/// The same where a gate that is not open is no failure of the run.
fn shell(clone: &Path, arguments: &[&str]) -> Command {
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        "\"$@\" >/dev/null 2>&1 || true",
        "sh",
        env!("CARGO_BIN_EXE_tidegate"),
    ]);
    shell
        .args(arguments)
        .current_dir(clone)
        .env("TIDEGATE_ACTOR", "maintainer");
    shell
}

fn tidegate(clone: &Path, arguments: &[&str], codes: &[i32]) {
    let output = command(clone, arguments).output().unwrap();
    let code = output.status.code().unwrap();
    assert!(
        codes.contains(&code),
        "{arguments:?} ended with {code}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}
