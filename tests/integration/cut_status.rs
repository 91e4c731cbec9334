//! `cut status`, and the support window, on real repositories.

use serde_json::{Value, json};

use crate::common::emulate::INSTALL;
use crate::common::hub::Hub;
use crate::common::pulls::Merge;
use crate::common::steady::steady;
use crate::common::{self, Sandbox};
use crate::tag::LADDER;

fn sandbox(tables: &str) -> Sandbox {
    Sandbox::new(&format!("[project]\nname = \"demo\"\n\n{tables}\n{LADDER}"))
}

/// Makes a release branch on what is checked out, as people did before.
fn branch(sandbox: &Sandbox, name: &str) {
    sandbox.git(&["push", "--quiet", "origin", &format!("HEAD:refs/heads/{name}")]);
    sandbox.git(&["fetch", "--quiet"]);
}

fn push(sandbox: &Sandbox, branch: &str) {
    sandbox.git(&["push", "--quiet", "origin", branch]);
}

/// The line of a status.
fn line<'a>(status: &'a Value, line: &str) -> &'a Value {
    let lines = status["lines"].as_array().unwrap();
    lines
        .iter()
        .find(|one| one["line"] == line)
        .unwrap_or_else(|| panic!("{status}"))
}

fn subjects(lacked: &Value) -> Vec<&str> {
    let lacked = lacked.as_array().unwrap().iter();
    lacked.map(|one| one["subject"].as_str().unwrap()).collect()
}

/// A line 1.3 with a final version and a candidate of the next one, and fixes that went in either direction.
fn divided() -> Sandbox {
    let sandbox = sandbox("");
    sandbox.commit("feat: a door", &[("door", "1\n2\n3\n4\n5\n")]);
    push(&sandbox, "main");
    branch(&sandbox, "release/1.3");
    sandbox.git(&["tag", "v1.3.0-rc.1"]);
    sandbox.git(&["tag", "v1.3.0"]);
    for (file, subject) in [
        ("by-line", "fix: picked with -x"),
        ("by-patch", "fix: picked without"),
        ("left", "fix: left behind"),
        ("undone", "fix: taken back"),
        ("window", "feat: a window"),
    ] {
        sandbox.commit(subject, &[(file, "1")]);
    }
    sandbox.git(&["revert", "--no-edit", "HEAD~1"]);
    let find = |subject: &str| sandbox.git(&["log", "--all", "--format=%H", "--grep", &format!("^{subject}$")]);
    let (by_line, by_patch) = (find("fix: picked with -x"), find("fix: picked without"));
    sandbox.git(&["switch", "--quiet", "--create", "release/1.3", "origin/release/1.3"]);
    sandbox.git(&["cherry-pick", "-x", &by_line]);
    sandbox.git(&["cherry-pick", &by_patch]);
    sandbox.git(&["tag", "v1.3.1-rc.1"]);
    sandbox.commit("fix: on the line alone", &[("alone", "1")]);
    let brought = sandbox.commit("fix: brought to main", &[("brought", "1")]);
    sandbox.commit("chore(release): v1.3.1", &[("VERSION", "1.3.1")]);
    push(&sandbox, "release/1.3");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.git(&["cherry-pick", "-x", &brought]);
    push(&sandbox, "main");
    sandbox.git(&["push", "--quiet", "--tags", "origin"]);
    sandbox
}

#[test]
fn what_was_picked_is_not_lacked_and_what_was_not_is() {
    let sandbox = divided();
    let status = sandbox.json(0, &["cut", "status"]);
    assert_eq!(status["schema"], "tidegate.cut-status/1");
    let line = line(&status, "1.3");
    assert_eq!(line["branch"], "release/1.3");
    assert_eq!(line["candidates"], json!(["v1.3.1-rc.1", "v1.3.0-rc.1"]));
    assert_eq!(line["finals"], json!(["v1.3.0"]));
    assert_eq!(line["ahead"], 3, "since v1.3.1-rc.1");
    assert_eq!(subjects(&line["missing"]), ["fix: on the line alone"]);
    assert_eq!(subjects(&line["unported"]), ["fix: left behind"]);
    assert_eq!((&line["support"], line.get("cut_at")), (&"maintained".into(), None));
    let run = sandbox.tidegate(&["cut", "status"]).exits(0);
    insta::assert_snapshot!("cut_status_table", steady(&format!("{}--\n{}", run.stdout, run.stderr)));
    let markdown = sandbox.tidegate(&["cut", "status", "--output", "markdown"]).exits(0);
    insta::assert_snapshot!("cut_status_markdown", steady(&markdown.stdout));
}

