//! What `emulate` lacks around pull requests and is answered here: commit statuses, rules of branches, merges that are real
//! git, heads that move on, and pull requests among the issues.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::hub::{Api, git};
use super::wire;

/// How a pull request is merged.
#[derive(Clone, Copy, Debug)]
pub enum Merge {
    Commit,
    Squash,
    Rebase,
}

/// The state that `emulate` has not.
#[derive(Default)]
pub struct Extras {
    origin: PathBuf,
    api: String,
    statuses: Mutex<BTreeMap<String, Vec<Value>>>,
    rules: Mutex<BTreeMap<String, Value>>,
    merged: Mutex<BTreeMap<u64, String>>,
    forbids_statuses: AtomicBool,
}

impl Extras {
    pub fn new(origin: &Path, api: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            api: api.to_owned(),
            ..Self::default()
        }
    }

    /// Gives a branch rules, as `rules/branches/{branch}` tells them.
    pub fn set_rules(&self, branch: &str, rules: Value) {
        self.rules.lock().unwrap().insert(branch.to_owned(), rules);
    }

    /// Lets nobody set a status from here on, as GitHub does where a token may not.
    pub fn forbid_statuses(&self) {
        self.forbids_statuses.store(true, Ordering::Relaxed);
    }

    /// The statuses of a commit, the newest first.
    pub fn statuses(&self, commit: &str) -> Vec<Value> {
        self.statuses.lock().unwrap().get(commit).cloned().unwrap_or_default()
    }

    /// Merges a pull request as GitHub does, and gives the commit.
    pub fn merge(&self, number: u64, how: Merge) -> String {
        let mut pull = Api(&self.api).get(&format!("pulls/{number}"));
        self.amend_pull(&mut pull);
        assert_eq!(pull["state"], "open", "{pull}");
        assert_eq!(pull["draft"], false, "a draft is not merged: {pull}");
        let [base, head] = ["base", "head"].map(|end| pull[end]["ref"].as_str().unwrap().to_owned());
        let title = format!("{} (#{number})", pull["title"].as_str().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let run = |arguments: &[&str]| git(folder.path(), arguments, "");
        git(
            &self.origin,
            &[
                "worktree",
                "add",
                "--quiet",
                "--detach",
                folder.path().to_str().unwrap(),
                &base,
            ],
            "",
        );
        match how {
            Merge::Commit => {
                let message = format!(
                    "Merge pull request #{number} from octo/{head}\n\n{}",
                    pull["title"].as_str().unwrap()
                );
                run(&["merge", "--quiet", "--no-ff", "--message", &message, &head]);
            }
            Merge::Squash => {
                run(&["merge", "--quiet", "--squash", &head]);
                run(&["commit", "--quiet", "--message", &title]);
            }
            Merge::Rebase => {
                let from = run(&["merge-base", &base, &head]);
                run(&["cherry-pick", &format!("{from}..{head}")]);
            }
        }
        let made = run(&["rev-parse", "HEAD"]);
        git(
            &self.origin,
            &["worktree", "remove", "--force", folder.path().to_str().unwrap()],
            "",
        );
        git(&self.origin, &["update-ref", &format!("refs/heads/{base}"), &made], "");
        self.merged.lock().unwrap().insert(number, made.clone());
        made
    }

    /// The answer to a request that `emulate` does not know.
    pub fn answer(&self, method: &str, path: &str, request: &[u8]) -> Option<Vec<u8>> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let rest = path.strip_prefix("/repos/octo/demo/")?;
        if let Some(branch) = rest.strip_prefix("rules/branches/") {
            let branch = branch.replace("%2F", "/");
            let rules = self.rules.lock().unwrap().get(&branch).cloned();
            return Some(said(200, &rules.unwrap_or_else(|| json!([]))));
        }
        if let Some(commit) = rest.strip_prefix("statuses/").filter(|_| method == "POST") {
            if self.forbids_statuses.load(Ordering::Relaxed) {
                return Some(said(
                    403,
                    &json!({ "message": "Resource not accessible by integration" }),
                ));
            }
            let text = String::from_utf8_lossy(request);
            let mut status: Value = serde_json::from_str(text.split_once("\r\n\r\n")?.1).ok()?;
            status["id"] = self.statuses.lock().unwrap().len().into();
            let mut all = self.statuses.lock().unwrap();
            all.entry(commit.to_owned()).or_default().insert(0, status.clone());
            return Some(said(201, &status));
        }
        if let Some(commit) = rest
            .strip_prefix("commits/")
            .and_then(|rest| rest.strip_suffix("/statuses"))
        {
            return Some(said(200, &self.statuses(commit).into()));
        }
        if let Some(number) = rest
            .strip_prefix("pulls/")
            .and_then(|rest| rest.strip_suffix("/commits"))
        {
            return Some(said(200, &self.commits(number.parse().ok()?).into()));
        }
        if rest == "pulls" && method == "POST" {
            return self.second(request);
        }
        if rest == "milestones" && method == "POST" {
            return self.second_milestone(request);
        }
        if rest == "issues" && method == "GET" {
            let issues = Api(&self.api).get(&format!("issues?{query}"));
            let field = |name: &str| {
                query
                    .split('&')
                    .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
            };
            let label = field("labels")?
                .replace("%2F", "/")
                .replace("%20", " ")
                .replace('+', " ");
            let mut pulls = Api(&self.api).get("pulls?state=all&per_page=100");
            pulls.as_array_mut()?.iter_mut().for_each(|pull| self.amend_pull(pull));
            let fits = |pull: &&Value| {
                let labels = pull["labels"].as_array().unwrap();
                labels.iter().any(|one| one["name"] == label.as_str())
                    && pull["state"] == field("state").unwrap_or("open")
            };
            let issue = |pull: &Value| {
                let mut issue = pull.clone();
                issue["pull_request"] = json!({ "merged_at": pull["merged_at"] });
                issue
            };
            let first = field("page").is_none_or(|page| page == "1");
            let pulls = pulls.as_array()?.iter().filter(fits).filter(|_| first).map(issue);
            let all: Vec<Value> = issues.as_array()?.iter().cloned().chain(pulls).collect();
            return Some(said(200, &all.into()));
        }
        None
    }

    /// GitHub's answer to a milestone whose title is taken.
    fn second_milestone(&self, request: &[u8]) -> Option<Vec<u8>> {
        let text = String::from_utf8_lossy(request);
        let asked: Value = serde_json::from_str(text.split_once("\r\n\r\n")?.1).ok()?;
        let there = Api(&self.api).get("milestones?state=all&per_page=100");
        let is_taken = there.as_array()?.iter().any(|one| one["title"] == asked["title"]);
        let error = json!({ "resource": "Milestone", "code": "already_exists", "field": "title" });
        let url = "https://docs.github.com/rest/issues/milestones#create-a-milestone";
        let refused =
            json!({ "message": "Validation Failed", "errors": [error], "documentation_url": url, "status": "422" });
        is_taken.then(|| said(422, &refused))
    }

    /// GitHub's answer to a pull request whose two branches have an open one.
    fn second(&self, request: &[u8]) -> Option<Vec<u8>> {
        let text = String::from_utf8_lossy(request);
        let asked: Value = serde_json::from_str(text.split_once("\r\n\r\n")?.1).ok()?;
        let mut open = Api(&self.api).get("pulls?state=open&per_page=100");
        let open = open.as_array_mut()?;
        open.iter_mut().for_each(|pull| self.amend_pull(pull));
        let same = |end: &str, pull: &Value| pull[end]["ref"] == asked[end];
        let there = open
            .iter()
            .any(|pull| pull["state"] == "open" && same("head", pull) && same("base", pull));
        there.then(|| {
            let head = asked["head"].as_str().unwrap_or_default();
            let message = format!("A pull request already exists for octo:{head}.");
            let error = json!({ "resource": "PullRequest", "code": "custom", "message": message });
            let url = "https://docs.github.com/rest/pulls/pulls#create-a-pull-request";
            said(422, &json!({ "message": "Validation Failed", "errors": [error], "documentation_url": url, "status": "422" }))
        })
    }

    /// The commits of a pull request, the oldest first.
    fn commits(&self, number: u64) -> Vec<Value> {
        let mut pull = Api(&self.api).get(&format!("pulls/{number}"));
        self.amend_pull(&mut pull);
        let head = pull["head"]["sha"].as_str().unwrap();
        let base = match self.merged.lock().unwrap().get(&number) {
            Some(made) => format!("{made}^1"),
            None => pull["base"]["ref"].as_str().unwrap().to_owned(),
        };
        let listed = git(&self.origin, &["rev-list", "--reverse", &format!("{base}..{head}")], "");
        let commit = |id: &str| {
            let message = git(&self.origin, &["log", "-1", "--format=%B", id], "");
            let parents = git(&self.origin, &["log", "-1", "--format=%P", id], "");
            let parents: Vec<Value> = parents.split_whitespace().map(|sha| json!({ "sha": sha })).collect();
            json!({ "sha": id, "commit": { "message": message }, "parents": parents })
        };
        listed.lines().map(commit).collect()
    }

    /// An answer about pull requests as they are by now.
    pub fn amend(&self, path: &str, answer: Vec<u8>) -> Vec<u8> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let Some(rest) = path.strip_prefix("/repos/octo/demo/pulls") else {
            return answer;
        };
        if rest.matches('/').count() > 1 || !answer.starts_with(b"HTTP/1.1 2") {
            return answer;
        }
        let plain = wire::replace(&answer, "", "");
        let text = String::from_utf8_lossy(&plain);
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        let mut told: Value = serde_json::from_str(body).unwrap();
        match &mut told {
            Value::Array(pulls) => {
                pulls.iter_mut().for_each(|pull| self.amend_pull(pull));
                let open = query.split('&').any(|pair| pair == "state=open");
                pulls.retain(|pull| !open || pull["state"] == "open");
            }
            pull => self.amend_pull(pull),
        }
        let code = text.split(' ').nth(1).unwrap().parse().unwrap();
        said(code, &told)
    }

    fn amend_pull(&self, pull: &mut Value) {
        let number = pull["number"].as_u64().unwrap();
        if let Some(commit) = self.merged.lock().unwrap().get(&number) {
            pull["state"] = "closed".into();
            pull["merged"] = true.into();
            pull["merged_at"] = pull["created_at"].clone();
            pull["merge_commit_sha"] = commit.as_str().into();
            return;
        }
        let name = format!("refs/heads/{}", pull["head"]["ref"].as_str().unwrap());
        let there = git(&self.origin, &["for-each-ref", "--format=%(objectname)", &name], "");
        if !there.is_empty() {
            pull["head"]["sha"] = there.into();
        }
    }
}

fn said(code: u16, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let head = format!("HTTP/1.1 {code} OK\r\ncontent-type: application/json\r\ncontent-length: ");
    format!("{head}{}\r\n\r\n{body}", body.len()).into_bytes()
}
