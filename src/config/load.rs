//! From a file to settings: found, parsed, checked, and resolved with the flags and the environment.

use std::path::{Path as FilePath, PathBuf};

use serde::Serialize;

use super::diagnostic::Finding;
use super::document::{Document, Path};
use super::form::check_form;
use super::scenario::Scenario;
use super::schema::{Component, File};
use super::settings::{KeyFiles, Settings};
use super::validate::{check_scenario, validate};
use crate::cli::Global;
use crate::env_vars;
use crate::error::{Error, Result};
use crate::model::ladder::Ladder;

/// The name of the configuration file.
pub const FILE_NAME: &str = "tidegate.toml";

/// The name of the scenario that lies beside it.
pub const SCENARIO_NAME: &str = "rehearsal.toml";

/// The remote where nobody names one.
const REMOTE: &str = "origin";

/// What flags and the environment say in the place of the file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// The remote.
    pub remote: Option<(String, Origin)>,
    /// The branch of the ledger.
    pub ledger_branch: Option<(String, Origin)>,
    /// The file of check results, relative to the current folder.
    pub checks_file: Option<(PathBuf, Origin)>,
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A flag of the command line.
    Flag(String),
    /// An environment variable.
    Environment(String),
    /// A line of the file.
    File(String),
    /// Nobody says anything else.
    Default,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "flag {flag}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::File(place) => f.write_str(place),
            Self::Default => f.write_str("default"),
        }
    }
}

/// One resolved setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Entry {
    /// Its key, such as `environment.qa.data`.
    pub key: String,
    /// Its value, in JSON.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

impl Overrides {
    /// What the global flags say. A flag and its variable reach us as one value; the one that equals the variable is
    /// taken to be the variable's.
    pub fn of(global: &Global) -> Self {
        let origin = |flag: &str, variable: &str, value: &str| match env_vars::text(variable) {
            Some(text) if text == value => Origin::Environment(variable.to_owned()),
            _ => Origin::Flag(flag.to_owned()),
        };
        let named = |value: &Option<String>, flag: &str, variable: &str| {
            value
                .clone()
                .map(|value| (value.clone(), origin(flag, variable, &value)))
        };
        Self {
            remote: named(&global.remote, "--remote", "TIDEGATE_REMOTE"),
            ledger_branch: named(&global.ledger, "--ledger", "TIDEGATE_LEDGER"),
            checks_file: global.checks.clone().map(|file| {
                let origin = origin("--checks", "TIDEGATE_CHECKS", &file.to_string_lossy());
                (file, origin)
            }),
        }
    }
}

impl Overrides {
    /// The remote's name.
    pub fn remote(&self) -> String {
        let named = self.remote.as_ref().map(|(name, _)| name.clone());
        named.unwrap_or_else(|| REMOTE.to_owned())
    }
}

/// The configuration file in a folder or the nearest one above it.
pub fn find(start: &FilePath) -> Result<PathBuf> {
    let mut files = start.ancestors().map(|folder| folder.join(FILE_NAME));
    files.find(|file| file.is_file()).ok_or_else(|| {
        Error::usage(
            format!("there is no {FILE_NAME} in {} or a folder above it", start.display()),
            "run `tidegate init` to write one, or name one with --config",
        )
    })
}

/// Reads the configuration of the work tree.
pub fn read(file: &FilePath, overrides: &Overrides) -> Result<Settings> {
    let text = text(file)?;
    let whole = std::fs::canonicalize(file).map_err(|error| Error::file("reading", file, &error))?;
    let root = whole.parent().map_or_else(PathBuf::new, FilePath::to_owned);
    load(&text, &name(file), &root, overrides, &env_vars::text)
}

/// Reads the scenario beside a configuration, where there is one.
pub fn read_scenario(project: &FilePath, settings: &Settings) -> Result<Option<Scenario>> {
    let file = project.join(SCENARIO_NAME);
    if !file.exists() {
        return Ok(None);
    }
    load_scenario(&text(&file)?, &name(&file), settings).map(Some)
}