#[test]
fn many_lines_are_told_by_one_look_and_the_old_ones_are_closed() {
    let sandbox = sandbox("[cut]\nsupported = 2\n");
    for minor in 1..=4 {
        sandbox.commit(&format!("fix: before 1.{minor}"), &[("a", &minor.to_string())]);
        push(&sandbox, "main");
        match minor {
            4 => drop(sandbox.tidegate(&["cut", "1.4"]).exits(0)),
            _ => branch(&sandbox, &format!("release/1.{minor}")),
        }
    }
    let status = sandbox.json(0, &["cut", "status"]);
    let found: Vec<(&str, &str, usize)> = status["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = |key: &str| one[key].as_str().unwrap();
            (text("line"), text("support"), subjects(&one["unported"]).len())
        })
        .collect();
    let expected = [
        ("1.4", "maintained", 0),
        ("1.3", "next-to-close", 1),
        ("1.2", "closed", 0),
        ("1.1", "closed", 0),
    ];
    assert_eq!(found, expected);
    assert!(line(&status, "1.4")["cut_at"].is_string(), "the ledger knows");
    assert_eq!(
        line(&status, "1.2")["support_reason"],
        "1.2 is closed since 1.4; 1.3 and 1.4 are maintained"
    );
    // A branch that people deleted is told of as long as the ledger knows it.
    sandbox.git(&["push", "--quiet", "origin", "--delete", "release/1.4", "release/1.3"]);
    let status = sandbox.json(0, &["cut", "status"]);
    assert_eq!(line(&status, "1.4").get("commit"), None);
    assert_eq!(status["lines"].as_array().unwrap().len(), 3);
}

#[test]
fn nothing_is_released_from_a_closed_line() {
    let sandbox = sandbox("[cut]\nsupported = 1\n\n[version.channels]\n\"release/*\" = \"rc\"\n");
    sandbox.git(&["tag", "v1.2.0"]);
    branch(&sandbox, "release/1.2");
    sandbox.git(&["switch", "--quiet", "--create", "release/1.2", "origin/release/1.2"]);
    sandbox.commit("fix: a", &[("a", "1")]);
    assert_eq!(sandbox.tidegate(&["tag", "--dry-run"]).exits(0).stdout, "v1.2.1-rc.1\n");
    branch(&sandbox, "release/1.3");
    let before = sandbox.git_in(&sandbox.path().join("origin.git"), &["for-each-ref"]);
    for arguments in [
        &["tag"][..],
        &["tag", "--version", "1.2.1"],
        &["hotfix", "1.2.1"],
        &["backport", "main", "--to", "1.2"],
    ] {
        let run = sandbox.tidegate(arguments).exits(3);
        assert!(
            run.stderr.contains("1.2 is closed since 1.3; 1.3 is maintained"),
            "{arguments:?}: {}",
            run.stderr
        );
    }
    insta::assert_snapshot!("tag_closed_line", sandbox.tidegate(&["tag"]).exits(3).stderr);
    assert_eq!(
        sandbox.git_in(&sandbox.path().join("origin.git"), &["for-each-ref"]),
        before
    );
}

#[test]
fn each_component_has_lines_of_its_own() {
    let sandbox = sandbox(
        "[cut]\nbranch = \"release/{{{component}}}-{{{major}}}.{{{minor}}}\"\n\n\
         [component.api]\npaths = [\"api\"]\n\n[component.web]\npaths = [\"web\"]\n",
    );
    for component in ["api", "web"] {
        branch(&sandbox, &format!("release/{component}-1.0"));
    }
    sandbox.commit("fix: of the api", &[("api/a", "1")]);
    sandbox.commit("fix: of both", &[("api/a", "2"), ("web/a", "1")]);
    push(&sandbox, "main");
    let status = sandbox.json(0, &["cut", "status"]);
    let unported = |place: usize| subjects(&status["lines"][place]["unported"]);
    assert_eq!(unported(0), ["fix: of both", "fix: of the api"]);
    assert_eq!(unported(1), ["fix: of both"]);
    let one = sandbox.json(0, &["cut", "status", "--component", "web"]);
    assert_eq!(one["lines"].as_array().unwrap().len(), 1);
}

