//! What a run costs: GNU time tells what the kernel has counted for a process and those that it waited for.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The cost of one run.
pub struct Cost {
    /// Seconds from the start to the end.
    pub wall: f64,
    /// Seconds of the processor, in the program and in the kernel for it.
    pub processor: f64,
    /// The most memory that was resident at once.
    pub mebibytes: f64,
}

/// Runs a command, which must succeed.
pub fn measured(command: &Command) -> Cost {
    let folder = tempfile::tempdir().unwrap();
    let said = folder.path().join("cost");
    let time = find("time").unwrap_or_else(|| panic!("install it: apt-get install time"));
    let mut timed = Command::new(time);
    timed.args(["--format", "%U %S %M", "--output"]).arg(&said);
    timed.arg(command.get_program()).args(command.get_args());
    timed.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    timed.current_dir(command.get_current_dir().unwrap_or(folder.path()));
    timed.stdin(Stdio::null());
    let begin = Instant::now();
    let output = timed.output().unwrap();
    let wall = begin.elapsed().as_secs_f64();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {words}");
    let said = std::fs::read_to_string(said).unwrap();
    let numbers: Vec<f64> = said.split_whitespace().map(|word| word.parse().unwrap()).collect();
    let [user, system, kibibytes] = numbers[..] else {
        panic!("{said}")
    };
    Cost {
        wall,
        processor: user + system,
        mebibytes: kibibytes / 1024.0,
    }
}

pub fn median(of: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = of.collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

pub fn head() {
    println!("{:<44} {:>16} {:>7} {:>8}", "what", "median", "ratio", "aim");
}

/// A line. Where there is a ratio of ours to another, the aim is for it.
pub fn row(what: &str, (value, unit): (f64, &str), ratio: Option<f64>, aim: Option<f64>) {
    let value_text = match unit {
        "requests" => format!("{value:.0} {unit}"),
        "MiB" => format!("{value:.1} {unit}"),
        unit => format!("{value:.3} {unit}"),
    };
    let text = |number: Option<f64>| number.map(|number| format!("{number:.2}")).unwrap_or_default();
    let verdict = match aim.map(|aim| ratio.unwrap_or(value) <= aim) {
        Some(true) => "met",
        Some(false) => "MISSED",
        None => "",
    };
    println!(
        "{what:<44} {value_text:>16} {:>7} {:>8} {verdict}",
        text(ratio),
        text(aim)
    );
}

pub fn find(name: &str) -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-tools/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::iter::once(own).chain(std::env::split_paths(&path).collect::<Vec<_>>());
    folders.find_map(|folder| Some(folder.join(name)).filter(|file| file.is_file()))
}
