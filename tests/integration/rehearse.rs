//! `rehearse`: all five projects walk to their last environment, and nothing outside the temporary folder is touched.

use serde_json::Value;

use crate::common::{self, Run, Sandbox};
use crate::rehearse_lines::WALKS;

const FIXTURES: [&str; 5] = ["quckchat", "quikapp", "pcw", "empacts", "churnistic"];

pub fn rehearse(sandbox: &Sandbox, project: &std::path::Path, arguments: &[&str]) -> Run {
    let mut command = sandbox.tidegate_command(sandbox.path(), &["rehearse"]);
    let output = command
        .arg(project)
        .args(arguments)
        .env("TMPDIR", sandbox.path())
        .output()
        .unwrap();
    Run::of(output)
}

pub fn outcomes(document: &Value) -> Vec<&str> {
    let releases = document["releases"].as_array().unwrap().iter();
    releases.map(|release| release["outcome"].as_str().unwrap()).collect()
}

/// What happened, in order: the command and the environment.
pub fn steps(release: &Value) -> Vec<(&str, &str)> {
    let timeline = release["timeline"].as_array().unwrap().iter();
    timeline
        .map(|entry| {
            (
                entry["what"].as_str().unwrap(),
                entry["environment"].as_str().unwrap_or_default(),
            )
        })
        .collect()
}

#[test]
fn every_fixture_goes_live_fails_rolls_back_and_goes_live_again() {
    for name in FIXTURES {
        let sandbox = Sandbox::empty();
        let document = rehearse(&sandbox, &common::fixture(name), &["--output", "json"])
            .exits(0)
            .json();
        assert_eq!(document["status"], "complete", "{name}");
        let walks = WALKS.iter().any(|(walker, ..)| *walker == name);
        let expected: &[&str] = match walks {
            true => &["live", "arrived", "arrived", "rolled-back", "live", "arrived"],
            false => &["live", "rolled-back", "live"],
        };
        assert_eq!(outcomes(&document), expected, "{name}");
        let releases = document["releases"].as_array().unwrap();
        let of = |outcome| releases.iter().filter(move |release| release["outcome"] == outcome);
        let last = releases.last().unwrap();
        let rows = document["ladder"]["rows"].as_array().unwrap();
        let environments = toml::from_str::<toml::Table>(&config(name)).unwrap();
        assert_eq!(
            rows.len(),
            environments["environment"].as_table().unwrap().len(),
            "{name}"
        );
        let live = of("live").next_back().unwrap();
        let reached = rows.iter().position(|row| row["environment"] == last["up_to"]);
        for (place, row) in rows.iter().enumerate() {
            let expected = if reached.is_none_or(|top| place <= top) {
                last
            } else {
                live
            };
            assert_eq!(
                row["current"]["digest"], expected["digest"],
                "{name} {}",
                row["environment"]
            );
            assert!(row["verified_at"].is_string(), "{name} {}", row["environment"]);
        }
        let failed = of("rolled-back").next().unwrap();
        let fell = failed["timeline"].as_array().unwrap().last().unwrap();
        assert_eq!(fell["what"], "rollback", "{name}");
        assert!(
            fell["detail"].as_str().unwrap().contains("; back to "),
            "{name}: {fell}"
        );
        assert_eq!(
            std::fs::read_dir(sandbox.path()).unwrap().count(),
            2,
            "{name}: only the sandbox's own repositories are left"
        );
    }
}

fn config(name: &str) -> String {
    std::fs::read_to_string(common::fixture(name).join("tidegate.toml")).unwrap()
}