#[test]
fn without_a_remote_the_local_branches_are_looked_at() {
    let sandbox = sandbox("");
    sandbox.git(&["remote", "remove", "origin"]);
    sandbox.git(&["branch", "release/1.0"]);
    sandbox.commit("fix: a", &[("a", "1")]);
    let status = sandbox.json(0, &["cut", "status"]);
    assert_eq!(subjects(&line(&status, "1.0")["unported"]), ["fix: a"]);
    assert_eq!(status["default_branch"], "main");
}

#[test]
fn pull_requests_that_ask_for_a_back_port_come_first() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let mut sandbox = sandbox("");
    branch(&sandbox, "release/1.4");
    let hub = Hub::start(&mut sandbox, None);
    for (number, kind) in [(1, "feat"), (2, "fix")] {
        let topic = format!("topic/{number}");
        sandbox.git(&["switch", "--quiet", "--create", &topic, "origin/main"]);
        sandbox.commit(&format!("{kind}: number {number}"), &[(&topic, "1")]);
        push(&sandbox, &topic);
        let pull = json!({ "title": format!("{kind}: number {number}"), "head": topic, "base": "main" });
        let made = hub.api().send("POST", "pulls", &pull)["number"].as_u64().unwrap();
        if kind == "feat" {
            let labels = json!({ "labels": ["backport 1.4"] });
            hub.api().send("POST", &format!("issues/{made}/labels"), &labels);
        }
        hub.extras().merge(made, Merge::Squash);
        sandbox.git(&["fetch", "--quiet"]);
    }
    let status = sandbox.json(0, &["cut", "status"]);
    let unported = &line(&status, "1.4")["unported"];
    assert_eq!(subjects(unported), ["feat: number 1 (#1)", "fix: number 2 (#2)"]);
    assert_eq!((&unported[0]["pull"], unported[1].get("pull")), (&json!(1), None));
}

#[test]
fn a_cut_closes_the_line_that_is_not_maintained_any_more_at_the_forge() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let mut sandbox = sandbox("[cut]\nsupported = 1\ncandidate = false\n");
    let hub = Hub::start(&mut sandbox, None);
    sandbox.tidegate(&["cut", "1.3"]).exits(0);
    sandbox.commit("feat: a", &[("a", "1")]);
    push(&sandbox, "main");
    let steps = |cut: &Value| {
        let steps = cut["steps"].as_array().unwrap().iter();
        let closing = steps.filter(|step| step["reason"].as_str().unwrap().contains("is closed"));
        closing
            .map(|step| step["action"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let cut = sandbox.json(0, &["cut", "1.4"]);
    assert_eq!(steps(&cut), ["keep-label", "keep-milestone"], "{cut}");
    let words = "1.3 is closed since 1.4; 1.4 is maintained";
    let labels = hub.api().get("labels");
    let label = labels
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "backport 1.3");
    assert_eq!(label.unwrap()["description"], words);
    let milestones = hub.api().get("milestones?state=closed");
    assert_eq!(milestones[0]["title"], "1.3.0", "{milestones}");
    assert_eq!(steps(&sandbox.json(0, &["cut", "1.4"])), [""; 0], "it is done");
    // A line that is too old is not cut anew.
    let run = sandbox.tidegate(&["cut", "1.2"]).exits(3);
    insta::assert_snapshot!("cut_too_old", steady(&run.stderr));
}

#[test]
fn what_main_took_back_is_not_wanted_a_whole_merge_too() {
    let sandbox = sandbox("");
    branch(&sandbox, "release/1.4");
    sandbox.git(&["switch", "--quiet", "--create", "topic"]);
    sandbox.commit("fix: the door", &[("door", "2")]);
    sandbox.commit("fix: its frame", &[("frame", "2")]);
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.git(&["merge", "--quiet", "--no-ff", "--message", "Merge topic", "topic"]);
    push(&sandbox, "main");
    let unported = || {
        let status = sandbox.json(0, &["cut", "status"]);
        subjects(&line(&status, "1.4")["unported"]).len()
    };
    assert_eq!(unported(), 2);
    sandbox.git(&["revert", "--no-edit", "-m", "1", "HEAD"]);
    push(&sandbox, "main");
    assert_eq!(unported(), 0);
    sandbox.git(&["revert", "--no-edit", "HEAD"]);
    push(&sandbox, "main");
    assert_eq!(unported(), 2, "taken back, and brought back again");
}
