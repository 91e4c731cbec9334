//! `override`, and who may promote and unlock, through the program.

use crate::common::project::{Project, rule};

/// A project whose staging names people for every deed.
fn guarded() -> Project {
    let project = Project::released();
    let path = project.sandbox.work().join("tidegate.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let access =
        "gate.access = { promote = ['user:qa-lead'], override = ['user:release-manager-1'], unlock = ['team:qa'] }";
    let rules = text.replace("gate.approvals =", &format!("{access}\ngate.approvals ="));
    project
        .sandbox
        .commit("chore: say who may", &[("tidegate.toml", &rules)]);
    project.sandbox.git(&["push", "--quiet", "origin", "main"]);
    project
}

fn digest(project: &Project) -> String {
    let verdict = project.json(0, &["gate", "dev"]);
    verdict["release"]["digest"].as_str().unwrap().to_owned()
}

/// An override of staging's rules.
fn arguments<'a>(digest: &'a str, rules: &'a str, actor: &'a str) -> Vec<&'a str> {
    let about = ["override", "staging", "--digest", digest, "--rules", rules];
    let more = ["--reason", "the fix is urgent", "--expires", "4h", "--actor", actor];
    [about.as_slice(), more.as_slice()].concat()
}

#[test]
fn what_is_set_aside_opens_the_gate_and_is_told_for_ever_after() {
    let project = guarded();
    let digest = digest(&project);
    let ask = arguments(&digest, "approvals", "release-manager-1");
    let mut dry = ask.clone();
    dry.push("--dry-run");
    let plan = project.unchanged(0, &dry);
    assert_eq!(
        (&plan["status"], plan["steps"].as_array().unwrap().len()),
        (&"planned".into(), 1)
    );
    let done = project.json(0, &ask);
    assert_eq!(done["status"], "overridden");
    assert_eq!(done["set_aside"][0]["status"], "fail");
    assert_eq!(project.unchanged(0, &ask)["status"], "already");
    let verdict = project.json(0, &["gate", "staging", "--actor", "qa-lead"]);
    let approvals = rule(&verdict, "approvals");
    assert_eq!(approvals["status"], "overridden");
    assert_eq!(approvals["overridden"]["was"], "fail");
    assert_eq!(approvals["overridden"]["by"], "release-manager-1");
    let run = project.run(0, &["promote", "staging", "--actor", "qa-lead"]);
    assert_eq!(run.stdout, "promoted\n");
    let verdict = project.json(0, &["gate", "staging", "--actor", "qa-lead"]);
    assert_eq!(verdict["overrides"][0]["set_aside"][0]["rule"], "approvals");
    let log = project.run(0, &["ledger", "log"]).stdout;
    assert!(
        log.contains("overridden") && log.contains("approvals (closed: 0 of 2)"),
        "{log}"
    );
}

#[test]
fn an_override_is_refused_where_it_is_not_allowed() {
    let project = guarded();
    let digest = digest(&project);
    let refused = |rules: &str, actor: &str| {
        let document = project.unchanged(3, &arguments(&digest, rules, actor));
        document["refusal"]["reason"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        refused("approvals", "qa-lead"),
        "qa-lead may not set rules aside in staging"
    );
    assert_eq!(
        refused("held", "release-manager-1"),
        "the rule `held` of staging is met"
    );
    assert_eq!(
        refused("approvals,lock", "release-manager-1"),
        "the rule `lock` of staging is not set aside by anybody"
    );
    assert_eq!(
        refused("scan", "release-manager-1"),
        "the gate of staging has no rule `scan`"
    );
    let mut elsewhere = arguments(&digest, "checks", "release-manager-1");
    elsewhere[1] = "qa";
    let nobody = project.unchanged(3, &elsewhere);
    assert_eq!(
        nobody["refusal"]["reason"],
        "the policy of qa lets nobody set a rule aside"
    );
    let mut long = arguments(&digest, "approvals", "release-manager-1");
    long[9] = "73h";
    let run = project.run(2, &long);
    assert!(run.stderr.contains("would last longer than 3 d"), "{}", run.stderr);
    long[9] = "yesterday";
    project.run(2, &long);
}

#[test]
fn an_override_without_a_key_is_not_written() {
    let mut project = guarded();
    let digest = digest(&project);
    let none = ("GIT_CONFIG_COUNT".to_owned(), "0".to_owned());
    project.sandbox.variables.extend([none]);
    let document = project.unchanged(3, &arguments(&digest, "approvals", "release-manager-1"));
    let reason = document["refusal"]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("it is not proven that this is release-manager-1: git has no"),
        "{reason}"
    );
}

#[test]
fn only_those_who_may_promote() {
    let project = guarded();
    for person in ["qa-1", "release-manager-1"] {
        project.run(0, &["approve", "staging", "--actor", person]);
    }
    let refused = project.json(3, &["promote", "staging"]);
    let access = rule(&refused["verdict"], "access");
    assert_eq!(access["saw"], "maintainer may not promote");
    assert_eq!(access["opens"], "`tidegate promote staging` by qa-lead");
    assert_eq!(project.deployed(), "");
    let status = project.json(0, &["status"]);
    let rows = status["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["environment"] == "staging").unwrap();
    assert_eq!(row["gate"], "open", "nobody asks to promote");
    project.run(0, &["promote", "staging", "--actor", "qa-lead"]);
}

#[test]
fn a_lock_opens_by_those_who_may_unlock() {
    let project = guarded();
    for person in ["qa-1", "release-manager-1"] {
        project.run(0, &["approve", "staging", "--actor", person]);
    }
    let open = ["gate", "staging", "--actor", "qa-lead"];
    project.run(0, &open);
    project.run(0, &["lock", "staging", "--reason", "the database is moved"]);
    let run = project.run(0, &["unlock", "staging"]);
    assert!(
        run.stderr
            .contains("the gate does not count this: the policy of staging names others for it"),
        "{}",
        run.stderr
    );
    let verdict = project.json(3, &open);
    let access = rule(&verdict, "access")["saw"].as_str().unwrap();
    assert!(
        access.starts_with("maintainer may not take the lock of staging away (the database is moved)"),
        "{access}"
    );
    let run = project.run(0, &["unlock", "staging", "--actor", "qa-1", "--reason", "it is moved"]);
    assert!(!run.stderr.contains("does not count"), "{}", run.stderr);
    project.run(0, &open);
    assert_eq!(
        project.unchanged(0, &["unlock", "staging", "--actor", "qa-1"])["already"],
        true
    );
    // The ladder's lock is asked about in each environment.
    project.run(0, &["lock", "--all", "--reason", "a holiday"]);
    project.run(0, &["unlock", "--all", "--actor", "passer-by"]);
    project.run(0, &["gate", "dev"]);
    let verdict = project.json(3, &open);
    assert_eq!(
        rule(&verdict, "access")["opens"],
        "`tidegate unlock --all` by qa-1 or qa-lead"
    );
}
