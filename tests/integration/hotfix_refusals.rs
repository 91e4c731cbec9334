//! What `hotfix` says where it does nothing, each refusal and each error once; and what a killed one leaves to the next on GitHub.

use crate::common::emulate::INSTALL;
use crate::common::hub::Hub;
use crate::common::steady::steady;
use crate::common::trip::Trip;
use crate::common::{self, Sandbox};
use crate::cut_forge::answering;
use crate::cut_refusals::{allow, refuse};
use crate::cut_rules::{events, origin, refusal};
use crate::hotfix::{fixed, sandbox, there};

#[test]
fn what_is_no_hotfix_is_told() {
    let sandbox = sandbox();
    for (name, arguments) in [
        ("hotfix_no_version", &["hotfix", "1.4"][..]),
        ("hotfix_no_patch", &["hotfix", "1.4.0"]),
        ("hotfix_candidate", &["hotfix", "1.4.1-rc.1"]),
        ("hotfix_of_nothing", &["hotfix"]),
        ("hotfix_no_component", &["hotfix", "1.4.1", "--component", "web"]),
        ("hotfix_why_checked", &["hotfix", "1.4.1", "--check", "--reason", "a"]),
    ] {
        insta::assert_snapshot!(name, refusal(&sandbox, 2, arguments));
    }
}

#[test]
fn a_closed_line_and_a_branch_that_is_gone_are_told() {
    let sandbox = sandbox();
    sandbox.tidegate(&["hotfix", "1.4.1"]).exits(0);
    sandbox.git(&["push", "--quiet", "origin", ":hotfix/1.4.1"]);
    sandbox.git(&["fetch", "--quiet", "--prune"]);
    insta::assert_snapshot!("hotfix_gone", refusal(&sandbox, 3, &["hotfix", "1.4.1", "--check"]));
    let again = sandbox.json(0, &["hotfix", "1.4.1"]);
    assert_eq!(again["steps"][0]["action"], "share-branch", "it is brought back");
    let config = std::fs::read_to_string(sandbox.work().join("tidegate.toml")).unwrap();
    let config = format!("[cut]\nsupported = 1\n\n{config}");
    sandbox.commit("chore: one line is maintained", &[("tidegate.toml", &config)]);
    sandbox.git(&["tag", "v1.5.0"]);
    sandbox.git(&["push", "--quiet", "origin", "main", "v1.5.0"]);
    insta::assert_snapshot!("hotfix_closed", refusal(&sandbox, 3, &["hotfix", "1.4.1"]));
}

#[test]
fn what_hooks_refuse_is_refused_and_the_next_run_finishes_it() {
    let sandbox = sandbox();
    refuse(&sandbox, "refs/heads/hotfix/*");
    insta::assert_snapshot!("hotfix_hook_branch", refusal(&sandbox, 3, &["hotfix", "1.4.1"]));
    assert_eq!(events(&sandbox, "hotfix-opened"), 0);
    refuse(&sandbox, "refs/heads/tidegate/ledger");
    let run = sandbox.tidegate(&["hotfix", "1.4.1"]).exits(3);
    insta::assert_snapshot!("hotfix_hook_ledger", steady(&run.stderr));
    allow(&sandbox);
    let document = sandbox.json(0, &["hotfix", "1.4.1"]);
    assert_eq!(document["status"], "exists");
    assert_eq!(events(&sandbox, "hotfix-opened"), 1);
}

#[test]
fn what_github_refuses_is_told() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    for (name, (status, message), code) in [
        (
            "hotfix_token",
            ("403 Forbidden", "Resource not accessible by integration"),
            6,
        ),
        (
            "hotfix_ruleset",
            (
                "422 Unprocessable Entity",
                "Repository rule violations found: Cannot create this protected ref.",
            ),
            3,
        ),
    ] {
        let mut sandbox = sandbox();
        let _hub = answering(&mut sandbox, status, message, &["POST /git/refs"]);
        let before = origin(&sandbox);
        let run = sandbox.tidegate(&["hotfix", "1.4.1"]).exits(code);
        assert_eq!(origin(&sandbox), before, "nothing is half-made");
        insta::assert_snapshot!(name, steady(&run.stderr));
    }
}

