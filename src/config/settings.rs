//! The resolved configuration: what the commands work with.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::load::Entry;
use super::schema::{Component, File};
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::environment::Environment;
use crate::model::image::ImageRepository;
use crate::model::ladder::Ladder;
use crate::model::name::{CommitId, ComponentName, EnvironmentName};
use crate::model::policy::{Freeze, Team};
use crate::model::repository_setup::RepositorySetup;
use crate::model::stream::Stream;
use crate::model::verdict::PolicyRef;
use crate::model::version_file::VersionFile;
use crate::plan::changes::Rules;

/// The resolved configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The file, checked.
    pub file: File,
    /// The folder that relative paths start from: the one that holds the file.
    pub root: PathBuf,
    /// The file as it was read.
    pub text: String,
    /// Where the file was read, for people: a path, or a ref and a commit.
    pub source: String,
    /// The default branch, where it was asked for.
    pub default_branch: Option<String>,
    /// The place on it that the file was read at; nothing where it is the work tree's.
    pub read_at: Option<ReadAt>,
    /// What the project is called: by the file, else by its folder.
    pub project: String,
    /// Whether a ledger is kept: where there are environments, a `[ledger]` or a `[cut]`.
    pub keeps_ledger: bool,
    /// The order of the environments.
    pub ladder: Ladder,
    /// The remote that shares tags, branches and the ledger.
    pub remote: String,
    /// The branch that holds the ledger.
    pub ledger_branch: String,
    /// The file that holds check results.
    pub checks_file: PathBuf,
    /// Whether somebody chose that file, so that results are read nowhere else.
    pub checks_file_chosen: bool,
    /// The files of keys that `[identity]` names.
    pub keys: KeyFiles,
    /// Every setting with its origin, by key.
    pub entries: Vec<Entry>,
}

/// A configuration in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadAt {
    /// The commit.
    pub commit: CommitId,
    /// The path of the file, from the root of the repository.
    pub path: PathBuf,
}

/// What the files of keys hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyFiles {
    /// SSH keys and whose they are.
    pub allowed_signers: Option<Vec<u8>>,
    /// OpenPGP keys, armored.
    pub gpg_keyring: Option<Vec<u8>>,
}

/// A component with its defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedComponent {
    /// Its name.
    pub name: ComponentName,
    /// The paths that belong to it; everything when empty.
    pub paths: Vec<String>,
    /// What stands before the version in its tags.
    pub tag_prefix: String,
    /// The files that say its version.
    pub version_files: Vec<VersionFile>,
    /// The changelog that gets its notes.
    pub changelog: Option<String>,
    /// The patterns of the files of its releases.
    pub assets: Vec<String>,
    /// What it depends on, directly or by others; without itself.
    pub dependencies: Vec<(ComponentName, Vec<String>)>,
    /// Where its images are pushed to.
    pub image: Option<ImageRepository>,
    /// The tags of its images beside their version, by template.
    pub tags: Vec<String>,
    /// The layout that its build leaves behind.
    pub layout: Option<PathBuf>,
    /// How its image repository is made.
    pub repository: Option<RepositorySetup>,
}

/// What the tags of a component begin with.
pub(super) fn tag_prefix(own: Option<&str>, component: &str, many: bool) -> String {
    match own {
        Some(own) => own.to_owned(),
        None if many => format!("{component}-v"),
        None => "v".to_owned(),
    }
}

impl Settings {
    /// Whether a configuration of this text says the same, where `beside` reads the files that it names.
    ///
    /// # Errors
    /// One of these files cannot be read.
    pub fn says(&self, text: &str, beside: &dyn Fn(&str) -> Result<Option<Vec<u8>>>) -> Result<bool> {
        if self.text != text {
            return Ok(false);
        }
        let identity = &self.file.identity;
        let signers = identity.allowed_signers.iter().zip(&self.keys.allowed_signers);
        for (name, content) in signers.chain(identity.gpg_keyring.iter().zip(&self.keys.gpg_keyring)) {
            if beside(name)?.as_ref() != Some(content) {
                return Ok(false);
            }
        }
        let freezes = self
            .file
            .environment
            .values()
            .filter_map(|found| found.gate.freeze.as_ref());
        for calendar in freezes.filter_map(|freeze| freeze.calendar.as_ref()) {
            if beside(calendar.path())?.map(|content| Digest::of(&content)).as_ref() != calendar.digest() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether there is an environment at all.
    ///
    /// # Errors
    /// A usage error when there is none.
    pub fn climbs(&self) -> Result<()> {
        match self.file.environment.is_empty() {
            false => Ok(()),
            true => Err(Error::usage(
                format!("{} has no environment", self.source),
                "add those that a release goes through, such as `[environment.dev]`",
            )),
        }
    }

    /// An environment by name.
    ///
    /// # Errors
    /// A usage error that names the nearest one.
    pub fn environment(&self, name: &EnvironmentName) -> Result<&Environment> {
        self.file.environment.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.ladder.environments().map(EnvironmentName::as_str).collect();
            Error::usage(
                format!("there is no environment `{name}` in {}", self.source),
                super::nearest::suggest(name.as_str(), &known),
            )
        })
    }

