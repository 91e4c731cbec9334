//! The whole life of release lines in one walk: cut, candidates, a back-port, the final version on the very commit of the last
//! candidate, a hotfix, and the next line; with plain git, over smart HTTP, and on GitHub's stand-in behind GitHub's own
//! description of its API.

use serde_json::{Value, json};

use crate::common::contract::{self, Contract};
use crate::common::emulate::INSTALL;
use crate::common::hub::Hub;
use crate::common::pulls::Merge;
use crate::common::{self, Sandbox, git_http, wire};
use crate::tag::LADDER;

const CONFIG: &str = "\
[project]
name = 'demo'

[component.app]
version-files = ['VERSION']

[version]
initial = '1.4.0'

[version.channels]
'release/*' = 'rc'
";

/// Where the origin is.
#[derive(Clone, Copy, PartialEq)]
enum Over {
    File,
    Http,
    GitHub,
}

struct Walk {
    sandbox: Sandbox,
    hub: Option<Hub>,
    contract: Option<Contract>,
}

/// Puts the origin behind git's own server, which asks who comes.
fn serve(sandbox: &Sandbox) {
    let root = sandbox.path().to_owned();
    sandbox.git_in(&root.join("origin.git"), &["config", "http.receivepack", "true"]);
    let (listener, url) = wire::listen();
    wire::serve(listener, move |request| {
        git_http::answer(&root, request, |password| password == "secret")
    });
    let address = format!("{}/origin.git", url.replace("http://", "http://octo:secret@"));
    sandbox.git(&["remote", "set-url", "origin", &address]);
}

impl Walk {
    fn new(over: Over) -> Self {
        let mut sandbox = Sandbox::new(&format!("{CONFIG}\n{LADDER}"));
        sandbox.commit("feat: a door", &[("VERSION", "1.3.0\n"), ("door", "wood\n")]);
        sandbox.git(&["push", "--quiet", "origin", "main"]);
        if over == Over::Http {
            serve(&sandbox);
        }
        let hub = (over == Over::GitHub).then(|| Hub::start(&mut sandbox, None));
        let behind = hub.is_some() && contract::is_there();
        let contract = behind.then(|| Contract::of_hub(&sandbox.variables["GITHUB_API_URL"], contract::LINE_CALLS));
        if let Some(contract) = &contract {
            let url = contract.url.clone();
            sandbox.variables.insert("GITHUB_API_URL".to_owned(), url);
        }
        Self { sandbox, hub, contract }
    }

    fn run(&self, code: i32, arguments: &[&str]) -> Value {
        self.sandbox.json(code, arguments)
    }

    fn there(&self, revision: &str) -> String {
        self.sandbox.git(&["fetch", "--quiet", "--tags", "--prune"]);
        self.sandbox.git(&["rev-parse", &format!("{revision}^{{commit}}")])
    }

    /// Checks a branch out as the origin has it.
    fn on(&self, branch: &str) {
        self.sandbox.git(&["fetch", "--quiet", "--tags"]);
        self.sandbox
            .git(&["checkout", "--quiet", "-B", branch, &format!("origin/{branch}")]);
    }

    fn commit(&self, branch: &str, message: &str, files: &[(&str, &str)]) -> String {
        self.on(branch);
        let commit = self.sandbox.commit(message, files);
        self.sandbox.git(&["push", "--quiet", "origin", branch]);
        commit
    }

    /// Merges what is proposed, as the people do who look at it.
    fn merge(&self, head: &str, base: &str, how: Merge) {
        if let Some(hub) = &self.hub {
            let open = hub.api().get("pulls?state=open");
            let pull = open.as_array().unwrap().iter().find(|pull| pull["head"]["ref"] == head);
            let pull = pull.unwrap_or_else(|| panic!("no pull request from {head}: {open}"));
            assert_eq!(pull["base"]["ref"], base);
            hub.extras().merge(pull["number"].as_u64().unwrap(), how);
            return;
        }
        self.on(base);
        self.sandbox
            .git(&["merge", "--quiet", "--no-edit", &format!("origin/{head}")]);
        self.sandbox.git(&["push", "--quiet", "origin", base]);
    }

    /// Brings a fix into `main`, and asks for it on a line.
    fn fix_on_main(&self) -> Value {
        let Some(hub) = &self.hub else {
            let fix = self.commit("main", "fix: the lock", &[("lock", "steel\n")]);
            return self.run(0, &["backport", &fix, "--to", "1.4"]);
        };
        self.on("main");
        self.sandbox.git(&["checkout", "--quiet", "-b", "topic"]);
        self.sandbox.commit("fix: the lock", &[("lock", "steel\n")]);
        self.sandbox.git(&["push", "--quiet", "origin", "topic"]);
        hub.receive();
        let asked = json!({ "title": "fix: the lock", "head": "topic", "base": "main" });
        let made = hub.api().send("POST", "pulls", &asked);
        let number = made["number"].as_u64().unwrap();
        let labels = json!({ "labels": ["backport 1.4"] });
        hub.api().send("POST", &format!("issues/{number}/labels"), &labels);
        hub.extras().merge(number, Merge::Squash);
        self.on("main");
        let document = self.run(0, &["backport", "--label"]);
        let labels = hub.api().get(&format!("issues/{number}/labels"));
        assert_eq!(labels[0]["name"], "backported 1.4");
        document
    }
}

