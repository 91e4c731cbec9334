//! Many at work on one ledger at the same time: no event is lost, none is written twice, and nothing is deployed twice.

use std::path::PathBuf;
use std::process::Stdio;

use crate::common::Run;
use crate::common::project::Project;

/// Starts all of them at once, every second one in a clone of its own, and gives how they ended.
fn at_once(project: &Project, all: &[Vec<&str>]) -> Vec<Run> {
    let folder = |index: usize| -> PathBuf {
        if index.is_multiple_of(2) {
            return project.sandbox.work();
        }
        let clone = project.sandbox.path().join(format!("clone{index}"));
        if !clone.exists() {
            let arguments = ["clone", "--quiet", "origin.git", clone.to_str().unwrap()];
            project.sandbox.git_in(project.sandbox.path(), &arguments);
        }
        clone
    };
    let folders: Vec<PathBuf> = (0..all.len()).map(folder).collect();
    let children: Vec<_> = all
        .iter()
        .zip(folders)
        .map(|(arguments, folder)| {
            let mut command = project.sandbox.tidegate_command(&folder, arguments);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let ended = children.into_iter().map(|child| child.wait_with_output().unwrap());
    ended.map(Run::of).collect()
}

/// How many events there are, after checking all of them.
fn whole(project: &Project) -> u64 {
    project.json(0, &["ledger", "verify"])["events"].as_u64().unwrap()
}

#[test]
fn eight_on_a_copy_that_none_has_made_yet() {
    let project = Project::released();
    let mut events = whole(&project);
    let origin = project.sandbox.path().join("origin.git");
    project
        .sandbox
        .git_in(&origin, &["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", origin.display());
    project.sandbox.git(&["remote", "set-url", "origin", &url]);
    for version in ["2", "0", "2"] {
        project.sandbox.git(&["config", "protocol.version", version]);
        std::fs::remove_dir_all(project.sandbox.work().join(".git/tidegate/ledgers")).unwrap();
        let reasons: Vec<String> = (0..8).map(|index| format!("{version}, {index}, {events}")).collect();
        let runs: Vec<Vec<&str>> = (0..8)
            .flat_map(|index| {
                let lock = vec!["lock", "qa", "--reason", reasons[index].as_str()];
                // The clones write; in the work tree, whose copy is new, every second one reads.
                match index % 4 {
                    0 => vec![vec!["status"]],
                    _ => vec![lock],
                }
            })
            .collect();
        for run in at_once(&project, &runs) {
            run.exits(0);
        }
        events += 6;
        assert_eq!(whole(&project), events, "protocol {version}");
    }
}

#[test]
fn words_locks_overrides_and_promotions_at_once_lose_nothing_and_deploy_once() {
    let project = Project::released();
    let path = project.sandbox.work().join("tidegate.toml");
    let rules = std::fs::read_to_string(path).unwrap().replace(
        "gate.approvals =",
        "gate.access = { override = ['user:release-manager-1'] }\ngate.approvals =",
    );
    project
        .sandbox
        .commit("chore: say who may", &[("tidegate.toml", &rules)]);
    project.sandbox.git(&["push", "--quiet", "origin", "main"]);
    let verdict = project.json(0, &["gate", "dev"]);
    let digest = verdict["release"]["digest"].as_str().unwrap();
    let told: Vec<&str> = "--reason urgent --expires 4h --actor release-manager-1"
        .split(' ')
        .collect();
    let overrides = [
        &["override", "staging", "--digest", digest, "--rules", "approvals"][..],
        &told,
    ]
    .concat();
    let before = whole(&project);
    let ended = at_once(
        &project,
        &[
            vec!["promote", "dev"],
            vec!["promote", "dev"],
            vec!["approve", "staging", "--actor", "qa-lead"],
            vec!["approve", "staging", "--actor", "qa-1"],
            vec!["lock", "qa", "--reason", "a move"],
            vec!["lock", "--all", "--reason", "an incident", "--until", "2s"],
            overrides,
            vec!["promote", "dev"],
            vec!["promote", "staging"],
            vec!["reject", "staging", "--actor", "release-manager-1", "--reason", "no"],
        ],
    );
    for run in &ended {
        assert!(matches!(run.code, 0 | 3 | 4), "{run:?}");
    }
    for index in [2, 3, 4, 5, 9] {
        assert_eq!(ended[index].code, 0, "{:?}", ended[index]);
    }
    std::thread::sleep(std::time::Duration::from_millis(2100));
    let of = |kinds: &[&str]| -> usize { kinds.iter().map(|kind| project.events(kind)).sum() };
    assert_eq!(of(&["approved"]), 2);
    assert_eq!(of(&["rejected"]), 1);
    assert_eq!(of(&["locked"]), 2);
    let words = of(&["approved", "rejected", "locked", "overridden", "judged"]);
    let deployed = project.deployed();
    let starts = of(&["deployment-started"]);
    assert_eq!(deployed.lines().count(), starts, "{deployed}");
    assert!(deployed.matches("dev").count() <= 1, "{deployed}");
    assert!(deployed.matches("staging").count() <= 1, "{deployed}");
    assert_eq!(of(&["deployment-succeeded", "verified"]), 2 * starts);
    assert_eq!(whole(&project), before + (words + 3 * starts) as u64);
    // Whoever was refused or told to wait goes on from there, and what was done is not done again.
    project.run(0, &["promote", "dev"]);
    assert_eq!(project.deployed().matches("dev").count(), 1);
}
