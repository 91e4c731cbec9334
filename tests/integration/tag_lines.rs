//! `tag` on whole release processes: candidates, release lines, many components, and repositories without a configuration.

use serde_json::Value;

use crate::common::{Run, Sandbox};
use crate::tag::LADDER;

fn sandbox(tables: &str) -> Sandbox {
    Sandbox::new(&format!("[project]\nname = \"demo\"\n\n{tables}\n{LADDER}"))
}

fn tag(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let mut all = vec!["tag"];
    all.extend(arguments);
    sandbox.tidegate(&all).exits(0).stdout.trim().to_owned()
}

#[test]
fn a_release_goes_from_candidates_to_its_final_version_and_is_maintained() {
    let sandbox = sandbox("[version.channels]\n\"release/*\" = \"rc\"\n");
    sandbox.git(&["tag", "v1.3.0"]);
    sandbox.commit("feat: a door", &[("door", "1")]);
    sandbox.git(&["checkout", "--quiet", "-b", "release/1.4"]);
    assert_eq!(tag(&sandbox, &[]), "v1.4.0-rc.1");
    let again = sandbox.json(0, &["tag"]);
    assert_eq!(
        (&again["status"], &again["tag"]),
        (&"exists".into(), &"v1.4.0-rc.1".into())
    );
    sandbox.commit("docs: a sign", &[]);
    let none = sandbox.json(0, &["tag"]);
    assert_eq!(none["status"], "none");
    assert!(
        none["explanation"]
            .as_str()
            .unwrap()
            .contains("another candidate since v1.4.0-rc.1"),
        "{none}"
    );
    sandbox.commit("fix: the hinge", &[("door", "2")]);
    let second = sandbox.json(0, &["tag"]);
    assert_eq!(
        (&second["tag"], &second["prerelease"], &second["previous_tag"]),
        (&"v1.4.0-rc.2".into(), &"rc.2".into(), &"v1.4.0-rc.1".into())
    );
    sandbox.commit("docs: late", &[]);
    let moved = sandbox.tidegate(&["tag", "--final"]).exits(3);
    assert!(moved.stderr.contains("the head has moved on"), "{}", moved.stderr);
    let done = sandbox.json(0, &["tag", "--final", "--commit", "v1.4.0-rc.2"]);
    assert_eq!(
        (&done["tag"], &done["previous_tag"]),
        (&"v1.4.0".into(), &"v1.3.0".into())
    );
    assert_eq!(
        sandbox.git(&["rev-parse", "v1.4.0^{commit}"]),
        sandbox.git(&["rev-parse", "v1.4.0-rc.2^{commit}"])
    );
    assert_eq!(
        sandbox.json(0, &["tag", "--final", "--commit", "v1.4.0-rc.2"])["status"],
        "exists"
    );
    let message = sandbox.git(&["tag", "--list", "--format=%(contents)", "v1.4.0"]);
    assert!(
        message.contains("- a door") && message.contains("- the hinge"),
        "{message}"
    );
    // Main goes on to the next minor version; the line stays on its own.
    sandbox.git(&["checkout", "--quiet", "main"]);
    sandbox.commit("feat: a window", &[("window", "1")]);
    assert_eq!(sandbox.json(3, &["tag"])["status"], "refused", "1.4.0 is the line's");
}

#[test]
fn a_maintenance_line_takes_patches() {
    let sandbox = sandbox("");
    sandbox.git(&["tag", "v1.4.0"]);
    sandbox.git(&["branch", "release/1.4"]);
    sandbox.commit("feat: on main", &[]);
    assert_eq!(tag(&sandbox, &[]), "v1.5.0");
    sandbox.git(&["checkout", "--quiet", "release/1.4"]);
    sandbox.commit("feat: brought back", &[]);
    let patch = sandbox.json(0, &["tag"]);
    assert_eq!((&patch["tag"], &patch["bump"]), (&"v1.4.1".into(), &"patch".into()));
    let rule = patch["why"]["rule"].as_str().unwrap();
    assert!(rule.contains("takes patches only"), "{rule}");
    sandbox.commit("fix: a", &[]);
    let outside = sandbox.tidegate(&["tag", "--version", "1.6.0"]).exits(3);
    assert!(outside.stderr.contains("release line 1.4"), "{}", outside.stderr);
}

#[test]
fn the_branch_is_the_one_that_github_names() {
    let mut sandbox = sandbox("");
    sandbox.git(&["tag", "v1.4.0"]);
    sandbox.commit("feat: a", &[]);
    sandbox.git(&["checkout", "--quiet", "--detach"]);
    sandbox
        .variables
        .insert("GITHUB_REF_NAME".to_owned(), "release/1.4".to_owned());
    sandbox.variables.insert("GITHUB_REF_TYPE".to_owned(), "tag".to_owned());
    assert_eq!(sandbox.json(0, &["tag", "--dry-run"])["tag"], "v1.5.0");
    sandbox
        .variables
        .insert("GITHUB_REF_TYPE".to_owned(), "branch".to_owned());
    assert_eq!(sandbox.json(0, &["tag", "--dry-run"])["tag"], "v1.4.1");
}

#[test]
fn a_commit_that_went_out_with_a_later_one_is_superseded() {
    let sandbox = sandbox("");
    sandbox.git(&["tag", "v1.0.0"]);
    let first = sandbox.commit("feat: a", &[]);
    sandbox.commit("fix: b", &[]);
    assert_eq!(tag(&sandbox, &[]), "v1.1.0");
    let late = sandbox.json(0, &["tag", "--commit", &first]);
    assert_eq!((&late["status"], late.get("tag")), (&"superseded".into(), None));
    assert!(late["explanation"].as_str().unwrap().contains("v1.1.0"), "{late}");
}

