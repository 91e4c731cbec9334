//! `tag` through GitHub: tags and release commits that GitHub makes itself, its rules, its Apps, and where it is found.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tidegate::model::forge::{Ruleset, TagRule};
use tidegate::plan::tag::rules::forbidden;
use tidegate::plan::tag::triggers::waits_for_tags;

use crate::common::emulate::{GitHub, INSTALL};
use crate::common::hub::Hub;
use crate::common::trip::Trip;
use crate::common::{self, Run, Sandbox, git_http, wire};

pub const CONFIG: &str = "[tag]\nthrough = 'github'\n\n[component.app]\nversion-files = ['VERSION']\n";

pub fn sandbox(config: &str) -> Sandbox {
    let sandbox = Sandbox::new(config);
    sandbox.commit("feat: a door", &[("VERSION", "0.0.0\n"), ("a", "1")]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    sandbox
}

/// The tags of the origin with their commits, and the subjects on `main`, newest first.
fn end(sandbox: &Sandbox) -> (Vec<(String, String)>, String) {
    let origin = sandbox.path().join("origin.git");
    let format = "--format=%(refname:short) %(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)";
    let tags = sandbox.git_in(&origin, &["for-each-ref", format, "refs/tags"]);
    let pair = |line: &str| {
        line.split_once(' ')
            .map(|(tag, commit)| (tag.to_owned(), commit.to_owned()))
            .unwrap()
    };
    (
        tags.lines().map(pair).collect(),
        sandbox.git_in(&origin, &["log", "--format=%s", "main"]),
    )
}

#[test]
fn github_makes_the_commit_and_the_tag() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let mut sandbox = sandbox(CONFIG);
    let hub = Hub::start(&mut sandbox, None);
    let plan = sandbox.json(0, &["tag", "--dry-run"]);
    assert_eq!(
        (&plan["steps"][0]["action"], &plan["steps"][0]["through"]),
        (&"commit-release".into(), &"github".into())
    );
    assert!(hub.tags().is_empty());
    let document = sandbox.json(0, &["tag"]);
    let commit = document["commit"].as_str().unwrap();
    assert_eq!(document["status"], "created");
    assert_eq!(
        (hub.tags(), hub.commit("v0.1.0").as_str()),
        (vec!["v0.1.0".to_owned()], commit)
    );
    assert_eq!(
        end(&sandbox).0,
        [("v0.1.0".to_owned(), commit.to_owned())],
        "git sees it as well"
    );
    // The clone has followed: nothing is left to pull.
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), commit);
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    assert_eq!(sandbox.git(&["show", "HEAD:VERSION"]), "0.1.0");
    assert_eq!(
        sandbox.git(&["log", "-1", "--format=%an %s"]),
        "octo chore(release): v0.1.0",
        "whose token it is"
    );
    assert_eq!(sandbox.json(0, &["tag"])["status"], "exists");
    // Without files to change there is no commit, and a lightweight tag is a ref alone.
    sandbox.write(&[("tidegate.toml", "[tag]\nthrough = 'github'\nkind = 'lightweight'\n")]);
    let plain = sandbox.commit("fix: a hinge", &[]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    hub.receive();
    let steps = sandbox.json(0, &["tag", "--dry-run"])["steps"].clone();
    assert_eq!(
        (&steps[0]["action"], steps.as_array().unwrap().len()),
        (&"share-tag".into(), 1)
    );
    assert_eq!(sandbox.tidegate(&["tag"]).exits(0).stdout, "v0.1.1\n");
    assert_eq!(sandbox.git(&["rev-parse", "refs/tags/v0.1.1"]), plain);
}

