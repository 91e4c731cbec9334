//! A scenario: there is something to rehearse, in environments that are there.

use std::path::Component;

use super::Checker;
use crate::config::diagnostic::Finding;
use crate::config::document::{Document, Path};
use crate::config::scenario::{DeedKind, Scenario, ScriptedCommit, ScriptedDeed, ScriptedRelease};
use crate::config::settings::Settings;
use crate::error::Error;
use crate::model::name::EnvironmentName;

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
    if scenario.actor.contains(char::is_control) {
        let message = "a name is one line".to_owned();
        checker.find(
            &Path::of(&["actor"]),
            message,
            "leave out what is no letter of it",
            "here",
        );
    }
    for (index, commit) in scenario.history.iter().enumerate() {
        checker.files(commit, &Path::of(&["history"]).index(index));
    }
    for (index, release) in scenario.release.iter().enumerate() {
        let path = Path::of(&["release"]).index(index);
        for (index, commit) in release.commit.iter().enumerate() {
            checker.files(commit, &path.key("commit").index(index));
        }
        checker.reached(release, &path, settings);
        let before = scenario.release.get(..index).unwrap_or_default();
        checker.component(release, &path, settings);
        checker.branch(release, &path, before);
        if let Some(last) = &release.up_to {
            checker.known(last, &path.key("up-to"));
        }
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

/// Whether a file of that name is one of the project.
fn is_of_project(path: &std::path::Path) -> bool {
    let is_name = |part: Component<'_>| match part {
        Component::Normal(name) => !name.eq_ignore_ascii_case(".git"),
        _ => false,
    };
    !path.as_os_str().is_empty() && path.components().all(is_name)
}

impl Checker<'_> {
    /// The files of a commit are those of the project.
    fn files(&mut self, commit: &ScriptedCommit, path: &Path) {
        for file in commit.files.keys().filter(|file| !is_of_project(file)) {
            let name = file.display().to_string();
            let message = format!("`{name}` is no file of the project");
            let help = "name it from the project's folder, such as `docs/search.md`";
            self.find(&path.key("files").key(&name), message, help, "elsewhere");
        }
    }

    /// What is to happen in an environment that the release is not to enter never happens.
    fn reached(&mut self, release: &ScriptedRelease, path: &Path, settings: &Settings) {
        let Some(last) = &release.up_to else { return };
        let beyond: Vec<&EnvironmentName> = settings
            .ladder
            .environments()
            .skip_while(|name| *name != last)
            .skip(1)
            .collect();
        let fault = release.fault.as_ref().map(|fault| &fault.environment);
        let fault = fault.map(|name| (name, path.key("fault").key("environment")));
        let deeds = release.deed.iter().enumerate();
        let deeds = deeds.map(|(index, deed)| (&deed.at, path.key("deed").index(index).key("at")));
        for (name, place) in fault.into_iter().chain(deeds) {
            if beyond.contains(&name) {
                let message = format!("the release does not come to `{name}`: it goes up to `{last}`");
                self.find(
                    &place,
                    message,
                    "name an environment on its way, or leave it out",
                    "never",
                );
            }
        }
    }

    fn component(&mut self, release: &ScriptedRelease, path: &Path, settings: &Settings) {
        let key = match (&release.line, &release.hotfix) {
            (Some(_), _) => "line",
            (None, Some(_)) => "hotfix",
            (None, None) => "component",
        };
        match &release.component {
            Some(name) => {
                if let Err(Error::Usage { message, help }) = settings.component(Some(name)) {
                    self.find(&path.key("component"), message, help, "unknown component");
                }
            }
            None if key != "component" && settings.components().len() > 1 => {
                let message = "there are many components, and each has its own".to_owned();
                self.find(&path.key(key), message, "add `component`", "here");
            }
            None => {}
        }
    }

    /// The branch that a release is made on, and what becomes final there.
    fn branch(&mut self, release: &ScriptedRelease, path: &Path, before: &[ScriptedRelease]) {
        if release.line.is_some() && release.hotfix.is_some() {
            let message = "a release is made on a line, or it is a hotfix".to_owned();
            self.find(&path.key("hotfix"), message, "leave out `line` or `hotfix`", "here");
        }
        if let Some(version) = release.hotfix.as_ref().filter(|version| !version.is_patch()) {
            let message = format!("{version} is no version of a hotfix");
            let help = "give the patch that the fix is released as, such as 1.4.1";
            self.find(&path.key("hotfix"), message, help, "here");
        }
        let is_same = |other: &ScriptedRelease| other.hotfix == release.hotfix && other.component == release.component;
        let brings_nothing = release.commit.is_empty() && !release.last_candidate && !before.iter().any(is_same);
        if release.hotfix.is_some() && brings_nothing {
            let message = "a hotfix without a commit is no release".to_owned();
            self.find(&path.key("hotfix"), message, "add the `commit` that fixes it", "here");
        }
        if release.by.is_some() && release.hotfix.is_none() {
            let message = "it says who opens a hotfix, and this is none".to_owned();
            self.find(&path.key("by"), message, "leave it out, or add `hotfix`", "here");
        }
        if !release.last_candidate {
            return;
        }
        let place = path.key("final");
        let of = match (&release.line, &release.hotfix) {
            (Some(line), _) => line.to_string(),
            (None, Some(version)) => version.to_string(),
            (None, None) => {
                let message = "it does not say whose last candidate it is".to_owned();
                return self.find(&place, message, "add `line` or `hotfix`", "here");
            }
        };
        let same = |other: &ScriptedRelease| {
            let branch = (&other.line, &other.hotfix) == (&release.line, &release.hotfix);
            branch && other.component == release.component && !other.last_candidate
        };
        if !before.iter().any(same) {
            let message = format!("no release before this one makes a candidate of {of}");
            self.find(&place, message, "add one above, without `final`", "here");
        }
        for (key, given) in [
            ("commit", !release.commit.is_empty()),
            ("image", release.image.is_some()),
        ] {
            if given {
                let message = format!("the last candidate goes out as it is, without a `{key}` of its own");
                self.find(&path.key(key), message, "leave it out, or leave out `final`", "here");
            }
        }
    }

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
