//! `action.yml`: its scripts are taken out of the file and run as a runner would run them.
//!
//! The download comes from a made-up release of the real program, served on this machine.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::common::{self, Run};

/// The targets whose archives the releases hold, by the runner's words.
const TARGETS: [(&str, &str, &str); 4] = [
    ("Linux", "X64", "x86_64-unknown-linux-musl"),
    ("Linux", "ARM64", "aarch64-unknown-linux-musl"),
    ("macOS", "X64", "x86_64-apple-darwin"),
    ("macOS", "ARM64", "aarch64-apple-darwin"),
];

/// A file server on this machine, ended with the value.
pub struct FileServer {
    child: Child,
    pub url: String,
}

impl FileServer {
    pub fn start(folder: &Path) -> Self {
        let mut child = Command::new("python3")
            .args(["-u", "-m", "http.server", "--bind", "127.0.0.1", "0"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line
            .split_whitespace()
            .nth(5)
            .unwrap_or_else(|| panic!("no port in `{line}`"));
        Self {
            url: format!("http://127.0.0.1:{port}"),
            child,
        }
    }
}

impl Drop for FileServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder that holds the release of this version, as the server of the releases lays it out.
pub fn release(folder: &Path) -> PathBuf {
    let version = env!("CARGO_PKG_VERSION");
    let release = folder.join(format!("tidegate/tidegate/releases/download/v{version}"));
    std::fs::create_dir_all(&release).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_tidegate"));
    for (_, _, target) in TARGETS {
        let archive = format!("tidegate-{target}.tar.gz");
        if target == TARGETS[0].2 {
            sh(
                &release,
                "tar -cf - -C \"$1\" \"$2\" | gzip -1 > \"$3\"",
                &[program.parent().unwrap().to_str().unwrap(), "tidegate", &archive],
            );
        } else {
            std::fs::copy(
                release.join(format!("tidegate-{}.tar.gz", TARGETS[0].2)),
                release.join(&archive),
            )
            .unwrap();
        }
        sh(&release, "sha256sum \"$1\" > \"$1.sha256\"", &[&archive]);
    }
    release
}

fn sh(folder: &Path, script: &str, arguments: &[&str]) {
    let status = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script, "sh"])
        .args(arguments)
        .current_dir(folder)
        .status()
        .unwrap();
    assert!(status.success(), "{script}");
}

/// The script of the step with that id, as it stands in `action.yml`.
fn script(id: &str) -> String {
    let text = std::fs::read_to_string(common::repository().join("action.yml")).unwrap();
    let step = text.split(&format!("      id: {id}\n")).nth(1).unwrap();
    let block = step.split("      run: |\n").nth(1).unwrap();
    let lines = block
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with("        "));
    lines
        .map(|line| format!("{}\n", line.get(8..).unwrap_or_default()))
        .collect()
}

/// A runner: its folders, and a server of releases.
struct Runner {
    folder: tempfile::TempDir,
    release: PathBuf,
    server: FileServer,
}

impl Runner {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let web = folder.path().join("web");
        let release = release(&web);
        std::fs::create_dir_all(folder.path().join("temp")).unwrap();
        Self {
            server: FileServer::start(&web),
            release,
            folder,
        }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn run(&self, id: &str, variables: &[(&str, &str)]) -> Run {
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", &script(id)])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("GITHUB_SERVER_URL", &self.server.url)
            .env("GITHUB_ACTION_PATH", common::repository())
            .env("GITHUB_WORKSPACE", self.folder.path())
            .env("GITHUB_OUTPUT", self.path("output"))
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", "X64")
            .env("RUNNER_TEMP", self.path("temp"))
            .env("RUNNER_TOOL_CACHE", self.path("tools"))
            .envs([("REPOSITORY", "tidegate/tidegate"), ("VERSION", ""), ("PIN", "")])
            .envs(variables.iter().copied())
            .current_dir(self.folder.path());
        Run::of(command.output().unwrap())
    }

    /// What the step gave as its output `binary`.
    fn binary(&self) -> String {
        let output = std::fs::read_to_string(self.path("output")).unwrap_or_default();
        output
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix("binary="))
            .unwrap()
            .to_owned()
    }

    /// The programs in the tool cache.
    fn cached(&self) -> usize {
        let listed = Command::new("find")
            .args([&self.path("tools"), "-name", "tidegate", "-type", "f"])
            .output()
            .unwrap();
        String::from_utf8(listed.stdout).unwrap().lines().count()
    }

    /// The SHA-256 that is published with the archive.
    fn sum(&self, target: &str) -> String {
        let text = std::fs::read_to_string(self.release.join(format!("tidegate-{target}.tar.gz.sha256"))).unwrap();
        text.split_whitespace().next().unwrap().to_owned()
    }
}

/// Whether the parts that these tests run are here.
fn ready() -> bool {
    common::has("python3", "apt-get install python3") && common::has("curl", "apt-get install curl")
}

#[test]
fn the_program_is_fetched_checked_and_run() {
    if !ready() {
        return;
    }
    let runner = Runner::new();
    runner.run("fetch", &[]).exits(0);
    let binary = runner.binary();
    let run = runner.run(
        "run",
        &[
            ("TIDEGATE_ACTION_BINARY", &binary),
            ("TIDEGATE_ACTION_COMMAND", "--version"),
            ("TIDEGATE_ACTION_ARGUMENTS", ""),
            ("TIDEGATE_ACTION_ALLOW_WAITING", "false"),
        ],
    );
    assert_eq!(run.exits(0).stdout, format!("tidegate {}\n", env!("CARGO_PKG_VERSION")));

    std::fs::remove_dir_all(&runner.release).unwrap();
    runner.run("fetch", &[]).exits(0);
    assert_eq!(runner.binary(), binary, "the second run takes it from the tool cache");
    assert_eq!(
        std::fs::read_dir(runner.path("temp")).unwrap().count(),
        0,
        "nothing is left behind"
    );
}

