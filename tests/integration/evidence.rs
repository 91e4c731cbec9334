//! The evidence of verdicts: what the ledger keeps, and that the facts, judged again, give the same answer.

use serde_json::{Value, json};

use crate::common::project::{Project, rule};

/// The events of that kind, oldest first.
fn events(project: &Project, kind: &str) -> Vec<Value> {
    let log = project.json(0, &["ledger", "log"]);
    let events = log["events"].as_array().unwrap().iter().rev();
    events.filter(|event| event["type"] == kind).cloned().collect()
}

/// Judges the facts of a document, as of its time.
fn judged_again(project: &Project, code: i32, facts: &Value) -> Value {
    project.sandbox.write(&[("facts.json", &facts.to_string())]);
    let at = facts["at"].as_str().unwrap();
    project.unchanged(code, &["gate", "eval", "--facts", "facts.json", "--at", at])
}

#[test]
fn a_promotion_starts_with_the_verdict_that_let_it_in() {
    let project = Project::released();
    let head = project.sandbox.git(&["rev-parse", "origin/main"]);
    project.run(0, &["promote", "dev"]);
    let started = &events(&project, "deployment-started")[0];
    let evidence = &started["evidence"];
    assert_eq!(evidence["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(
        evidence["predicateType"],
        "https://github.com/tidegate/tidegate/verdict/v1"
    );
    let release = &started["release"];
    let digest = release["digest"].as_str().unwrap().trim_start_matches("sha256:");
    let subject = json!([{ "name": release["image"], "digest": { "sha256": digest } }]);
    assert_eq!(evidence["subject"], subject);
    let predicate = &evidence["predicate"];
    assert_eq!(predicate["status"], "open");
    assert_eq!(predicate["environment"], "dev");
    assert_eq!(predicate["policy"]["digest"], started["policy"]);
    assert_eq!(predicate["policy"]["commit"], head.trim());
    assert_eq!(predicate["facts"]["image"]["value"], true);
    let facts = json!({
        "schema": "tidegate.facts/1",
        "environment": "dev",
        "at": predicate["at"],
        "facts": predicate["facts"],
    });
    let again = judged_again(&project, 0, &facts);
    assert_eq!(again["evidence"], *evidence, "what is kept can be judged again");
}

#[test]
fn an_answer_that_is_not_open_is_kept_once() {
    let project = Project::released();
    project.unchanged(3, &["gate", "staging"]);
    project.unchanged(3, &["promote", "staging", "--dry-run"]);
    project.unchanged(3, &["gate", "staging", "--record", "--dry-run"]);
    project.run(3, &["promote", "staging"]);
    project.unchanged(3, &["promote", "staging"]);
    let kept = project.unchanged(3, &["gate", "staging", "--record"]);
    let judged = events(&project, "judged");
    assert_eq!(judged.len(), 1);
    assert_eq!(kept["recorded"], judged[0]["sequence"]);
    assert_eq!(judged[0]["evidence"]["predicate"]["status"], "closed");
    let log = project.run(0, &["ledger", "log", "-n", "1"]).stdout;
    assert!(
        log.contains("closed for v0.1.0") && log.contains("approvals (closed: 0 of 2)"),
        "{log}"
    );
    // Another answer is another event, and so is the same one after it.
    project.run(0, &["lock", "staging", "--reason", "an incident"]);
    project.run(3, &["promote", "staging"]);
    project.run(0, &["unlock", "staging"]);
    project.run(3, &["promote", "staging"]);
    assert_eq!(events(&project, "judged").len(), 3);
    let open = project.json(0, &["gate", "dev", "--record"]);
    assert_eq!(open["recorded"], events(&project, "judged")[3]["sequence"]);
    project.unchanged(0, &["gate", "dev", "--record"]);
    project.json(0, &["ledger", "verify"]);
}

#[test]
fn facts_judged_again_give_the_same_verdict_rule_for_rule() {
    let project = Project::released();
    project.run(0, &["promote", "dev"]);
    for (environment, code) in [("dev", 0), ("staging", 3), ("uat", 4), ("production", 4), ("qa", 5)] {
        let gate = project.unchanged(code, &["gate", environment]);
        let seen = json!({
            "schema": "tidegate.facts/1",
            "environment": environment,
            "at": gate["at"],
            "facts": gate["evidence"]["predicate"]["facts"],
        });
        assert_eq!(judged_again(&project, code, &seen), gate, "{environment}");
        let facts = project.unchanged(0, &["gate", "facts", environment]);
        let again = judged_again(&project, code, &facts);
        assert_eq!(again["at"], facts["at"]);
        for key in ["status", "policy", "release", "next_check_at", "badge"] {
            assert_eq!(again.get(key), gate.get(key), "{environment}: {key}");
        }
        for said in gate["rules"].as_array().unwrap() {
            let mut other = rule(&again, said["rule"].as_str().unwrap()).clone();
            // A stay has grown by a second or two, and the end of a freeze is so much nearer.
            if said["rule"] == "soak" || said["rule"] == "freeze" {
                other["saw"] = said["saw"].clone();
            }
            if said["rule"] == "freeze" {
                other["opens"] = said["opens"].clone();
            }
            assert_eq!(other, *said, "{environment}");
        }
    }
}

#[test]
fn what_if_needs_neither_ledger_nor_network() {
    let project = Project::released();
    let facts = project.json(0, &["gate", "facts", "production"]);
    let bare = project.run(0, &["gate", "facts", "production"]).stdout;
    let bare: Value = serde_json::from_str(&bare).unwrap();
    assert_eq!(bare["schema"], "tidegate.facts/1", "the same in the form for people");
    project.sandbox.write(&[("facts.json", &facts.to_string())]);
    let origin = project.sandbox.path().join("origin.git");
    std::fs::rename(&origin, project.sandbox.path().join("gone.git")).unwrap();
    let eval = ["gate", "eval", "--facts", "facts.json"];
    assert_eq!(project.json(4, &eval)["status"], "waiting");
    let later = [&eval[..], &["--at", "2099-01-01T00:00:00Z"]].concat();
    assert_eq!(project.json(0, &later)["status"], "open");
    // The policy of a file that is named, as it stands in the work tree.
    let policy = std::fs::read_to_string(project.sandbox.work().join("tidegate.toml")).unwrap();
    let policy = policy.replace("..2099-01-01", "..2020-01-02");
    project.sandbox.write(&[("tidegate.toml", &policy)]);
    assert_eq!(project.json(4, &eval)["status"], "waiting");
    let tried = [&eval[..], &["--config", "tidegate.toml"]].concat();
    let tried = project.json(0, &tried);
    assert_eq!(tried["policy"].get("commit"), None, "it is that of no commit");
}

#[test]
fn facts_that_are_none_are_refused() {
    let project = Project::released();
    let eval = |text: &str| {
        project.sandbox.write(&[("facts.json", text)]);
        project.run(2, &["gate", "eval", "--facts", "facts.json"]).stderr
    };
    let missing = project.run(2, &["gate", "eval", "--facts", "nowhere.json"]).stderr;
    assert!(
        missing.contains("nowhere.json holds no facts: No such file"),
        "{missing}"
    );
    let other = eval(r#"{ "schema": "tidegate.gate/1" }"#);
    assert!(other.contains("its format is `tidegate.gate/1`"), "{other}");
    let empty = eval("{}");
    assert!(empty.contains("missing field `schema` at line 1"), "{empty}");
    let part = eval(r#"{ "schema": "tidegate.facts/1", "environment": "dev" }"#);
    assert!(
        part.contains("missing field `at`") && part.contains("tidegate gate facts"),
        "{part}"
    );
    let mut facts = project.json(0, &["gate", "facts", "dev"]);
    facts["environment"] = "nowhere".into();
    let unknown = eval(&facts.to_string());
    assert!(unknown.contains("there is no environment `nowhere`"), "{unknown}");
}

#[test]
fn the_badge_is_that_of_the_verdict() {
    let project = Project::released();
    for (environment, code, message, color) in [
        ("dev", 0, "0.1.0 open", "brightgreen"),
        ("staging", 3, "0.1.0 closed", "red"),
        ("production", 4, "0.1.0 waiting", "yellow"),
    ] {
        let badge = &project.json(code, &["gate", environment])["badge"];
        let wanted = json!({ "schemaVersion": 1, "label": environment, "message": message, "color": color });
        assert_eq!(*badge, wanted);
    }
    project.run(0, &["promote", "dev"]);
    assert_eq!(project.json(5, &["gate", "qa"])["badge"]["color"], "lightgrey");
}
