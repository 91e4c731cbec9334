//! A stand-in for what `emulate` lacks of GitHub: every check run and commit status of a commit, merged pull requests with
//! their reviews, workflow runs with their approvals, deployments and their statuses. It keeps what it is given for the
//! repository `octo/demo`. A fake stands here because no real part can: `tests/integration/desk.rs` holds each of its answers,
//! and each request that tidegate makes of it, against GitHub's own description of its API.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};

use super::description::Description;
use super::query::Query;
use super::trip::Trip;
use super::{Sandbox, wire};

/// What is done with a request instead of answering it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// An error of that status.
    Refuse(u16),
    /// Nothing is said.
    Silence,
    /// The connection is ended.
    HangUp,
}

/// What it holds, each entry as GitHub gives it, as far as tidegate reads it.
#[derive(Default)]
pub struct Papers {
    pub check_runs: Vec<Value>,
    pub statuses: Vec<Value>,
    /// The trees of commits.
    pub trees: Vec<(String, String)>,
    pub pulls: Vec<Value>,
    /// Reviews and commits of a pull request.
    pub reviews: Vec<(u64, Value)>,
    pub commits: Vec<(u64, Value)>,
    pub activity: Vec<Value>,
    pub runs: Vec<Value>,
    pub approvals: Vec<(u64, Value)>,
    /// What people may do, and the teams they are in, as `TEAM/PERSON`.
    pub permissions: Vec<(String, Value)>,
    pub members: Vec<(String, String)>,
    pub deployments: Vec<Value>,
    pub deployment_statuses: Vec<(u64, Value)>,
    /// Requests that begin so, such as `POST deployments`, are not answered.
    pub instead: Vec<(&'static str, Instead)>,
    /// What it was asked, as `METHOD path?query`.
    pub asked: Vec<String>,
    /// Told before and after each request.
    pub trip: Option<Trip>,
    /// Answers are filled up by it.
    pub description: Option<Arc<Description>>,
}

/// The stand-in, which ends with the test.
pub struct Desk {
    pub url: String,
    papers: Arc<Mutex<Papers>>,
}

impl Desk {
    pub fn start() -> Self {
        let (listener, url) = wire::listen();
        let papers = Arc::new(Mutex::new(Papers::default()));
        let own = papers.clone();
        wire::serve(listener, move |request| {
            let trip = own.lock().unwrap().trip.clone();
            trip.iter().for_each(Trip::pass);
            let answer = answer(&own, request);
            trip.iter().for_each(Trip::pass);
            answer
        });
        Self { url, papers }
    }

    pub fn papers(&self) -> MutexGuard<'_, Papers> {
        self.papers.lock().unwrap()
    }

    /// Lets what runs in a sandbox find it.
    pub fn serves(&self, sandbox: &mut Sandbox) {
        Self::at(&self.url, sandbox);
    }

    /// The same, behind another address.
    pub fn at(url: &str, sandbox: &mut Sandbox) {
        for (name, value) in [
            ("GITHUB_API_URL", url),
            ("GITHUB_TOKEN", "token"),
            ("GITHUB_REPOSITORY", "octo/demo"),
        ] {
            sandbox.variables.insert(name.to_owned(), value.to_owned());
        }
    }

