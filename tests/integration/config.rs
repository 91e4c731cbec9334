//! The configuration by the real program: broken files are shown where they are broken, whole ones resolve.

use clap::CommandFactory as _;
use serde_json::Value;
use tidegate::cli::Cli;

use crate::common::{self, Sandbox};
use crate::tag::LADDER;

const FIXTURES: [&str; 5] = ["churnistic", "empacts", "pcw", "quckchat", "quikapp"];

/// A configuration with what `more` says on top.
fn config(more: &str) -> String {
    format!("[project]\nname = \"demo\"\n\n{more}\n{LADDER}")
}

/// A setting as `config show` tells it: its value and its origin.
fn setting(document: &Value, key: &str) -> (String, Value) {
    let settings = document["settings"].as_array().unwrap();
    let found: Vec<&Value> = settings.iter().filter(|entry| entry["key"] == key).collect();
    assert_eq!(found.len(), 1, "{key}: {document:#}");
    (
        found[0]["value"].as_str().unwrap().to_owned(),
        found[0]["origin"].clone(),
    )
}

#[test]
fn each_broken_configuration_is_shown_where_it_is_broken() {
    let sandbox = Sandbox::new(&config(""));
    let files = common::files_under(&common::fixture("invalid"), "toml");
    assert!(files.len() > 40, "the folder was found");
    for file in files {
        let rule = file.file_stem().unwrap().to_str().unwrap();
        sandbox.write(&[("tidegate.toml", &std::fs::read_to_string(&file).unwrap())]);
        let shown = ["config", "show", "--config", "tidegate.toml", "--color", "never"];
        let run = sandbox.tidegate(&shown).exits(2);
        assert_eq!(run.stdout, "", "{rule}: stdout is for answers");
        assert!(run.stderr.contains("─[tidegate.toml:"), "{rule}: {}", run.stderr);
        // A malformed name, window or length says itself what would fit.
        let helps = run.stderr.contains("  help: ") || run.stderr.contains("` is no ");
        assert!(helps, "{rule}: {}", run.stderr);
        let findings = run.stderr.matches("─[tidegate.toml:").count();
        assert_eq!(
            findings,
            if rule == "several" { 3 } else { 1 },
            "{rule}: {}",
            run.stderr
        );
        insta::assert_snapshot!(format!("invalid_{rule}"), run.stderr);
    }
}

/// `tidegate gate NAME` asks the gate of an environment: none may be called like a command that stands there.
#[test]
fn no_environment_is_called_like_a_command_of_gate() {
    let mut tree = Cli::command();
    tree.build();
    let gate = tree.find_subcommand("gate").unwrap();
    let names: Vec<String> = gate.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    assert!(names.contains(&"resume".to_owned()) && names.len() >= 4, "{names:?}");
    let text = std::fs::read_to_string(common::fixture("invalid").join("ambiguous-name.toml")).unwrap();
    for name in names {
        let sandbox = Sandbox::new(&text.replace(".resume]", &format!(".{name}]")));
        let run = sandbox.tidegate(&["config", "show"]).exits(2);
        let told = format!("`tidegate gate {name}` is a command of its own");
        assert!(run.stderr.contains(&told), "{}", run.stderr);
    }
}

#[test]
fn programs_get_the_same_findings_with_their_lines() {
    let sandbox = Sandbox::new(&config(""));
    let text = std::fs::read_to_string(common::fixture("invalid").join("several.toml")).unwrap();
    sandbox.write(&[("tidegate.toml", &text)]);
    let document = sandbox.json(2, &["config", "show"]);
    assert_eq!(document["schema"], "tidegate.error/1");
    assert_eq!(document["kind"], "config");
    let findings = document["findings"].as_array().unwrap();
    let lines: Vec<u64> = findings
        .iter()
        .map(|finding| finding["line"].as_u64().unwrap())
        .collect();
    let starts = ["access =", "replicas =", "after ="];
    let expected: Vec<u64> = starts
        .iter()
        .map(|start| {
            text.lines()
                .position(|line| line.starts_with(start) && !line.contains("{}"))
                .unwrap() as u64
                + 1
        })
        .collect();
    assert_eq!(lines, expected);
}

#[test]
fn the_fixtures_load() {
    for name in FIXTURES {
        let text = std::fs::read_to_string(common::fixture(name).join("tidegate.toml")).unwrap();
        let document = Sandbox::new(&text).json(0, &["config", "show"]);
        assert_eq!(setting(&document, "project.name").0, format!("\"{name}\""));
        assert_eq!(document["source"], "tidegate.toml");
    }
}