#[test]
fn two_taggers_leave_one_tag_on_github_fifty_times_in_a_row() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let mut sandbox = sandbox(CONFIG);
    let hub = Hub::start(&mut sandbox, None);
    sandbox.git_in(sandbox.path(), &["clone", "--quiet", "origin.git", "other"]);
    let other = sandbox.path().join("other");
    for round in 1..=50 {
        let start = |folder: &Path| {
            let mut command = sandbox.tidegate_command(folder, &["tag"]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let children = [start(&sandbox.work()), start(&other)];
        let runs = children.map(|child| Run::of(child.wait_with_output().unwrap()));
        assert!(runs.iter().all(|run| run.code == 0), "round {round}: {runs:?}");
        assert_eq!(runs[0].stdout, runs[1].stdout, "round {round}");
        let (tags, subjects) = end(&sandbox);
        assert_eq!(tags.len(), round, "round {round}: {tags:?}");
        assert_eq!(hub.tags().len(), round);
        let commits = subjects.lines().filter(|subject| subject.starts_with("chore(release)"));
        assert_eq!(commits.count(), round, "one commit a version: {subjects}");
        sandbox.git(&["pull", "--quiet", "--ff-only"]);
        sandbox.commit("fix: more", &[("a", &round.to_string())]);
        sandbox.git(&["push", "--quiet", "origin", "main"]);
        sandbox.git_in(&other, &["pull", "--quiet", "--ff-only"]);
        hub.receive();
    }
}

#[test]
fn killed_at_every_request_and_run_again_there_is_one_commit_and_one_tag() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let prepared = |at: usize| {
        let mut sandbox = sandbox(CONFIG);
        let trip = Trip::new(&mut sandbox);
        let hub = Hub::start(&mut sandbox, Some(&trip));
        let run = trip.kill(sandbox.tidegate_command(&sandbox.work(), &["tag"]), at);
        (sandbox, hub, trip, run)
    };
    let (whole, _hub, trip, run) = prepared(0);
    run.exits(0);
    let (tags, expected) = end(&whole);
    assert_eq!(
        (tags.len(), expected.as_str()),
        (1, "chore(release): v0.1.0\nfeat: a door\nchore: set up")
    );
    let wires = trip.wires();
    assert!(wires >= 12, "six requests, two wires each: {wires}");
    for wire in 1..=wires {
        let (sandbox, hub, trip, run) = prepared(wire);
        assert_eq!(run.code, -1, "killed at wire {wire}");
        for _ in 0..2 {
            trip.kill(sandbox.tidegate_command(&sandbox.work(), &["tag"]), 0)
                .exits(0);
            let (tags, subjects) = end(&sandbox);
            assert_eq!(subjects, expected, "killed at wire {wire}");
            assert_eq!(hub.tags(), ["v0.1.0"], "killed at wire {wire}");
            assert_eq!(
                tags,
                [("v0.1.0".to_owned(), hub.commit("v0.1.0"))],
                "killed at wire {wire}"
            );
        }
    }
}

/// A GitHub Enterprise server: git and the API behind one address. Git lets in who has a password that is accepted; those
/// that were given are kept.
fn enterprise(sandbox: &mut Sandbox, github: &GitHub, accepts: fn(&str) -> bool) -> (String, Arc<Mutex<Vec<String>>>) {
    let (listener, url) = wire::listen();
    let root = sandbox.path().join("server");
    std::fs::create_dir_all(root.join("octo")).unwrap();
    std::os::unix::fs::symlink(sandbox.path().join("origin.git"), root.join("octo/demo.git")).unwrap();
    let given = Arc::new(Mutex::new(Vec::new()));
    let (there, named, own, kept) = (github.url.clone(), github.named(), url.clone(), given.clone());
    wire::serve(listener, move |request| {
        let line = String::from_utf8_lossy(request);
        let path = line.split(' ').nth(1)?.to_owned();
        if path.starts_with("/octo/demo.git/") {
            return git_http::answer(&root, request, |password| {
                kept.lock().unwrap().push(password.to_owned());
                accepts(password)
            });
        }
        // The API stands below a path there; uploads have another one, which `emulate` does not know.
        let at = line.find(&path).unwrap();
        let bare = path.strip_prefix("/api/v3").unwrap_or(&path);
        let request = [&request[..at], bare.as_bytes(), &request[at + path.len()..]].concat();
        Some(wire::replace(&wire::pass(&there, &request)?, &named, &own))
    });
    sandbox.git(&["remote", "set-url", "origin", &format!("{url}/octo/demo.git")]);
    sandbox.variables.insert("GITHUB_SERVER_URL".to_owned(), url.clone());
    (url, given)
}

