//! What `cut` asks before it makes anything: green checks, the order of lines, and the files that say the version.

use serde_json::{Value, json};

use crate::common::steady::placeless;
use crate::common::trip::Trip;
use crate::common::{Run, Sandbox};
use crate::tag::LADDER;

const CHECKS: &str = "[cut]\nchecks = { require = ['build'] }\n";
pub const FILES: &str = "[component.app]\nversion-files = ['VERSION']\n";

pub fn sandbox(tables: &str) -> Sandbox {
    let sandbox = Sandbox::new(&format!("[project]\nname = \"demo\"\n\n{tables}\n{LADDER}"));
    sandbox.commit("feat: a door", &[("VERSION", "1.3.0\n")]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    sandbox
}

/// The refs of the origin but the ledger's, each with the subject of its commit.
pub fn origin(sandbox: &Sandbox) -> Vec<String> {
    let format = "--format=%(refname:short) %(if)%(*subject)%(then)%(*subject)%(else)%(subject)%(end)";
    let listed = sandbox.git_in(&sandbox.path().join("origin.git"), &["for-each-ref", format]);
    let lines = listed.lines().filter(|line| !line.starts_with("tidegate/ledger "));
    lines.map(str::to_owned).collect()
}

/// How many events of a kind the ledger holds.
pub fn events(sandbox: &Sandbox, kind: &str) -> usize {
    let log = sandbox.json(0, &["ledger", "log"]);
    let events = log["events"].as_array().unwrap();
    events.iter().filter(|event| event["type"] == kind).count()
}

/// What a run says in the way, which has changed nothing, with commits told by their places.
pub fn refusal(sandbox: &Sandbox, code: i32, arguments: &[&str]) -> String {
    let before = origin(sandbox);
    let run = sandbox.tidegate(arguments).exits(code);
    assert_eq!(origin(sandbox), before, "{arguments:?} changed something");
    assert_eq!(run.stdout, "");
    let mut said = run.stderr;
    for commit in sandbox.git(&["rev-list", "--all"]).lines() {
        let subject = sandbox.git(&["log", "-1", "--format=%s", commit]);
        said = said.replace(commit, &format!("<{subject}>"));
        said = said.replace(&commit[..9], &format!("<{subject}>"));
    }
    placeless(&said, sandbox.path())
}

/// Writes the results of the check `build`, of commits back from the head.
fn checks(sandbox: &Sandbox, conclusions: &[&str]) {
    let check = |(back, conclusion): (usize, &&str)| {
        let commit = sandbox.git(&["rev-parse", &format!("origin/main~{back}")]);
        json!({ "name": "build", "commit": commit, "conclusion": conclusion })
    };
    let checks: Vec<Value> = conclusions.iter().enumerate().map(check).collect();
    let text = json!({ "checks": checks }).to_string();
    sandbox.write(&[(".tidegate/checks.json", &text)]);
}

#[test]
fn a_branch_starts_at_a_green_commit() {
    let sandbox = sandbox(CHECKS);
    for subject in ["fix: one", "fix: two"] {
        sandbox.commit(subject, &[]);
    }
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let unknown = refusal(&sandbox, 5, &["cut", "1.4"]);
    insta::assert_snapshot!("cut_checks_unknown", unknown);
    checks(&sandbox, &["failure", "success", "success"]);
    insta::assert_snapshot!("cut_checks_red", refusal(&sandbox, 3, &["cut", "1.4"]));
    checks(&sandbox, &["pending", "failure"]);
    insta::assert_snapshot!("cut_checks_pending", refusal(&sandbox, 4, &["cut", "1.4"]));
    assert_eq!(sandbox.json(4, &["cut", "1.4", "--latest-green"])["status"], "waiting");
    checks(&sandbox, &["failure", "failure", "failure", "failure"]);
    insta::assert_snapshot!(
        "cut_none_green",
        refusal(&sandbox, 3, &["cut", "1.4", "--latest-green"])
    );
    checks(&sandbox, &["pending", "failure", "success", "success"]);
    let document = sandbox.json(0, &["cut", "1.4", "--latest-green"]);
    assert_eq!(document["commit"], sandbox.git(&["rev-parse", "origin/main~2"]));
    assert_eq!(document["checks"]["status"], "pass");
    // What was cut is not asked again.
    checks(&sandbox, &["failure", "failure", "failure"]);
    assert_eq!(sandbox.json(0, &["cut", "1.4"])["status"], "exists");
}

#[test]
fn latest_green_needs_checks() {
    let sandbox = sandbox("");
    insta::assert_snapshot!(
        "cut_latest_green_of_nothing",
        refusal(&sandbox, 2, &["cut", "1.4", "--latest-green"])
    );
    let notes = sandbox.json(0, &["cut", "1.4"])["notes"].to_string();
    assert!(notes.contains("`[cut]` has no `checks`"), "{notes}");
}

#[test]
fn lines_are_cut_in_their_order() {
    let sandbox = sandbox("");
    sandbox.json(0, &["cut", "1.4"]);
    insta::assert_snapshot!("cut_below_a_line", refusal(&sandbox, 3, &["cut", "1.3"]));
    sandbox.git(&["tag", "v2.0.0"]);
    sandbox.git(&["push", "--quiet", "origin", "v2.0.0"]);
    insta::assert_snapshot!("cut_below_a_version", refusal(&sandbox, 3, &["cut", "1.9"]));
    // A line that is released goes on from what was released.
    sandbox.git(&["switch", "--quiet", "--create", "side"]);
    sandbox.commit("fix: beside", &[]);
    sandbox.git(&["tag", "v3.0.0"]);
    sandbox.git(&["push", "--quiet", "origin", "v3.0.0"]);
    sandbox.git(&["switch", "--quiet", "main"]);
    insta::assert_snapshot!("cut_released_elsewhere", refusal(&sandbox, 3, &["cut", "3.0"]));
    let document = sandbox.json(0, &["cut", "3.0", "--from", "v3.0.0"]);
    assert_eq!(document["status"], "created");
    assert!(
        document["notes"].to_string().contains("release/3.0 has v3.0.0 already"),
        "{document}"
    );
}

#[test]
fn trees_with_changes_are_refused() {
    let sandbox = sandbox("");
    sandbox.write(&[("VERSION", "changed\n")]);
    insta::assert_snapshot!("cut_dirty", refusal(&sandbox, 3, &["cut", "1.4"]));
    sandbox.git(&["checkout", "--quiet", "."]);
    // A detached head is a commit like every other.
    sandbox.git(&["checkout", "--quiet", "--detach"]);
    assert_eq!(sandbox.json(0, &["cut", "1.4"])["status"], "created");
    assert_eq!(
        sandbox.git(&["rev-parse", "HEAD"]),
        sandbox.git(&["rev-parse", "origin/release/1.4"])
    );
}

#[test]
fn without_a_remote_the_candidate_is_committed_as_well() {
    let sandbox = Sandbox::new(&format!("[project]\nname = \"demo\"\n\n{FILES}"));
    sandbox.commit("feat: a door", &[("VERSION", "1.3.0\n")]);
    sandbox.git(&["remote", "remove", "origin"]);
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    let document = sandbox.json(0, &["cut", "1.4"]);
    assert_eq!(
        (&document["status"], &document["candidate"]),
        (&"created".into(), &"v1.4.0-rc.1".into())
    );
    let refs = || {
        sandbox.git(&[
            "for-each-ref",
            "--format=%(refname) %(objectname)",
            "refs/heads/release",
            "refs/tags",
        ])
    };
    let made = refs();
    assert_eq!(sandbox.git(&["show", "release/1.4:VERSION"]), "1.4.0-rc.1");
    assert_eq!(
        sandbox.git(&["rev-parse", "release/1.4"]),
        sandbox.git(&["rev-parse", "v1.4.0-rc.1^{commit}"])
    );
    assert_eq!(
        (
            sandbox.git(&["rev-parse", "HEAD"]),
            sandbox.git(&["status", "--porcelain"])
        ),
        (head, String::new())
    );
    // A run that was killed before the tag goes on with the commit that it made.
    sandbox.git(&["tag", "--delete", "v1.4.0-rc.1"]);
    assert_eq!(sandbox.json(0, &["cut", "1.4"])["candidate"], "v1.4.0-rc.1");
    let commits = |refs: &str| refs.lines().next().unwrap().to_owned();
    assert_eq!(commits(&refs()), commits(&made));
    assert_eq!(
        sandbox.git(&["rev-parse", "release/1.4"]),
        sandbox.git(&["rev-parse", "v1.4.0-rc.1^{commit}"])
    );
}

#[test]
fn a_commit_that_nobody_has_seen_is_warned_of() {
    let sandbox = sandbox("");
    sandbox.commit("feat: not pushed", &[]);
    let commit = sandbox.git(&["rev-parse", "HEAD"]);
    let warnings = sandbox.json(0, &["cut", "1.4"])["warnings"].to_string();
    assert!(
        warnings.contains(&format!("no branch of origin had commit {commit}")),
        "{warnings}"
    );
}

/// What a whole cut leaves behind.
fn whole() -> [&'static str; 4] {
    [
        "main feat: a door",
        "release/1.4 chore(release): v1.4.0-rc.1",
        "tidegate/main-1.5 chore: 1.5.0-dev comes after release/1.4",
        "v1.4.0-rc.1 chore(release): v1.4.0-rc.1",
    ]
}

#[test]
fn the_candidate_is_committed_on_its_branch_and_the_default_branch_is_raised() {
    let sandbox = sandbox(FILES);
    let head = sandbox.git(&["rev-parse", "HEAD"]);
    let plan = sandbox.json(0, &["cut", "1.4", "--dry-run"]);
    let actions: Vec<&str> = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions,
        ["share-branch", "record", "commit-release", "commit-branch", "record"]
    );
    assert_eq!(origin(&sandbox), whole()[..1]);
    let document = sandbox.json(0, &["cut", "1.4"]);
    assert_eq!(document["candidate"], "v1.4.0-rc.1");
    assert_eq!(
        document["proposal"],
        json!({ "version": "1.5.0-dev", "head": "tidegate/main-1.5", "base": "main" })
    );
    assert_eq!(origin(&sandbox), whole());
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), head, "what is checked out stays");
    assert_eq!(sandbox.git(&["status", "--porcelain"]), "");
    sandbox.git(&["fetch", "--quiet"]);
    assert_eq!(sandbox.git(&["show", "origin/release/1.4:VERSION"]), "1.4.0-rc.1");
    assert_eq!(sandbox.git(&["show", "origin/tidegate/main-1.5:VERSION"]), "1.5.0-dev");
    let again = sandbox.json(0, &["cut", "1.4"]);
    assert_eq!((&again["status"], &again["steps"]), (&"exists".into(), &json!([])));
    // What people threw away is not proposed again.
    sandbox.git(&["push", "--quiet", "origin", "--delete", "tidegate/main-1.5"]);
    assert_eq!(sandbox.json(0, &["cut", "1.4"])["steps"], json!([]));
    // Main goes on beyond the line.
    sandbox.commit("fix: b", &[]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    assert_eq!(sandbox.json(0, &["tag", "--dry-run"])["tag"], "v1.5.0");
}

