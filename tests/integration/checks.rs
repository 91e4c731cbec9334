//! Check runs and commit statuses that are read from GitHub.

use std::time::Duration;

use serde_json::Value;
use tidegate::adapters::github::{GitHub, Job};
use tidegate::model::check::{Check, SameTree};
use tidegate::model::fact::FactState;
use tidegate::model::secret::Secret;
use tidegate::ports::checks::Checks as _;

use crate::common::desk::{Desk, Instead};
use crate::common::project::{Project, rule};

/// The bot of the app that runs workflows, as the creator of a status.
const BOT: (&str, &str) = ("github-actions[bot]", "Bot");

/// A project whose release is in `dev`, behind which `qa` asks for `build` and `test`; and where results are kept.
fn project() -> (Project, Desk, String) {
    let mut project = Project::released();
    project.run(0, &["promote", "dev"]);
    let desk = Desk::start();
    desk.serves(&mut project.sandbox);
    let commit = project.sandbox.git(&["rev-parse", "HEAD"]);
    (project, desk, commit)
}

/// What the rule says.
fn told(project: &Project, code: i32) -> Value {
    let verdict = project.unchanged(code, &["gate", "qa"]);
    rule(&verdict, "checks").clone()
}

#[test]
fn every_page_is_read_and_the_newest_of_each_app_decides() {
    let (project, desk, commit) = project();
    desk.check(&commit, "github-actions", "test", "completed", Some("success"));
    desk.check(&commit, "github-actions", "build", "completed", Some("failure"));
    for number in 0..220 {
        desk.check(
            &commit,
            "github-actions",
            &format!("shard {number}"),
            "completed",
            Some("success"),
        );
    }
    let rule = told(&project, 3);
    assert_eq!(rule["source"], "GitHub octo/demo");
    assert_eq!(
        rule["saw"],
        "1 of 2 succeeded; build of github-actions failed (https://example.com/checks/2)"
    );
    let asked = desk.asked();
    let pages = asked
        .iter()
        .filter(|asked| asked.contains("check-runs?filter=all&per_page=100&page="));
    assert_eq!(pages.count(), 3, "{asked:?}");
    assert!(
        !asked.iter().any(|asked| asked.contains("/pulls")),
        "nothing is absent: {asked:?}"
    );

    // A run that was started again is newer, and counts before it ends.
    let again = desk.check(&commit, "github-actions", "build", "in_progress", None);
    let rule = told(&project, 4);
    assert_eq!(
        rule["saw"],
        format!("1 of 2 succeeded; build of github-actions is pending (https://example.com/checks/{again})")
    );
    desk.check(&commit, "github-actions", "build", "completed", Some("success"));
    assert_eq!(told(&project, 0)["saw"], "2 of 2 succeeded");

    // Another app reports the same name: both must have succeeded.
    desk.check(&commit, "other-ci", "build", "queued", None);
    assert_eq!(told(&project, 4)["status"], "wait");
    // A status of that name is a report of its own, even of the same app; the newest of it decides.
    desk.check(&commit, "other-ci", "build", "completed", Some("success"));
    desk.status(&commit, BOT, "build", "success");
    desk.status(&commit, BOT, "build", "error");
    assert_eq!(
        told(&project, 3)["saw"],
        "1 of 2 succeeded; build of github-actions failed (https://ci.example.com)"
    );
    desk.status(&commit, BOT, "build", "success");
    told(&project, 0);
    // Those of another commit say nothing.
    desk.status(&"1".repeat(40), BOT, "build", "error");
    told(&project, 0);
}

#[test]
fn a_check_can_be_bound_to_an_app_and_endings_can_be_accepted() {
    let (project, desk, commit) = project();
    let file = project.sandbox.work().join("tidegate.toml");
    let bound = "require = ['test', { name = 'build', app = 'github-actions' }, { name = 'ci', app = '@robot' }], \
                 accept = ['skipped']";
    let text = std::fs::read_to_string(&file)
        .unwrap()
        .replace("require = ['build', 'test']", bound);
    project.sandbox.commit("chore: bind", &[("tidegate.toml", &text)]);
    project.sandbox.git(&["push", "--quiet", "origin", "main"]);

    desk.check(&commit, "github-actions", "test", "completed", Some("skipped"));
    desk.check(&commit, "other-ci", "build", "completed", Some("success"));
    desk.status(&commit, BOT, "ci", "success");
    // An account that is named like an app is none.
    desk.status(&commit, ("github-actions", "User"), "build", "success");
    assert_eq!(
        told(&project, 3)["saw"],
        "1 of 3 succeeded; build of github-actions is absent, ci of @robot is absent, test of github-actions was skipped \
         (https://example.com/checks/1)"
    );
    desk.check(&commit, "github-actions", "build", "completed", Some("success"));
    desk.status(&commit, ("robot", "User"), "ci", "success");
    assert_eq!(
        told(&project, 0)["saw"],
        "3 of 3 succeeded; test of github-actions was skipped (https://example.com/checks/1)"
    );
    desk.check(&commit, "github-actions", "test", "completed", Some("neutral"));
    assert_eq!(told(&project, 3)["status"], "fail", "that was not accepted");
}