/// From the first feature to the second line. Gives the tags with their subjects, and the kinds of events.
fn walk(over: Over) {
    let walk = Walk::new(over);

    let cut = walk.run(0, &["cut", "1.4"]);
    assert_eq!(
        (&cut["status"], &cut["branch"]),
        (&"created".into(), &"release/1.4".into())
    );
    let first = walk.there("v1.4.0-rc.1");
    assert_eq!(first, walk.there("origin/release/1.4"));
    walk.merge("tidegate/main-1.5", "main", Merge::Squash);
    walk.on("main");
    assert_eq!(walk.sandbox.git(&["show", "origin/main:VERSION"]), "1.5.0-dev");

    let document = walk.fix_on_main();
    let entry = &document["backports"][0];
    assert_eq!(
        (&entry["status"], &entry["base"]),
        (&"created".into(), &"release/1.4".into()),
        "{document}"
    );
    let lacking = walk.run(0, &["cut", "status"]);
    assert!(lacking.to_string().contains("fix: the lock"), "{lacking}");
    walk.merge(entry["branch"].as_str().unwrap(), "release/1.4", Merge::Rebase);

    walk.on("release/1.4");
    let second = walk.run(0, &["tag"]);
    assert_eq!(second["tag"], "v1.4.0-rc.2");
    walk.on("release/1.4");
    let last = walk.run(0, &["tag", "--final"]);
    assert_eq!(last["tag"], "v1.4.0");
    assert_eq!(
        walk.there("v1.4.0"),
        walk.there("v1.4.0-rc.2"),
        "what was tested is what goes out"
    );
    let told = walk.sandbox.git(&["log", "--format=%s", "v1.4.0-rc.1..v1.4.0"]);
    assert!(told.contains("fix: the lock"), "{told}");

    walk.commit("main", "feat: a window", &[("window", "glass\n")]);
    let hotfix = walk.run(0, &["hotfix", "1.4.1", "--reason", "the hinge breaks"]);
    assert_eq!(hotfix["branch"], "hotfix/1.4.1");
    assert_eq!(walk.there("origin/hotfix/1.4.1"), walk.there("v1.4.0"));
    let fix = walk.commit("hotfix/1.4.1", "fix: the hinge", &[("hinge", "steel\n")]);
    assert_eq!(walk.run(3, &["hotfix", "1.4.1", "--check"])["status"], "lacking");
    walk.on("hotfix/1.4.1");
    assert_eq!(walk.run(0, &["tag"])["tag"], "v1.4.1");
    walk.on("main");
    let refused = walk.run(3, &["cut", "1.5"]);
    assert!(
        refused["refusal"]["reason"].as_str().unwrap().contains("1.4.1"),
        "{refused}"
    );
    assert_eq!(walk.sandbox.git(&["ls-remote", "origin", "refs/heads/release/1.5"]), "");

    let document = walk.run(0, &["backport", &fix, "--to", "main"]);
    let entry = &document["backports"][0];
    walk.merge(entry["branch"].as_str().unwrap(), "main", Merge::Rebase);
    walk.on("main");
    assert_eq!(walk.run(0, &["hotfix", "1.4.1", "--check"])["status"], "reached");
    let cut = walk.run(0, &["cut", "1.5"]);
    assert_eq!(
        (&cut["status"], &cut["branch"]),
        (&"created".into(), &"release/1.5".into()),
        "{cut}"
    );

    walk.there("HEAD");
    let tags = walk.sandbox.git(&["tag", "--sort=version:refname"]);
    let expected = ["v1.4.0-rc.1", "v1.4.0-rc.2", "v1.4.0", "v1.4.1", "v1.5.0-rc.1"];
    let mut tags: Vec<&str> = tags.lines().collect();
    tags.sort_by_key(|tag| expected.iter().position(|one| one == tag));
    assert_eq!(tags, expected);
    let log = walk.run(0, &["ledger", "log"]);
    let kind = |event: &Value| {
        let tag = event["tag"].as_str().map_or_else(String::new, |tag| format!(" {tag}"));
        format!("{}{tag}", event["type"].as_str().unwrap())
    };
    let kinds: Vec<String> = log["events"].as_array().unwrap().iter().rev().map(kind).collect();
    let expected = [
        "branch-cut",
        "tagged v1.4.0-rc.1",
        "proposed",
        "tagged v1.4.0-rc.2",
        "tagged v1.4.0",
        "hotfix-opened",
        "tagged v1.4.1",
        "branch-cut",
        "tagged v1.5.0-rc.1",
        "proposed",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(walk.run(0, &["ledger", "verify"])["findings"], json!([]));
    let status = walk.run(0, &["cut", "status"]);
    assert_eq!(status["lines"].as_array().unwrap().len(), 2, "{status}");
    walk.run(0, &["freeze", "main", "--reason", "the release"]);
    walk.run(0, &["thaw", "main"]);
    if let Some(contract) = &walk.contract {
        assert_eq!(contract.violations(), [""; 0]);
        let listed = contract::LINE_CALLS.iter();
        let listed = listed.map(|(method, path)| ((*method).to_owned(), (*path).to_owned()));
        assert_eq!(contract.calls(), listed.collect());
    }
}

#[test]
fn from_the_first_line_to_the_second_with_plain_git() {
    walk(Over::File);
}

#[test]
fn from_the_first_line_to_the_second_over_smart_http() {
    walk(Over::Http);
}

#[test]
fn from_the_first_line_to_the_second_on_github() {
    if common::has("emulate", INSTALL) {
        walk(Over::GitHub);
    }
}