    /// What it was asked since the last look.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.papers().asked)
    }

    /// Adds a check run and gives its number.
    pub fn check(&self, commit: &str, app: &str, name: &str, status: &str, conclusion: Option<&str>) -> u64 {
        let mut papers = self.papers();
        let id = papers.check_runs.len() as u64 + 1;
        papers.check_runs.push(json!({
            "id": id, "name": name, "head_sha": commit, "status": status, "conclusion": conclusion,
            "app": { "slug": app }, "external_id": "", "output": output(None),
            "html_url": format!("https://example.com/checks/{id}"),
            "details_url": format!("https://example.com/octo/demo/actions/runs/70/job/{id}"),
            "started_at": "2026-03-11T10:00:00Z", "completed_at": null,
        }));
        id
    }

    /// Adds a commit status.
    pub fn status(&self, commit: &str, creator: (&str, &str), context: &str, state: &str) {
        let mut papers = self.papers();
        let id = papers.statuses.len() as u64 + 1;
        papers.statuses.push(json!({
            "sha": commit, "id": id, "context": context, "state": state, "target_url": "https://ci.example.com",
            "description": null, "creator": { "login": creator.0, "type": creator.1 },
            "created_at": "2026-03-11T10:00:00Z", "updated_at": "2026-03-11T10:00:00Z",
        }));
    }

    /// Adds a merged pull request of a commit.
    pub fn pull(&self, number: u64, merge: &str, head: &str) {
        self.papers().pulls.push(json!({
            "number": number, "merge_commit_sha": merge, "merged_at": "2026-03-11T10:00:00Z", "merged": true, "state": "closed",
            "user": { "login": "developer-1", "type": "User" }, "merged_by": { "login": "release-manager-1", "type": "User" },
            "head": { "sha": head, "ref": "topic", "repo": { "full_name": "octo/demo" } }, "commits": 0,
        }));
    }

    /// Every deployment, oldest first, with its statuses: `ENVIRONMENT VERSION ATTEMPT STATE, STATE`.
    pub fn deployments(&self) -> Vec<String> {
        let papers = self.papers();
        let line = |one: &Value| {
            let own = papers.deployment_statuses.iter().filter(|(of, _)| one["id"] == *of);
            let states: Vec<&str> = own.map(|(_, status)| status["state"].as_str().unwrap()).collect();
            let (environment, payload) = (one["environment"].as_str().unwrap(), &one["payload"]);
            let version = payload["version"].as_str().unwrap();
            format!("{environment} {version} {} {}", payload["attempt"], states.join(", "))
        };
        papers.deployments.iter().map(line).collect()
    }

    /// Answers requests that begin so otherwise.
    pub fn instead(&self, begin: &'static str, instead: Instead) {
        self.papers().instead.push((begin, instead));
    }
}

fn output(given: Option<&Value>) -> Value {
    let mut output = json!({ "title": null, "summary": null, "text": null, "annotations_count": 0, "annotations_url": "https://example.com" });
    for key in ["title", "summary"] {
        if let Some(text) = given.map(|given| &given[key]) {
            output[key] = text.clone();
        }
    }
    output
}

fn answer(papers: &Mutex<Papers>, request: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(request);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let line: Vec<&str> = head.lines().next()?.split(' ').collect();
    let (method, target) = (line[0], line[1].trim_start_matches("/repos/octo/demo/"));
    let asked = format!("{method} {target}");
    let mut papers = papers.lock().unwrap();
    papers.asked.push(asked.clone());
    let otherwise = papers.instead.iter().find(|(begin, _)| asked.starts_with(begin));
    let (call, status, value) = match otherwise.map(|(_, instead)| *instead) {
        Some(Instead::HangUp) => return None,
        Some(Instead::Silence) => {
            drop(papers);
            std::thread::sleep(Duration::from_secs(60));
            return None;
        }
        Some(Instead::Refuse(status)) => ("", status, json!({ "message": "the desk is closed" })),
        None => papers.answer(method, target, &serde_json::from_str(body).unwrap_or_default()),
    };
    let value = match &papers.description {
        Some(description) => description.fill(&method.to_lowercase(), call, status, &value),
        None => value,
    };
    let value = value.to_string();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json; charset=utf-8\r\n");
    Some(format!("{head}content-length: {}\r\n\r\n{value}", value.len()).into_bytes())
}