/// What a command says against a release of the scenario, counted from 0, told at its place in the file. Other errors, and
/// those of a rehearsal without a scenario, stay as they are.
pub fn at_release(project: &FilePath, place: usize, error: Error) -> Error {
    let file = project.join(SCENARIO_NAME);
    let Error::Usage { message, help } = error else {
        return error;
    };
    let Ok(text) = text(&file) else {
        return Error::usage(message, help);
    };
    let told = Document::parse(&name(&file), &text, &env_vars::text).and_then(|document| {
        let release = Path::of(&["release"]).index(place);
        let keys = ["final", "hotfix", "line"].map(|key| release.key(key));
        let known = keys.iter().find(|path| document.has(path));
        let label = "this release";
        document.check(vec![document.finding(
            known.unwrap_or(&release),
            message,
            Some(help),
            label,
        )])
    });
    match told {
        Err(error) => error,
        Ok(()) => Error::Internal("a finding that is none".to_owned()),
    }
}

fn text(file: &FilePath) -> Result<String> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Err(Error::usage(
            format!("{} is no UTF-8 text", file.display()),
            "save it as UTF-8",
        )),
        Err(error) => Err(Error::usage(
            format!("{} cannot be read: {error}", file.display()),
            "name a file that is there and that you may read",
        )),
    }
}

/// The file's own name, as people say it.
fn name(file: &FilePath) -> String {
    file.file_name().map_or_else(
        || file.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// Checks a scenario against the settings.
pub fn load_scenario(text: &str, source: &str, settings: &Settings) -> Result<Scenario> {
    let document = Document::parse(source, text, &env_vars::text)?;
    document.check(check_form(&document, schemars::schema_for!(Scenario).as_value()))?;
    let scenario: Scenario = document.read()?;
    document.check(check_scenario(&scenario, settings, &document))?;
    Ok(scenario)
}

/// Checks and resolves a configuration. `root` is the folder that relative paths start from; the files that the
/// configuration names are read there.
pub fn load(
    text: &str,
    source: &str,
    root: &FilePath,
    overrides: &Overrides,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Settings> {
    let beside = |path: &str| match std::fs::read(root.join(path)) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("reading", &root.join(path), &error)),
    };
    load_with(text, source, root, overrides, variable, &beside)
}

/// The same where `beside` reads the files that the configuration names, by their paths from its folder.
pub fn load_with(
    text: &str,
    source: &str,
    root: &FilePath,
    overrides: &Overrides,
    variable: &dyn Fn(&str) -> Option<String>,
    beside: &dyn Fn(&str) -> Result<Option<Vec<u8>>>,
) -> Result<Settings> {
    let document = Document::parse(source, text, variable)?;
    document.check(check_form(&document, schemars::schema_for!(File).as_value()))?;
    let mut file: File = document.read()?;
    document.check(validate(&file, &document))?;
    let mut findings = read_calendars(&mut file, &document, beside)?;
    let keys = read_keys(&file, &document, beside, &mut findings)?;
    document.check(findings)?;
    let settings = resolve(file, &document, root, overrides)?;
    Ok(Settings { keys, ..settings })
}

/// Reads the files of keys. One that is not there is found where the configuration names it.
fn read_keys(
    file: &File,
    document: &Document<'_>,
    beside: &dyn Fn(&str) -> Result<Option<Vec<u8>>>,
    findings: &mut Vec<Finding>,
) -> Result<KeyFiles> {
    let mut read = |key: &str, name: &Option<String>| -> Result<Option<Vec<u8>>> {
        let Some(name) = name else { return Ok(None) };
        let content = beside(name)?;
        if content.is_none() {
            let message = format!("there is no file `{name}`");
            let help = "commit it beside this file, or correct its path".to_owned();
            findings.push(document.finding(&Path::of(&["identity", key]), message, Some(help), "named here"));
        }
        Ok(content)
    };
    Ok(KeyFiles {
        allowed_signers: read("allowed-signers", &file.identity.allowed_signers)?,
        gpg_keyring: read("gpg-keyring", &file.identity.gpg_keyring)?,
    })
}

/// Reads the calendars of the freezes. What is wrong with one is found where the configuration names it.
fn read_calendars(
    file: &mut File,
    document: &Document<'_>,
    beside: &dyn Fn(&str) -> Result<Option<Vec<u8>>>,
) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (name, environment) in &mut file.environment {
        for (rules, freeze) in [
            ("gate", &mut environment.gate.freeze),
            ("hotfix", &mut environment.hotfix.freeze),
        ] {
            let Some(calendar) = freeze.as_mut().and_then(|freeze| freeze.calendar.as_mut()) else {
                continue;
            };
            let (message, help) = match beside(calendar.path())? {
                None => (
                    format!("there is no calendar `{calendar}`"),
                    "commit the iCalendar file beside this one, or correct its path",
                ),
                Some(content) => match calendar.read(&content) {
                    Ok(()) => continue,
                    Err(error) => (
                        format!("the calendar `{calendar}` cannot be used: {error}"),
                        "correct it there; what it freezes would not be known",
                    ),
                },
            };
            let path = Path::of(&["environment", name.as_str(), rules, "freeze", "calendar"]);
            findings.push(document.finding(&path, message, Some(help.to_owned()), "named here"));
        }
    }
    Ok(findings)
}

