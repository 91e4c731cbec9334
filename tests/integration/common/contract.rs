//! GitHub's own description of its API: each request passes through `prism`, which holds it against the description.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::desk::Desk;
use super::emulate::{self, GitHub};
use super::wire;

/// Every call that tidegate makes for tags and releases, as the description names it; a call of another path or method is a
/// violation.
pub const CALLS: &[(&str, &str)] = &[
    ("post", "/app/installations/{installation_id}/access_tokens"),
    ("post", "/repos/{owner}/{repo}/git/commits"),
    ("get", "/repos/{owner}/{repo}/git/commits/{commit_sha}"),
    ("get", "/repos/{owner}/{repo}/git/ref/{ref}"),
    ("post", "/repos/{owner}/{repo}/git/refs"),
    ("patch", "/repos/{owner}/{repo}/git/refs/{ref}"),
    ("post", "/repos/{owner}/{repo}/git/tags"),
    ("get", "/repos/{owner}/{repo}/git/tags/{tag_sha}"),
    ("post", "/repos/{owner}/{repo}/git/trees"),
    ("get", "/repos/{owner}/{repo}/installation"),
    ("get", "/repos/{owner}/{repo}/releases"),
    ("post", "/repos/{owner}/{repo}/releases"),
    ("delete", "/repos/{owner}/{repo}/releases/assets/{asset_id}"),
    ("delete", "/repos/{owner}/{repo}/releases/{release_id}"),
    ("get", "/repos/{owner}/{repo}/releases/{release_id}"),
    ("patch", "/repos/{owner}/{repo}/releases/{release_id}"),
    ("get", "/repos/{owner}/{repo}/releases/{release_id}/assets"),
    ("post", "/repos/{owner}/{repo}/releases/{release_id}/assets"),
    ("get", "/repos/{owner}/{repo}/rulesets"),
    ("get", "/repos/{owner}/{repo}/rulesets/{ruleset_id}"),
];

