//! The rule `version`: the tag still says what was released, and nothing lower takes the place of what runs.

use tidegate::model::verdict::RuleStatus::{Fail, Pass, Unknown};

use super::case::{Case, absent, at, forbidden, known, lifted, release, runs, table, unavailable};
use crate::common::project::{Project, rule};

#[test]
fn words() {
    let since = "2026-03-11T09:00:00Z";
    let own = release("1.4.0").commit;
    let tagged = |case: &Case| case.with(|facts| facts.tag = Some(known(Some(own.clone()))));
    let bare = Case::new("gate.version = {}");
    let case = tagged(&bare);
    let candidates = tagged(&Case::new("gate.version = { prerelease = true }"));
    let candidate = |case: &Case| case.with(|facts| facts.release = release("1.5.0-rc.1"));
    let moved = "decade".repeat(7)[..40].parse().unwrap();
    let over = |version: &str| case.place("staging", known(runs(version, since)));
    let mut broken = runs("1.5.0", since);
    let failure = tidegate::model::state::Failure {
        at: at(since),
        reason: "it answered 503 instead of 200".to_owned(),
        cleared: vec![lifted()],
    };
    broken.failures.insert(release("1.5.0").digest, failure);
    let tag = |fact| bare.with(|facts| facts.tag = Some(fact));
    let words = table(
        "version",
        &[
            ("a first release", case.clone(), Pass),
            ("over a lower one", over("1.3.9"), Pass),
            ("over itself", over("1.4.0"), Pass),
            ("over its own candidate", over("1.4.0-rc.3"), Pass),
            ("under a higher one", over("1.5.0"), Fail),
            ("under a candidate of a higher one", over("1.5.0-rc.1"), Fail),
            (
                "under a higher one that failed",
                case.place("staging", known(broken)),
                Pass,
            ),
            ("a prerelease", candidate(&case), Fail),
            ("a prerelease where they may enter", candidate(&candidates), Pass),
            ("no tag", tag(known(None)), Fail),
            ("a tag that was moved", tag(known(Some(moved))), Fail),
            ("nobody may look", tag(forbidden()), Unknown),
            ("nobody answers", tag(unavailable()), Unknown),
            ("nobody knows", tag(absent()), Unknown),
            ("nobody looked", bare.clone(), Unknown),
            ("what runs is not known", case.place("staging", unavailable()), Unknown),
        ],
    );
    insta::assert_snapshot!(words);
}

#[test]
fn the_tag_is_that_of_the_remote() {
    let project = Project::released();
    project.rules_of_dev("gate.version = {}", &[]);
    project.run(0, &["gate", "dev"]);
    let origin = project.sandbox.path().join("origin.git");
    project.sandbox.git_in(&origin, &["tag", "--force", "v0.1.0", "main"]);
    let moved = project.unchanged(3, &["gate", "dev"]);
    let saw = rule(&moved, "version")["saw"].as_str().unwrap();
    let (here, there) = (
        project.sandbox.git(&["rev-parse", "v0.1.0^{}"]),
        project.sandbox.git(&["rev-parse", "main"]),
    );
    assert!(saw.contains(&here) && saw.contains(&there), "both commits: {saw}");
    project.sandbox.git_in(&origin, &["tag", "--delete", "v0.1.0"]);
    let gone = project.unchanged(3, &["gate", "dev"]);
    assert_eq!(rule(&gone, "version")["saw"], "there is no tag v0.1.0");
}

#[test]
fn a_lower_version_comes_back_by_a_roll_back_alone() {
    let project = Project::released();
    project.rules_of_dev("gate.version = {}", &[]);
    project.run(0, &["promote", "dev"]);
    project.release("1.5.0");
    project.run(0, &["promote", "dev"]);
    let lower = ["promote", "dev", "--release", "0.1.0"];
    let closed = project.json(3, &lower);
    assert_eq!(rule(&closed["verdict"], "version")["status"], "fail");
    project.run(0, &["rollback", "dev", "--reason", "it is slow"]);
    assert!(project.deployed().ends_with("dev 0.1.0\n"), "{}", project.deployed());
}