#[test]
fn killed_at_every_request_on_github_it_comes_to_the_same_end() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let before = sandbox();
    let commands = [&["hotfix", "1.4.1"][..], &["hotfix", "1.4.1", "--check"]];
    for (at_all, arguments) in commands.into_iter().enumerate() {
        let prepared = |at: usize| {
            let mut sandbox = before.copy();
            if at_all == 1 {
                fixed(&sandbox);
            }
            let trip = Trip::new(&mut sandbox);
            trip.wire_origin(&sandbox);
            let hub = Hub::start(&mut sandbox, Some(&trip));
            let run = trip.kill(sandbox.tidegate_command(&sandbox.work(), arguments), at);
            (sandbox, hub, trip, run)
        };
        let end = [0, 3][at_all];
        let (_sandbox, _hub, trip, run) = prepared(0);
        run.exits(end);
        let wires = trip.wires();
        assert!(wires >= 4, "{arguments:?}: {wires}");
        Trip::at_each(wires, |wire| {
            let (sandbox, hub, trip, run) = prepared(wire);
            assert_eq!(run.code, -1, "killed at wire {wire} of {arguments:?}");
            trip.kill(sandbox.tidegate_command(&sandbox.work(), arguments), 0)
                .exits(end);
            assert_eq!(events(&sandbox, "hotfix-opened"), 1, "wire {wire}");
            if at_all == 1 {
                let statuses = hub.extras().statuses(&there(&sandbox, "hotfix/1.4.1"));
                assert_eq!(statuses[0]["state"], "failure", "wire {wire}");
                assert_eq!(statuses.len(), 1, "wire {wire}: it is said once");
            }
        });
    }
}

#[test]
fn a_release_that_not_everybody_knows_is_not_fixed() {
    let sandbox = sandbox();
    // Tagged here alone, as a run that was killed leaves it.
    sandbox.git(&["tag", "v1.4.1"]);
    insta::assert_snapshot!("hotfix_base_not_shared", refusal(&sandbox, 3, &["hotfix", "1.4.2"]));
    sandbox.git(&["tag", "--delete", "v1.4.1"]);
    // Made by tidegate, and its tag taken away by hand, here and there.
    sandbox.git(&["switch", "--quiet", "--create", "side", "v1.4.0"]);
    let commit = sandbox.commit("fix: aside", &[("b", "1")]);
    sandbox.git(&["push", "--quiet", "origin", "side"]);
    sandbox.tidegate(&["tag", "--version", "1.4.1"]).exits(0);
    sandbox.git(&["push", "--quiet", "origin", ":v1.4.1"]);
    sandbox.git(&["tag", "--delete", "v1.4.1"]);
    for (name, version) in [("hotfix_tag_gone", "1.4.1"), ("hotfix_tag_gone_above", "1.4.2")] {
        insta::assert_snapshot!(name, refusal(&sandbox, 3, &["hotfix", version]));
    }
    // Brought back elsewhere, the ledger knows better; brought back where it was, it is fixed.
    sandbox.git(&["push", "--quiet", "origin", "main:refs/tags/v1.4.1"]);
    insta::assert_snapshot!("hotfix_base_moved", refusal(&sandbox, 3, &["hotfix", "1.4.2"]));
    sandbox.git(&[
        "push",
        "--quiet",
        "--force",
        "origin",
        &format!("{commit}:refs/tags/v1.4.1"),
    ]);
    sandbox.git(&["fetch", "--quiet", "--force", "--tags"]);
    assert_eq!(sandbox.json(0, &["hotfix", "1.4.2"])["base"], "v1.4.1");
    assert_eq!(there(&sandbox, "hotfix/1.4.2"), commit);
}