#[test]
fn every_runner_gets_its_own_archive() {
    if !ready() {
        return;
    }
    let runner = Runner::new();
    for (system, machine, target) in TARGETS {
        runner
            .run("fetch", &[("RUNNER_OS", system), ("RUNNER_ARCH", machine)])
            .exits(0);
        assert!(runner.binary().contains(target), "{system} {machine}");
    }
    let run = runner.run("fetch", &[("RUNNER_OS", "Windows")]).exits(1);
    assert!(
        run.stdout.contains("there is no tidegate for Windows on X64"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_wrong_checksum_fails_and_leaves_no_program() {
    if !ready() {
        return;
    }
    let runner = Runner::new();
    let (_, _, target) = TARGETS[0];
    let run = runner.run("fetch", &[("PIN", &"0".repeat(64))]).exits(1);
    assert!(
        run.stdout.contains("but the input sha256 asks for 000"),
        "{}",
        run.stdout
    );
    assert_eq!(runner.cached(), 0);

    runner.run("fetch", &[("PIN", &runner.sum(target))]).exits(0);
    assert_eq!(runner.cached(), 1);
    runner.run("fetch", &[("PIN", &"0".repeat(64))]).exits(1);

    let other = Runner::new();
    std::fs::write(
        other.release.join(format!("tidegate-{target}.tar.gz")),
        "something else",
    )
    .unwrap();
    let run = other.run("fetch", &[]).exits(1);
    assert!(
        run.stdout.contains("was published with it; it is not used"),
        "{}",
        run.stdout
    );
    assert_eq!(other.cached(), 0);
}

#[test]
fn a_version_that_was_never_released_is_named() {
    if !ready() {
        return;
    }
    let runner = Runner::new();
    let run = runner.run("fetch", &[("VERSION", "v99.0.0")]).exits(1);
    assert!(run.stdout.contains("is 99.0.0 a released version?"), "{}", run.stdout);
    assert!(
        run.stdout.contains("/releases/download/v99.0.0/tidegate-x86_64"),
        "{}",
        run.stdout
    );
}

#[test]
fn arguments_are_lines_and_nothing_in_them_is_run() {
    if !ready() {
        return;
    }
    let runner = Runner::new();
    // A stand-in for the program: it prints what it is given and ends as its first argument says.
    let program = runner.path("stand-in");
    std::fs::write(&program, "#!/bin/sh\nprintf '<%s>' \"$@\"\nexit \"$1\"\n").unwrap();
    sh(runner.folder.path(), "chmod +x stand-in", &[]);
    let run = |command: &str, allow: &str| {
        runner.run(
            "run",
            &[
                ("TIDEGATE_ACTION_BINARY", "stand-in"),
                ("TIDEGATE_ACTION_COMMAND", command),
                (
                    "TIDEGATE_ACTION_ARGUMENTS",
                    "$(touch hacked)\n\n--reason=two words; \"and\" `more`\n",
                ),
                ("TIDEGATE_ACTION_ALLOW_WAITING", allow),
            ],
        )
    };
    let first = run("0", "false").exits(0);
    assert_eq!(first.stdout, "<0><$(touch hacked)><--reason=two words; \"and\" `more`>");
    assert!(!runner.folder.path().join("hacked").exists());
    run("4", "false").exits(4);
    run("4", "true").exits(0);
    run("3", "true").exits(3);
    run("5", "true").exits(5);
}

#[test]
fn the_scripts_pass_shellcheck_and_hold_no_expression() {
    if !common::has("shellcheck", "apt-get install shellcheck") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for id in ["fetch", "run"] {
        let text = script(id);
        assert!(text.contains("set -euo pipefail"), "{id}: the script was found");
        assert!(
            !text.contains("${{"),
            "{id}: an expression would become part of the script"
        );
        let file = folder.path().join(format!("{id}.sh"));
        std::fs::write(&file, format!("#!/usr/bin/env bash\n{text}")).unwrap();
        Run::of(Command::new("shellcheck").arg(&file).output().unwrap()).exits(0);
    }
    Run::of(
        Command::new("shellcheck")
            .arg(common::repository().join(".ci/run"))
            .output()
            .unwrap(),
    )
    .exits(0);
}

#[test]
fn the_page_lists_every_input_and_output() {
    let action = std::fs::read_to_string(common::repository().join("action.yml")).unwrap();
    let page = std::fs::read_to_string(common::repository().join("docs/action.md")).unwrap();
    let inputs = action
        .split("\ninputs:\n")
        .nth(1)
        .unwrap()
        .split("\noutputs:\n")
        .next()
        .unwrap();
    let outputs = action
        .split("\noutputs:\n")
        .nth(1)
        .unwrap()
        .split("\nruns:\n")
        .next()
        .unwrap();
    let names = |block: &str| -> Vec<String> {
        let keys = block
            .lines()
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        keys.map(|line| line.trim().trim_end_matches(':').to_owned()).collect()
    };
    assert_eq!((names(inputs).len(), names(outputs).len()), (7, 22));
    for input in names(inputs) {
        assert!(page.contains(&format!("| `{input}` |")), "{input} is not on the page");
    }
    for output in names(outputs) {
        assert!(page.contains(&format!("`{output}`")), "{output} is not on the page");
    }
}
