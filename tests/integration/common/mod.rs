//! What the tests share: a git repository with its origin, the program, and the real parts.

pub mod bless;
pub mod contract;
pub mod description;
pub mod desk;
pub mod emulate;
pub mod fault_proxy;
pub mod fault_wire;
pub mod faults;
pub mod git_http;
pub mod health;
pub mod hub;
pub mod keys;
pub mod moto;
pub mod project;
pub mod pulls;
pub mod query;
pub mod registry;
pub mod steady;
pub mod trip;
pub mod wire;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The repository of tidegate itself.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A fixture folder.
pub fn fixture(name: &str) -> PathBuf {
    repository().join("fixtures").join(name)
}

/// Every file under a folder with that ending, in order.
pub fn files_under(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_under(&path, ending));
        } else if path.extension().is_some_and(|found| found == ending) {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// A file in a folder of the `PATH`.
pub fn found(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Whether a real part is there. Where it is missing, CI fails and a laptop is told how to get it.
///
/// Use it as `if !common::has("skopeo", "apt-get install skopeo") { return; }`.
pub fn has(program: &str, install: &str) -> bool {
    let found = found(program).is_some();
    if !found {
        assert!(
            std::env::var_os("CI").is_none(),
            "`{program}` is missing in CI; install it: {install}"
        );
        eprintln!("SKIPPED: `{program}` is missing; install it: {install}");
    }
    found
}

/// How a run of tidegate ended.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Asserts the exit code.
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// stdout as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr))
    }
}

/// A folder with a bare `origin.git` and a clone of it, `work`; all in one temporary folder.
pub struct Sandbox {
    folder: tempfile::TempDir,
    pub variables: BTreeMap<String, String>,
}

impl Sandbox {
    /// A repository whose first commit holds `tidegate.toml` with this text, pushed to the origin's `main`.
    pub fn new(config: &str) -> Self {
        let sandbox = Self::empty();
        sandbox.commit("chore: set up", &[("tidegate.toml", config)]);
        sandbox.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
        sandbox.git(&["remote", "set-head", "origin", "main"]);
        sandbox
    }

    /// A clone without a commit.
    pub fn empty() -> Self {
        let sandbox = Self {
            folder: tempfile::tempdir().unwrap(),
            variables: BTreeMap::new(),
        };
        sandbox.git_in(
            sandbox.path(),
            &["init", "--quiet", "--bare", "--initial-branch=main", "origin.git"],
        );
        sandbox.git_in(sandbox.path(), &["init", "--quiet", "--initial-branch=main", "work"]);
        sandbox.git(&["remote", "add", "origin", "../origin.git"]);
        sandbox
    }

    /// The same repositories in another temporary folder, as they are now.
    pub fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let everything = format!("{}/.", self.path().display());
        let copied = Command::new("cp")
            .args(["-a", &everything])
            .arg(folder.path())
            .status()
            .unwrap();
        assert!(copied.success());
        Self {
            folder,
            variables: self.variables.clone(),
        }
    }

    /// The temporary folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The clone.
    pub fn work(&self) -> PathBuf {
        self.path().join("work")
    }

    /// Runs git in the clone and gives its trimmed output.
    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.work(), arguments)
    }

    /// Runs git in a folder and gives its trimmed output.
    pub fn git_in(&self, folder: &Path, arguments: &[&str]) -> String {
        let output = self.command("git", folder).args(arguments).output().unwrap();
        let run = Run::of(output);
        assert_eq!(run.code, 0, "git {arguments:?}: {}{}", run.stdout, run.stderr);
        run.stdout.trim().to_owned()
    }

    /// Writes files into the clone.
    pub fn write(&self, files: &[(&str, &str)]) {
        for (path, content) in files {
            let file = self.work().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, content).unwrap();
        }
    }

    /// Commits files in the clone and gives the commit.
    pub fn commit(&self, message: &str, files: &[(&str, &str)]) -> String {
        self.write(files);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs tidegate in the clone.
    pub fn tidegate(&self, arguments: &[&str]) -> Run {
        Run::of(self.tidegate_command(&self.work(), arguments).output().unwrap())
    }

    /// Runs tidegate in the clone with `--output json`, asserts the exit code and gives the document.
    pub fn json(&self, code: i32, arguments: &[&str]) -> Value {
        let mut all = arguments.to_vec();
        all.extend(["--output", "json"]);
        self.tidegate(&all).exits(code).json()
    }

    /// tidegate, about to run in a folder. Whoever acts signs with their key, where the sandbox has one.
    pub fn tidegate_command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_tidegate"), folder);
        let given = arguments.iter().position(|argument| *argument == "--actor");
        let actor = given.map_or("maintainer", |place| arguments[place + 1]);
        let key = keys::folder(self.path()).join(actor);
        if key.exists() && !self.variables.contains_key("GIT_CONFIG_COUNT") {
            command.envs(keys::signing_with(&key.display().to_string(), "ssh"));
        }
        command.args(arguments);
        command
    }

    /// A program with nothing of this machine's settings: only `PATH`, a home of its own and fixed people and times.
    pub fn command(&self, program: &str, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .stdin(Stdio::null())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "maintainer")
            .env("GIT_AUTHOR_EMAIL", "maintainer@example.com")
            .env("GIT_COMMITTER_NAME", "maintainer")
            .env("GIT_COMMITTER_EMAIL", "maintainer@example.com")
            .env("TIDEGATE_ACTOR", "maintainer")
            .envs(&self.variables);
        command
    }
}
