//! Every refusal and every mistake of `backport`, in its words, with git alone and on GitHub's stand-in.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tidegate::adapters::git::GitRepository;
use tidegate::error::Error;
use tidegate::ports::picks::Picks as _;

use crate::backport::{origin, refs, sandbox, short};
use crate::backport_hub::{comments, propose, write};
use crate::common::emulate::INSTALL;
use crate::common::hub::Hub;
use crate::common::pulls::Merge;
use crate::common::steady::steady;
use crate::common::{self, Sandbox};
use crate::cut_forge::behind;

/// What `backport` says, below what was asked.
fn said(sandbox: &Sandbox, code: i32, arguments: &[&str]) -> String {
    let arguments = [&["backport"], arguments].concat();
    let run = sandbox.tidegate(&arguments).exits(code);
    assert_eq!(run.stdout, "", "{arguments:?}");
    format!("$ tidegate {} # {code}\n{}\n", arguments.join(" "), run.stderr)
}

#[test]
fn with_git_alone() {
    let (sandbox, fix) = sandbox();
    let branch = format!("backport/{}-to-1.4", short(&fix));
    let foreign = sandbox.git(&["rev-parse", "HEAD~1"]);
    origin(&sandbox, &["update-ref", &format!("refs/heads/{branch}"), &foreign]);
    let config = "[cut]\nbranch = '{{{component}}}-{{{major}}}.{{{minor}}}'\n\n[component.api]\npaths = ['api']\n\n[component.web]\npaths = ['web']\n";
    sandbox.write(&[("many.toml", config)]);
    let many = "many.toml";
    let before = refs(&sandbox);
    let cases: [(i32, &[&str]); 12] = [
        (3, &[&fix, "--to", "1.4"]),
        (3, &[&fix, "--to", "9.9"]),
        (3, &[&fix, "--to", "9"]),
        (3, &[&fix, "--to", "web-9.9", "--config", many]),
        (2, &[&fix, "--to", "1.4", "--config", many]),
        (2, &[&fix]),
        (2, &["7"]),
        (2, &["--label"]),
        (2, &["nothing", "--to", "1.4"]),
        (2, &["nothing..HEAD", "--to", "1.4"]),
        (2, &["HEAD..HEAD~1", "--to", "1.4"]),
        (2, &[&fix, "--to", "1.4", "--component", "none"]),
    ];
    let mut told: String = cases
        .iter()
        .map(|(code, arguments)| said(&sandbox, *code, arguments))
        .collect();
    assert_eq!(refs(&sandbox), before);
    let hook = sandbox.path().join("origin.git/hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\necho 'no branches by night' >&2\nexit 1\n").unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.git_in(&sandbox.path().join("origin.git"), &["branch", "stable", "release/1.4"]);
    told.push_str(&said(&sandbox, 3, &[&fix, "--to", "stable"]));
    // A line that is closed, and none at all.
    sandbox.write(&[("tidegate.toml", "[cut]\nsupported = 1\n")]);
    origin(&sandbox, &["branch", "release/1.5", "release/1.4"]);
    told.push_str(&said(&sandbox, 3, &[&fix, "--to", "1.4"]));
    origin(
        &sandbox,
        &["branch", "--delete", "--force", "release/1.4", "release/1.5"],
    );
    told.push_str(&said(&sandbox, 3, &[&fix, "--to", "1.6"]));
    for (commit, name) in [(&fix, "FIX"), (&foreign, "FOREIGN")] {
        told = told.replace(commit, name).replace(short(commit), name);
    }
    insta::assert_snapshot!("backport_refusals", told);
}