#[test]
fn a_flag_wins_over_the_environment_over_the_file_over_the_default() {
    let mut sandbox = Sandbox::new(&config(""));
    let remote = |sandbox: &Sandbox, more: &[&str]| {
        let arguments = [&["config", "show"], more].concat();
        setting(&sandbox.json(0, &arguments), "ledger.remote")
    };
    assert_eq!(remote(&sandbox, &[]), ("\"origin\"".to_owned(), "default".into()));
    sandbox.write(&[("tidegate.toml", &config("[ledger]\nremote = \"upstream\"\n"))]);
    let (value, origin) = remote(&sandbox, &[]);
    assert_eq!(value, "\"upstream\"");
    assert_eq!(origin["file"], "tidegate.toml:5");
    sandbox
        .variables
        .insert("TIDEGATE_REMOTE".to_owned(), "mirror".to_owned());
    let (value, origin) = remote(&sandbox, &[]);
    assert_eq!(value, "\"mirror\"");
    assert_eq!(origin["environment"], "TIDEGATE_REMOTE");
    let (value, origin) = remote(&sandbox, &["--remote", "backup"]);
    assert_eq!(value, "\"backup\"");
    assert_eq!(origin["flag"], "--remote");
    for variable in ["TIDEGATE_REMOTE", "TIDEGATE_OUTPUT", "TIDEGATE_CONFIG"] {
        sandbox.variables.insert(variable.to_owned(), String::new());
    }
    assert_eq!(
        remote(&sandbox, &[]).0,
        "\"upstream\"",
        "an empty variable counts as not set"
    );
    sandbox.tidegate(&["config", "show"]).exits(0);
    let help = sandbox.tidegate(&["--help"]).exits(0).stdout;
    assert!(
        help.contains("[env: TIDEGATE_ACTOR="),
        "help names the variables: {help}"
    );
}

#[test]
fn each_setting_names_its_line_or_that_it_is_a_default() {
    let text = config("");
    let sandbox = Sandbox::new(&text);
    let document = sandbox.json(0, &["config", "show"]);
    let line = text.lines().position(|line| line.starts_with("tier")).unwrap() + 1;
    let (value, origin) = setting(&document, "environment.dev.tier");
    assert_eq!(value, "\"development\"");
    assert_eq!(origin["file"], format!("tidegate.toml:{line}"));
    assert_eq!(
        setting(&document, "environment.dev.verify.path"),
        ("\"/health\"".to_owned(), "default".into())
    );
    let shown = sandbox.tidegate(&["config", "show"]).exits(0).stdout;
    assert!(shown.contains("environment.dev.verify.path"), "{shown}");
}

#[test]
fn variables_are_filled_in_from_the_environment() {
    let mut sandbox = Sandbox::new(&config("[cut]\npause-label = \"${LABEL:-next}/$${kept}\"\n"));
    let label = |sandbox: &Sandbox| setting(&sandbox.json(0, &["config", "show"]), "cut.pause-label").0;
    assert_eq!(label(&sandbox), "\"next/${kept}\"");
    sandbox.variables.insert("LABEL".to_owned(), "release".to_owned());
    assert_eq!(label(&sandbox), "\"release/${kept}\"");
}

#[test]
fn the_file_is_found_from_a_folder_below() {
    let sandbox = Sandbox::new(&config(""));
    let below = sandbox.work().join("services/api");
    std::fs::create_dir_all(&below).unwrap();
    let run = common::Run::of(sandbox.tidegate_command(&below, &["config", "show"]).output().unwrap()).exits(0);
    assert!(run.stdout.contains("project.name"), "{}", run.stdout);
}

#[test]
fn without_a_file_there_are_words() {
    let sandbox = Sandbox::empty();
    let run = sandbox.tidegate(&["config", "show"]).exits(2);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("there is no tidegate.toml"), "{}", run.stderr);
    assert!(run.stderr.contains("tidegate init"), "{}", run.stderr);
    let run = sandbox.tidegate(&["config", "show", "--config", "other.toml"]).exits(2);
    assert!(run.stderr.contains("other.toml cannot be read"), "{}", run.stderr);
}

#[test]
fn the_schema_accepts_the_fixtures_and_refuses_an_unknown_key() {
    let sandbox = Sandbox::empty();
    let schema: Value = sandbox.tidegate(&["config", "schema"]).exits(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for name in FIXTURES {
        let mut value: Value = toml::from_str(&crate::fixtures::config_text(name)).unwrap();
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        value["project"]["nmae"] = "demo".into();
        assert!(!validator.is_valid(&value), "{name}: an unknown key");
    }
}
