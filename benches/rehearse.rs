//! How long a rehearsal of each fixture takes, whole process, in release mode: the median of five runs.
//! `cargo bench --bench rehearse`. The aim is 3 s for each.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FIXTURES: [&str; 5] = ["quckchat", "quikapp", "pcw", "empacts", "churnistic"];
const AIM: f64 = 3.0;

fn main() {
    println!("fixture      median     of the aim ({AIM} s)");
    for name in FIXTURES {
        let mut times: Vec<Duration> = (0..5).map(|_| rehearse(name)).collect();
        times.sort();
        let median = times[2].as_secs_f64();
        println!("{name:<12} {median:>5.2} s    {:>4.0} %", 100.0 * median / AIM);
    }
}

fn rehearse(name: &str) -> Duration {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    let begin = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .arg("rehearse")
        .arg(project)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.unwrap().success(), "{name} did not get to the top");
    begin.elapsed()
}