#[test]
fn the_uat_rungs_are_side_by_side_and_the_branch_is_cut_before_staging() {
    let sandbox = Sandbox::empty();
    let document = rehearse(&sandbox, &common::fixture("quckchat"), &["--output", "json"])
        .exits(0)
        .json();
    let steps = steps(&document["releases"][0]);
    let promoted: Vec<&str> = steps
        .iter()
        .filter(|(what, _)| *what == "promote")
        .map(|(_, place)| *place)
        .collect();
    let ladder = [
        "local",
        "dev",
        "qa",
        "uat1",
        "uat2",
        "uat3",
        "staging",
        "production",
        "live",
    ];
    assert_eq!(promoted, ladder);
    let at = |wanted: (&str, &str)| steps.iter().position(|step| *step == wanted).unwrap();
    assert!(at(("promote", "uat3")) < at(("cut", "")) && at(("cut", "")) < at(("promote", "staging")));
    let rung = |name: &str| {
        let rows = document["ladder"]["rows"].as_array().unwrap();
        rows.iter().find(|row| row["environment"] == name).unwrap()["rung"]
            .as_u64()
            .unwrap()
    };
    assert_eq!((rung("uat1"), rung("uat2"), rung("uat3")), (3, 3, 3));
}

#[test]
fn words_are_proven_and_who_may_not_promote_is_refused() {
    for (name, by) in [
        ("quckchat", "operator-2"),
        ("quikapp", "operator-1"),
        ("churnistic", "operator-1"),
    ] {
        let sandbox = Sandbox::empty();
        let document = rehearse(&sandbox, &common::fixture(name), &["--output", "json"])
            .exits(0)
            .json();
        let timeline = document["releases"][0]["timeline"].as_array().unwrap();
        let told = |what: &str| {
            let entries = timeline
                .iter()
                .filter(move |entry| entry["what"] == what && entry["environment"] == "production");
            entries
                .map(|entry| entry["detail"].as_str().unwrap())
                .collect::<Vec<_>>()
        };
        let refused = format!("access: developer-1 may not promote; {by} takes over");
        assert_eq!(told("refuse").last().unwrap(), &refused, "{name}");
        for word in told("refuse").iter().filter(|word| word.contains(" approved ")) {
            assert!(word.contains("the gate does not count this word"), "{name}: {word}");
        }
        assert!(!told("approve").is_empty(), "{name}");
        for word in told("approve") {
            assert!(word.contains(", proven by key SHA256:"), "{name}: {word}");
        }
    }
}

/// The rules of order, approval, access and time.
const RULES: [&str; 6] = ["previous", "soak", "checks", "approvals", "access", "freeze"];

#[test]
fn every_rule_of_every_gate_is_seen_shut_and_then_open() {
    for name in FIXTURES {
        let sandbox = Sandbox::empty();
        let document = rehearse(&sandbox, &common::fixture(name), &["--output", "json"])
            .exits(0)
            .json();
        let releases = document["releases"].as_array().unwrap().iter();
        let told: Vec<&Value> = releases
            .flat_map(|release| release["timeline"].as_array().unwrap())
            .collect();
        let file: toml::Table = toml::from_str(&config(name)).unwrap();
        let mut seen = 0;
        for (environment, settings) in file["environment"].as_table().unwrap() {
            let gate = settings.get("gate").and_then(toml::Value::as_table);
            for rule in RULES
                .iter()
                .filter(|rule| gate.is_some_and(|gate| gate.contains_key(**rule)))
            {
                let here = told.iter().filter(|entry| entry["environment"] == environment.as_str());
                let mut later = here.skip_while(|entry| {
                    let detail = entry["detail"].as_str().unwrap();
                    let kept_out = entry["what"] == "refuse" || entry["what"] == "wait";
                    !(kept_out && detail.contains(&format!("{rule}: ")))
                });
                assert!(
                    later.next().is_some(),
                    "{name}: {rule} of {environment} keeps nobody out"
                );
                assert!(
                    later.any(|entry| entry["what"] == "promote"),
                    "{name}: {rule} of {environment} lets nobody in"
                );
                seen += 1;
            }
        }
        assert!(seen >= 6, "{name}: {seen}");
    }
}