/// The requests that GitHub refuses, by method and a part of the path, each with its answer.
type Faults = Arc<Mutex<Vec<(&'static str, &'static str, u16, &'static str)>>>;

/// The stand-in with `main`, `release/1.4` and `release/1.5`, behind what refuses some requests.
fn strict() -> (Sandbox, Hub, Faults) {
    let mut sandbox = Sandbox::new("[project]\nname = 'demo'\n");
    sandbox.git(&["push", "--quiet", "origin", "main:release/1.4", "main:release/1.5"]);
    let faults = Faults::default();
    let known = faults.clone();
    let refuse = move |asked: &str, path: &str| {
        let known = known.lock().unwrap();
        let fault = known
            .iter()
            .find(|(method, part, ..)| asked == *method && path.contains(part));
        let (_, _, status, message) = fault?;
        let body = json!({ "message": message }).to_string();
        let head = format!("HTTP/1.1 {status} Refused\r\ncontent-type: application/json\r\ncontent-length: ");
        Some(format!("{head}{}\r\n\r\n{body}", body.len()).into_bytes())
    };
    let hub = behind(&mut sandbox, refuse, |_| {});
    (sandbox, hub, faults)
}

#[test]
fn on_github() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let (sandbox, hub, faults) = strict();
    let refuse = |method, part, status, message| *faults.lock().unwrap() = vec![(method, part, status, message)];
    let mut told = String::new();
    let mut say = |what: &str, code: i32, arguments: &[&str]| {
        told.push_str(&format!("## {what}\n{}", said(&sandbox, code, arguments)));
    };
    let work = || write(&sandbox, "c", b"c\n");
    let open = propose(&sandbox, &hub, "keep it", &[&work], &[]).to_string();
    say("not merged", 3, &[&open, "--to", "1.4"]);
    hub.api()
        .send("PATCH", &format!("pulls/{open}"), &json!({ "state": "closed" }));
    say("closed", 3, &[&open, "--to", "1.4"]);
    say("unknown", 2, &["99", "--to", "1.4"]);
    say("no number", 2, &["99999999999999999999999", "--to", "1.4"]);
    let number = propose(&sandbox, &hub, "merge it", &[&work], &["backport soon"]);
    hub.extras().merge(number, Merge::Squash);
    let pull = number.to_string();
    say("nothing is asked for", 0, &[&pull]);
    say("a label that names no line", 0, &["--label"]);
    hub.api()
        .send("POST", "labels", &json!({ "name": "backport 9.9", "color": "0e8a16" }));
    hub.api().send(
        "POST",
        &format!("issues/{number}/labels"),
        &json!({ "labels": ["backport 9.9"] }),
    );
    say("a label of a line that is not there", 3, &["--label"]);
    let loose = sandbox.commit("fix: not pushed", &[("d", "d\n")]);
    say("not at the remote", 3, &[&loose, "--to", "1.4"]);

    let before = origin(&sandbox, &["for-each-ref", "refs/heads"]);
    hub.extras().set_rules(
        &format!("backport/{number}-to-1.4"),
        json!([{ "type": "creation", "ruleset_id": 7 }]),
    );
    for more in [&["--dry-run"][..], &[]] {
        say("rules forbid the branch", 3, &[&[&pull, "--to", "1.4"], more].concat());
    }
    hub.extras().set_rules(&format!("backport/{number}-to-1.4"), json!([]));
    refuse(
        "POST",
        "/git/refs",
        422,
        "Repository rule violations found: creations are restricted",
    );
    say("GitHub makes no branch", 3, &[&pull, "--to", "1.4"]);
    refuse("POST", "/git/refs", 403, "Resource not accessible by integration");
    say("the token may not make branches", 6, &[&pull, "--to", "1.4"]);
    assert_eq!(origin(&sandbox, &["for-each-ref", "refs/heads"]), before);
    for (status, message) in [
        (
            403,
            "GitHub Actions is not permitted to create or approve pull requests.",
        ),
        (422, "Validation Failed"),
    ] {
        refuse("POST", "/pulls", status, message);
        say("GitHub opens no pull request", 3, &[&pull, "--to", "1.4"]);
    }
    let number_of = |name: &str| {
        let found = hub.api().get("pulls?state=open&per_page=100");
        let own = found
            .as_array()
            .unwrap()
            .iter()
            .find(|pull| pull["head"]["ref"] == name);
        own.unwrap()["number"].to_string()
    };
    refuse("PATCH", "/comments/", 403, "Resource not accessible by integration");
    let run = sandbox.tidegate(&["backport", &pull, "--to", "1.4"]).exits(0);
    told.push_str(&format!("## GitHub takes no comment\n{}\n", run.stderr));
    faults.lock().unwrap().clear();
    let mut say = |what: &str, code: i32, arguments: &[&str]| {
        told.push_str(&format!("## {what}\n{}", said(&sandbox, code, arguments)));
    };
    let made = number_of(&format!("backport/{number}-to-1.4"));
    hub.api()
        .send("PATCH", &format!("pulls/{made}"), &json!({ "state": "closed" }));
    say("a person closed it", 3, &[&pull, "--to", "1.4"]);
    let foreign = format!("refs/heads/backport/{number}-to-1.5");
    origin(&sandbox, &["update-ref", &foreign, "main"]);
    say("somebody's branch", 3, &[&pull, "--to", "1.5"]);
    let said_there = comments(&hub, number);
    sandbox.write(&[("tidegate.toml", "[cut]\nsupported = 1\n")]);
    say("a closed line", 3, &[&pull, "--to", "1.4"]);
    origin(&sandbox, &["update-ref", "refs/heads/main", "main~1"]);
    sandbox.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    sandbox.git(&["switch", "--quiet", "--detach", "origin/release/1.4"]);
    sandbox.git(&["branch", "--quiet", "--delete", "--force", "main", "keep", "merge"]);
    sandbox.git(&["reflog", "expire", "--expire=now", "--all"]);
    sandbox.git(&["gc", "--quiet", "--prune=now"]);
    say("its merge is gone", 2, &[&pull, "--to", "1.5"]);
    assert_eq!(said_there.len(), 1, "one comment, edited: {said_there:?}");
    insta::assert_snapshot!("backport_refusals_on_github", steady(&told));
    insta::assert_snapshot!("backport_refusals_comment", steady(&said_there[0]));
}

#[tokio::test]
async fn a_path_that_is_no_text_goes_through_no_api() {
    let (sandbox, _) = sandbox();
    let onto = sandbox.git(&["rev-parse", "HEAD"]);
    let name = std::ffi::OsStr::from_bytes(b"door-\xe4");
    std::fs::write(sandbox.work().join(name), "1\n").unwrap();
    sandbox.git(&["add", "--all"]);
    sandbox.git(&["commit", "--quiet", "--message", "fix: a door by its name"]);
    let commit = sandbox.git(&["rev-parse", "HEAD"]);
    let repository = GitRepository::discover(&sandbox.work(), "origin").unwrap();
    let picked = repository
        .picked(&onto.parse().unwrap(), &[commit.parse().unwrap()])
        .await;
    let Err(Error::Usage { message, help }) = picked else {
        panic!("it is refused");
    };
    insta::assert_snapshot!("backport_path", format!("{message}\n{help}"));
}