/// Every call that it makes for gates and promotions.
pub const DESK_CALLS: &[(&str, &str)] = &[
    ("get", "/orgs/{org}/teams/{team_slug}"),
    ("get", "/orgs/{org}/teams/{team_slug}/memberships/{username}"),
    (
        "get",
        "/repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}",
    ),
    ("get", "/repos/{owner}/{repo}/actions/runs/{run_id}/approvals"),
    ("get", "/repos/{owner}/{repo}/activity"),
    ("post", "/repos/{owner}/{repo}/check-runs"),
    ("get", "/repos/{owner}/{repo}/collaborators/{username}/permission"),
    ("get", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls"),
    ("get", "/repos/{owner}/{repo}/commits/{ref}/check-runs"),
    ("get", "/repos/{owner}/{repo}/commits/{ref}/statuses"),
    ("get", "/repos/{owner}/{repo}/deployments"),
    ("post", "/repos/{owner}/{repo}/deployments"),
    ("get", "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses"),
    ("post", "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses"),
    ("get", "/repos/{owner}/{repo}/git/commits/{commit_sha}"),
    ("get", "/repos/{owner}/{repo}/pulls/{pull_number}"),
    ("get", "/repos/{owner}/{repo}/pulls/{pull_number}/commits"),
    ("get", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews"),
    ("post", "/repos/{owner}/{repo}/statuses/{sha}"),
];

/// Every call that it makes for back-ports.
pub const BACKPORT_CALLS: &[(&str, &str)] = &[
    ("get", "/repos/{owner}/{repo}/branches/{branch}"),
    ("post", "/repos/{owner}/{repo}/git/blobs"),
    ("post", "/repos/{owner}/{repo}/git/commits"),
    ("get", "/repos/{owner}/{repo}/git/commits/{commit_sha}"),
    ("post", "/repos/{owner}/{repo}/git/refs"),
    ("post", "/repos/{owner}/{repo}/git/trees"),
    ("get", "/repos/{owner}/{repo}/issues"),
    ("patch", "/repos/{owner}/{repo}/issues/comments/{comment_id}"),
    ("get", "/repos/{owner}/{repo}/issues/{issue_number}/comments"),
    ("post", "/repos/{owner}/{repo}/issues/{issue_number}/comments"),
    ("post", "/repos/{owner}/{repo}/issues/{issue_number}/labels"),
    ("delete", "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}"),
    ("get", "/repos/{owner}/{repo}/labels"),
    ("get", "/repos/{owner}/{repo}/pulls"),
    ("post", "/repos/{owner}/{repo}/pulls"),
    ("get", "/repos/{owner}/{repo}/pulls/{pull_number}"),
    ("get", "/repos/{owner}/{repo}/pulls/{pull_number}/commits"),
    ("get", "/repos/{owner}/{repo}/rules/branches/{branch}"),
];

/// Every call that it makes in the life of a release line: it is cut, back-ported to, mended by a hotfix, and what follows it
/// is frozen.
pub const LINE_CALLS: &[(&str, &str)] = &[
    ("get", "/repos/{owner}/{repo}/branches/{branch}"),
    ("get", "/repos/{owner}/{repo}/commits/{ref}/statuses"),
    ("get", "/repos/{owner}/{repo}/deployments"),
    ("post", "/repos/{owner}/{repo}/git/commits"),
    ("get", "/repos/{owner}/{repo}/git/commits/{commit_sha}"),
    ("post", "/repos/{owner}/{repo}/git/refs"),
    ("post", "/repos/{owner}/{repo}/git/trees"),
    ("get", "/repos/{owner}/{repo}/issues"),
    ("get", "/repos/{owner}/{repo}/issues/{issue_number}/comments"),
    ("post", "/repos/{owner}/{repo}/issues/{issue_number}/comments"),
    ("post", "/repos/{owner}/{repo}/issues/{issue_number}/labels"),
    ("delete", "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}"),
    ("get", "/repos/{owner}/{repo}/labels"),
    ("post", "/repos/{owner}/{repo}/labels"),
    ("get", "/repos/{owner}/{repo}/labels/{name}"),
    ("get", "/repos/{owner}/{repo}/milestones"),
    ("post", "/repos/{owner}/{repo}/milestones"),
    ("get", "/repos/{owner}/{repo}/pulls"),
    ("post", "/repos/{owner}/{repo}/pulls"),
    ("get", "/repos/{owner}/{repo}/pulls/{pull_number}"),
    ("get", "/repos/{owner}/{repo}/pulls/{pull_number}/commits"),
    ("get", "/repos/{owner}/{repo}/rules/branches/{branch}"),
    ("post", "/repos/{owner}/{repo}/statuses/{sha}"),
];

/// How `prism` and the description are installed; `prism` needs Node 24 as `emulate` does.
const INSTALL: &str = "npm install @octokit/openapi@23.0.2 @stoplight/prism-cli@5.16.0, as emulate is";

/// The description, from a folder of the `PATH`.
pub const DESCRIPTION: &str = "../@octokit/openapi/generated/api.github.com.json";

/// How many segments a parameter may span that stands for several, such as `tags/app/v1.0.0`.
const SPAN: usize = 4;

/// What stands before the tag of a second draft: `emulate` keeps one for each tag, GitHub several.
pub const AGAIN: &str = "again.";

/// Whether all of it is installed.
pub fn is_there() -> bool {
    super::has("emulate", emulate::INSTALL) && super::has("prism", INSTALL) && super::has(DESCRIPTION, INSTALL)
}

/// A call as it was seen: its method and its path in the description, or its own where that has none.
pub type Call = (String, String);

/// GitHub behind the description.
pub struct Contract {
    prism: Child,
    _slice: tempfile::TempDir,
    pub url: String,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    /// Whether answers are held against the description as well.
    answers: bool,
    calls: BTreeSet<Call>,
    violations: Vec<String>,
}

impl Contract {
    /// In front of `emulate`: requests are held against the description, and its answers are its own.
    pub fn start(github: &GitHub) -> Self {
        Self::over(&github.url, &github.named(), CALLS, false)
    }

    /// In front of the desk, whose answers are held against it too.
    pub fn of_desk(desk: &Desk) -> Self {
        Self::over(&desk.url, &desk.url, DESK_CALLS, true)
    }

    /// In front of a hub, whose requests it holds against the description of these calls.
    pub fn of_hub(url: &str, calls: &'static [(&'static str, &'static str)]) -> Self {
        Self::over(url, url, calls, false)
    }

    fn over(upstream: &str, named: &str, calls: &'static [(&'static str, &'static str)], answers: bool) -> Self {
        let text = std::fs::read(super::found(DESCRIPTION).unwrap()).unwrap();
        let (slice, routes) = slice(&serde_json::from_slice(&text).unwrap(), calls);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("github.json");
        std::fs::write(&file, slice.to_string()).unwrap();
        let port = spare_port();
        let there = format!("http://127.0.0.1:{port}");
        let prism = Command::new(emulate::beside("node"))
            .arg(super::found("prism").unwrap())
            .args(["proxy", "--port", &port.to_string(), "--verboseLevel", "silent"])
            .arg(&file)
            .arg(upstream)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let seen = Arc::new(Mutex::new(Seen {
            answers,
            ..Seen::default()
        }));
        let (listener, url) = wire::listen();
        let contract = Self {
            prism,
            _slice: folder,
            url: url.clone(),
            seen: seen.clone(),
        };
        let begin = Instant::now();
        while std::net::TcpStream::connect(there.trim_start_matches("http://")).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(60), "prism does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        let named = named.to_owned();
        wire::serve(listener, move |request| {
            let answer = wire::pass(&there, request)?;
            seen.lock().unwrap().add(&routes, request, &answer);
            let shown = [
                (named.as_str(), url.as_str()),
                (&format!(r#""tag_name":"{AGAIN}"#), r#""tag_name":""#),
                // Files are a thousand years old, so that none is waited for.
                (r#""created_at":"2"#, r#""created_at":"1"#),
            ];
            let show = |answer: Vec<u8>, (from, to)| wire::replace(&answer, from, to);
            Some(shown.into_iter().fold(answer, show))
        });
        contract
    }

    /// What was called.
    pub fn calls(&self) -> BTreeSet<Call> {
        self.seen.lock().unwrap().calls.clone()
    }

    /// What was violated since the last look.
    pub fn violations(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap().violations)
    }
}

impl Drop for Contract {
    fn drop(&mut self) {
        let _ = self.prism.kill();
        let _ = self.prism.wait();
    }
}

impl Seen {
    fn add(&mut self, routes: &[Route], request: &[u8], answer: &[u8]) {
        let text = String::from_utf8_lossy(request);
        let line: Vec<&str> = text.lines().next().unwrap().split(' ').collect();
        let (method, target) = (line[0].to_lowercase(), line[1]);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let found = routes.iter().filter(|route| route.fits(&method, path));
        let route = found.max_by_key(|route| route.literals());
        let call = route.map_or(path, |route| route.call);
        self.calls.insert((method.clone(), call.to_owned()));

        let mut wrong: Vec<String> = query
            .split('&')
            .filter_map(|pair| pair.split('=').next().filter(|name| !name.is_empty()))
            .filter(|name| route.is_some_and(|route| !route.query.contains(*name)))
            .map(|name| format!("the query `{name}` is not known"))
            .collect();
        // A long list is cut at its end and then is no JSON; what the request violates stands first.
        let told = wire::header(answer, "sl-violations").unwrap_or_default();
        let own = wire::header(answer, "content-type").is_some_and(|kind| kind.starts_with("application/problem+json"));
        if own {
            wrong.push(String::from_utf8_lossy(answer).into_owned());
        } else if told.contains(r#""location":["request""#) || (self.answers && is_good(answer) && !told.is_empty()) {
            wrong.push(told);
        }
        let violations = wrong.iter().map(|wrong| format!("{method} {target}: {wrong}"));
        self.violations.extend(violations);
    }
}

/// A port that is free and that nobody is given meanwhile: `prism` takes seconds until it listens, and the ports that the
/// system gives away begin at 32768.
fn spare_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let next = std::process::id()
            .wrapping_mul(31)
            .wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = 20_000 + u16::try_from(next % 12_000).unwrap();
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Whether it is no error: the description does not have all of them.
fn is_good(answer: &[u8]) -> bool {
    answer.starts_with(b"HTTP/1.1 2")
}

/// A path of the slice.
struct Route {
    method: &'static str,
    path: String,
    call: &'static str,
    query: BTreeSet<String>,
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}

impl Route {
    fn fits(&self, method: &str, path: &str) -> bool {
        let same = |(own, other): (&str, &str)| is_parameter(own) || own == other;
        self.method == method
            && self.path.split('/').count() == path.split('/').count()
            && self.path.split('/').zip(path.split('/')).all(same)
    }

    fn literals(&self) -> usize {
        self.path.split('/').filter(|segment| !is_parameter(segment)).count()
    }
}

/// The description of the calls in use, and their routes. It is adapted: `prism` knows no parameter that spans several
/// segments, so such a path is there once for each length; and a body has no fields but those that are named.
fn slice(description: &Value, calls: &'static [(&'static str, &'static str)]) -> (Value, Vec<Route>) {
    let mut slice = json!({ "openapi": description["openapi"], "info": description["info"], "paths": {} });
    let mut routes = Vec::new();
    for (method, call) in calls {
        let mut operation = description["paths"][call][method].clone();
        assert!(operation.is_object(), "the description has no {method} {call}");
        close(description, &mut operation["requestBody"]);
        let parameters = operation["parameters"].as_array().unwrap();
        let parameters: Vec<Value> = parameters.iter().map(|one| resolved(description, one)).collect();
        let last = call.rsplit('/').next().unwrap();
        let spans =
            |one: &Value| one["x-multi-segment"] == true && last == format!("{{{}}}", one["name"].as_str().unwrap());
        let most = if parameters.iter().any(spans) { SPAN } else { 1 };
        let query = parameters.iter().filter(|one| one["in"] == "query");
        let query: BTreeSet<String> = query.map(|one| one["name"].as_str().unwrap().to_owned()).collect();
        operation["parameters"] = parameters.into();
        let mut path = (*call).to_owned();
        for length in 1..=most {
            if length > 1 {
                let name = format!("segment_{length}");
                path.push_str(&format!("/{{{name}}}"));
                let parameter = json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
                operation["parameters"].as_array_mut().unwrap().push(parameter);
            }
            slice["paths"][&path][method] = operation.clone();
            let (path, query) = (path.clone(), query.clone());
            routes.push(Route {
                method,
                path,
                call,
                query,
            });
        }
    }
    let mut left = references(&slice);
    while let Some(reference) = left.pop() {
        let [_, _, kind, name] = reference.split('/').collect::<Vec<_>>()[..] else {
            panic!("{reference}");
        };
        if slice["components"][kind][name].is_null() {
            let component = description.pointer(&reference[1..]).unwrap().clone();
            left.extend(references(&component));
            slice["components"][kind][name] = component;
        }
    }
    (slice, routes)
}

fn resolved(description: &Value, value: &Value) -> Value {
    match value["$ref"].as_str() {
        Some(reference) => description.pointer(&reference[1..]).unwrap().clone(),
        None => value.clone(),
    }
}

/// What a part refers to, such as `#/components/schemas/release`.
fn references(part: &Value) -> Vec<String> {
    match part {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        Value::Array(entries) => entries.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// Allows an object no other fields than those named.
fn close(description: &Value, part: &mut Value) {
    if part.get("$ref").is_some() {
        *part = resolved(description, part);
    }
    if part.get("properties").is_some_and(Value::is_object) && part["additionalProperties"].is_null() {
        part["additionalProperties"] = false.into();
    }
    match part {
        Value::Object(fields) => fields.values_mut().for_each(|field| close(description, field)),
        Value::Array(entries) => entries.iter_mut().for_each(|entry| close(description, entry)),
        _ => {}
    }
}