#[test]
fn an_override_is_refused_and_given_and_lets_the_release_in_before_its_time() {
    let sandbox = Sandbox::empty();
    let document = rehearse(&sandbox, &common::fixture("quckchat"), &["--output", "json"])
        .exits(0)
        .json();
    let timeline = document["releases"][4]["timeline"].as_array().unwrap();
    let live: Vec<&Value> = timeline.iter().filter(|entry| entry["environment"] == "live").collect();
    let place = |part: &str| {
        let found = live
            .iter()
            .position(|entry| entry["detail"].as_str().unwrap().contains(part));
        found.unwrap_or_else(|| panic!("{part}: {live:#?}"))
    };
    let refused = place("operator-1 may not set rules aside in live");
    let given = place("release-manager-1 set aside for v1.5.1");
    assert!(refused < given);
    assert_eq!(
        (&live[refused]["what"], &live[given]["what"]),
        (&"refuse".into(), &"override".into())
    );
    let entered = live.last().unwrap();
    assert_eq!(
        (&entered["what"], &entered["at"]),
        (&"promote".into(), &"2026-03-09T09:00:00Z".into())
    );
    assert_eq!(
        live[given]["at"], "2026-03-09T08:45:00Z",
        "the stay of 4 h had only begun"
    );
}

#[test]
fn a_closed_window_moves_the_clock_to_the_time_that_the_gate_names() {
    let sandbox = Sandbox::empty();
    let document = rehearse(&sandbox, &common::fixture("quckchat"), &["--output", "json"])
        .exits(0)
        .json();
    let timeline = document["releases"][3]["timeline"].as_array().unwrap();
    let wait = timeline
        .iter()
        .rfind(|entry| entry["detail"].as_str().unwrap().contains("freeze: "))
        .unwrap();
    // Monday 06:00 in Berlin, in winter.
    assert_eq!(wait["at"], "2026-03-09T05:00:00Z");
    assert_eq!(wait["environment"], "production");
}

#[test]
fn the_same_rehearsal_gives_the_same_digests_and_times() {
    let sandbox = Sandbox::empty();
    let run = || {
        rehearse(&sandbox, &common::fixture("churnistic"), &["--output", "json"])
            .exits(0)
            .stdout
    };
    assert_eq!(run(), run());
}

#[test]
fn a_person_sees_each_step_then_the_ladder_and_the_time_line() {
    let sandbox = Sandbox::empty();
    let run = rehearse(&sandbox, &common::fixture("empacts"), &["--color", "never"]).exits(0);
    insta::assert_snapshot!("rehearse_empacts_steps", run.stderr);
    insta::assert_snapshot!("rehearse_empacts_ladder", run.stdout);
}

/// A user's own repository: no scenario, a history of its own, and a command that would be seen if it ran.
pub const OWN: &str = r#"
[project]
name = "own"

[team.leads]
members = ["lead-1", "lead-2"]

[environment.dev]
tier = "development"
purpose = "Integration"
data = "synthetic"
trigger = { on = "commit" }
access = {}
url = "https://dev.own.example"
deploy = { command = ["sh", "-c", "touch ../../touched ../touched"] }

[environment.production]
tier = "production"
purpose = "Live"
data = "real"
after = ["dev"]
trigger = { on = "controlled" }
access = {}
url = "https://own.example"
deploy = { command = ["sh", "-c", "touch ../../touched ../touched"] }
gate.previous = {}
gate.checks = { require = ["test"] }
gate.approvals = { count = 2, from = ["team:leads"] }
gate.soak = { in = "dev", for = "12h" }
"#;

#[test]
fn an_own_repository_is_rehearsed_with_its_config_and_history() {
    let sandbox = Sandbox::new(OWN);
    sandbox.tidegate(&["tag", "--version", "1.0.0"]).exits(0);
    sandbox.commit("feat: more", &[("more.txt", "more")]);
    let everything = || {
        let refs = |folder: &str| sandbox.git_in(&sandbox.path().join(folder), &["for-each-ref"]);
        let status = sandbox.git(&["status", "--porcelain", "--ignored"]);
        (
            refs("work"),
            refs("origin.git"),
            status,
            std::fs::read_dir(sandbox.path()).unwrap().count(),
        )
    };
    let before = everything();
    let document = rehearse(&sandbox, &sandbox.work(), &["--output", "json"])
        .exits(0)
        .json();
    assert_eq!(document["releases"][0]["version"], "1.1.0");
    assert_eq!(outcomes(&document), ["live"]);
    assert!(document["assumed"].as_str().unwrap().contains("no rehearsal.toml"));
    assert_eq!(everything(), before, "nothing outside the temporary folder is touched");
    assert!(!sandbox.path().join("touched").exists(), "no deploy command ran");
}

