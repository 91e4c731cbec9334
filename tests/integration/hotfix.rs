//! `hotfix` on real repositories: its branch, its tags, its gate, and its way to the default branch.

use std::process::Stdio;

use serde_json::json;
use tidegate::model::event::EventBody;
use tidegate::model::proof::Proof;

use crate::common::emulate::INSTALL;
use crate::common::hub::Hub;
use crate::common::project::{Project, rule};
use crate::common::steady::steady;
use crate::common::trip::Trip;
use crate::common::{self, Run, Sandbox};
use crate::identity::forge;
use crate::tag::LADDER;

/// A project whose 1.4.0 is out and whose main has gone on.
pub fn sandbox() -> Sandbox {
    let channels = "[version.channels]\n\"hotfix/*\" = \"rc\"\n";
    let sandbox = Sandbox::new(&format!("[project]\nname = \"demo\"\n\n{channels}\n{LADDER}"));
    sandbox.commit("feat: a door", &[("door", "1")]);
    sandbox.git(&["tag", "v1.4.0"]);
    sandbox.commit("feat: a window", &[("window", "1")]);
    sandbox.git(&["push", "--quiet", "--tags", "origin", "main"]);
    sandbox
}

pub fn there(sandbox: &Sandbox, branch: &str) -> String {
    sandbox.git_in(&sandbox.path().join("origin.git"), &["rev-parse", branch])
}

/// Opens 1.4.1, checks it out and fixes something.
pub fn fixed(sandbox: &Sandbox) -> String {
    sandbox
        .tidegate(&["hotfix", "1.4.1", "--reason", "the door jams"])
        .exits(0);
    sandbox.git(&["fetch", "--quiet"]);
    sandbox.git(&["switch", "--quiet", "--create", "hotfix/1.4.1", "origin/hotfix/1.4.1"]);
    let commit = sandbox.commit("the door opens again", &[("door", "2")]);
    sandbox.git(&["push", "--quiet", "origin", "hotfix/1.4.1"]);
    commit
}

