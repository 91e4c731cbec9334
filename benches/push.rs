//! What a push costs, whole process, beside crane and skopeo into the same registry in the same run, turn by turn: time,
//! processor time, memory and requests, with the floor: parallel curl uploads of the same blobs, and their hashing.
//! `cargo bench --bench push`; `-- small` takes smaller images and leaves the largest out. The registry keeps what it gets in
//! memory (`/dev/shm`), so that no disk is measured; `-- disk` has it on the disk, as the largest always is.
//! It needs Debian's `docker-registry`, `skopeo`, `openssl`, `curl` and `time`; crane is looked for on the PATH and in
//! `target/bench-tools/bin`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

#[path = "push/image.rs"]
mod image;
#[path = "push/measure.rs"]
mod measure;
#[path = "push/proxy.rs"]
mod proxy;
#[path = "push/registry.rs"]
mod registry;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use image::Image;
use measure::{Cost, find, measured, median, row};
use proxy::Proxy;
use registry::{Authority, Registry};

/// How many runs the median is taken of, after one that warms up; the slow line is the same each time.
const RUNS: usize = 5;
const SLOW_RUNS: usize = 3;
const MIB: u64 = 1 << 20;
/// The most memory that a push may take, whatever is pushed.
const MEMORY: f64 = 64.0;
/// How many seconds of processor time 512 MiB may take.
const PROCESSOR: f64 = 1.0;

const PROGRAMS: [&str; 3] = ["tidegate", "crane", "skopeo"];

fn main() {
    let small = given("small");
    measure::head();
    large(if small { 64 } else { 512 });
    slow_line();
    requests();
    if !small {
        largest();
    }
}

/// Eight large layers on loopback over TLS.
fn large(mebibytes: u64) {
    let (image, authority) = (Image::of(&[mebibytes / 8 * MIB; 8]), Authority::new());
    let (mut costs, mut curls, mut hashes) = ([const { Vec::new() }; 3], Vec::new(), Vec::new());
    for run in 0..=RUNS {
        for turn in 0..PROGRAMS.len() {
            let place = (turn + run) % PROGRAMS.len();
            let registry = Registry::over_tls(&authority);
            let command = pushing(PROGRAMS[place], &image, &registry.address, Some(&authority));
            let Some(command) = command else { continue };
            let cost = measured(&command);
            if run > 0 {
                costs[place].push(cost);
            }
        }
        let registry = Registry::over_tls(&authority);
        let uploads = uploads(&image, &registry, &authority);
        let (uploads, hashing) = (measured(&uploads), measured(&hashing(&image)));
        if run > 0 {
            curls.push(uploads);
            hashes.push(hashing);
        }
    }
    let what = format!("{mebibytes} MiB in 8 layers, TLS");
    walls(&what, &costs, [1.0, 0.6]);
    #[allow(clippy::cast_precision_loss)]
    let share = mebibytes as f64 / 512.0;
    for (name, unit, aim, of) in [
        (
            "processor time",
            "s",
            PROCESSOR * share,
            (|cost: &Cost| cost.processor) as fn(&Cost) -> f64,
        ),
        ("peak memory", "MiB", MEMORY, |cost: &Cost| cost.mebibytes),
    ] {
        let of = |costs: &Vec<Cost>| (!costs.is_empty()).then(|| median(costs.iter().map(of)));
        let ours = of(&costs[0]).unwrap();
        row(&format!("{what}: {name}"), (ours, unit), None, Some(aim));
        for (program, costs) in PROGRAMS.iter().zip(&costs).skip(1) {
            if let Some(theirs) = of(costs) {
                row(&format!("  {program}"), (theirs, unit), Some(ours / theirs), None);
            }
        }
    }
    let ours = median(costs[0].iter().map(|cost| cost.wall));
    for (floor, costs) in [("curl, all blobs at once", curls), ("sha256 of the bytes", hashes)] {
        let wall = median(costs.iter().map(|cost| cost.wall));
        row(&format!("  floor: {floor}"), (wall, "s"), Some(ours / wall), None);
        let processor = median(costs.iter().map(|cost| cost.processor));
        row("    its processor time", (processor, "s"), None, None);
    }
}

/// Twenty small layers where each request takes 100 ms more.
fn slow_line() {
    let image = Image::of(&[4096; 20]);
    let mut costs = [const { Vec::new() }; 3];
    for run in 0..SLOW_RUNS {
        for turn in 0..PROGRAMS.len() {
            let place = (turn + run) % PROGRAMS.len();
            let registry = Registry::plain();
            let proxy = Proxy::to(&registry.address, Duration::from_millis(100));
            let Some(command) = pushing(PROGRAMS[place], &image, &proxy.address, None) else {
                continue;
            };
            costs[place].push(measured(&command));
        }
    }
    walls("20 layers, 100 ms a request", &costs, [1.0 / 3.0, 0.1]);
}

