//! GitHub's two sides as one: `emulate` behind the API and a bare repository behind git, kept alike as GitHub's are.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use serde_json::{Value, json};

use super::emulate::GitHub;
use super::pulls::Extras;
use super::trip::Trip;
use super::{Sandbox, wire};

/// GitHub with the sandbox's origin as its repository `octo/demo`. What the API changes is seen by git at once, and what
/// git pushes to branches is seen by the API at its next request.
pub struct Hub {
    github: Arc<GitHub>,
    origin: PathBuf,
    extras: Arc<Extras>,
    seen: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Hub {
    /// Starts it and lets what runs in the sandbox find it. A tripwire stands before and after each request.
    pub fn start(sandbox: &mut Sandbox, trip: Option<&Trip>) -> Self {
        let github = Arc::new(GitHub::start());
        let there = github.url.clone();
        Self::through(sandbox, github, there, trip)
    }

    /// The same with the API behind another address. The rules for tags are answered here: `emulate` has none.
    pub fn through(sandbox: &mut Sandbox, github: Arc<GitHub>, there: String, trip: Option<&Trip>) -> Self {
        let (listener, url) = wire::listen();
        let origin = sandbox.path().join("origin.git");
        let hub = Self {
            extras: Arc::new(Extras::new(&origin, &github.url)),
            github,
            origin: origin.clone(),
            seen: Arc::default(),
        };
        let (api, named, trip) = (hub.github.url.clone(), hub.github.named(), trip.cloned());
        let (refs, own) = (Mutex::new(()), url.clone());
        let (extras, seen) = (hub.extras.clone(), hub.seen.clone());
        wire::serve(listener, move |request| {
            let wired = || trip.iter().for_each(Trip::pass);
            wired();
            let answer = {
                let _one_at_a_time = refs.lock().unwrap();
                let text = String::from_utf8_lossy(request);
                let (method, path) = (text.split(' ').next()?, text.split(' ').nth(1)?);
                if method != "GET" || path.contains("/pulls") {
                    Api(&api).receive(&origin, &mut seen.lock().unwrap());
                }
                match extras.answer(method, path, request) {
                    Some(answer) => answer,
                    None => {
                        let answer = wire::replace(&wire::pass(&there, request)?, &named, &own);
                        if matches!(method, "POST" | "PATCH") && path.contains("/git/refs") {
                            Api(&api).give(&origin, &answer);
                        }
                        rules(path).unwrap_or_else(|| extras.amend(path, answer))
                    }
                }
            };
            wired();
            Some(answer)
        });
        for (name, value) in [
            ("GITHUB_API_URL", url.as_str()),
            ("GITHUB_TOKEN", "token"),
            ("GITHUB_REPOSITORY", "octo/demo"),
        ] {
            sandbox.variables.insert(name.to_owned(), value.to_owned());
        }
        hub.receive();
        hub
    }

    /// Lets the API see the branches that the origin has.
    pub fn receive(&self) {
        Api(&self.github.url).receive(&self.origin, &mut self.seen.lock().unwrap());
    }

    /// What `emulate` lacks.
    pub fn extras(&self) -> &Extras {
        &self.extras
    }

    /// Asks the API itself.
    pub fn api(&self) -> Api<'_> {
        Api(&self.github.url)
    }

    /// The tags that the API tells of.
    pub fn tags(&self) -> Vec<String> {
        let listed = Api(&self.github.url).get("git/matching-refs/tags/?per_page=100");
        let name = |found: &Value| {
            found["ref"]
                .as_str()
                .unwrap()
                .trim_start_matches("refs/tags/")
                .to_owned()
        };
        listed.as_array().unwrap().iter().map(name).collect()
    }

    /// The commit that a tag leads to, by the API.
    pub fn commit(&self, tag: &str) -> String {
        let api = Api(&self.github.url);
        api.commit(&api.get(&format!("git/ref/tags/{tag}"))["object"])
    }
}

/// The answer about rules: one set, which lets nobody create a tag of version 9.
fn rules(path: &str) -> Option<Vec<u8>> {
    let (_, rest) = path.split_once("/rulesets")?;
    let listed = json!({
        "id": 1, "name": "no nines", "source": "octo/demo", "target": "tag", "enforcement": "active",
    });
    let mut one = listed.clone();
    one["current_user_can_bypass"] = "never".into();
    one["conditions"] = json!({ "ref_name": { "include": ["refs/tags/v9.*"], "exclude": [] } });
    one["rules"] = json!([{ "type": "deletion" }, { "type": "creation" }]);
    one["_links"] = json!({ "html": { "href": "https://example.com/rules/1" } });
    let answer = if rest.starts_with('/') { one } else { json!([listed]) }.to_string();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ";
    Some(format!("{head}{}\r\n\r\n{answer}", answer.len()).into_bytes())
}