#[test]
fn every_component_is_tagged_in_one_pass() {
    let sandbox = sandbox(
        "[component.api]\npaths = [\"api\"]\ndepends-on = [\"lib\"]\n\n[component.lib]\npaths = [\"lib\"]\n\n[component.web]\npaths = [\"web\"]\n",
    );
    sandbox.commit("feat: all", &[("api/a", "1"), ("lib/a", "1"), ("web/a", "1")]);
    let run = sandbox.tidegate(&["tag", "--all"]).exits(0);
    assert_eq!(run.stdout, "api-v0.1.0\nlib-v0.1.0\nweb-v0.1.0\n");
    sandbox.commit("feat: both", &[("lib/a", "2"), ("web/a", "2")]);
    let document = sandbox.json(0, &["tag", "--all"]);
    assert_eq!(document["schema"], "tidegate.tags/1");
    let row = |one: &Value| {
        let word = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
        (word("component"), word("status"), word("tag"))
    };
    let rows: Vec<(String, String, String)> = document["components"].as_array().unwrap().iter().map(row).collect();
    let expected = [
        ("api", "created", "api-v0.1.1"),
        ("lib", "created", "lib-v0.1.1"),
        ("web", "created", "web-v0.1.1"),
    ];
    assert_eq!(
        rows,
        expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()))
    );
    let why = document["components"][0]["why"]["rule"].as_str().unwrap();
    assert!(why.contains("a change of lib, which it depends on"), "{why}");
    sandbox.commit("fix: web", &[("web/a", "3")]);
    let again = sandbox.json(0, &["tag", "--all"]);
    let statuses: Vec<&Value> = again["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["status"])
        .collect();
    assert_eq!(statuses, ["none", "none", "created"]);
    let log = sandbox.json(0, &["ledger", "log"]).to_string();
    assert_eq!(log.matches("\"tagged\"").count(), 7, "{log}");
}

#[test]
fn a_repository_without_a_configuration_is_tagged_and_keeps_no_ledger() {
    let sandbox = Sandbox::empty();
    sandbox.commit("feat: a", &[("a", "1")]);
    sandbox.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
    assert_eq!(tag(&sandbox, &[]), "v0.1.0");
    sandbox.commit("fix: b", &[("a", "2")]);
    assert_eq!(tag(&sandbox, &["--channel", "rc"]), "v0.1.1-rc.1");
    assert_eq!(tag(&sandbox, &["--final"]), "v0.1.1");
    let there = sandbox.git_in(
        &sandbox.path().join("origin.git"),
        &["for-each-ref", "--format=%(refname)"],
    );
    assert_eq!(
        there,
        "refs/heads/main\nrefs/tags/v0.1.0\nrefs/tags/v0.1.1\nrefs/tags/v0.1.1-rc.1"
    );
    let deeper = sandbox.work().join("folder/below");
    std::fs::create_dir_all(&deeper).unwrap();
    let run = Run::of(sandbox.tidegate_command(&deeper, &["tag"]).output().unwrap()).exits(0);
    assert_eq!(run.stdout, "v0.1.1\n");
    let other = Run::of(sandbox.tidegate_command(&deeper, &["status"]).output().unwrap()).exits(2);
    assert!(other.stderr.contains("there is no tidegate.toml"), "{}", other.stderr);
}

#[test]
fn a_fix_that_was_picked_for_a_line_is_not_released_again_when_the_line_is_merged() {
    let sandbox = Sandbox::empty();
    sandbox.commit("feat: a", &[("a", "1")]);
    sandbox.git(&["tag", "v1.4.0"]);
    sandbox.git(&["branch", "release/1.4"]);
    sandbox.commit("feat: b", &[("b", "1")]);
    let fix = sandbox.commit("fix: c", &[("c", "1")]);
    sandbox.git(&["tag", "v1.5.0"]);
    sandbox.git(&["switch", "--quiet", "release/1.4"]);
    sandbox.git(&["cherry-pick", "-x", &fix]);
    assert_eq!(sandbox.tidegate(&["tag"]).exits(0).stdout, "v1.4.1\n");
    sandbox.git(&["switch", "--quiet", "main"]);
    sandbox.git(&["merge", "--quiet", "--no-edit", "release/1.4"]);
    assert_eq!(sandbox.json(0, &["tag"])["status"], "none", "v1.5.0 has it");
}

#[test]
fn a_tag_that_leads_to_no_commit_is_no_base() {
    for packed in [false, true] {
        let sandbox = Sandbox::empty();
        sandbox.commit("feat: a", &[("a", "1")]);
        sandbox.git(&["tag", "v1.0.0"]);
        sandbox.git(&["tag", "--annotate", "--message", "a tree", "v9.0.0", "HEAD^{tree}"]);
        sandbox.commit("fix: b", &[]);
        if packed {
            sandbox.git(&["pack-refs", "--all"]);
        }
        assert_eq!(
            sandbox.tidegate(&["tag"]).exits(0).stdout,
            "v1.0.1\n",
            "packed: {packed}"
        );
    }
}

#[test]
fn a_fix_that_was_reverted_and_is_picked_again_is_released() {
    let sandbox = Sandbox::empty();
    let fix = sandbox.commit("fix: a", &[("a", "1")]);
    sandbox.git(&["tag", "v0.1.0"]);
    sandbox.git(&["revert", "--no-edit", &fix]);
    sandbox.git(&["tag", "v0.1.1"]);
    sandbox.git(&["cherry-pick", "-x", &fix]);
    assert_eq!(sandbox.tidegate(&["tag"]).exits(0).stdout, "v0.1.2\n");
}
