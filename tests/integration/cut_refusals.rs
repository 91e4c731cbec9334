//! What `cut`, `cut --sync`, `cut --if-due`, `freeze` and `thaw` say where they do nothing: each refusal and each error once.

use std::path::Path;

use crate::common::emulate::INSTALL;
use crate::common::hub::Hub;
use crate::common::steady::{placeless, steady};
use crate::common::{self, Run, Sandbox};
use crate::cut_forge::{answering, strict};
use crate::cut_rules::{FILES, events, origin, refusal, sandbox};
use crate::tag::LADDER;

/// Lets the origin refuse the refs that a pattern of the shell fits.
pub fn refuse(sandbox: &Sandbox, pattern: &str) {
    let hook = sandbox.path().join("origin.git/hooks/update");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let script = format!("#!/bin/sh\ncase \"$1\" in {pattern}) echo 'these refs are protected'; exit 1;; esac\n");
    std::fs::write(&hook, script).unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

pub fn allow(sandbox: &Sandbox) {
    std::fs::remove_file(sandbox.path().join("origin.git/hooks/update")).unwrap();
}

/// What a run says in another folder.
fn said_in(sandbox: &Sandbox, folder: &Path, code: i32, arguments: &[&str]) -> String {
    let run = Run::of(sandbox.tidegate_command(folder, arguments).output().unwrap()).exits(code);
    steady(&placeless(&run.stderr, sandbox.path()))
}

#[test]
fn a_branch_elsewhere_is_told_with_both_commits() {
    let sandbox = sandbox("");
    sandbox.commit("feat: later", &[]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    sandbox.git(&["push", "--quiet", "origin", "main~1:refs/heads/release/1.4"]);
    insta::assert_snapshot!("cut_made_elsewhere", refusal(&sandbox, 3, &["cut", "1.4"]));
    sandbox.json(0, &["cut", "1.4", "--from", "main~1"]);
    let other = ["cut", "1.4", "--from", "main"];
    insta::assert_snapshot!("cut_recorded_elsewhere", refusal(&sandbox, 3, &other));
    sandbox.git(&["branch", "release/1.5", "main~1"]);
    insta::assert_snapshot!("cut_here_elsewhere", refusal(&sandbox, 3, &["cut", "1.5"]));
}

#[test]
fn what_is_no_line_no_commit_and_no_component_is_told() {
    let sandbox = sandbox("");
    insta::assert_snapshot!("cut_no_line", refusal(&sandbox, 2, &["cut", "1.4.0"]));
    insta::assert_snapshot!(
        "cut_no_commit",
        refusal(&sandbox, 2, &["cut", "1.4", "--from", "nothing"])
    );
    insta::assert_snapshot!(
        "cut_no_component",
        refusal(&sandbox, 2, &["cut", "1.4", "--component", "web"])
    );
    insta::assert_snapshot!("cut_no_train", refusal(&sandbox, 2, &["cut", "--if-due"]));
    let many = self::sandbox("[component.api]\npaths = ['api']\n\n[component.web]\npaths = ['web']\n");
    insta::assert_snapshot!("cut_which_component", refusal(&many, 2, &["cut", "1.4"]));
}

#[test]
fn a_repository_that_cannot_be_worked_on_is_told() {
    let sandbox = sandbox("");
    let (path, work) = (sandbox.path().to_owned(), sandbox.work());
    let config = format!("{}/tidegate.toml", work.display());
    sandbox.git_in(&path, &["init", "--quiet", "--initial-branch=main", "empty"]);
    std::fs::copy(&config, path.join("empty/tidegate.toml")).unwrap();
    insta::assert_snapshot!("cut_empty", said_in(&sandbox, &path.join("empty"), 2, &["cut", "1.4"]));
    let url = format!("file://{}/origin.git", path.display());
    sandbox.git_in(&path, &["clone", "--quiet", "--depth", "1", &url, "shallow"]);
    let shallow = path.join("shallow");
    sandbox.git_in(&shallow, &["remote", "remove", "origin"]);
    for arguments in [&["cut", "1.4"][..], &["cut", "1.4", "--sync"]] {
        insta::assert_snapshot!("cut_shallow", said_in(&sandbox, &shallow, 2, arguments));
    }
    insta::assert_snapshot!("cut_status_shallow", said_in(&sandbox, &shallow, 2, &["cut", "status"]));
    // With its remote, what a shallow clone lacks is fetched.
    sandbox.git_in(&shallow, &["remote", "add", "origin", &url]);
    said_in(&sandbox, &shallow, 0, &["cut", "status"]);
    let said = said_in(&sandbox, &shallow, 0, &["cut", "1.4"]);
    assert!(said.contains("release/1.4 was cut"), "{said}");
    sandbox.git_in(&path, &["clone", "--quiet", "--bare", &url, "bare.git"]);
    std::fs::copy(&config, path.join("bare.git/tidegate.toml")).unwrap();
    insta::assert_snapshot!(
        "cut_bare",
        said_in(&sandbox, &path.join("bare.git"), 2, &["cut", "1.5"])
    );
}

#[test]
fn a_remote_of_another_name_is_used_where_it_is_the_only_one() {
    let sandbox = sandbox("");
    sandbox.git(&["remote", "rename", "origin", "upstream"]);
    let document = sandbox.json(0, &["cut", "1.4"]);
    assert_eq!(document["status"], "created");
    let there = sandbox.git_in(&sandbox.path().join("origin.git"), &["rev-parse", "release/1.4"]);
    assert_eq!(document["commit"], there.as_str());
    assert_eq!(events(&sandbox, "branch-cut"), 1);
    sandbox.git(&["remote", "add", "fork", "../fork.git"]);
    insta::assert_snapshot!("cut_which_remote", refusal(&sandbox, 2, &["cut", "1.5"]));
    let named = sandbox.json(0, &["cut", "1.4", "--remote", "upstream"]);
    assert_eq!(named["status"], "exists");
}

#[test]
fn a_folder_that_is_gone_and_a_remote_that_does_not_answer_are_told() {
    let sandbox = sandbox("");
    let gone = sandbox.path().join("gone");
    std::fs::create_dir(&gone).unwrap();
    let tidegate = env!("CARGO_BIN_EXE_tidegate");
    let script = format!("rmdir \"$PWD\" && exec {tidegate} cut 1.4");
    let mut command = sandbox.command("sh", &gone);
    let run = Run::of(command.args(["-c", &script]).output().unwrap()).exits(2);
    insta::assert_snapshot!("cut_no_folder", run.stderr);
    sandbox.git(&["remote", "set-url", "origin", "../nowhere.git"]);
    for arguments in [
        &["cut", "1.4"][..],
        &["cut", "1.4", "--sync"],
        &["freeze", "main", "--reason", "the release"],
        &["thaw", "main"],
    ] {
        let said = refusal(&sandbox, 6, arguments);
        assert!(
            said.contains("nowhere.git") && said.contains("help"),
            "{arguments:?}: {said}"
        );
    }
}

#[test]
fn a_branch_in_the_way_of_the_default_one_is_told() {
    let sandbox = sandbox("[cut]\nbranch = 'trunk/{{{major}}}.{{{minor}}}'\n");
    sandbox.git(&["push", "--quiet", "origin", "main:refs/heads/trunk"]);
    sandbox.git_in(
        &sandbox.path().join("origin.git"),
        &["symbolic-ref", "HEAD", "refs/heads/trunk"],
    );
    sandbox.git(&["fetch", "--quiet"]);
    sandbox.git(&["remote", "set-head", "origin", "trunk"]);
    insta::assert_snapshot!("cut_beside_default", refusal(&sandbox, 2, &["cut", "1.4"]));
}

#[test]
fn what_hooks_refuse_is_refused_and_the_next_run_finishes_it() {
    let sandbox = sandbox(FILES);
    refuse(&sandbox, "refs/heads/release/*");
    insta::assert_snapshot!("cut_hook_branch", refusal(&sandbox, 3, &["cut", "1.4"]));
    assert_eq!(
        (events(&sandbox, "branch-cut"), sandbox.git(&["tag", "--list"]).as_str()),
        (0, "")
    );
    refuse(&sandbox, "refs/tags/*");
    let run = sandbox.tidegate(&["cut", "1.4"]).exits(3);
    insta::assert_snapshot!("cut_hook_candidate", steady(&run.stderr));
    assert_eq!((run.stdout.as_str(), events(&sandbox, "branch-cut")), ("", 1));
    let document = sandbox.json(3, &["cut", "1.4"]);
    assert_eq!(
        (&document["status"], &document["branch"]),
        (&"refused".into(), &"release/1.4".into())
    );
    allow(&sandbox);
    assert_eq!(sandbox.json(0, &["cut", "1.4"])["candidate"], "v1.4.0-rc.1");
    assert_eq!(sandbox.json(0, &["cut", "1.4"])["steps"].as_array().unwrap().len(), 0);
    sandbox.commit("feat: later", &[]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    refuse(&sandbox, "refs/heads/tidegate/ledger");
    let run = sandbox.tidegate(&["cut", "1.5"]).exits(3);
    insta::assert_snapshot!("cut_hook_ledger", steady(&run.stderr));
    for (name, arguments) in [
        ("freeze_hook_ledger", &["freeze", "main", "--reason", "the release"][..]),
        ("lock_hook_ledger", &["lock", "--all", "--reason", "the release"]),
    ] {
        insta::assert_snapshot!(name, steady(&refusal(&sandbox, 3, arguments)));
    }
    allow(&sandbox);
    assert_eq!(sandbox.json(0, &["cut", "1.5"])["candidate"], "v1.5.0-rc.1");
    sandbox
        .tidegate(&["freeze", "main", "--reason", "the release"])
        .exits(0);
    refuse(&sandbox, "refs/heads/tidegate/ledger");
    insta::assert_snapshot!("thaw_hook_ledger", steady(&refusal(&sandbox, 3, &["thaw", "main"])));
}

#[test]
fn what_tag_would_refuse_is_told_before_there_is_a_branch() {
    let sandbox = sandbox("[component.app]\nversion-files = ['VERSION', 'package.json']\n");
    insta::assert_snapshot!("cut_candidate_impossible", refusal(&sandbox, 3, &["cut", "1.4"]));
}

#[test]
fn a_closed_line_and_a_dirty_train_are_told() {
    let sandbox = sandbox(
        "[cut]\nsupported = 1\ncandidate = false\ntrain = { cron = '0 0 * * *', zone = 'UTC', since = '2026-01-01' }\n",
    );
    sandbox.git(&["push", "--quiet", "origin", "main:refs/heads/release/1.4"]);
    insta::assert_snapshot!("cut_closed", refusal(&sandbox, 3, &["cut", "1.3"]));
    sandbox.write(&[("VERSION", "changed\n")]);
    insta::assert_snapshot!("cut_if_due_dirty", refusal(&sandbox, 3, &["cut", "--if-due"]));
}

#[test]
fn a_synchronization_that_is_not_possible_is_told() {
    let sandbox = Sandbox::new(&format!("[project]\nname = \"demo\"\n\n{LADDER}"));
    sandbox.git(&["push", "--quiet", "origin", "main:refs/heads/release/1.4"]);
    sandbox.commit("feat: later", &[("a", "1")]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    insta::assert_snapshot!("cut_sync_no_line", refusal(&sandbox, 2, &["cut", "x", "--sync"]));
    refuse(&sandbox, "refs/heads/release/*");
    insta::assert_snapshot!("cut_sync_hook", refusal(&sandbox, 3, &["cut", "1.4", "--sync"]));
    allow(&sandbox);
    sandbox.git(&["remote", "remove", "origin"]);
    sandbox.git(&["checkout", "--quiet", "-b", "release/1.4", "main~1"]);
    sandbox.write(&[("a", "in the way")]);
    let run = sandbox.tidegate(&["cut", "1.4", "--sync"]).exits(2);
    insta::assert_snapshot!("cut_sync_in_the_way", run.stderr);
}

#[test]
fn what_cannot_be_frozen_or_thawed_is_told() {
    let sandbox = sandbox("");
    for (name, arguments) in [
        ("freeze_no_branch", &["freeze", "man", "--reason", "a"][..]),
        ("freeze_no_reason", &["freeze", "main"]),
        (
            "freeze_no_time",
            &["freeze", "main", "--reason", "a", "--until", "soon"],
        ),
        (
            "freeze_over",
            &["freeze", "main", "--reason", "a", "--until", "2020-01-01T00:00:00Z"],
        ),
        ("freeze_no_forge", &["freeze"]),
        ("freeze_until_of_nothing", &["freeze", "--until", "4h"]),
        (
            "freeze_pull_of_branch",
            &["freeze", "main", "--reason", "a", "--pull", "1"],
        ),
        ("thaw_no_branch", &["thaw", "man"]),
    ] {
        insta::assert_snapshot!(name, refusal(&sandbox, 2, arguments));
    }
    assert_eq!(events(&sandbox, "branch-frozen"), 0);
    // A branch that was frozen is thawed when it is gone as well.
    sandbox.git(&["push", "--quiet", "origin", "main:refs/heads/release/1.4"]);
    sandbox.tidegate(&["freeze", "release/1.4", "--reason", "a"]).exits(0);
    sandbox.git(&["push", "--quiet", "origin", "--delete", "release/1.4"]);
    assert_eq!(sandbox.json(0, &["thaw", "release/1.4"])["already"], false);
    let plan = sandbox
        .tidegate(&["freeze", "main", "--reason", "a", "--dry-run"])
        .exits(0);
    insta::assert_snapshot!("freeze_planned", plan.stderr);
}

/// What GitHub answers where a ruleset is in the way that it does not tell of before.
const RULES: (&str, &str) = (
    "422 Unprocessable Entity",
    "Repository rule violations found: Cannot update this protected ref.",
);

/// What GitHub answers where the token may not.
const TOKEN: (&str, &str) = ("403 Forbidden", "Resource not accessible by integration");

/// What a run says with GitHub answering this to requests whose paths end so.
fn forbidden(
    (status, message): (&'static str, &'static str),
    ends: &'static [&'static str],
    code: i32,
    arguments: &[&str],
) -> String {
    let mut sandbox = sandbox(FILES);
    sandbox.git(&["push", "--quiet", "origin", "main:refs/heads/release/1.3"]);
    sandbox.commit("feat: later", &[]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let hub = answering(&mut sandbox, status, message, ends);
    let asked = serde_json::json!({ "title": "later", "head": "release/1.3", "base": "main" });
    hub.api().send("POST", "pulls", &asked);
    let before = origin(&sandbox);
    let run = sandbox.tidegate(arguments).exits(code);
    assert_eq!(origin(&sandbox), before);
    steady(&run.stderr)
}

#[test]
fn what_a_token_may_not_do_is_told() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let freeze = ["freeze", "main", "--reason", "the release"];
    for (name, ends, arguments) in [
        ("cut_token_branch", &["POST /git/refs"][..], &["cut", "1.4"][..]),
        (
            "cut_sync_token",
            &["PATCH /git/refs/heads/release/1.3"],
            &["cut", "1.3", "--sync"],
        ),
        ("freeze_token_label", &["POST /labels"], &freeze),
        ("freeze_token_pulls", &["GET /pulls"], &freeze),
    ] {
        insta::assert_snapshot!(name, forbidden(TOKEN, ends, 6, arguments));
    }
    for (name, ends, arguments) in [
        ("cut_ruleset", &["POST /git/refs"][..], &["cut", "1.4"][..]),
        (
            "cut_sync_ruleset",
            &["PATCH /git/refs/heads/release/1.3"],
            &["cut", "1.3", "--sync"],
        ),
    ] {
        insta::assert_snapshot!(name, forbidden(RULES, ends, 3, arguments));
    }
    let candidate = forbidden_candidate();
    insta::assert_snapshot!("cut_token_candidate", candidate);
}

/// A cut whose commit of the candidate GitHub forbids.
fn forbidden_candidate() -> String {
    let mut sandbox = sandbox(&format!("[tag]\nthrough = 'github'\n\n{FILES}"));
    let _hub: Hub = strict(&mut sandbox, &["POST /git/commits"]);
    let run = sandbox.tidegate(&["cut", "1.4"]).exits(6);
    assert_eq!(events(&sandbox, "branch-cut"), 1);
    steady(&run.stderr)
}

#[test]
fn statuses_that_may_not_be_set_are_told() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let mut sandbox = sandbox("");
    sandbox.git(&["push", "--quiet", "origin", "main:refs/heads/topic"]);
    let hub = Hub::start(&mut sandbox, None);
    let asked = serde_json::json!({ "title": "later", "head": "topic", "base": "main" });
    hub.api().send("POST", "pulls", &asked);
    hub.extras().forbid_statuses();
    let run = sandbox.tidegate(&["freeze", "main", "--reason", "the release"]);
    insta::assert_snapshot!(
        "freeze_token_statuses",
        format!("exit code {}\n{}", run.code, steady(&run.stderr))
    );
    assert_eq!(events(&sandbox, "branch-frozen"), 1);
}