/// A new private key, as GitHub gives them.
pub fn app_key() -> String {
    let made = Command::new("openssl")
        .args(["genrsa", "-traditional", "2048"])
        .output()
        .unwrap();
    String::from_utf8(made.stdout).unwrap()
}

/// An App that may release, as `emulate`'s seed has it.
pub fn app(key: &str) -> Value {
    json!([{
        "app_id": 7, "slug": "gatekeeper", "name": "Gatekeeper", "private_key": key,
        "permissions": { "contents": "write", "metadata": "read" },
        "installations": [{ "installation_id": 70, "account": "octo" }],
    }])
}

#[test]
fn an_app_acts_for_itself_on_an_enterprise_server() {
    if !common::has("emulate", INSTALL) || !common::has("openssl", "apt-get install openssl") {
        return;
    }
    let mut sandbox = sandbox("");
    let key = app_key();
    let github = GitHub::with(app(&key));
    let (url, given) = enterprise(&mut sandbox, &github, |password| password.starts_with("ghs_"));
    // What a checkout leaves behind is the workflow's own token, which starts no workflow.
    let header = format!("http.{url}/.extraheader");
    sandbox.git(&["config", &header, "AUTHORIZATION: basic eDpzdGFsZQ=="]);
    sandbox
        .variables
        .insert("GITHUB_TOKEN".to_owned(), "ignored".to_owned());
    sandbox.variables.insert("TIDEGATE_APP_ID".to_owned(), "7".to_owned());
    let with = |sandbox: &mut Sandbox, key: &str| {
        sandbox
            .variables
            .insert("TIDEGATE_APP_PRIVATE_KEY".to_owned(), key.to_owned());
    };
    let half = sandbox.tidegate(&["tag"]).exits(2);
    assert!(half.stderr.contains("TIDEGATE_APP_PRIVATE_KEY"), "{}", half.stderr);
    with(&mut sandbox, "-----BEGIN NOTHING-----");
    let wrong = sandbox.tidegate(&["tag"]).exits(2);
    assert!(
        wrong.stderr.contains("the private key of the GitHub App is none"),
        "{}",
        wrong.stderr
    );
    with(&mut sandbox, &key.replace('\n', "\\n"));
    sandbox.variables.insert("GITHUB_ACTIONS".to_owned(), "true".to_owned());
    let run = sandbox.tidegate(&["tag", "--release", "--output", "json"]).exits(0);
    let masked = run.stderr.lines().next().unwrap().strip_prefix("::add-mask::").unwrap();
    assert!(masked.starts_with("ghs_"), "the runner hides the token: {}", run.stderr);
    let document = run.json();
    assert_eq!(document["tag"], "v0.1.0");
    assert!(
        given
            .lock()
            .unwrap()
            .iter()
            .all(|password| password.starts_with("ghs_")),
        "{given:?}"
    );
    let release = &github.get("/repos/octo/demo/releases")[0];
    assert_eq!(release["author"]["login"], "gatekeeper[bot]");
    // Where people see it is known from the remote alone.
    let notes = document["notes"].as_str().unwrap();
    assert!(notes.contains(&format!("{url}/octo/demo/")), "{notes}");
    sandbox.variables.insert("TIDEGATE_APP_ID".to_owned(), "8".to_owned());
    let unknown = sandbox.tidegate(&["tag"]).exits(6);
    assert!(unknown.stderr.contains("TIDEGATE_APP_ID"), "{}", unknown.stderr);
}