/// The API of the repository.
pub struct Api<'a>(pub &'a str);

impl Api<'_> {
    pub fn get(&self, path: &str) -> Value {
        self.send("GET", path, &Value::Null)
    }

    pub fn send(&self, verb: &str, path: &str, body: &Value) -> Value {
        let mut command = Command::new("curl");
        command.args(["--silent", "--request", verb, "--header", "Authorization: Bearer token"]);
        if verb == "GET" {
            // A machine under load breaks a connection now and then.
            command.args(["--retry", "3", "--retry-all-errors"]);
        }
        if !body.is_null() {
            command.args(["--header", "Content-Type: application/json", "--data-binary", "@-"]);
        }
        let url = format!("{}/repos/octo/demo/{path}", self.0);
        let said = feed(command.arg(url), body.to_string());
        serde_json::from_slice(&said).unwrap()
    }

    /// Takes the branches of git that are not where they were seen; the ledger is no branch that the API is asked about.
    fn receive(&self, origin: &Path, seen: &mut BTreeMap<String, String>) {
        let listed = git(
            origin,
            &["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads"],
            "",
        );
        for line in listed.lines() {
            let (name, tip) = line.split_once(' ').unwrap();
            if name == "refs/heads/tidegate/ledger" || seen.get(name).is_some_and(|there| there == tip) {
                continue;
            }
            let known: Vec<String> = seen.values().map(|commit| format!("^{commit}")).collect();
            let mut arguments = vec!["rev-list", "--reverse", tip];
            arguments.extend(known.iter().map(String::as_str));
            for commit in git(origin, &arguments, "").lines() {
                if self.get(&format!("git/commits/{commit}")).get("sha").is_none() {
                    self.take(origin, commit);
                }
            }
            let short = name.trim_start_matches("refs/");
            let moved = self.send(
                "PATCH",
                &format!("git/refs/{short}"),
                &json!({ "sha": tip, "force": true }),
            );
            if moved.get("object").is_none() {
                let made = self.send("POST", "git/refs", &json!({ "ref": name, "sha": tip }));
                assert_eq!(made["object"]["sha"], tip, "{made}");
            }
            seen.insert(name.to_owned(), tip.to_owned());
        }
    }

    /// The commit that an object is or leads to.
    fn commit(&self, object: &Value) -> String {
        let sha = object["sha"].as_str().unwrap();
        match object["type"].as_str() {
            Some("tag") => self.commit(&self.get(&format!("git/tags/{sha}"))["object"]),
            _ => sha.to_owned(),
        }
    }

    /// Gives git the ref that an answer tells of, with the commits that git has not got.
    fn give(&self, origin: &Path, answer: &[u8]) {
        let text = String::from_utf8_lossy(answer);
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        let told: Value = serde_json::from_str(body).unwrap();
        let Some(name) = told["ref"].as_str() else { return };
        let commit = self.commit(&told["object"]);
        self.give_commit(origin, &commit);
        if told["object"]["type"] != "tag" {
            git(origin, &["update-ref", name, &commit], "");
            return;
        }
        let tag = self.get(&format!("git/tags/{}", told["object"]["sha"].as_str().unwrap()));
        let short = name.trim_start_matches("refs/tags/");
        let arguments = ["tag", "--annotate", "--cleanup=verbatim", "--file=-", short, &commit];
        git(origin, &arguments, tag["message"].as_str().unwrap());
    }

    fn give_commit(&self, origin: &Path, commit: &str) {
        if has(origin, commit) {
            return;
        }
        let told = self.get(&format!("git/commits/{commit}"));
        let tree = told["tree"]["sha"].as_str().unwrap();
        let listed = self.get(&format!("git/trees/{tree}?recursive=1"));
        let mut index = String::new();
        for entry in listed["tree"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["type"] == "blob")
        {
            let [mode, sha, path] = ["mode", "sha", "path"].map(|key| entry[key].as_str().unwrap());
            if !has(origin, sha) {
                let blob = self.get(&format!("git/blobs/{sha}"));
                let content = base64::engine::general_purpose::STANDARD.decode(blob["content"].as_str().unwrap());
                let mut keep = self::command(origin, &["hash-object", "-w", "--stdin"]);
                let kept = feed(&mut keep, content.unwrap());
                assert_eq!(String::from_utf8(kept).unwrap().trim(), sha);
            }
            index.push_str(&format!("{mode} {sha}\t{path}\n"));
        }
        let file = tempfile::tempdir().unwrap();
        let indexed = |arguments: &[&str], input: &str| {
            let mut command = command(origin, arguments);
            command.env("GIT_INDEX_FILE", file.path().join("index"));
            String::from_utf8(feed(&mut command, input)).unwrap().trim().to_owned()
        };
        indexed(&["update-index", "--index-info"], &index);
        assert_eq!(indexed(&["write-tree"], ""), tree);
        let mut text = format!("tree {tree}\n");
        for parent in told["parents"].as_array().unwrap() {
            self.give_commit(origin, parent["sha"].as_str().unwrap());
            text.push_str(&format!("parent {}\n", parent["sha"].as_str().unwrap()));
        }
        for role in ["author", "committer"] {
            let [name, email, date] = ["name", "email", "date"].map(|key| told[role][key].as_str().unwrap());
            let seconds = date.parse::<jiff::Timestamp>().unwrap().as_second();
            text.push_str(&format!("{role} {name} <{email}> {seconds} +0000\n"));
        }
        text.push_str(&format!(
            "\n{}\n",
            told["message"].as_str().unwrap().trim_end_matches('\n')
        ));
        assert_eq!(
            git(origin, &["hash-object", "-t", "commit", "-w", "--stdin"], &text),
            commit
        );
    }

    /// Gives the API a commit of git's.
    fn take(&self, origin: &Path, commit: &str) {
        let format = "--format=%T%n%P%n%an%n%ae%n%aI%n%cn%n%ce%n%cI%n%B";
        let told = git(origin, &["log", "-1", format, commit], "");
        let mut lines = told.splitn(9, '\n').map(str::to_owned);
        let [tree, parents, name, email, date, by, by_email, on, message] =
            std::array::from_fn(|_| lines.next().unwrap_or_default());
        let mut entries = Vec::new();
        for line in git(origin, &["ls-tree", "-r", &tree], "").lines() {
            let (head, path) = line.split_once('\t').unwrap();
            let [mode, _, sha] = std::array::from_fn(|place| head.split(' ').nth(place).unwrap());
            let content = feed(&mut self::command(origin, &["cat-file", "blob", sha]), "");
            let content = base64::engine::general_purpose::STANDARD.encode(content);
            let made = self.send(
                "POST",
                "git/blobs",
                &json!({ "content": content, "encoding": "base64" }),
            );
            assert_eq!(made["sha"], sha);
            entries.push(json!({ "path": path, "mode": mode, "type": "blob", "sha": sha }));
        }
        assert_eq!(
            self.send("POST", "git/trees", &json!({ "tree": entries }))["sha"],
            tree.as_str()
        );
        let parents: Vec<&str> = parents.split_whitespace().collect();
        let made = self.send(
            "POST",
            "git/commits",
            &json!({
                "message": format!("{}\n", message.trim_end()), "tree": tree, "parents": parents,
                "author": { "name": name, "email": email, "date": date },
                "committer": { "name": by, "email": by_email, "date": on },
            }),
        );
        assert_eq!(made["sha"], commit, "{made}");
    }
}

fn has(origin: &Path, object: &str) -> bool {
    let status = command(origin, &["cat-file", "-e", object])
        .stderr(Stdio::null())
        .status();
    status.unwrap().success()
}

/// Runs git in a repository, with a text on its stdin.
pub fn git(origin: &Path, arguments: &[&str], input: &str) -> String {
    let said = feed(&mut command(origin, arguments), input);
    String::from_utf8(said).unwrap().trim().to_owned()
}

fn command(origin: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(origin).args(arguments);
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "octo");
        command.env(format!("GIT_{role}_EMAIL"), "octo@example.com");
    }
    command.env("GIT_CONFIG_NOSYSTEM", "1");
    command
}

fn feed(command: &mut Command, input: impl AsRef<[u8]>) -> Vec<u8> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_ref()).ok();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?}");
    output.stdout
}
