//! The rule `branch`: on which branches of the remote the release's commit is.

use tidegate::model::fact::BranchTip;
use tidegate::model::policy::BranchPattern;
use tidegate::model::verdict::RuleStatus::{Fail, Pass, Unknown};

use super::case::{Case, absent, forbidden, known, table, unavailable};
use crate::common::project::{Project, rule};

fn tips(branches: &[(&str, bool)]) -> Vec<BranchTip> {
    let tip = |(name, holds): &(&str, bool)| BranchTip {
        name: (*name).to_owned(),
        tip: "decade".repeat(7)[..40].parse().unwrap(),
        holds: *holds,
    };
    branches.iter().map(tip).collect()
}

#[test]
fn words() {
    let case = Case::new("gate.branch = { from = ['main', 'release/*'] }");
    let saw = |fact| case.with(|facts| facts.branches = Some(fact));
    let on = |branches: &[(&str, bool)]| saw(known(tips(branches)));
    let words = table(
        "branch",
        &[
            ("on one", on(&[("main", true), ("release/1.4", false)]), Pass),
            (
                "on a release branch",
                on(&[("main", false), ("release/1.4", true)]),
                Pass,
            ),
            ("on none", on(&[("main", false), ("release/1.4", false)]), Fail),
            ("there is none", on(&[]), Fail),
            ("on another", on(&[("main", false), ("feature/x", true)]), Fail),
            ("a pattern ends at a slash", on(&[("release/1.4/x", true)]), Fail),
            ("nobody may look", saw(forbidden()), Unknown),
            ("nobody answers", saw(unavailable()), Unknown),
            ("nobody knows", saw(absent()), Unknown),
            ("nobody looked", case.clone(), Unknown),
        ],
    );
    insta::assert_snapshot!(words);
}

#[test]
fn patterns() {
    for text in ["", "refs/heads/main", "release/["] {
        assert!(text.parse::<BranchPattern>().is_err(), "{text}");
    }
}

const MAIN: &str = "gate.branch = { from = ['main'] }";

#[test]
fn the_branches_are_those_of_the_remote() {
    let project = Project::released();
    project.rules_of_dev(MAIN, &[]);
    project.run(0, &["gate", "dev"]);
    // A release of a branch that nobody has merged, whatever the branches here are called.
    project.sandbox.git(&["checkout", "--quiet", "-b", "feature/fast"]);
    project.sandbox.commit("feat: fast", &[("change.txt", "fast")]);
    project.sandbox.git(&["push", "--quiet", "origin", "feature/fast"]);
    project.run(0, &["tag"]);
    let layout = crate::common::fixture("quckchat")
        .join("images/1.5.0")
        .display()
        .to_string();
    project.run(0, &["push", &layout]);
    project.sandbox.git(&["branch", "--quiet", "--force", "main", "HEAD"]);
    let outside = project.unchanged(3, &["gate", "dev"]);
    let saw = rule(&outside, "branch")["saw"].as_str().unwrap();
    assert!(saw.starts_with("it is not on main at "), "{saw}");
    project.run(3, &["promote", "dev"]);
    project.sandbox.git(&["push", "--quiet", "origin", "feature/fast:main"]);
    project.run(0, &["gate", "dev"]);
}

#[test]
fn asking_brings_what_is_missing_and_moves_nothing() {
    let project = Project::released();
    project.rules_of_dev(MAIN, &[]);
    let (folder, other) = (project.sandbox.path(), project.sandbox.path().join("other"));
    project
        .sandbox
        .git_in(folder, &["clone", "--quiet", "origin.git", "other"]);
    project.sandbox.git_in(
        &other,
        &["commit", "--quiet", "--allow-empty", "--message", "docs: further"],
    );
    project.sandbox.git_in(&other, &["push", "--quiet", "origin", "main"]);
    let refs = || project.sandbox.git(&["for-each-ref", "refs/remotes/origin/main"]);
    let before = refs();
    project.run(0, &["gate", "dev"]);
    assert_eq!(refs(), before, "the policy that judges stays where it is");
}

#[test]
fn a_shallow_clone_that_cannot_tell_does_not_open() {
    let project = Project::released();
    project.rules_of_dev(MAIN, &[]);
    let folder = project.sandbox.path();
    let origin = format!("file://{}", folder.join("origin.git").display());
    project.sandbox.git_in(
        folder,
        &[
            "clone", "--quiet", "--depth", "1", "--branch", "main", &origin, "shallow",
        ],
    );
    let shallow = folder.join("shallow");
    let ask = || {
        let mut command = project
            .sandbox
            .tidegate_command(&shallow, &["gate", "dev", "--output", "json"]);
        crate::common::Run::of(command.output().unwrap())
    };
    let unknown = ask().exits(5).json();
    let saw = rule(&unknown, "branch")["saw"].as_str().unwrap().to_owned();
    assert!(saw.contains("fetch-depth: 0"), "{saw}");
    project.sandbox.git_in(&shallow, &["fetch", "--quiet", "--unshallow"]);
    ask().exits(0);
}