#[test]
fn a_branch_that_does_not_come_from_the_release_gives_no_version() {
    let sandbox = sandbox();
    sandbox.tidegate(&["hotfix", "1.4.1"]).exits(0);
    let below = sandbox.git(&["commit-tree", "-m", "root", "v1.4.0^{tree}"]);
    sandbox.git(&["switch", "--quiet", "--create", "hotfix/1.4.1", &below]);
    sandbox.commit("fix: from elsewhere", &[("door", "9")]);
    sandbox.git(&["push", "--quiet", "--force", "origin", "hotfix/1.4.1"]);
    let run = sandbox.tidegate(&["tag", "--version", "1.4.1"]).exits(3);
    insta::assert_snapshot!("tag_hotfix_of_nothing", steady(&run.stderr));
}

#[test]
fn what_was_released_is_looked_for_although_its_branch_and_tag_are_gone() {
    let sandbox = sandbox();
    fixed(&sandbox);
    sandbox.tidegate(&["tag"]).exits(0);
    sandbox.git(&["push", "--quiet", "origin", ":hotfix/1.4.1"]);
    sandbox.git(&["fetch", "--quiet", "--prune"]);
    let lacking = |what: &str| {
        assert_eq!(
            sandbox.json(3, &["hotfix", "--check"])["hotfixes"][0]["status"],
            "lacking",
            "{what}"
        );
    };
    lacking("a candidate without its branch");
    sandbox.tidegate(&["tag", "--final"]).exits(0);
    sandbox.git(&["push", "--quiet", "--force", "origin", "main:refs/tags/v1.4.1"]);
    sandbox.git(&["fetch", "--quiet", "--force", "--tags"]);
    lacking("its tag was moved to main");
    sandbox.git(&["push", "--quiet", "origin", ":v1.4.1"]);
    sandbox.git(&["tag", "--delete", "v1.4.1"]);
    lacking("its tag is gone");
    let again = sandbox.json(0, &["hotfix", "1.4.1"]);
    assert_eq!(
        (&again["status"], again["steps"].as_array().unwrap().len()),
        (&"released".into(), 0)
    );
}

#[test]
fn a_project_without_a_ledger_is_warned() {
    let sandbox = Sandbox::new("[project]\nname = \"demo\"\n");
    sandbox.git(&["tag", "v1.4.0"]);
    sandbox.git(&["push", "--quiet", "origin", "main", "v1.4.0"]);
    let run = sandbox.tidegate(&["hotfix", "1.4.1"]).exits(0);
    insta::assert_snapshot!("hotfix_no_ledger", steady(&run.stderr));
}

#[test]
fn the_greatest_numbers_are_no_versions() {
    let sandbox = sandbox();
    for arguments in [
        &["cut", "18446744073709551615.4"][..],
        &["cut", "1.18446744073709551615"],
        &["hotfix", "1.4.18446744073709551615"],
        &["tag", "--version", "1.4.18446744073709551615"],
    ] {
        sandbox.tidegate(arguments).exits(2);
    }
    sandbox.git(&["tag", "v1.4.18446744073709551615"]);
    sandbox.git(&["push", "--quiet", "origin", "v1.4.18446744073709551615"]);
    assert_eq!(sandbox.json(0, &["hotfix", "1.4.1"])["base"], "v1.4.0");
}

#[test]
fn a_status_that_may_not_be_set_is_a_warning() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let mut sandbox = sandbox();
    fixed(&sandbox);
    let hub = Hub::start(&mut sandbox, None);
    hub.extras().forbid_statuses();
    let run = sandbox.tidegate(&["hotfix", "1.4.1", "--check"]).exits(3);
    insta::assert_snapshot!("hotfix_status_forbidden", steady(&run.stderr));
}

#[test]
fn who_is_outrun_time_and_again_is_told() {
    let refusal = tidegate::commands::shared_ref::outrun("the branch");
    insta::assert_snapshot!(format!("{}\n{}", refusal.reason, refusal.help));
}
