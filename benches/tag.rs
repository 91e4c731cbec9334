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
    beside_others();
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
    let arguments = ["tag", "--dry-run", "--output", "json"];
    let ours = median(&mut tidegate(&folder, &arguments));
    row("notes of 20,000 commits", ours, None, None);
    let Some(program) = find("git-cliff") else {
        println!("{:<44} missing; install it: pip install git-cliff", "  git-cliff");
        return;
    };
    let mut command = Command::new(program);
    command.current_dir(&folder);
    match try_median(&mut command) {
        Some(theirs) => row("  git-cliff", theirs, Some(ratio(ours, theirs)), Some(0.1)),
        None => println!("{:<44} fails here", "  git-cliff"),
    }
}

/// The next version of 100,000 commits with 2,000 tags, beside the others.
fn beside_others() {
    let folder = generator::repository(Shape {
        commits: 100_000,
        tags: 2_000,
        components: 1,
        since: 50,
    });
    let ours = median(&mut tidegate(&folder, &["tag", "--dry-run"]));
    row("100,000 commits: tidegate tag --dry-run", ours, None, None);
    for peer in &NEXT {
        let Some(program) = find(peer.name) else {
            println!("{:<44} missing; install it: {}", peer.name, peer.install);
            continue;
        };
        let label = format!("  {} {}", peer.name, peer.arguments.join(" "));
        let mut command = Command::new(program);
        command.current_dir(&folder).args(peer.arguments);
        match try_median(&mut command) {
            Some(theirs) => row(&label, theirs, Some(ratio(ours, theirs)), peer.aim),
            None => println!("{label:<44} fails here"),
        }
    }
}

/// The same range at the end of a short and of a long history.
fn growth(small: bool) {
    let (least, most) = (10_000, if small { 100_000 } else { 1_000_000 });
    let time = |commits| {
        let folder = generator::repository(Shape {
            commits,
            tags: 200,
            components: 1,
            since: 50,
        });
        median(&mut tidegate(&folder, &["tag", "--dry-run"]))
    };
    let (short, long) = (time(least), time(most));
    row(&format!("{least} commits"), short, None, None);
    row(&format!("{most} commits"), long, Some(ratio(long, short)), Some(1.5));
}

/// 100 components in one pass beside one of them on the same range.
fn components() {
    let folder = generator::repository(Shape {
        commits: 20_000,
        tags: 1_000,
        components: 100,
        since: 2_000,
    });
    let one = median(&mut tidegate(&folder, &["tag", "--dry-run", "--component", "part-7"]));
    row("1 component, 2,000 commits since", one, None, None);
    match try_median(&mut tidegate(&folder, &["tag", "--dry-run", "--all"])) {
        Some(all) => row("100 components, --all", all, Some(ratio(all, one)), Some(3.0)),
        None => println!("{:<44} `tidegate tag --all` fails here", "100 components, --all"),
    }
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

fn median(command: &mut Command) -> Duration {
    let label = format!("{command:?}");
    try_median(command).unwrap_or_else(|| panic!("{label} failed"))
}

fn try_median(command: &mut Command) -> Option<Duration> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut times = Vec::new();
    for run in 0..=RUNS {
        let begin = Instant::now();
        let status = command.status().unwrap();
        if !status.success() {
            return None;
        }
        if run > 0 {
            times.push(begin.elapsed());
        }
    }
    times.sort();
    times.get(RUNS / 2).copied()
}

fn find(name: &str) -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let own = [target.join("bench-tools/bin"), target.join("ci-tools/python/bin")];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = own.into_iter().chain(std::env::split_paths(&path).collect::<Vec<_>>());
    folders.find_map(|folder| Some(folder.join(name)).filter(|file| file.is_file()))
}