#[test]
fn versions_only_rise() {
    let sandbox = sandbox(FILES);
    sandbox.commit("chore: far ahead", &[("VERSION", "2.0.0-dev\n")]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let document = sandbox.json(0, &["cut", "1.4", "--from", "HEAD~1"]);
    assert!(document.get("proposal").is_none());
    assert!(
        document["notes"]
            .to_string()
            .contains("main is not raised to 1.5.0-dev: VERSION says 2.0.0-dev already"),
        "{document}"
    );
    let other = self::sandbox(&format!("[cut]\ncandidate = false\ndevelopment = false\n{FILES}"));
    let document = other.json(0, &["cut", "1.4"]);
    assert_eq!(
        document["steps"].as_array().unwrap().len(),
        2,
        "the branch and its record: {document}"
    );
}

#[test]
fn killed_at_every_step_and_run_again_it_comes_to_the_same_end() {
    let mut prepared = sandbox(FILES);
    let trip = Trip::new(&mut prepared);
    trip.wire_origin(&prepared);
    let run = |sandbox: &Sandbox, at: usize| trip.kill(sandbox.tidegate_command(&sandbox.work(), &["cut", "1.4"]), at);
    let end = |sandbox: &Sandbox| {
        let kinds = ["branch-cut", "tagged", "proposed"].map(|kind| events(sandbox, kind));
        (origin(sandbox), kinds)
    };
    let whole_run = prepared.copy();
    run(&whole_run, 0).exits(0);
    let wires = trip.wires();
    let expected = (whole().iter().map(|line| (*line).to_owned()).collect(), [1, 1, 1]);
    assert_eq!(end(&whole_run), expected);
    assert_eq!(
        wires, 12,
        "branch, record, commit with tag, record, proposal, record, two wires each"
    );
    for wire in 1..=wires {
        let sandbox = prepared.copy();
        assert_eq!(run(&sandbox, wire).code, -1, "killed at wire {wire}");
        run(&sandbox, 0).exits(0);
        assert_eq!(end(&sandbox), expected, "killed at wire {wire}");
    }
}

#[test]
fn two_at_once_leave_one_candidate_and_one_proposal() {
    for _ in 0..3 {
        let sandbox = sandbox(FILES);
        sandbox.git_in(sandbox.path(), &["clone", "--quiet", "origin.git", "other"]);
        let start = |folder: &str| {
            let mut command = sandbox.tidegate_command(&sandbox.path().join(folder), &["cut", "1.4"]);
            command
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped());
            command.spawn().unwrap()
        };
        let children = [start("work"), start("other")];
        let runs = children.map(|child| Run::of(child.wait_with_output().unwrap()));
        assert!(runs.iter().all(|run| run.code == 0), "{runs:?}");
        assert_eq!(origin(&sandbox), whole(), "{runs:?}");
        for kind in ["branch-cut", "tagged", "proposed"] {
            assert_eq!(events(&sandbox, kind), 1, "{kind}: {runs:?}");
        }
    }
}

#[test]
fn an_empty_table_keeps_a_ledger_and_main_goes_on_beyond_the_line() {
    for table in ["[ledger]", "[cut]"] {
        let sandbox = Sandbox::new(&format!("[project]\nname = \"demo\"\n\n{table}\n"));
        sandbox.commit("feat: a door", &[]);
        sandbox.git(&["push", "--quiet", "origin", "main"]);
        let cut = sandbox.json(0, &["cut", "1.4"]);
        assert!(!cut.to_string().contains("keeps no ledger"), "{cut}");
        sandbox.commit("fix: the door", &[]);
        sandbox.git(&["push", "--quiet", "origin", "main"]);
        assert_eq!(sandbox.json(0, &["tag"])["tag"], "v1.5.0", "{table}");
    }
}