#[test]
fn git_has_the_token_on_a_runner_and_nobody_keeps_it() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let mut sandbox = sandbox("");
    let github = GitHub::start();
    let (_url, given) = enterprise(&mut sandbox, &github, |password| {
        password == "token" || password == "own"
    });
    let kept = sandbox.path().join("kept");
    let store = format!("store --file={}", kept.display());
    sandbox.git(&["config", "credential.helper", &store]);
    sandbox.variables.insert("GITHUB_TOKEN".to_owned(), "token".to_owned());
    let closed = sandbox.tidegate(&["tag"]).exits(6);
    assert!(closed.stderr.contains("could not read Username"), "{}", closed.stderr);
    sandbox.variables.insert("GITHUB_ACTIONS".to_owned(), "true".to_owned());
    assert_eq!(sandbox.tidegate(&["tag"]).exits(0).stdout, "v0.1.0\n");
    assert!(given.lock().unwrap().iter().all(|password| password == "token"));
    assert!(!kept.exists(), "the token is kept nowhere");
    // At home git is a person's own.
    sandbox.variables.remove("GITHUB_ACTIONS");
    given.lock().unwrap().clear();
    let helper = "!f() { test $1 = get && echo username=me && echo password=own; }; f";
    sandbox.git(&["config", "credential.helper", helper]);
    sandbox.commit("fix: b", &[]);
    assert_eq!(sandbox.tidegate(&["tag"]).exits(0).stdout, "v0.1.1\n");
    assert!(
        given.lock().unwrap().iter().all(|password| password == "own"),
        "{given:?}"
    );
}

#[test]
fn rules_for_tags_are_read_as_github_means_them() {
    let name = |operator: &str, pattern: &str, negate| TagRule::Name {
        operator: operator.to_owned(),
        pattern: pattern.to_owned(),
        negate,
    };
    type Row = (
        &'static [&'static str],
        &'static [&'static str],
        TagRule,
        &'static str,
        bool,
        &'static str,
    );
    let table: Vec<Row> = vec![
        (&["~ALL"], &[], TagRule::Creation, "v1.0.0", false, "create v1.0.0"),
        (&["~ALL"], &[], TagRule::Creation, "v1", true, "-"),
        (&["~ALL"], &[], TagRule::Update, "v1", true, "move v1"),
        (&["~ALL"], &[], TagRule::Update, "v1.0.0", false, "-"),
        (
            &["refs/tags/v*"],
            &[],
            TagRule::Creation,
            "v1.0.0",
            false,
            "create v1.0.0",
        ),
        (
            &["refs/tags/v*"],
            &["refs/tags/v1.*"],
            TagRule::Creation,
            "v1.0.0",
            false,
            "-",
        ),
        (&["refs/tags/*"], &[], TagRule::Creation, "api/v1.0.0", false, "-"),
        (
            &["refs/tags/**/*"],
            &[],
            TagRule::Creation,
            "api/v1.0.0",
            false,
            "create api/v1.0.0",
        ),
        (&[], &[], TagRule::Creation, "v1.0.0", false, "-"),
        (&["~ALL"], &[], name("starts_with", "v", false), "v1.0.0", false, "-"),
        (
            &["~ALL"],
            &[],
            name("starts_with", "release-", false),
            "v1.0.0",
            false,
            "name a tag v1.0.0: it allows only a name that starts with `release-`",
        ),
        (
            &["~ALL"],
            &[],
            name("regex", r"^v\d+\.\d+\.\d+$", false),
            "v1.0.0",
            false,
            "-",
        ),
        (&["~ALL"], &[], name("regex", "(", false), "v1.0.0", false, "-"),
        (
            &["~ALL"],
            &[],
            name("ends_with", ".0", true),
            "v1.0.0",
            false,
            "name a tag v1.0.0: it allows no name that ends with `.0`",
        ),
        (&["~ALL"], &[], name("contains", "rc", true), "v1.0.0", false, "-"),
    ];
    for (include, exclude, rule, tag, is_there, expected) in table {
        let texts = |patterns: &[&str]| patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        let ruleset = Ruleset {
            name: "rules".to_owned(),
            url: None,
            include: texts(include),
            exclude: texts(exclude),
            rules: vec![rule.clone()],
        };
        let found = forbidden(&[ruleset], tag, is_there).map_or("-".to_owned(), |refusal| refusal.reason);
        let found = found.trim_start_matches("the ruleset `rules` on GitHub lets nobody with this token ");
        assert_eq!(found, expected, "{include:?} {exclude:?} {rule:?} {tag}");
    }
}

