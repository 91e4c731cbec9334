//! The components, and how their versions are counted.

use std::collections::BTreeMap;

use super::Checker;
use crate::config::document::Path;
use crate::config::nearest::suggest;
use crate::model::commit::{TagKind, Through};
use crate::model::name::ComponentName;
use crate::model::ownership::Ownership;
use crate::model::repository_setup::{MOST_PATTERNS, Mutability, RepositorySetup};
use crate::plan::push::tags::{Values, make};

impl Checker<'_> {
    pub(super) fn components(&mut self) {
        let many = self.file.component.len() > 1;
        let mut prefixes: BTreeMap<String, &str> = BTreeMap::new();
        for (name, component) in &self.file.component {
            let path = Path::of(&["component", name.as_str()]);
            let default = || if many { format!("{name}-v") } else { "v".to_owned() };
            let prefix = component.tag_prefix.clone().unwrap_or_else(default);
            if let Some(other) = prefixes.insert(prefix.clone(), name.as_str()) {
                let message = format!("`{name}` and `{other}` both tag with `{prefix}`");
                let help = "give each component a prefix of its own";
                self.find(&path.key("tag-prefix"), message, help, "taken");
            }
            for (index, owned) in component.paths.iter().enumerate() {
                if let Err(error) = Ownership::of(std::slice::from_ref(owned)) {
                    let path = path.key("paths").index(index);
                    self.find(&path, format!("`{owned}` is no {}", error.what), error.why, "here");
                }
            }
            for (index, pattern) in component.assets.iter().enumerate() {
                let wrong = match globset::Glob::new(pattern) {
                    Err(error) => Some(error.kind().to_string()),
                    Ok(_) if pattern.starts_with('/') || pattern.split('/').any(|part| part == "..") => {
                        Some("it leads out of the project".to_owned())
                    }
                    Ok(_) => None,
                };
                if let Some(why) = wrong {
                    let path = path.key("assets").index(index);
                    let message = format!("`{pattern}` is no pattern of files: {why}");
                    self.find(
                        &path,
                        message,
                        "write a file, or a pattern such as `dist/*.tar.gz`",
                        "here",
                    );
                }
            }
            for (index, template) in component.tags.iter().enumerate() {
                if let Err(error) = make(template, &Values::default()) {
                    let path = path.key("tags").index(index);
                    let message = format!("`{template}` makes no tag of an image: {error}");
                    let help = "write a tag, or a template such as `{{major}}.{{minor}}` or `sha-{{sha}}`";
                    self.find(&path, message, help, "here");
                }
            }
            if let Some(setup) = &component.repository {
                self.repository_setup(setup, &path.key("repository"));
            }
            for (index, needed) in component.depends_on.iter().enumerate() {
                let path = path.key("depends-on").index(index);
                if needed == name {
                    let message = format!("`{name}` cannot depend on itself");
                    self.find(&path, message, "take it out", "itself");
                } else if !self.file.component.contains_key(needed) {
                    let known: Vec<&str> = self.file.component.keys().map(ComponentName::as_str).collect();
                    let message = format!("there is no component `{needed}`");
                    self.find(&path, message, suggest(needed.as_str(), &known), "unknown component");
                }
            }
        }
    }

    fn repository_setup(&mut self, setup: &RepositorySetup, at: &Path) {
        let path = at.key("mutable-tags");
        let patterns = setup.mutable_tags.len();
        if patterns > MOST_PATTERNS {
            let message = format!("{patterns} patterns of tags are more than ECR takes");
            let help = format!("keep {MOST_PATTERNS} of them, or join some with `*`");
            self.find(&path, message, help, "too many");
        } else if patterns > 0 && setup.tag_mutability == Mutability::Mutable {
            let message = "every tag can be moved, so these are no exceptions".to_owned();
            let help = "take them out, or write `tag-mutability = \"immutable\"`";
            self.find(&path, message, help, "here");
        }
        if setup.kms_key.as_ref().is_some_and(String::is_empty) {
            let help = "name the key, or take `kms-key` out";
            self.find(&at.key("kms-key"), "there is no key".to_owned(), help, "empty");
        }
    }

    pub(super) fn versions(&mut self) {
        if (self.file.tag.kind, self.file.tag.through) == (TagKind::Signed, Through::Github) {
            let path = Path::of(&["tag", "through"]);
            let message = "GitHub signs no tag".to_owned();
            let help =
                "take `through` out, or let the tags be `annotated`: the commits of Apps and workflows are signed";
            self.find(&path, message, help, "here");
        }
        for pattern in self.file.version.channels.keys() {
            if let Err(error) = globset::Glob::new(pattern) {
                let path = Path::of(&["version", "channels", pattern]);
                let message = format!("`{pattern}` is no pattern of branches: {}", error.kind());
                self.find(
                    &path,
                    message,
                    "write a branch, or a pattern such as `release/*`",
                    "here",
                );
            }
        }
        if let Some(initial) = self
            .file
            .version
            .initial
            .as_ref()
            .filter(|version| version.is_prerelease())
        {
            let message = format!("the first version cannot be the prerelease {initial}");
            let help = format!("write {}; `tag --channel` makes candidates of it", initial.core());
            self.find(&Path::of(&["version", "initial"]), message, help, "here");
        }
    }
}
