//! A scenario: there is something to rehearse, in environments that are there.

use super::Checker;
use crate::config::diagnostic::Finding;
use crate::config::document::{Document, Path};
use crate::config::scenario::{DeedKind, Scenario, ScriptedDeed};
use crate::config::settings::Settings;

/// What is wrong with a scenario.
pub fn check_scenario(scenario: &Scenario, settings: &Settings, document: &Document<'_>) -> Vec<Finding> {
    let mut checker = Checker {
        file: &settings.file,
        document,
        findings: Vec::new(),
    };
    if scenario.release.is_empty() {
        checker.find(
            &Path::of(&["release"]),
            "there is no release to rehearse".to_owned(),
            "add a `[[release]]`",
            "here",
        );
    }
    for (index, release) in scenario.release.iter().enumerate() {
        let path = Path::of(&["release"]).index(index);
        if let Some(fault) = &release.fault {
            checker.known(&fault.environment, &path.key("fault").key("environment"));
        }
        for (index, deed) in release.deed.iter().enumerate() {
            checker.deed(deed, &path.key("deed").index(index));
        }
    }
    for (index, approval) in scenario.approval.iter().enumerate() {
        let path = Path::of(&["approval"]).index(index).key("environment");
        checker.known(&approval.environment, &path);
    }
    for (index, promotion) in scenario.promotion.iter().enumerate() {
        let path = Path::of(&["promotion"]).index(index).key("environment");
        checker.known(&promotion.environment, &path);
    }
    checker.findings
}

impl Checker<'_> {
    fn deed(&mut self, deed: &ScriptedDeed, path: &Path) {
        self.known(&deed.at, &path.key("at"));
        if let Some(environment) = &deed.environment {
            self.known(environment, &path.key("environment"));
        }
        let given = [
            ("reason", deed.reason.is_some()),
            ("until", deed.until.is_some()),
            ("rules", !deed.rules.is_empty()),
        ];
        let (needed, taken): (&[&str], &[&str]) = match deed.does {
            DeedKind::Override => (&["reason", "until", "rules"], &["reason", "until", "rules"]),
            DeedKind::Lock => (&["reason"], &["reason", "until"]),
            DeedKind::Approve | DeedKind::Unlock => (&[], &["reason"]),
            DeedKind::Promote => (&[], &[]),
        };
        for (key, is_given) in given {
            if needed.contains(&key) && !is_given {
                let help = format!("add `{key}`, as the command asks for it");
                self.find(&path.key("does"), format!("it needs `{key}`"), help, "here");
            }
            if is_given && !taken.contains(&key) {
                let message = format!("the command takes no `{key}`");
                self.find(&path.key(key), message, "leave it out", "here");
            }
        }
    }
}