/// The call in the description, the status and the body.
type Answer = (&'static str, u16, Value);

impl Papers {
    fn answer(&mut self, method: &str, target: &str, body: &Value) -> Answer {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query = Query(query);
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (method, parts.as_slice()) {
            ("GET", ["commits", commit, "check-runs"]) => self.check_runs(commit, &query),
            ("GET", ["commits", commit, "statuses"]) => {
                let own = self.statuses.iter().rev().filter(|one| one["sha"] == *commit).cloned();
                let page = query.page(own.collect());
                (
                    "/repos/{owner}/{repo}/commits/{ref}/statuses",
                    200,
                    without(page, "sha"),
                )
            }
            ("GET", ["commits", commit, "pulls"]) => {
                let own = self
                    .pulls
                    .iter()
                    .filter(|one| one["merge_commit_sha"] == *commit)
                    .cloned();
                let page = query.page(own.collect());
                let page = ["merged", "merged_by", "commits"]
                    .iter()
                    .fold(page, |page, key| without(page, key));
                ("/repos/{owner}/{repo}/commits/{commit_sha}/pulls", 200, page)
            }
            ("GET", ["git", "commits", commit]) => {
                let tree = self.trees.iter().find(|(of, _)| of == commit);
                let call = "/repos/{owner}/{repo}/git/commits/{commit_sha}";
                tree.map_or_else(
                    || gone(call),
                    |(_, tree)| (call, 200, json!({ "sha": commit, "tree": { "sha": tree } })),
                )
            }
            ("GET", ["pulls", number]) => Self::one(
                &self.pulls,
                "number",
                number,
                "/repos/{owner}/{repo}/pulls/{pull_number}",
            ),
            ("GET", ["pulls", number, "reviews"]) => {
                let call = "/repos/{owner}/{repo}/pulls/{pull_number}/reviews";
                (call, 200, query.page(of(&self.reviews, number)))
            }
            ("GET", ["pulls", number, "commits"]) => {
                let call = "/repos/{owner}/{repo}/pulls/{pull_number}/commits";
                (call, 200, query.page(of(&self.commits, number)))
            }
            ("GET", ["activity"]) => {
                let own = self
                    .activity
                    .iter()
                    .filter(|one| query.get("ref").as_deref() == one["ref"].as_str());
                (
                    "/repos/{owner}/{repo}/activity",
                    200,
                    query.page(own.cloned().collect()),
                )
            }
            ("GET", ["actions", "runs", run, "attempts", attempt]) => {
                let call = "/repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}";
                let is_it = |one: &&Value| {
                    let is = |key: &str, text: &str| {
                        one[key].as_u64().map(|number| number.to_string()).as_deref() == Some(text)
                    };
                    is("id", run) && is("run_attempt", attempt)
                };
                let found = self.runs.iter().find(is_it);
                found.map_or_else(|| gone(call), |found| (call, 200, found.clone()))
            }
            ("GET", ["actions", "runs", run, "approvals"]) => {
                let call = "/repos/{owner}/{repo}/actions/runs/{run_id}/approvals";
                (call, 200, of(&self.approvals, run).into())
            }
            ("GET", ["collaborators", person, "permission"]) => {
                let call = "/repos/{owner}/{repo}/collaborators/{username}/permission";
                let found = self.permissions.iter().find(|(of, _)| of == person);
                found.map_or_else(|| gone(call), |(_, value)| (call, 200, value.clone()))
            }
            ("GET", ["orgs", "octo", "teams", team]) => {
                let call = "/orgs/{org}/teams/{team_slug}";
                let own = format!("{team}/");
                match self.members.iter().any(|(of, _)| of.starts_with(&own)) {
                    true => (call, 200, json!({ "slug": team })),
                    false => gone(call),
                }
            }
            ("GET", ["orgs", "octo", "teams", team, "memberships", person]) => {
                let call = "/orgs/{org}/teams/{team_slug}/memberships/{username}";
                let found = self.members.iter().find(|(of, _)| *of == format!("{team}/{person}"));
                found.map_or_else(
                    || gone(call),
                    |(_, state)| (call, 200, json!({ "state": state, "role": "member" })),
                )
            }
            ("GET", ["deployments"]) => {
                let is = |one: &Value, key: &str| query.get(key).is_none_or(|value| one[key] == value);
                let own = self
                    .deployments
                    .iter()
                    .rev()
                    .filter(|one| is(one, "environment") && is(one, "task"));
                (
                    "/repos/{owner}/{repo}/deployments",
                    200,
                    query.page(own.cloned().collect()),
                )
            }
            ("POST", ["deployments"]) => {
                let mut made = body.clone();
                made["id"] = (self.deployments.len() as u64 + 1).into();
                made["sha"] = body["ref"].clone();
                made["created_at"] = jiff::Timestamp::now().to_string().into();
                made["url"] = format!("https://api.example.com/repos/octo/demo/deployments/{}", made["id"]).into();
                for key in ["auto_merge", "required_contexts"] {
                    made.as_object_mut().unwrap().remove(key);
                }
                self.deployments.push(made.clone());
                ("/repos/{owner}/{repo}/deployments", 201, made)
            }
            ("GET", ["deployments", id, "statuses"]) => {
                let call = "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses";
                let mut own = of(&self.deployment_statuses, id);
                own.reverse();
                (call, 200, query.page(own))
            }
            ("POST", ["deployments", id, "statuses"]) => {
                let mut made = body.clone();
                made.as_object_mut().unwrap().remove("auto_inactive");
                made["id"] = (self.deployment_statuses.len() as u64 + 1).into();
                made["created_at"] = jiff::Timestamp::now().to_string().into();
                self.deployment_statuses.push((id.parse().unwrap(), made.clone()));
                ("/repos/{owner}/{repo}/deployments/{deployment_id}/statuses", 201, made)
            }
            ("POST", ["statuses", commit]) => {
                let mut made = body.clone();
                made["id"] = (self.statuses.len() as u64 + 1).into();
                made["creator"] = json!({ "login": "github-actions[bot]", "type": "Bot" });
                self.statuses.push(made.clone());
                self.statuses.last_mut().unwrap()["sha"] = (*commit).into();
                ("/repos/{owner}/{repo}/statuses/{sha}", 201, made)
            }
            ("POST", ["check-runs"]) => {
                let mut made = body.clone();
                made["id"] = (self.check_runs.len() as u64 + 1).into();
                made["app"] = json!({ "slug": "github-actions" });
                made["output"] = output(Some(&body["output"]));
                made["conclusion"] = body["conclusion"].clone();
                self.check_runs.push(made.clone());
                ("/repos/{owner}/{repo}/check-runs", 201, made)
            }
            _ => gone(""),
        }
    }

    fn one(all: &[Value], key: &str, value: &str, call: &'static str) -> Answer {
        let found = all.iter().find(|one| one[key].as_u64() == value.parse().ok());
        found.map_or_else(|| gone(call), |found| (call, 200, found.clone()))
    }

    fn check_runs(&self, commit: &str, query: &Query<'_>) -> Answer {
        let name = query.get("check_name");
        let of = |run: &&Value| run["head_sha"] == *commit && name.as_ref().is_none_or(|name| run["name"] == *name);
        let mut runs: Vec<Value> = self.check_runs.iter().rev().filter(of).cloned().collect();
        if query.get("filter").as_deref() != Some("all") {
            let mut seen = Vec::new();
            runs.retain(|run| {
                let key = (run["name"].clone(), run["app"]["slug"].clone());
                let is_new = !seen.contains(&key);
                seen.push(key);
                is_new
            });
        }
        let total = runs.len();
        let page = json!({ "total_count": total, "check_runs": query.page(runs) });
        ("/repos/{owner}/{repo}/commits/{ref}/check-runs", 200, page)
    }
}

/// What belongs to something of that number.
fn of(all: &[(u64, Value)], number: &str) -> Vec<Value> {
    let own = all.iter().filter(|(of, _)| of.to_string() == number);
    own.map(|(_, value)| value.clone()).collect()
}

fn gone(call: &'static str) -> Answer {
    (
        call,
        404,
        json!({ "message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404" }),
    )
}

fn without(mut page: Value, key: &str) -> Value {
    for entry in page.as_array_mut().unwrap() {
        entry.as_object_mut().unwrap().remove(key);
    }
    page
}
