//! The workflows around release branches, run for real by `act`: what they left behind is read back from git and from GitHub's
//! stand-in.

use serde_json::{Value, json};

use crate::act::{Project, ready, told};
use crate::common::emulate::INSTALL;
use crate::common::hub::Hub;
use crate::common::pulls::Merge;
use crate::common::{self, Run};

const CONFIG: &str = r#"
[project]
name = "demo"

[workflow]
also = ["cut", "backport", "hotfix"]

[version.channels]
"release/*" = "rc"

[environment.dev]
tier = "development"
purpose = "Integration testing"
data = "synthetic"
trigger = { on = "manual" }
access = {}
url = "https://dev.example.com"
deploy = { command = ["true"] }
"#;

fn project() -> Option<(Project, Hub)> {
    if !ready() || !common::has("emulate", INSTALL) {
        return None;
    }
    let mut project = Project::of(|work| std::fs::write(work.join("tidegate.toml"), CONFIG).unwrap());
    let hub = Hub::start(&mut project.sandbox, None);
    Some((project, hub))
}

fn dispatch(project: &Project, workflow: &str, inputs: &Value) -> Run {
    let payload = json!({
        "inputs": inputs, "ref": "refs/heads/main", "workflow": format!(".github/workflows/{workflow}.yml"),
        "repository": repository(), "sender": { "login": "release-manager-1" },
    });
    project.act_in(workflow, "workflow_dispatch", &payload)
}

fn push(project: &Project, workflow: &str, branch: &str) -> Run {
    let commit = project.sandbox.git(&["rev-parse", &format!("origin/{branch}")]);
    let payload = json!({
        "ref": format!("refs/heads/{branch}"), "after": commit, "repository": repository(),
        "sender": { "login": "release-manager-1" },
    });
    project.act_in(workflow, "push", &payload)
}

fn repository() -> Value {
    json!({
        "name": "demo", "full_name": "octo/demo", "private": true, "default_branch": "main",
        "owner": { "login": "octo" },
    })
}

fn there(project: &Project, name: &str) -> String {
    let origin = project.sandbox.path().join("origin.git");
    project
        .sandbox
        .git_in(&origin, &["rev-parse", &format!("{name}^{{commit}}")])
}

/// A fix on a branch of its own, merged into main by a pull request with this label.
fn merged(project: &Project, hub: &Hub, label: &str) -> (u64, Value) {
    let sandbox = &project.sandbox;
    sandbox.git(&["switch", "--quiet", "--create", "fix", "origin/main"]);
    sandbox.commit("fix: the door opens again", &[("door", "2")]);
    sandbox.git(&["push", "--quiet", "origin", "fix"]);
    sandbox.git(&["switch", "--quiet", "main"]);
    hub.receive();
    let body = json!({ "title": "fix: the door opens again", "head": "fix", "base": "main", "body": "" });
    let number = hub.api().send("POST", "pulls", &body)["number"].as_u64().unwrap();
    let labels = json!({ "labels": [label] });
    hub.api().send("POST", &format!("issues/{number}/labels"), &labels);
    hub.extras().merge(number, Merge::Squash);
    let mut pull = hub.api().get(&format!("pulls/{number}"));
    pull["merged"] = true.into();
    sandbox.git(&["pull", "--quiet", "origin", "main"]);
    (number, pull)
}

#[test]
fn a_line_is_cut_and_a_merged_fix_is_proposed_for_it_by_the_rendered_workflows() {
    let Some((project, hub)) = project() else { return };
    let commit = there(&project, "main");
    dispatch(&project, "cut", &json!({ "what": "cut", "version": "0.1" })).exits(0);
    assert_eq!(there(&project, "release/0.1"), commit);
    assert_eq!(there(&project, "v0.1.0-rc.1"), commit);
    let cut = told(&project.events());
    assert!(cut.contains(&"components/app branch-cut".to_owned()), "{cut:?}");
    dispatch(&project, "cut", &json!({ "what": "cut", "version": "0.1" })).exits(0);
    assert_eq!(told(&project.events()), cut, "everything is found done");

    let (number, pull) = merged(&project, &hub, "backport 0.1");
    let payload = json!({
        "action": "closed", "number": number, "pull_request": pull, "repository": repository(),
        "sender": { "login": "release-manager-1" },
    });
    project.act_in("backport", "pull_request_target", &payload).exits(0);
    let pulls = hub.api().get("pulls?base=release/0.1&state=open");
    let pulls = pulls.as_array().unwrap();
    assert_eq!(pulls.len(), 1, "{pulls:?}");
    let head = pulls[0]["head"]["ref"].as_str().unwrap();
    let origin = project.sandbox.path().join("origin.git");
    let message = project.sandbox.git_in(&origin, &["log", "-1", "--format=%B", head]);
    let merged = there(&project, "main");
    assert!(
        message.contains(&format!("(cherry picked from commit {merged})")),
        "{message}"
    );
    project.act_in("backport", "pull_request_target", &payload).exits(0);
    let again = hub.api().get("pulls?base=release/0.1&state=open");
    assert_eq!(again.as_array().unwrap().len(), 1, "no second one");

    // By hand, for a pull request that was never merged: refused, and the run is red.
    let inputs = json!({ "pull": "99", "to": "0.1" });
    dispatch(&project, "backport", &inputs).exits(1);
}

#[test]
fn a_hotfix_is_opened_and_looked_after_by_the_rendered_workflow() {
    let Some((project, hub)) = project() else { return };
    let sandbox = &project.sandbox;
    sandbox.tidegate(&["tag"]).exits(0);
    let inputs = json!({ "version": "0.1.1", "reason": "the door jams" });
    dispatch(&project, "hotfix", &inputs).exits(0);
    assert_eq!(there(&project, "hotfix/0.1.1"), there(&project, "v0.1.0"));
    let events = project.events();
    let opened = events.last().unwrap();
    assert_eq!(
        (&opened["type"], &opened["actor"], &opened["reason"]),
        (
            &"hotfix-opened".into(),
            &"release-manager-1".into(),
            &"the door jams".into()
        )
    );
    assert_eq!(opened["proof"]["by"], "run", "GitHub's record of the run is the proof");

    sandbox.git(&["fetch", "--quiet"]);
    sandbox.git(&["switch", "--quiet", "--create", "hotfix/0.1.1", "origin/hotfix/0.1.1"]);
    let fix = sandbox.commit("fix: the door opens again", &[("door", "2")]);
    sandbox.git(&["push", "--quiet", "origin", "hotfix/0.1.1"]);
    hub.receive();
    let state = || {
        hub.extras()
            .statuses(&fix)
            .first()
            .map(|status| status["state"].clone())
    };
    let red = push(&project, "hotfix", "hotfix/0.1.1").exits(1);
    assert!(
        red.stdout.contains("main lacks 1 commit of hotfix 0.1.1"),
        "{}",
        red.stdout
    );
    assert_eq!(state(), Some("failure".into()));
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.git(&["cherry-pick", "-x", &fix]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    push(&project, "hotfix", "main").exits(0);
    assert_eq!(state(), Some("success".into()));
}