#[test]
fn a_tag_that_the_rules_forbid_is_refused_before_it_is_made() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let mut sandbox = sandbox("[tag]\nthrough = 'github'\n");
    let hub = Hub::start(&mut sandbox, None);
    for arguments in [
        &["tag", "--version", "9.0.0", "--release"][..],
        &["tag", "--version", "9.0.0", "--release", "--dry-run"],
    ] {
        let refused = sandbox.tidegate(arguments).exits(3);
        assert!(
            refused.stderr.contains("the ruleset `no nines`") && refused.stderr.contains("https://example.com/rules/1"),
            "{}",
            refused.stderr
        );
        assert_eq!(
            (sandbox.git(&["tag", "--list"]), end(&sandbox).0),
            (String::new(), vec![])
        );
    }
    assert_eq!(sandbox.tidegate(&["tag", "--release"]).exits(0).stdout, "v0.1.0\n");
    // Where git pushes, it may be as somebody who is allowed to.
    sandbox.write(&[("tidegate.toml", "")]);
    let push = ["tag", "--version", "9.0.0", "--release", "--allow-dirty"];
    sandbox.commit("fix: b", &[]);
    assert_eq!(sandbox.tidegate(&push).exits(0).stdout, "v9.0.0\n");
    drop(hub);
}

#[test]
fn a_workflow_that_waits_for_tags_is_known() {
    let table = [
        ("on: release", true),
        ("on: [push, release]", true),
        ("on:\n  - create\n  - push", true),
        ("on:\n  release:\n    types: [published]", true),
        (
            "name: x\non:\n  push:\n    branches: [main]\n    tags: ['v*']\njobs: {}",
            true,
        ),
        ("'on': { push: { tags: v* } }", true),
        ("on: push", false),
        (
            "on:\n  push:\n    branches: [main, release]\n  workflow_call:\n    inputs:\n      tags: { type: string }",
            false,
        ),
        ("on:\n  push:\n    tags-ignore: ['v*']", false),
        (
            "on: workflow_dispatch\njobs:\n  release:\n    steps: [on, release]",
            false,
        ),
        ("env: { on: release }", false),
        ("on: [", false),
        ("", false),
    ];
    for (workflow, expected) in table {
        assert_eq!(waits_for_tags(workflow), expected, "{workflow}");
    }
}

#[test]
fn a_tag_that_starts_no_workflow_is_told() {
    let mut sandbox = sandbox("");
    let workflow = "on:\n  push:\n    tags: ['v*']\n";
    sandbox.commit(
        "ci: images",
        &[
            (".github/workflows/image.yml", workflow),
            (".github/workflows/test.yml", "on: push\n"),
        ],
    );
    let said = |sandbox: &Sandbox| sandbox.tidegate(&["tag", "--dry-run"]).exits(0).stderr;
    assert!(!said(&sandbox).contains("image.yml"), "a person's tags start it");
    sandbox.variables.insert("GITHUB_ACTIONS".to_owned(), "true".to_owned());
    let workflows_own = said(&sandbox);
    assert!(
        workflows_own.contains("::warning") && workflows_own.contains(".github/workflows/image.yml waits for tags"),
        "{workflows_own}"
    );
    assert!(!workflows_own.contains("test.yml"), "{workflows_own}");
    sandbox
        .variables
        .insert("GITHUB_TOKEN".to_owned(), "github_pat_1".to_owned());
    assert!(!said(&sandbox).contains("image.yml"), "so do those of a person's token");
}
