//! The published formats: every command has one, the kept files are what the types give, and what the commands print fits.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use clap::CommandFactory as _;
use jsonschema::Validator;
use serde_json::Value;
use tidegate::cli::Cli;
use tidegate::commands::schemas;

use crate::common::bless::assert_file;
use crate::common::{self, Sandbox};

const CONFIG: &str = r#"
[project]
name = "demo"

[component.app]
image = "oci:../registry"
layout = "image"

[team.testers]
members = ["tester-1", "maintainer"]

[environment.dev]
tier = "development"
purpose = "Integration"
data = "mock"
trigger = { on = "commit" }
access = {}
url = "${DEV_URL:-http://127.0.0.1:1}"
deploy = { command = ["true"] }

[environment.qa]
url = "http://qa.example.com"
tier = "testing"
purpose = "Quality assurance"
data = "test"
after = ["dev"]
trigger = { on = "manual" }
access = { teams = ["testers"] }
deploy = { command = ["true"] }
gate.previous = {}
gate.soak = { in = "dev", for = "2h" }
gate.checks = { require = ["build"] }
gate.approvals = { from = ["team:testers"] }
gate.freeze = { zone = "UTC", deny = ["2020-01-01..2020-01-02"] }
"#;

/// The names of what can be called, as they are typed: the leaves, and what does something of its own beside them.
fn leaves(command: &clap::Command, before: &str) -> Vec<String> {
    let inner: Vec<&clap::Command> = command
        .get_subcommands()
        .filter(|inner| inner.get_name() != "help")
        .collect();
    if inner.is_empty() {
        return vec![before.to_owned()];
    }
    let name = |inner: &clap::Command| format!("{before} {}", inner.get_name()).trim().to_owned();
    let own = command.is_subcommand_negates_reqs_set().then(|| before.to_owned());
    let inner = inner.into_iter().flat_map(|inner| leaves(inner, &name(inner)));
    own.into_iter().chain(inner).collect()
}

#[test]
fn every_command_has_a_published_format() {
    let published: Vec<&str> = schemas::all().iter().flat_map(|one| one.commands).copied().collect();
    let mut typed: BTreeSet<String> = leaves(&Cli::command(), "").into_iter().collect();
    assert!(typed.remove("config schema"), "it prints a schema, which needs none");
    assert_eq!(published.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), typed);
}

#[test]
fn the_kept_schemas_are_those_of_the_types() {
    let mut kept = BTreeSet::from(["config.json".to_owned()]);
    for published in schemas::all() {
        let text = serde_json::to_string_pretty(&published.schema).unwrap() + "\n";
        jsonschema::meta::validate(published.schema.as_value())
            .unwrap_or_else(|error| panic!("{}: {error}", published.name));
        assert_file(&format!("docs/schemas/{}", published.file_name()), &text);
        assert!(kept.insert(published.file_name()), "{}: one file each", published.name);
    }
    assert_file(
        "docs/schemas/config.json",
        &tidegate::commands::config::schema().unwrap(),
    );
    let files = common::files_under(&common::repository().join("docs/schemas"), "json");
    let found = files
        .iter()
        .map(|file| file.file_name().unwrap().to_str().unwrap().to_owned());
    assert_eq!(found.collect::<BTreeSet<_>>(), kept, "no file without a type");
}

/// The kept schema of a document, by what the document itself names.
fn validator(document: &Value) -> Validator {
    let name = document["schema"].as_str().unwrap();
    let file = name.trim_start_matches("tidegate.").split('/').next().unwrap();
    let path = common::repository().join(format!("docs/schemas/{file}.json"));
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(schema["properties"]["schema"]["const"], name);
    jsonschema::validator_for(&schema).unwrap()
}

fn assert_fits(document: &Value) {
    let validator = validator(document);
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
}

/// Runs a command, holds what it prints against its schema, and gives it.
fn fits(sandbox: &Sandbox, code: i32, schema: &str, arguments: &[&str]) -> Value {
    let document = sandbox.json(code, arguments);
    assert_eq!(document["schema"], schema, "{arguments:?}");
    assert_eq!(document["exit_code"], code, "{arguments:?}");
    assert_fits(&document);
    document
}

/// The address of a server that finds everything well. It ends with the tests.
fn healthy() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    format!("http://{address}")
}

