//! How long the next version takes, whole process, warm, beside git-cliff, convco and cocogitto on the same repository
//! in the same run: medians and ratios. `cargo bench --bench tag`; `-- small` leaves the largest history out.
//! The peers are looked for on the PATH and in `target/bench-tools/bin`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

#[path = "tag/generator.rs"]
mod generator;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use generator::Shape;

/// How many runs the median is taken of, after one that warms up.
const RUNS: usize = 7;

/// The programs that tidegate is measured beside.
#[derive(Clone, Copy)]
struct Peer {
    name: &'static str,
    arguments: &'static [&'static str],
    install: &'static str,
    /// The part of its time that tidegate may take.
    aim: Option<f64>,
}

const NEXT: [Peer; 3] = [
    Peer {
        name: "git-cliff",
        arguments: &["--unreleased", "--bumped-version"],
        install: "pip install git-cliff",
        aim: Some(0.3),
    },
    Peer {
        name: "convco",
        arguments: &["version", "--bump"],
        install: "cargo install convco@0.6.2 --root target/bench-tools",
        aim: Some(0.2),
    },
    Peer {
        name: "cog",
        arguments: &["bump", "--dry-run", "--auto"],
        install: "cargo install cocogitto --root target/bench-tools",
        aim: None,
    },
];

fn main() {
    let small = std::env::args().any(|argument| argument == "small");
    println!("{:<44} {:>9} {:>7} {:>6}", "what", "median", "ratio", "aim");
    next();
    growth(small);
    components();
    notes();
}

/// The notes of a whole history that was never released, beside git-cliff's.
fn notes() {
    let folder = generator::repository(Shape {
        commits: 20_000,
        tags: 0,
        components: 1,
        since: 20_000,
    });
    let ours = tidegate(&folder, &["tag", "--dry-run", "--output", "json"]);
    let peer = Peer {
        arguments: &[],
        aim: Some(0.1),
        ..NEXT[0]
    };
    beside("notes of 20,000 commits", ours, &folder, &[peer]);
}

/// The next version of 100,000 commits with 2,000 tags, beside the others.
fn next() {
    let folder = generator::repository(Shape {
        commits: 100_000,
        tags: 2_000,
        components: 1,
        since: 50,
    });
    let ours = tidegate(&folder, &["tag", "--dry-run"]);
    beside("100,000 commits: tidegate tag --dry-run", ours, &folder, &NEXT);
}

/// The same range at the end of a short and of a long history.
fn growth(small: bool) {
    let (least, most) = (10_000, if small { 100_000 } else { 1_000_000 });
    let command = |commits| {
        let folder = generator::repository(Shape {
            commits,
            tags: 200,
            components: 1,
            since: 50,
        });
        tidegate(&folder, &["tag", "--dry-run"])
    };
    let times = medians(&mut [command(least), command(most)]);
    compare([&format!("{least} commits"), &format!("{most} commits")], &times, 1.5);
}

/// 100 components in one pass beside one of them on the same range.
fn components() {
    let folder = generator::repository(Shape {
        commits: 20_000,
        tags: 1_000,
        components: 100,
        since: 2_000,
    });
    let times = medians(&mut [
        tidegate(&folder, &["tag", "--dry-run", "--component", "part-7"]),
        tidegate(&folder, &["tag", "--dry-run", "--all"]),
    ]);
    compare(
        ["1 component, 2,000 commits since", "100 components, --all"],
        &times,
        3.0,
    );
}

/// Ours, and the peers that are there, turn by turn.
fn beside(what: &str, ours: Command, folder: &Path, peers: &[Peer]) {
    let (mut commands, mut labels) = (vec![ours], vec![]);
    for peer in peers {
        let Some(program) = find(peer.name) else {
            println!("{:<44} missing; install it: {}", peer.name, peer.install);
            continue;
        };
        let mut command = Command::new(program);
        command.current_dir(folder).args(peer.arguments);
        commands.push(command);
        labels.push((format!("  {} {}", peer.name, peer.arguments.join(" ")), peer.aim));
    }
    let times = medians(&mut commands);
    let ours = times[0].unwrap_or_else(|| panic!("{:?} failed", commands[0]));
    row(what, ours, None, None);
    for ((label, aim), theirs) in labels.iter().zip(&times[1..]) {
        match theirs {
            Some(theirs) => row(label, *theirs, Some(ratio(ours, *theirs)), *aim),
            None => println!("{label:<44} fails here"),
        }
    }
}

/// Two of ours, the second beside the first.
fn compare(labels: [&str; 2], times: &[Option<Duration>], aim: f64) {
    let [Some(one), Some(other)] = times else {
        panic!("{labels:?} failed: {times:?}")
    };
    row(labels[0], *one, None, None);
    row(labels[1], *other, Some(ratio(*other, *one)), Some(aim));
}

fn tidegate(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    command.current_dir(folder).args(arguments);
    command
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

fn row(what: &str, median: Duration, ratio: Option<f64>, aim: Option<f64>) {
    let ratio = ratio.map(|ratio| format!("{ratio:.3}")).unwrap_or_default();
    let aim = aim.map(|aim| format!("{aim}")).unwrap_or_default();
    println!(
        "{what:<44} {:>6.1} ms {ratio:>7} {aim:>6}",
        1000.0 * median.as_secs_f64()
    );
}

/// The median of each, where it succeeds. They run turn by turn, so that what else this machine does slows all of them.
fn medians(commands: &mut [Command]) -> Vec<Option<Duration>> {
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); commands.len()];
    let mut failed = vec![false; commands.len()];
    for command in commands.iter_mut() {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    }
    for run in 0..=RUNS {
        for (place, command) in commands.iter_mut().enumerate() {
            if failed[place] {
                continue;
            }
            let begin = Instant::now();
            failed[place] = !command.status().unwrap().success();
            if run > 0 {
                times[place].push(begin.elapsed());
            }
        }
    }
    let median = |(times, failed): (Vec<Duration>, bool)| {
        let mut times = times;
        times.sort();
        times.get(RUNS / 2).copied().filter(|_| !failed)
    };
    times.into_iter().zip(failed).map(median).collect()
}

fn find(name: &str) -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let own = [target.join("bench-tools/bin"), target.join("ci-tools/python/bin")];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = own.into_iter().chain(std::env::split_paths(&path).collect::<Vec<_>>());
    folders.find_map(|folder| Some(folder.join(name)).filter(|file| file.is_file()))
}