    /// The streams of the ledger that tell of a component, its environments and their locks.
    pub fn streams(&self, component: &ComponentName) -> Vec<Stream> {
        let of_each = self.ladder.environments().flat_map(|name| {
            [
                Stream::Environment(name.clone(), component.clone()),
                Stream::Lock(name.clone()),
            ]
        });
        let own = [Stream::Component(component.clone()), Stream::Ladder];
        own.into_iter().chain(of_each).collect()
    }

    /// The components, in the order of their names.
    pub fn components(&self) -> Vec<ResolvedComponent> {
        let many = self.file.component.len() > 1;
        let resolve = |(name, component): (&ComponentName, &Component)| ResolvedComponent {
            name: name.clone(),
            paths: component.paths.clone(),
            tag_prefix: tag_prefix(component.tag_prefix.as_deref(), name.as_str(), many),
            version_files: component.version_files.clone(),
            changelog: component.changelog.clone(),
            assets: component.assets.clone(),
            dependencies: self.dependencies(name),
            image: component.image.clone(),
            tags: component.tags.clone(),
            layout: component.layout.clone(),
            repository: component.repository.clone(),
        };
        self.file.component.iter().map(resolve).collect()
    }

    fn dependencies(&self, of: &ComponentName) -> Vec<(ComponentName, Vec<String>)> {
        let direct = |name: &ComponentName| {
            self.file
                .component
                .get(name)
                .into_iter()
                .flat_map(|found| &found.depends_on)
        };
        let mut found: Vec<&ComponentName> = Vec::new();
        let mut next: Vec<&ComponentName> = direct(of).collect();
        while let Some(name) = next.pop() {
            if name != of && !found.contains(&name) {
                found.push(name);
                next.extend(direct(name));
            }
        }
        found.sort();
        let paths = |name: &ComponentName| self.file.component.get(name).map(|found| found.paths.clone());
        let named = found.into_iter().filter_map(|name| Some((name.clone(), paths(name)?)));
        named.collect()
    }

    /// What the types of commits ask for.
    pub fn rules(&self) -> Rules {
        let types = self.file.version.types.iter();
        Rules::new(types.map(|(kind, asks)| (kind.clone(), asks.bump())))
    }

    /// A component by name, or the only one.
    ///
    /// # Errors
    /// A usage error when there is none of that name, or many and no name.
    pub fn component(&self, name: Option<&ComponentName>) -> Result<ResolvedComponent> {
        let mut components = self.components();
        let known: Vec<&str> = self.file.component.keys().map(ComponentName::as_str).collect();
        match name {
            Some(name) => {
                let found = components.iter().position(|component| component.name == *name);
                found.map(|index| components.swap_remove(index)).ok_or_else(|| {
                    Error::usage(
                        format!("there is no component `{name}` in {}", self.source),
                        super::nearest::suggest(name.as_str(), &known),
                    )
                })
            }
            None if components.len() == 1 => Ok(components.swap_remove(0)),
            None => Err(Error::usage(
                "there are many components",
                format!("choose one with --component: {}", known.join(", ")),
            )),
        }
    }

    /// The teams.
    pub fn teams(&self) -> BTreeMap<String, Team> {
        self.file.team.clone()
    }

    /// The policy of an environment's gate: its digest, and where it was read.
    pub fn policy(&self, name: &EnvironmentName) -> Result<PolicyRef> {
        let environment = self.environment(name)?;
        let digest = |file: &Option<Vec<u8>>| file.as_ref().map(|content| Digest::of(content));
        let mut rules = serde_json::json!({
            "after": environment.after,
            "gate": environment.gate,
            "team": self.file.team,
            "identity": self.file.identity,
            "allowed-signers": digest(&self.keys.allowed_signers),
            "gpg-keyring": digest(&self.keys.gpg_keyring),
        });
        let calendar = |freeze: &Option<Freeze>| Some(serde_json::json!(freeze.as_ref()?.calendar.as_ref()?.digest()));
        if let Some(digest) = calendar(&environment.gate.freeze) {
            rules["calendar"] = digest;
        }
        if !environment.hotfix.is_empty() {
            rules["hotfix"] = serde_json::json!(environment.hotfix);
        }
        if let Some(digest) = calendar(&environment.hotfix.freeze) {
            rules["hotfix-calendar"] = digest;
        }
        Ok(PolicyRef {
            digest: Digest::of(rules.to_string().as_bytes()),
            source: self.source.clone(),
            commit: self.read_at.as_ref().map(|place| place.commit.clone()),
        })
    }
}