#[test]
fn what_the_commands_print_fits_their_schemas() {
    let mut sandbox = Sandbox::new(CONFIG);
    sandbox.variables.insert("DEV_URL".to_owned(), healthy());
    fits(&sandbox, 0, "tidegate.config-show/1", &["config", "show"]);
    fits(&sandbox, 2, "tidegate.error/1", &["gate", "qa", "--release", "9.9.9"]);
    fits(&sandbox, 0, "tidegate.tag/1", &["tag"]);
    fits(&sandbox, 0, "tidegate.ledger-log/1", &["ledger", "log"]);
    sandbox.commit("feat: a way in", &[("a", "1")]);
    fits(&sandbox, 0, "tidegate.tag/1", &["tag", "--dry-run"]);
    fits(&sandbox, 0, "tidegate.tag/1", &["tag"]);
    fits(&sandbox, 3, "tidegate.tag/1", &["tag", "--version", "0.0.1"]);
    let layout = common::fixture("pcw").join("images/1.9.0");
    let layout = layout.to_str().unwrap();
    fits(&sandbox, 0, "tidegate.push/1", &["push", layout, "--dry-run"]);
    fits(&sandbox, 0, "tidegate.push/1", &["push", layout]);
    fits(&sandbox, 0, "tidegate.status/1", &["status"]);
    fits(&sandbox, 0, "tidegate.gate/1", &["gate", "dev"]);
    fits(&sandbox, 0, "tidegate.promote/1", &["promote", "dev"]);
    fits(&sandbox, 3, "tidegate.gate/1", &["gate", "qa"]);
    fits(&sandbox, 3, "tidegate.promote/1", &["promote", "qa"]);
    fits(&sandbox, 3, "tidegate.gate/1", &["gate", "qa", "--record"]);
    let facts = fits(&sandbox, 0, "tidegate.facts/1", &["gate", "facts", "qa"]);
    sandbox.write(&[("facts.json", &facts.to_string())]);
    fits(
        &sandbox,
        3,
        "tidegate.gate/1",
        &["gate", "eval", "--facts", "facts.json"],
    );
    fits(&sandbox, 0, "tidegate.gate-all/1", &["gate", "--all"]);
    fits(&sandbox, 0, "tidegate.gate-resume/1", &["gate", "resume"]);
    fits(&sandbox, 0, "tidegate.approve/1", &["approve", "qa", "--dry-run"]);
    fits(&sandbox, 0, "tidegate.approve/1", &["approve", "qa"]);
    fits(
        &sandbox,
        0,
        "tidegate.approve/1",
        &["reject", "qa", "--reason", "too slow"],
    );
    fits(
        &sandbox,
        0,
        "tidegate.lock/1",
        &["lock", "qa", "--reason", "an incident"],
    );
    fits(&sandbox, 3, "tidegate.gate/1", &["gate", "qa"]);
    fits(&sandbox, 0, "tidegate.status/1", &["status"]);
    fits(&sandbox, 3, "tidegate.lock/1", &["unlock", "qa", "--lock", "1"]);
    fits(&sandbox, 0, "tidegate.lock/1", &["unlock", "qa"]);
    let everywhere = ["reject", "--all", "--release", "0.1.0", "--reason", "too slow"];
    fits(&sandbox, 0, "tidegate.rejection/1", &everywhere);
    fits(&sandbox, 3, "tidegate.gate/1", &["gate", "qa"]);
    let back = [&everywhere[..], &["--withdraw"]].concat();
    fits(&sandbox, 0, "tidegate.rejection/1", &back);
    let gate = fits(&sandbox, 3, "tidegate.gate/1", &["gate", "qa"]);
    let digest = gate["release"]["digest"].as_str().unwrap();
    let clear = ["unlock", "qa", "--digest", digest, "--reason", "a second try"];
    fits(&sandbox, 0, "tidegate.hold/1", &clear);
    fits(
        &sandbox,
        3,
        "tidegate.rollback/1",
        &["rollback", "dev", "--reason", "it is slow"],
    );
    fits(&sandbox, 0, "tidegate.cut/1", &["cut", "0.1"]);
    fits(&sandbox, 0, "tidegate.hotfix/1", &["hotfix", "0.1.1"]);
    fits(&sandbox, 0, "tidegate.cut-status/1", &["cut", "status"]);
    fits(&sandbox, 0, "tidegate.cut-sync/1", &["cut", "0.1", "--sync"]);
    fits(&sandbox, 0, "tidegate.init/1", &["init"]);
    fits(&sandbox, 0, "tidegate.ledger-verify/1", &["ledger", "verify"]);
    fits(&sandbox, 0, "tidegate.ledger-recover/1", &["ledger", "recover"]);
    let log = fits(&sandbox, 0, "tidegate.ledger-log/1", &["ledger", "log"]);
    let events = log["events"].as_array().unwrap();
    assert!(events.len() > 7, "{log:#}");
    events.iter().for_each(assert_fits);
    // The event leaves the form of a verdict's evidence to the document of `gate`.
    let kept = events.iter().filter_map(|event| event.get("evidence"));
    let statuses: BTreeSet<&str> = kept
        .map(|evidence| {
            let mut document = gate.clone();
            document["evidence"] = evidence.clone();
            assert_fits(&document);
            evidence["predicate"]["status"].as_str().unwrap()
        })
        .collect();
    assert_eq!(statuses, BTreeSet::from(["closed", "open"]));
    sandbox.write(&[("tidegate.toml", "[project]\n")]);
    let error = fits(&sandbox, 2, "tidegate.error/1", &["config", "show"]);
    assert_ne!(error["findings"], Value::Null);
}

#[test]
fn a_rehearsal_fits_its_schema() {
    let sandbox = Sandbox::empty();
    let empacts = common::fixture("empacts");
    fits(
        &sandbox,
        0,
        "tidegate.rehearse/1",
        &["rehearse", empacts.to_str().unwrap()],
    );
}

#[test]
fn a_schema_refuses_what_does_not_fit() {
    let sandbox = Sandbox::new(CONFIG);
    let mut document = sandbox.json(0, &["ledger", "verify"]);
    let validator = validator(&document);
    assert!(validator.is_valid(&document));
    document["events"] = "many".into();
    assert!(!validator.is_valid(&document));
}