#[test]
fn a_project_with_nothing_to_release_is_rehearsed_all_the_same() {
    let sandbox = Sandbox::new(OWN);
    sandbox.tidegate(&["tag", "--version", "1.0.0"]).exits(0);
    sandbox.commit("docs: words only", &[("README.md", "words")]);
    let document = rehearse(&sandbox, &sandbox.work(), &["--output", "json"])
        .exits(0)
        .json();
    assert_eq!(document["releases"][0]["version"], "1.0.1");
}

#[test]
fn a_gate_that_nothing_opens_stops_the_train_and_says_why() {
    let sandbox = Sandbox::new(OWN);
    sandbox.write(&[(
        "rehearsal.toml",
        r#"
start = "2026-03-02T08:00:00Z"
actor = "developer-1"
[[release]]
commit = [{ message = "feat: a change" }]
[[check]]
name = "test"
conclusion = "failure"
"#,
    )]);
    let document = rehearse(&sandbox, &sandbox.work(), &["--output", "json"])
        .exits(3)
        .json();
    assert_eq!(
        (&document["status"], outcomes(&document)),
        (&Value::from("stopped"), vec!["stuck"])
    );
    let last = document["releases"][0]["timeline"].as_array().unwrap().last().unwrap();
    let detail = last["detail"].as_str().unwrap();
    assert!(
        detail.contains("test failed") && detail.contains("approvals: 0 of 2"),
        "{detail}"
    );
}

#[test]
fn bad_projects_are_refused_with_words() {
    let sandbox = Sandbox::empty();
    let nowhere = rehearse(&sandbox, &sandbox.path().join("nowhere"), &[]).exits(2);
    assert!(nowhere.stderr.contains("there is no folder"), "{}", nowhere.stderr);
    let without = rehearse(&sandbox, &sandbox.work(), &[]).exits(2);
    assert!(
        without.stderr.contains("there is no tidegate.toml"),
        "{}",
        without.stderr
    );
    sandbox.write(&[
        ("tidegate.toml", OWN),
        (
            "rehearsal.toml",
            "start = \"2026-03-02T08:00:00Z\"\nactor = \"x\"\nrelease = []\n",
        ),
    ]);
    let empty = rehearse(&sandbox, &sandbox.work(), &[]).exits(2);
    assert!(
        empty.stderr.contains("there is no release to rehearse"),
        "{}",
        empty.stderr
    );
    let deeds = [
        ("at = 'nowhere', does = 'unlock'", "there is no environment `nowhere`"),
        (
            "at = 'dev', does = 'override', reason = 'a', until = '2h'",
            "it needs `rules`",
        ),
        ("at = 'dev', does = 'lock'", "it needs `reason`"),
        (
            "at = 'dev', does = 'promote', reason = 'a'",
            "the command takes no `reason`",
        ),
        ("at = 'dev', does = 'pray'", "`does` cannot be `pray`"),
    ];
    for (deed, told) in deeds {
        let scenario = format!(
            "start = \"2026-03-02T08:00:00Z\"\nactor = \"x\"\n[[release]]\ndeed = [{{ by = 'lead-1', {deed} }}]\n"
        );
        sandbox.write(&[("rehearsal.toml", &scenario)]);
        let wrong = rehearse(&sandbox, &sandbox.work(), &[]).exits(2);
        assert!(wrong.stderr.contains(told), "{deed}: {}", wrong.stderr);
    }
}
