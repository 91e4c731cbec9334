//! `docs/seeds.md` tells the truth: every environment of every fixture is on it, and each key, value, file and command
//! that it names is there.

use clap::{CommandFactory as _, Parser as _};
use tidegate::cli::Cli;
use toml::{Table, Value};

use crate::common;
use crate::fixtures::{FIXTURES, config_text};

/// The tables of `tidegate.toml`: a word that starts with one of them is a claim about a key.
const TABLES: [&str; 9] = [
    "project",
    "version",
    "component",
    "team",
    "environment",
    "ledger",
    "checks",
    "cut",
    "workflow",
];

/// A row of a table.
struct Row<'a> {
    line: &'a str,
    carried_by: &'a str,
    state: &'a str,
}

/// The rows in the section of a fixture.
fn rows<'a>(page: &'a str, fixture: &str) -> Vec<Row<'a>> {
    let heading = format!("(`fixtures/{fixture}`)");
    let section = page
        .split("\n## ")
        .find(|section| section.lines().next().unwrap().ends_with(&heading))
        .unwrap_or_else(|| panic!("docs/seeds.md has no section of {fixture}"));
    let cells = |line: &'a str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [_, carried_by, state] = cells.as_slice() else {
            panic!("a row has three cells: {line}");
        };
        Row {
            line,
            carried_by,
            state,
        }
    };
    let lines = section.lines().filter(|line| line.starts_with("| "));
    let rows = lines.map(cells);
    rows.filter(|row| row.state != "state" && row.state != "---").collect()
}

/// The words in backticks.
fn words(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

fn is_claim(word: &str) -> bool {
    word.split_once('.').is_some_and(|(table, _)| TABLES.contains(&table))
}

/// Whether everything in `part` is in `whole` too.
fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Table(whole), Value::Table(part)) => part
            .iter()
            .all(|(key, value)| whole.get(key).is_some_and(|found| holds(found, value))),
        _ => whole == part,
    }
}

fn resolves(file: &Value, path: &str) -> bool {
    let mut keys = path.split('.');
    keys.try_fold(file, |value, key| value.get(key)).is_some()
}

fn check_claim(file: &Value, word: &str, line: &str) {
    if word.contains(" = ") {
        let claimed: Table = word.parse().unwrap_or_else(|error| panic!("`{word}`: {error}"));
        assert!(holds(file, &Value::Table(claimed)), "`{word}` is not so: {line}");
    } else {
        assert!(resolves(file, word), "there is no `{word}`: {line}");
    }
}

fn check_word(fixture: &str, file: &Value, word: &str, line: &str) {
    let endings = [".sh", ".toml", ".yaml", ".json", ".j2", ".ts", ".go", ".rs", ".md"];
    if is_claim(word) {
        check_claim(file, word, line);
    } else if let Some(verb) = word.strip_prefix("tidegate ") {
        if verb.contains(' ') {
            Cli::try_parse_from(word.split(' ')).unwrap_or_else(|error| panic!("`{word}`: {error}"));
        } else {
            assert!(
                Cli::command().find_subcommand(verb).is_some(),
                "there is no `{word}`: {line}"
            );
        }
    } else if endings.iter().any(|ending| word.ends_with(ending)) {
        let places = [common::fixture(fixture), common::repository()];
        assert!(
            places.iter().any(|place| place.join(word).is_file()),
            "there is no `{word}`: {line}"
        );
    }
}

#[test]
fn what_the_page_claims_is_so() {
    let page = std::fs::read_to_string(common::repository().join("docs/seeds.md")).unwrap();
    for fixture in FIXTURES {
        let file = Value::Table(config_text(fixture).parse().unwrap());
        let rows = rows(&page, fixture);
        assert!(rows.len() > 30, "{fixture}: {} rows", rows.len());
        for row in &rows {
            assert!(["done", "open"].contains(&row.state), "{}", row.line);
            assert!(!row.carried_by.is_empty(), "{}", row.line);
            for word in words(row.carried_by) {
                check_word(fixture, &file, word, row.line);
            }
        }
    }
}

/// The lines of a rehearsal, without times and with one space between words.
fn rehearsed(fixture: &str) -> String {
    let sandbox = common::Sandbox::empty();
    let project = common::fixture(fixture);
    let arguments = ["rehearse", project.to_str().unwrap(), "--color", "never"];
    let told = sandbox.tidegate(&arguments).exits(0).stderr;
    let lines = told
        .lines()
        .filter_map(|line| line.get("Tue 2026-03-03 13:00  ".len()..));
    let each = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    each.collect::<Vec<_>>().join("\n")
}

/// The rows that quote a rehearsal.
fn quotes<'a>(page: &'a str, fixture: &str) -> Vec<(&'a str, Vec<&'a str>)> {
    let (_, section) = page.split_once(&format!("(`fixtures/{fixture}`)")).unwrap();
    let (_, section) = section.split_once("\n### In the rehearsal\n").unwrap();
    let section = section.split("\n#").next().unwrap();
    let lines = section.lines().filter(|line| line.starts_with("| ")).skip(2);
    lines.map(|line| (line, words(line).collect())).collect()
}

/// Whether the words are said, in this order.
fn says(told: &str, words: &[&str]) -> bool {
    let mut rest = told;
    words.iter().all(|word| match rest.split_once(word) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[test]
fn the_rehearsals_say_what_the_page_quotes() {
    let page = std::fs::read_to_string(common::repository().join("docs/seeds.md")).unwrap();
    for fixture in FIXTURES {
        let told = rehearsed(fixture);
        let rows = quotes(&page, fixture);
        assert!(rows.len() >= 7, "{fixture}: {} rows", rows.len());
        for (line, words) in rows {
            assert!(!words.is_empty() && says(&told, &words), "{fixture}: {line}\n{told}");
        }
    }
    assert!(says("one\ntwo", &["one", "two"]) && !says("one\ntwo", &["two", "one"]));
}

#[test]
fn every_environment_of_a_fixture_is_on_the_page() {
    let page = std::fs::read_to_string(common::repository().join("docs/seeds.md")).unwrap();
    for fixture in FIXTURES {
        let file: Table = config_text(fixture).parse().unwrap();
        let rows = rows(&page, fixture);
        for environment in file["environment"].as_table().unwrap().keys() {
            let key = format!("environment.{environment}");
            let names = |word: &str| {
                let rest = word.strip_prefix(&key);
                rest.is_some_and(|rest| rest.starts_with('.') || rest.starts_with(" = "))
            };
            let named = rows.iter().any(|row| words(row.carried_by).any(names));
            assert!(named, "docs/seeds.md does not say what carries `{key}` of {fixture}");
        }
    }
}

#[test]
fn a_false_claim_is_found() {
    let file = Value::Table(config_text("quckchat").parse().unwrap());
    let holds_claim = |claim: &str| holds(&file, &Value::Table(claim.parse().unwrap()));
    assert!(holds_claim(
        "environment.qa = { data = \"test\", trigger.on = \"pull-request-merge\" }"
    ));
    assert!(!holds_claim("environment.qa = { data = \"real\" }"));
    assert!(!holds_claim("environment.qa = { data = \"test\", colour = \"red\" }"));
    assert!(resolves(&file, "environment.qa.gate.previous"));
    assert!(!resolves(&file, "environment.qa.gate.soak"));
}