#[test]
fn a_hotfix_is_opened_on_the_release_once() {
    let sandbox = sandbox();
    let plan = sandbox.json(0, &["hotfix", "1.4.1", "--dry-run"]);
    let actions: Vec<&str> = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        (actions.as_slice(), &plan["base"]),
        (&["share-branch", "record"][..], &"v1.4.0".into())
    );
    let made = sandbox.json(0, &["hotfix", "v1.4.1", "--reason", "the door jams"]);
    assert_eq!(made["status"], "created");
    assert_eq!(
        there(&sandbox, "hotfix/1.4.1"),
        sandbox.git(&["rev-parse", "v1.4.0^{commit}"])
    );
    let again = sandbox.json(0, &["hotfix", "1.4.1"]);
    assert_eq!((&again["status"], &again["steps"]), (&"exists".into(), &json!([])));
    let log = sandbox.json(0, &["ledger", "log"]);
    assert_eq!(log["events"][0]["type"], "hotfix-opened");
    assert_eq!(log["events"][0]["reason"], "the door jams");
    assert_eq!(log["events"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_no_next_patch_is_refused() {
    let sandbox = sandbox();
    for (name, arguments) in [
        ("hotfix_gap", &["hotfix", "1.4.2"][..]),
        ("hotfix_no_final", &["hotfix", "1.5.1"]),
        ("hotfix_never_opened", &["hotfix", "1.4.1", "--check"]),
    ] {
        let run = sandbox.tidegate(arguments).exits(3);
        insta::assert_snapshot!(name, steady(&run.stderr));
    }
    for version in ["1.4.0", "1.4.1-rc.1", "1.4", "1.4.1+build"] {
        sandbox.tidegate(&["hotfix", version]).exits(2);
    }
    sandbox.git(&["tag", "v1.4.1", "main"]);
    sandbox.git(&["push", "--quiet", "origin", "v1.4.1"]);
    let run = sandbox.tidegate(&["hotfix", "1.4.1"]).exits(3);
    insta::assert_snapshot!("hotfix_out_already", steady(&run.stderr));
    sandbox.git(&["push", "--quiet", "origin", ":v1.4.1"]);
    sandbox.git(&["tag", "--delete", "v1.4.1"]);
    sandbox.git(&["tag", "v1.4.1-rc.1", "main"]);
    let run = sandbox.tidegate(&["hotfix", "1.4.1"]).exits(3);
    insta::assert_snapshot!("hotfix_on_its_way", steady(&run.stderr));
    sandbox.git(&["tag", "--delete", "v1.4.1-rc.1"]);
    sandbox.git(&["push", "--quiet", "origin", "main:refs/heads/hotfix/1.4.1"]);
    let run = sandbox.tidegate(&["hotfix", "1.4.1"]).exits(3);
    insta::assert_snapshot!("hotfix_branch_elsewhere", steady(&run.stderr));
    let log = sandbox.json(0, &["ledger", "log"]);
    assert_eq!(log["events"], json!([]));
}

#[test]
fn its_branch_gives_its_version_and_no_other() {
    let sandbox = sandbox();
    sandbox.tidegate(&["hotfix", "1.4.1"]).exits(0);
    sandbox.git(&["fetch", "--quiet"]);
    sandbox.git(&["switch", "--quiet", "--create", "hotfix/1.4.1", "origin/hotfix/1.4.1"]);
    assert_eq!(
        sandbox.json(0, &["tag", "--channel", "rc"])["status"],
        "none",
        "nothing is fixed yet"
    );
    sandbox.commit("the door opens again", &[("door", "2")]);
    sandbox.git(&["push", "--quiet", "origin", "hotfix/1.4.1"]);
    assert_eq!(sandbox.tidegate(&["tag"]).exits(0).stdout, "v1.4.1-rc.1\n");
    sandbox.commit("feat: another door", &[("other", "1")]);
    let run = sandbox.tidegate(&["tag"]).exits(3);
    insta::assert_snapshot!("tag_hotfix_feature", steady(&run.stderr));
    sandbox.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    for version in ["1.4.2", "1.5.0"] {
        let run = sandbox.tidegate(&["tag", "--version", version]).exits(3);
        assert!(run.stderr.contains("which is for hotfix 1.4.1 alone"), "{}", run.stderr);
    }
    // The version is the hotfix's: no other branch gives it.
    sandbox.git(&["switch", "--quiet", "--create", "release/1.4", "v1.4.0"]);
    sandbox.commit("fix: elsewhere", &[("b", "1")]);
    let run = sandbox.tidegate(&["tag"]).exits(3);
    insta::assert_snapshot!("tag_reserved_for_hotfix", steady(&run.stderr));
    sandbox.git(&["switch", "--quiet", "hotfix/1.4.1"]);
    assert_eq!(sandbox.tidegate(&["tag", "--final"]).exits(0).stdout, "v1.4.1\n");
    assert_eq!(sandbox.json(0, &["hotfix", "1.4.1"])["status"], "released");
    sandbox.commit("fix: more", &[("door", "3")]);
    let run = sandbox.tidegate(&["tag"]).exits(3);
    insta::assert_snapshot!("tag_hotfix_is_out", steady(&run.stderr));
    assert_eq!(sandbox.json(0, &["hotfix", "1.4.2"])["base"], "v1.4.1");
}

#[test]
fn it_is_red_until_the_fix_is_on_main() {
    let sandbox = sandbox();
    sandbox.tidegate(&["hotfix", "1.4.1"]).exits(0);
    assert_eq!(sandbox.json(4, &["hotfix", "1.4.1", "--check"])["status"], "empty");
    let run = sandbox.tidegate(&["hotfix", "--check"]).exits(0);
    assert_eq!(run.stderr, "no hotfix of a maintained line has a commit\n");
    sandbox.tidegate(&["hotfix"]).exits(2);
    let fix = fixed(&sandbox);
    let run = sandbox.tidegate(&["hotfix", "1.4.1", "--check"]).exits(3);
    insta::assert_snapshot!("hotfix_check_lacking", steady(&run.stderr));
    let status = sandbox.json(0, &["cut", "status"]);
    assert_eq!(status["hotfixes"][0]["missing"][0]["commit"], fix.as_str());
    let all = sandbox.json(3, &["hotfix", "--check"]);
    assert_eq!(
        (all["schema"].as_str(), &all["hotfixes"][0]["status"]),
        (Some("tidegate.hotfixes/1"), &"lacking".into())
    );
    let run = sandbox.tidegate(&["cut", "1.5", "--from", "origin/main"]).exits(3);
    insta::assert_snapshot!("cut_owes_hotfix", steady(&run.stderr));
    assert_eq!(
        sandbox.git_in(&sandbox.path().join("origin.git"), &["branch", "--list", "release/*"]),
        ""
    );
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.git(&["cherry-pick", &fix]);
    assert_eq!(
        sandbox.json(3, &["hotfix", "1.4.1", "--check"])["status"],
        "lacking",
        "not pushed"
    );
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    assert_eq!(sandbox.json(0, &["hotfix", "1.4.1", "--check"])["status"], "reached");
    // The branch may go once the version is out.
    sandbox.git(&["tag", "v1.4.1", "hotfix/1.4.1"]);
    sandbox.git(&["push", "--quiet", "--tags", "origin"]);
    sandbox.git(&["push", "--quiet", "origin", "--delete", "hotfix/1.4.1"]);
    assert_eq!(sandbox.json(0, &["hotfix", "1.4.1", "--check"])["status"], "reached");
    sandbox.tidegate(&["cut", "1.5"]).exits(0);
}

#[test]
fn a_commit_on_main_may_say_that_the_fix_is_not_needed_there() {
    let sandbox = sandbox();
    let fix = fixed(&sandbox);
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.commit(
        &format!("chore: the new door never jams\n\n(cherry picked from commit {fix})"),
        &[],
    );
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    assert_eq!(sandbox.json(0, &["hotfix", "1.4.1", "--check"])["status"], "reached");
}

#[test]
fn killed_at_every_step_and_run_again_it_comes_to_the_same_end() {
    let mut prepared = sandbox();
    let trip = Trip::new(&mut prepared);
    trip.wire_origin(&prepared);
    let run =
        |sandbox: &Sandbox, at: usize| trip.kill(sandbox.tidegate_command(&sandbox.work(), &["hotfix", "1.4.1"]), at);
    run(&prepared.copy(), 0).exits(0);
    let wires = trip.wires();
    assert_eq!(wires, 4, "the branch and its record, two wires each");
    for wire in 1..=wires {
        let sandbox = prepared.copy();
        assert_eq!(run(&sandbox, wire).code, -1, "killed at wire {wire}");
        run(&sandbox, 0).exits(0);
        let log = sandbox.json(0, &["ledger", "log"]).to_string();
        assert_eq!(log.matches("\"hotfix-opened\"").count(), 1, "wire {wire}: {log}");
        assert_eq!(
            there(&sandbox, "hotfix/1.4.1"),
            sandbox.git(&["rev-parse", "v1.4.0^{commit}"])
        );
    }
}

#[test]
fn two_at_once_open_one() {
    let sandbox = sandbox();
    sandbox.git_in(sandbox.path(), &["clone", "--quiet", "origin.git", "other"]);
    let start = |folder: &str| {
        let folder = sandbox.path().join(folder);
        let mut command = sandbox.tidegate_command(&folder, &["hotfix", "1.4.1"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children = [start("work"), start("other")];
    for child in children {
        Run::of(child.wait_with_output().unwrap()).exits(0);
    }
    let log = sandbox.json(0, &["ledger", "log"]).to_string();
    assert_eq!(log.matches("\"hotfix-opened\"").count(), 1, "{log}");
}

#[test]
fn on_github_the_api_makes_the_branch_and_its_commit_has_a_status() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let mut sandbox = sandbox();
    let hub = Hub::start(&mut sandbox, None);
    let plan = sandbox.json(0, &["hotfix", "1.4.1", "--dry-run"]);
    assert_eq!(plan["steps"][0]["through"], "github");
    let fix = fixed(&sandbox);
    let state = || {
        hub.extras()
            .statuses(&fix)
            .first()
            .map(|status| status["state"].clone())
    };
    sandbox.tidegate(&["hotfix", "1.4.1", "--check", "--dry-run"]).exits(3);
    assert_eq!(state(), None);
    sandbox.tidegate(&["hotfix", "1.4.1", "--check"]).exits(3);
    assert_eq!(state(), Some("failure".into()));
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.git(&["cherry-pick", "-x", &fix]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    sandbox.tidegate(&["hotfix", "1.4.1", "--check"]).exits(0);
    sandbox.tidegate(&["hotfix", "1.4.1", "--check"]).exits(0);
    assert_eq!(state(), Some("success".into()));
    assert_eq!(hub.extras().statuses(&fix).len(), 2, "each answer once");
}

/// A day in `qa` before `dev` for all, an hour for the hotfixes of whom `access` names.
fn hasty(access: &str) -> Project {
    let project = Project::new();
    let rules = "gate.soak = { in = \"qa\", for = \"24h\" }\nhotfix.soak = { in = \"qa\", for = \"1h\" }";
    project.rules_of_dev(&format!("{rules}\n{access}\n"), &[]);
    assert_eq!(project.release("1.4.0"), "0.1.0");
    project
}

/// Fixes something on the branch of hotfix 0.1.1 and shares it.
fn fix(project: &Project) {
    let sandbox = &project.sandbox;
    sandbox.git(&["fetch", "--quiet"]);
    sandbox.git(&["switch", "--quiet", "--create", "hotfix/0.1.1", "origin/hotfix/0.1.1"]);
    sandbox.commit("fix: in haste", &[("change.txt", "1.4.1")]);
    sandbox.git(&["push", "--quiet", "origin", "hotfix/0.1.1"]);
}

fn push_image(project: &Project) {
    let layout = common::fixture("quckchat").join("images/1.5.0").display().to_string();
    project.run(0, &["push", &layout, "--release", "0.1.1"]);
}

/// What the gate of `dev` says of the hotfix's stay in `qa`.
fn soak(project: &Project) -> (String, String, String) {
    let verdict = project.unchanged(3, &["gate", "dev", "--release", "0.1.1"]);
    let text = |key: &str| rule(&verdict, "soak")[key].as_str().unwrap().to_owned();
    (text("needs"), text("saw"), text("opens"))
}

const SHORTER: &str =
    "1 h verified in qa without a break (hotfix 0.1.1, instead of 1 d verified in qa without a break)";
const OWN: &str = "1 d verified in qa without a break";

#[test]
fn its_gate_is_shorter_by_policy_and_says_so() {
    let project = hasty("");
    let own = project.unchanged(3, &["gate", "dev"]);
    assert_eq!(rule(&own, "soak")["needs"], OWN);
    project.run(0, &["hotfix", "0.1.1"]);
    fix(&project);
    assert_eq!(project.run(0, &["tag"]).stdout, "v0.1.1\n");
    push_image(&project);
    let verdict = project.unchanged(3, &["gate", "dev", "--release", "0.1.1"]);
    assert_eq!(rule(&verdict, "soak")["needs"], SHORTER);
    assert_eq!(verdict["policy"], own["policy"], "one policy says both");
    // What was judged is judged the same again.
    let facts = project.run(0, &["gate", "facts", "dev", "--release", "0.1.1"]).stdout;
    project.sandbox.write(&[("../facts.json", &facts)]);
    let again = project.json(3, &["gate", "eval", "--facts", "../facts.json"]);
    assert_eq!(rule(&again, "soak")["needs"], rule(&verdict, "soak")["needs"]);
}

#[test]
fn a_hotfix_of_somebody_else_meets_the_rules_of_any_release() {
    let project = hasty("gate.access = { hotfix = [\"user:release-manager-1\"] }");
    let run = project.run(0, &["hotfix", "0.1.1", "--actor", "passer-by"]);
    insta::assert_snapshot!("hotfix_of_a_stranger", steady(&run.stderr));
    let again = project.json(0, &["hotfix", "0.1.1", "--actor", "passer-by"]);
    assert_eq!((&again["status"], &again["steps"]), (&"exists".into(), &json!([])));
    fix(&project);
    project.run(0, &["tag"]);
    push_image(&project);
    let (needs, saw, opens) = soak(&project);
    assert_eq!(needs, OWN);
    insta::assert_snapshot!("gate_hotfix_of_a_stranger", format!("{saw}\n{opens}"));
    // Whom the policy names says so beside: nothing is opened a second time.
    let dry = project.json(0, &["hotfix", "0.1.1", "--actor", "release-manager-1", "--dry-run"]);
    assert_eq!(dry["status"], "released");
    project.run(0, &["hotfix", "0.1.1", "--actor", "release-manager-1"]);
    assert_eq!(soak(&project).0, SHORTER);
    assert_eq!(project.events("hotfix-opened"), 2);
    project.run(0, &["hotfix", "0.1.1", "--actor", "release-manager-1"]);
    assert_eq!(project.events("hotfix-opened"), 2, "said once is enough");
}

#[test]
fn a_name_beside_a_hotfix_proves_nothing() {
    let project = hasty("gate.access = { hotfix = [\"user:release-manager-1\"] }");
    project.run(0, &["hotfix", "0.1.1", "--actor", "release-manager-1"]);
    fix(&project);
    project.run(0, &["tag"]);
    push_image(&project);
    assert_eq!(soak(&project).0, SHORTER);
    let opened = |project: &Project| {
        let log = project.json(0, &["ledger", "log"]);
        let events = log["events"].as_array().unwrap().clone();
        let found = events.into_iter().find(|event| event["type"] == "hotfix-opened");
        serde_json::from_value::<EventBody>(found.unwrap()).unwrap()
    };
    let EventBody::HotfixOpened {
        component,
        commit,
        proof,
        ..
    } = opened(&project)
    else {
        panic!("the event of the hotfix");
    };
    assert!(proof.is_some());
    // The proof of one hotfix says nothing about the next, and neither does the bare name.
    project.run(0, &["hotfix", "0.1.2", "--actor", "passer-by"]);
    let at = commit.clone();
    let next = |proof: Option<Proof>| EventBody::HotfixOpened {
        component: component.clone(),
        version: "0.1.2".parse().unwrap(),
        branch: "hotfix/0.1.2".to_owned(),
        commit: project.sandbox.git(&["rev-parse", "v0.1.1^{commit}"]).parse().unwrap(),
        reason: None,
        proof,
    };
    assert_ne!(at.to_string(), project.sandbox.git(&["rev-parse", "v0.1.1^{commit}"]));
    forge(&project, "release-manager-1", next(None));
    forge(&project, "release-manager-1", next(proof));
    let sandbox = &project.sandbox;
    sandbox.git(&["fetch", "--quiet"]);
    sandbox.git(&["switch", "--quiet", "--create", "hotfix/0.1.2", "origin/hotfix/0.1.2"]);
    sandbox.commit("fix: more haste", &[("change.txt", "1.4.2")]);
    sandbox.git(&["push", "--quiet", "origin", "hotfix/0.1.2"]);
    project.run(0, &["tag"]);
    let layout = common::fixture("quckchat").join("images/1.5.1").display().to_string();
    project.run(0, &["push", &layout, "--release", "0.1.2"]);
    let verdict = project.unchanged(3, &["gate", "dev", "--release", "0.1.2"]);
    assert_eq!(rule(&verdict, "soak")["needs"], OWN);
    insta::assert_snapshot!("gate_hotfix_unproven", rule(&verdict, "soak")["saw"].as_str().unwrap());
}

#[test]
fn a_version_that_was_not_made_on_its_branch_is_no_hotfix() {
    let project = hasty("");
    let sandbox = &project.sandbox;
    project.run(0, &["hotfix", "0.1.1"]);
    fix(&project);
    // Another commit, tagged by git alone.
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.commit("fix: much more than that", &[("more", "1")]);
    sandbox.git(&["tag", "v0.1.1"]);
    sandbox.git(&["push", "--quiet", "origin", "main", "v0.1.1"]);
    let run = project.run(3, &["tag"]);
    insta::assert_snapshot!("tag_hotfix_astray", steady(&run.stderr));
    push_image(&project);
    let (needs, saw, opens) = soak(&project);
    assert_eq!(needs, OWN);
    insta::assert_snapshot!("gate_hotfix_astray", format!("{saw}\n{opens}"));
    let again = project.run(3, &["tag"]);
    assert_eq!(
        again.stderr, run.stderr,
        "its image is pushed, and it is no hotfix all the same"
    );
}

#[test]
fn what_is_not_on_the_shared_branch_gets_no_version() {
    let sandbox = sandbox();
    sandbox.tidegate(&["hotfix", "1.4.1"]).exits(0);
    sandbox.git(&["fetch", "--quiet"]);
    sandbox.git(&["switch", "--quiet", "--create", "hotfix/1.4.1", "origin/hotfix/1.4.1"]);
    let commit = sandbox.commit("the door opens again", &[("door", "2")]);
    let run = sandbox.tidegate(&["tag"]).exits(3);
    insta::assert_snapshot!("tag_hotfix_not_shared", steady(&run.stderr));
    sandbox.git(&["push", "--quiet", "origin", "hotfix/1.4.1"]);
    assert_eq!(sandbox.tidegate(&["tag"]).exits(0).stdout, "v1.4.1-rc.1\n");
    // A candidate that was made there becomes final although the branch is gone.
    sandbox.git(&["switch", "--quiet", "--detach", &commit]);
    sandbox.git(&["push", "--quiet", "origin", ":hotfix/1.4.1"]);
    assert_eq!(sandbox.tidegate(&["tag", "--final"]).exits(0).stdout, "v1.4.1\n");
}

#[test]
fn what_a_component_depends_on_is_fixed_with_it() {
    let components = "[component.api]\npaths = ['api']\n\n[component.web]\npaths = ['web']\ndepends-on = ['api']\n";
    let sandbox = Sandbox::new(&format!("[project]\nname = \"demo\"\n\n{components}\n{LADDER}"));
    sandbox.commit("feat: both", &[("api/a", "1"), ("web/a", "1")]);
    sandbox.git(&["tag", "web-v1.4.0"]);
    sandbox.git(&["push", "--quiet", "--tags", "origin", "main"]);
    let document = sandbox.json(0, &["hotfix", "1.4.1", "--component", "web"]);
    let branch = document["branch"].as_str().unwrap();
    sandbox.git(&["fetch", "--quiet"]);
    sandbox.git(&["switch", "--quiet", "--create", branch, &format!("origin/{branch}")]);
    sandbox.commit("fix: the door", &[("api/a", "2")]);
    sandbox.git(&["push", "--quiet", "origin", branch]);
    assert_eq!(
        sandbox.tidegate(&["tag", "--component", "web"]).exits(0).stdout,
        "web-v1.4.1\n"
    );
}
