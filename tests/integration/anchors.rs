//! Anchors that are kept outside of git: what a deploy command was given finds a ledger that was rewritten.

use crate::common::Run;
use crate::common::project::Project;

/// A project whose deploy command keeps what it is given in a file, as a workload keeps an annotation.
fn kept() -> Project {
    let project = Project::new();
    let path = project.sandbox.work().join("tidegate.toml");
    let config = std::fs::read_to_string(path).unwrap().replace(
        ">> ../deployed",
        ">> ../deployed; echo $TIDEGATE_LEDGER_ANCHOR >> ../workload",
    );
    project
        .sandbox
        .commit("chore: keep anchors", &[("tidegate.toml", &config)]);
    project.release("1.4.0");
    project
}

/// What the workload keeps, one line a deployment.
fn workload(project: &Project) -> Vec<String> {
    let text = std::fs::read_to_string(project.sandbox.path().join("workload")).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn verify(project: &Project, clone: &str, anchors: &[&str]) -> Run {
    let mut arguments = vec!["ledger", "verify", "--output", "json"];
    arguments.extend(anchors.iter().flat_map(|anchor| ["--anchor", anchor]));
    let folder = project.sandbox.path().join(clone);
    Run::of(project.sandbox.tidegate_command(&folder, &arguments).output().unwrap())
}

#[test]
fn what_a_workload_keeps_finds_a_ledger_that_was_rewritten() {
    let project = kept();
    project.run(0, &["promote", "dev"]);
    let anchors = workload(&project);
    let [anchor] = anchors.as_slice() else {
        panic!("{anchors:?}")
    };
    let log = project.json(0, &["ledger", "log"]);
    let mut events = log["events"].as_array().unwrap().iter();
    let started = events.find(|event| event["type"] == "deployment-started").unwrap();
    assert!(
        anchor.starts_with(&format!("{} sha256:", started["sequence"])),
        "{anchor}"
    );
    let audit = verify(&project, "work", &[anchor, anchor]).exits(0).json();
    assert_eq!(audit["anchors"], 2);

    // Whoever may force the branch writes another one that holds together, with the same release in the same place.
    let name = "refs/heads/tidegate/ledger";
    let origin = project.sandbox.path().join("origin.git");
    project
        .sandbox
        .git_in(&origin, &["update-ref", name, &format!("{name}~3")]);
    let clone = |folder: &str| {
        let arguments = ["clone", "--quiet", "origin.git", folder];
        project.sandbox.git_in(project.sandbox.path(), &arguments);
    };
    clone("forger");
    let forger = project.sandbox.path().join("forger");
    let mut command = project.sandbox.tidegate_command(&forger, &["promote", "dev"]);
    Run::of(command.output().unwrap()).exits(0);
    let anchors = workload(&project);
    assert_ne!(anchors[0], anchors[1]);
    clone("newcomer");
    verify(&project, "newcomer", &[&anchors[1]]).exits(0);
    let audit = verify(&project, "newcomer", &[&anchors[0]]).exits(7).json();
    let message = audit["findings"][0]["message"].as_str().unwrap();
    assert!(message.contains("which --anchor names, is not in it"), "{message}");
}

#[test]
fn what_is_no_anchor_is_not_taken_for_one() {
    let project = Project::new();
    for wrong in ["12", "twelve sha256:00", "12 md5:00"] {
        project.run(2, &["ledger", "verify", "--anchor", wrong]);
    }
}
