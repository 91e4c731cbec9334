//! What a configuration must hold to beside its form. Every rule has a broken file under `fixtures/invalid/`.

mod branches;
mod components;
mod cut;
mod gates;
mod identity;
mod ladder;
mod parts;
mod scenario;

pub use self::scenario::check_scenario;
use super::diagnostic::Finding;
use super::document::{Document, Path};
use super::schema::File;
use crate::model::name::EnvironmentName;

/// What is wrong with a configuration; nothing when it holds.
pub fn validate(file: &File, document: &Document<'_>) -> Vec<Finding> {
    let mut checker = Checker {
        file,
        document,
        findings: Vec::new(),
    };
    checker.ladder();
    checker.environments();
    checker.targets();
    checker.gates();
    checker.teams();
    checker.identity();
    checker.components();
    checker.versions();
    checker.cut();
    checker.branches();
    checker.findings
}

/// The rules, with what they found so far.
struct Checker<'a> {
    file: &'a File,
    document: &'a Document<'a>,
    findings: Vec<Finding>,
}

impl Checker<'_> {
    fn find(&mut self, path: &Path, message: String, help: impl Into<String>, label: &str) {
        let finding = self.document.finding(path, message, Some(help.into()), label);
        self.findings.push(finding);
    }

    /// Whether an environment is there; a finding when it is not.
    fn known(&mut self, name: &EnvironmentName, path: &Path) -> bool {
        if self.file.environment.contains_key(name) {
            return true;
        }
        let names: Vec<&str> = self.file.environment.keys().map(EnvironmentName::as_str).collect();
        let help = super::nearest::suggest(name.as_str(), &names);
        self.find(
            path,
            format!("there is no environment `{name}`"),
            help,
            "unknown environment",
        );
        false
    }

    /// Whether a team is there; a finding when it is not.
    fn known_team(&mut self, name: &str, path: &Path) -> bool {
        if self.file.team.contains_key(name) {
            return true;
        }
        let names: Vec<&str> = self.file.team.keys().map(String::as_str).collect();
        let help = match names.is_empty() {
            true => format!("declare it: `[team.{name}]`"),
            false => super::nearest::suggest(name, &names),
        };
        self.find(path, format!("there is no team `{name}`"), help, "unknown team");
        false
    }
}

fn environment(name: &EnvironmentName) -> Path {
    Path::of(&["environment", name.as_str()])
}