#[test]
fn the_head_of_a_merged_pull_request_with_the_same_tree_counts() {
    let (project, desk, commit) = project();
    let (head, other) = ("a".repeat(40), "b".repeat(40));
    desk.check(&head, "github-actions", "build", "completed", Some("success"));
    desk.check(&commit, "github-actions", "test", "completed", Some("success"));
    assert_eq!(told(&project, 3)["saw"], "1 of 2 succeeded; build is absent");
    desk.pull(7, &commit, &head);
    desk.pull(8, &commit, &other);
    let trees = [(&commit, "1"), (&head, "2"), (&other, "3")];
    let trees = trees.map(|(commit, tree)| (commit.clone(), tree.repeat(40)));
    desk.papers().trees = trees.to_vec();
    assert_eq!(
        told(&project, 3)["saw"],
        "1 of 2 succeeded; build is absent",
        "another tree"
    );
    desk.papers().trees[1].1 = "1".repeat(40);
    assert_eq!(
        told(&project, 0)["saw"],
        "2 of 2 succeeded; build on aaaaaaaaa, the head of pull request 7, which has the same tree"
    );
    // What was reported of the commit itself comes first.
    desk.check(&commit, "github-actions", "build", "in_progress", None);
    told(&project, 4);

    let (project, desk, _) = self::project();
    desk.instead("GET commits/", Instead::Refuse(404));
    told(&project, 5);
    desk.papers().instead.clear();
    let pulls: &str =
        Box::leak(format!("GET commits/{}/pulls", project.sandbox.git(&["rev-parse", "HEAD"])).into_boxed_str());
    desk.instead(pulls, Instead::Refuse(403));
    let saw = told(&project, 5)["saw"].as_str().unwrap().to_owned();
    assert!(saw.contains("the token needs `pull-requests: read`"), "{saw}");
}

#[test]
fn the_job_that_asks_is_not_waited_for() {
    let (mut project, desk, commit) = project();
    desk.check(&commit, "github-actions", "build", "completed", Some("success"));
    desk.check(&commit, "github-actions", "test", "in_progress", None);
    told(&project, 4);
    let mut says = |name: &str, value: &str| project.sandbox.variables.insert(name.to_owned(), value.to_owned());
    says("GITHUB_RUN_ID", "70");
    says("GITHUB_JOB", "test");
    assert_eq!(
        told(&project, 0)["saw"],
        "1 of 1 succeeded; test is the job that asks, and is not waited for"
    );
    // A reusable workflow names its caller first; another run's job of that name is another job.
    desk.check(&commit, "github-actions", "release / test", "in_progress", None);
    project
        .sandbox
        .variables
        .insert("GITHUB_RUN_ID".to_owned(), "71".to_owned());
    told(&project, 4);
    project
        .sandbox
        .variables
        .insert("GITHUB_RUN_ID".to_owned(), "7".to_owned());
    told(&project, 4);
    // An app that names itself after the job is not it.
    project
        .sandbox
        .variables
        .insert("GITHUB_RUN_ID".to_owned(), "70".to_owned());
    desk.check(&commit, "other-ci", "test", "in_progress", None);
    told(&project, 4);
}

#[test]
fn what_may_not_or_cannot_be_read_is_said() {
    for (begin, instead, expected) in [
        (
            "GET commits",
            Instead::Refuse(403),
            "may not be read: check runs: GitHub answered 403: the desk is closed; the token needs `checks: read`; commit \
             statuses: GitHub answered 403: the desk is closed; the token needs `statuses: read`",
        ),
        ("GET commits", Instead::Refuse(404), "the token needs `checks: read`"),
        ("GET commits", Instead::Refuse(401), "the token is wrong or has ended"),
        (
            "GET commits",
            Instead::Refuse(500),
            "could not be read: check runs: GitHub answered 500: the desk is closed",
        ),
        ("GET commits", Instead::HangUp, "could not be read: check runs: "),
    ] {
        let (project, desk, _) = project();
        desk.instead(begin, instead);
        let rule = told(&project, 5);
        assert_eq!(rule["status"], "unknown");
        let saw = rule["saw"].as_str().unwrap();
        assert!(saw.contains(expected), "{instead:?}: {saw}");
    }
}

#[test]
fn a_chosen_file_is_read_instead() {
    let (mut project, desk, _) = project();
    project.checks(&[("build", "success"), ("test", "success")]);
    assert_eq!(
        told(&project, 3)["saw"],
        "0 of 2 succeeded; build is absent, test is absent"
    );
    desk.asked();
    let chosen = project.unchanged(0, &["gate", "qa", "--checks", ".tidegate/checks.json"]);
    assert_eq!(rule(&chosen, "checks")["source"], "checks file .tidegate/checks.json");
    assert_eq!(desk.asked(), [""; 0]);
    project.sandbox.variables.remove("GITHUB_TOKEN");
    told(&project, 0);
}

/// Runs something that takes time.
pub fn wait_for<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(work)
}

/// GitHub as the adapter sees it there.
pub fn github(url: &str) -> GitHub {
    // A provider that is there already is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let github = GitHub::new(url, "octo/demo", Secret::new("token".to_owned())).unwrap();
    let job = Job {
        run: "70".to_owned(),
        name: None,
    };
    github.asked_by(Some(job))
}

#[test]
fn a_fact_that_does_not_come_is_given_up() {
    let desk = Desk::start();
    let commit = "a".repeat(40).parse().unwrap();
    desk.instead("GET", Instead::Silence);
    wait_for(async {
        let github = github(&desk.url).with_patience(Duration::from_millis(300));
        let checks: FactState<Vec<Check>> = github.of(&commit).await;
        let reason = "GitHub gave no whole answer within 0.3 s".to_owned();
        assert_eq!(checks, FactState::Unavailable { reason: reason.clone() });
        let same_tree: FactState<Vec<SameTree>> = github.of_same_tree(&commit).await;
        assert_eq!(same_tree, FactState::Unavailable { reason });
    });
}