/// How many requests it takes where little or nothing is to be done.
fn requests() {
    let image = Image::of(&[4096; 20]);
    let registry = Registry::plain();
    let proxy = Proxy::to(&registry.address, Duration::ZERO);
    // The number of tags of the image, that of the version among them.
    for (what, tags, aim) in [
        ("first push, 1 tag", &[][..], None),
        ("no-op push, 1 tag", &[], Some(2.0)),
        ("new tag, 2 tags", &["--tag", "one"], Some(2.0 + 2.0)),
        (
            "two new tags, 4 tags",
            &["--tag", "one", "--tag", "two", "--tag", "three"],
            Some(4.0 + 2.0),
        ),
    ] {
        proxy.take();
        let mut command = pushing("tidegate", &image, &proxy.address, None).unwrap();
        measured(command.args(tags));
        let seen = proxy.take();
        row(what, (count(seen.len()), "requests"), None, aim);
        if aim.is_some() {
            let uploads = seen.iter().filter(|request| request.contains("/blobs/uploads/"));
            row(
                "  of them, of uploads",
                (count(uploads.count()), "requests"),
                None,
                Some(0.0),
            );
        }
    }
}

/// 5 GiB, tidegate alone, once.
fn largest() {
    let (image, authority) = (Image::sparse(5, 1024 * MIB), Authority::new());
    let registry = Registry::on_disk(&authority);
    let cost = measured(&pushing("tidegate", &image, &registry.address, Some(&authority)).unwrap());
    let what = "5 GiB in 5 layers, TLS, once";
    row(what, (cost.wall, "s"), None, None);
    row(
        &format!("{what}: processor time"),
        (cost.processor, "s"),
        None,
        Some(10.0 * PROCESSOR),
    );
    row(
        &format!("{what}: peak memory"),
        (cost.mebibytes, "MiB"),
        None,
        Some(MEMORY),
    );
}

/// The command with which a program pushes, when it is there: over TLS where there is an authority.
fn pushing(program: &str, image: &Image, address: &str, authority: Option<&Authority>) -> Option<Command> {
    let to = format!("{address}/demo/app");
    let found = match program {
        "tidegate" => PathBuf::from(env!("CARGO_BIN_EXE_tidegate")),
        program => find(program)?,
    };
    let mut command = Command::new(found);
    command.current_dir(image.work());
    match (program, authority) {
        ("tidegate", authority) => {
            command.args(["push", "--actor", "bench", "--to", &to]);
            command.args(
                authority
                    .iter()
                    .flat_map(|authority| [Path::new("--ca"), authority.file()]),
            );
        }
        ("crane", Some(authority)) => {
            command
                .args(["push", "image", &to])
                .env("SSL_CERT_FILE", authority.file());
        }
        ("crane", None) => {
            command.args(["push", "--insecure", "image", &to]);
        }
        (_, authority) => {
            command.args(["copy", "--quiet", "--preserve-digests"]);
            match authority {
                Some(authority) => command.arg("--dest-cert-dir").arg(authority.folder()),
                None => command.arg("--dest-tls-verify=false"),
            };
            command.args(["oci:image:it".to_owned(), format!("docker://{to}")]);
        }
    }
    Some(command)
}

/// The bytes alone: a session and one request for each blob, all at once.
fn uploads(image: &Image, registry: &Registry, authority: &Authority) -> Command {
    let curl = format!("curl --silent --fail --cacert '{}'", authority.file().display());
    let mut script = String::new();
    for (digest, file) in &image.blobs {
        script += &format!(
            "(place=$({curl} --include --request POST https://{}/v2/demo/app/blobs/uploads/ \
             | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p')\n\
             {curl} --http1.1 --header 'Content-Type: application/octet-stream' --header 'Expect:' \
             --upload-file '{}' \"$place&digest=sha256:{digest}\" || touch failed) &\n",
            registry.address,
            file.display()
        );
    }
    script += "wait\n! test -e failed\n";
    let mut command = Command::new("sh");
    command.args(["-c", &script]).current_dir(image.work());
    command
}

fn hashing(image: &Image) -> Command {
    // Faster than `sha256sum`, which leaves the processor's own instructions for it alone.
    let mut command = Command::new("openssl");
    command.args(["dgst", "-sha256"]);
    command.args(image.blobs.iter().map(|(_, file)| file));
    command
}

fn walls(what: &str, costs: &[Vec<Cost>; 3], aims: [f64; 2]) {
    let wall = |costs: &Vec<Cost>| median(costs.iter().map(|cost| cost.wall));
    let ours = wall(&costs[0]);
    row(what, (ours, "s"), None, None);
    for (place, install) in [
        (1, "go install github.com/google/go-containerregistry/cmd/crane"),
        (2, "apt-get install skopeo"),
    ] {
        let program = PROGRAMS[place];
        match costs[place].is_empty() {
            true => println!("  {program} is missing; install it: {install}"),
            false => {
                let theirs = wall(&costs[place]);
                let label = format!("  {program}");
                row(&label, (theirs, "s"), Some(ours / theirs), Some(aims[place - 1]));
            }
        }
    }
}

fn given(word: &str) -> bool {
    std::env::args().any(|argument| argument == word)
}

fn count(of: usize) -> f64 {
    f64::from(u32::try_from(of).unwrap())
}