/// The settings of a folder without a configuration: every default, one component, no environment.
pub fn without_file(root: &FilePath, overrides: &Overrides) -> Result<Settings> {
    let document = Document::parse("the defaults", "", &|_| None)?;
    resolve(document.read()?, &document, root, overrides)
}

fn resolve(mut file: File, document: &Document<'_>, root: &FilePath, overrides: &Overrides) -> Result<Settings> {
    if file.component.is_empty() {
        file.component.insert("app".parse()?, Component::default());
    }
    let ladder = Ladder::new(&file.environment)
        .map_err(|names| Error::Internal(format!("a cycle in a checked ladder: {names:?}")))?;
    let mut entries = entries(&file, document);
    let mut resolve = |key: &[&str], over: &Option<(String, Origin)>, own: &Option<String>, default: &str| {
        let path = Path::of(key);
        let name = path.to_string();
        let (value, origin) = match (over, own) {
            (Some((value, origin)), _) => (value.clone(), origin.clone()),
            (None, Some(value)) => (value.clone(), place(document, &path)),
            (None, None) => (default.to_owned(), Origin::Default),
        };
        entries.retain(|entry| entry.key != name);
        entries.push(Entry {
            key: name,
            value: serde_json::Value::from(value.clone()).to_string(),
            origin,
        });
        value
    };
    let remote = resolve(&["ledger", "remote"], &overrides.remote, &file.ledger.remote, REMOTE);
    let own_branch = &file.ledger.branch;
    let ledger_branch = resolve(
        &["ledger", "branch"],
        &overrides.ledger_branch,
        own_branch,
        "tidegate/ledger",
    );
    let path_text = |path: &PathBuf| path.display().to_string();
    let over = overrides
        .checks_file
        .as_ref()
        .map(|(path, origin)| (path_text(path), origin.clone()));
    let own = file.checks.file.as_ref().map(path_text);
    let checks = resolve(&["checks", "file"], &over, &own, ".tidegate/checks.json");
    let checks_file = match &overrides.checks_file {
        Some((path, _)) => path.clone(),
        None => root.join(checks),
    };
    entries.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(Settings {
        root: root.to_owned(),
        text: document.text().to_owned(),
        source: document.name().to_owned(),
        project: file
            .project
            .as_ref()
            .map_or_else(|| name(root), |project| project.name.clone()),
        keeps_ledger: !file.environment.is_empty()
            || ["ledger", "cut"].iter().any(|table| document.has(&Path::of(&[table]))),
        ladder,
        remote,
        ledger_branch,
        checks_file,
        checks_file_chosen: overrides.checks_file.is_some() || file.checks.file.is_some(),
        default_branch: None,
        read_at: None,
        keys: KeyFiles::default(),
        file,
        entries,
    })
}

fn place(document: &Document<'_>, path: &Path) -> Origin {
    Origin::File(format!("{}:{}", document.name(), document.line(path)))
}

/// Every setting, the defaults included: what the file says has its line.
fn entries(file: &File, document: &Document<'_>) -> Vec<Entry> {
    let mut entries = Vec::new();
    let value = serde_json::to_value(file).unwrap_or_default();
    collect(&value, &Path::default(), document, &mut entries);
    entries
}

fn collect(value: &serde_json::Value, path: &Path, document: &Document<'_>, entries: &mut Vec<Entry>) {
    match value {
        serde_json::Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                collect(value, &path.key(key), document, entries);
            }
        }
        serde_json::Value::Object(_) => {}
        leaf => entries.push(Entry {
            key: path.to_string(),
            value: leaf.to_string(),
            origin: if document.has(path) {
                place(document, path)
            } else {
                Origin::Default
            },
        }),
    }
}
