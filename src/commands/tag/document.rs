//! What `tag` hands over.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::publish::Published;
use crate::exit_code::ExitCode;
use crate::model::name::{CommitId, ComponentName};
use crate::model::refusal::Refusal;
use crate::model::step::{Action, Step};
use crate::model::version::{Bump, Version};
use crate::plan::tag::why::Why;
use crate::plan::tag::{Chosen, Decision};
use crate::report::document::{Annotation, Document, Level, Text};
use crate::report::github::markdown;

/// How `tag` ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TagStatus {
    /// The version is new; in a dry run it would be.
    Created,
    /// The commit carried the version already.
    Exists,
    /// No commit asks for a release.
    None,
    /// A commit above this one carries this version or a higher one already.
    Superseded,
    /// It must not be tagged.
    Refused,
}

impl TagStatus {
    /// The word that stands for it in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Exists => "exists",
            Self::None => "none",
            Self::Superseded => "superseded",
            Self::Refused => "refused",
        }
    }
}

/// The result of `tag`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TagDocument {
    /// How it ended.
    pub status: TagStatus,
    /// The component.
    pub component: ComponentName,
    /// The version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Its major version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub major: Option<u64>,
    /// Its minor version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minor: Option<u64>,
    /// Its patch version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patch: Option<u64>,
    /// What makes it a prerelease, such as `rc.1`; absent when it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prerelease: Option<String>,
    /// The tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The tag of the version before it that the commit reaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_tag: Option<String>,
    /// How far the version moves; absent when it was given by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bump: Option<Bump>,
    /// The commit.
    pub commit: CommitId,
    /// The base, the deciding commit and the rule, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// The same, each in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// What changed since the previous tag, in Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The file that the notes are in, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes_file: Option<PathBuf>,
    /// Its release on GitHub, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<Published>,
    /// Workflows that wait for the tag, or its release, and may not start.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting_workflows: Vec<String>,
    /// Tags with the component's prefix that carry no semantic version.
    pub ignored_tags: Vec<String>,
    /// Whether the steps were only planned.
    pub dry_run: bool,
    /// What was left to do.
    pub steps: Vec<Step>,
    /// Why nothing was tagged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

impl TagDocument {
    /// A document about a component, before anything is decided.
    pub fn new(component: ComponentName, commit: CommitId, dry_run: bool) -> Self {
        Self {
            status: TagStatus::None,
            component,
            version: None,
            major: None,
            minor: None,
            patch: None,
            prerelease: None,
            tag: None,
            previous_tag: None,
            bump: None,
            commit,
            explanation: None,
            why: None,
            notes: None,
            notes_file: None,
            release: None,
            waiting_workflows: Vec::new(),
            ignored_tags: Vec::new(),
            dry_run,
            steps: Vec::new(),
            refusal: None,
        }
    }

    /// What is said of workflows that may not start.
    fn warning(&self) -> Option<String> {
        (!self.waiting_workflows.is_empty()).then(|| {
            format!(
                "{} waits for tags or releases, and those that a workflow's own token makes start no workflow: let an App make \
                 them (TIDEGATE_APP_ID, TIDEGATE_APP_PRIVATE_KEY), or call it from this workflow",
                self.waiting_workflows.join(", ")
            )
        })
    }

    /// What failed at the forge when the release was published.
    fn failed_release(&self) -> Option<&Refusal> {
        self.release.as_ref()?.failure.as_ref()
    }

    /// Whether its steps make a commit for the release.
    pub fn brings_commit(&self) -> bool {
        let makes = |step: &Step| matches!(step.action, Action::CommitRelease { .. });
        self.steps.iter().any(makes)
    }

    /// Takes a decision over.
    pub fn tell(&mut self, decision: &Decision) {
        let (status, chosen) = match decision {
            Decision::None(why) => {
                self.status = TagStatus::None;
                self.explanation = Some(why.words(&self.component, None));
                self.why = Some(why.clone());
                return;
            }
            Decision::Superseded { version, by } => {
                self.status = TagStatus::Superseded;
                self.explanation = Some(format!(
                    "{version} is not made: what is here went out with {by}, which is above"
                ));
                return;
            }
            Decision::Exists(chosen) => (TagStatus::Exists, chosen),
            Decision::Create(chosen) => (TagStatus::Created, chosen),
        };
        let Chosen { version, tag, bump, .. } = chosen;
        self.status = status;
        self.major = Some(version.0.major);
        self.minor = Some(version.0.minor);
        self.patch = Some(version.0.patch);
        self.prerelease = version.is_prerelease().then(|| version.0.pre.to_string());
        self.version = Some(version.clone());
        self.tag = Some(tag.clone());
        self.bump = *bump;
        self.explanation = Some(chosen.explanation.clone());
        self.why.clone_from(&chosen.why);
    }

    /// The same without a version: a step that goes on regardless must find nothing to go on with.
    #[must_use]
    pub fn refused(self, refusal: Refusal) -> Self {
        Self {
            status: TagStatus::Refused,
            version: None,
            major: None,
            minor: None,
            patch: None,
            prerelease: None,
            tag: None,
            bump: None,
            explanation: None,
            why: None,
            notes: None,
            notes_file: None,
            waiting_workflows: Vec::new(),
            steps: Vec::new(),
            refusal: Some(refusal),
            ..self
        }
    }
}

impl Document for TagDocument {
    const SCHEMA: &'static str = "tidegate.tag/1";

    fn exit_code(&self) -> ExitCode {
        let unpublished = self.release.as_ref().is_some_and(|release| release.refusal.is_some());
        match self.status {
            TagStatus::Refused => ExitCode::Refused,
            _ if unpublished => ExitCode::Refused,
            _ if self.failed_release().is_some() => ExitCode::Outside,
            _ => ExitCode::Done,
        }
    }

    fn text(&self) -> Text {
        let mut stderr = String::new();
        if !self.ignored_tags.is_empty() {
            stderr.push_str(&format!(
                "ignored, because they carry no semantic version: {}\n",
                self.ignored_tags.join(", ")
            ));
        }
        if let Some(refusal) = &self.refusal {
            stderr.push_str(&format!("refused: {}\n{}\n", refusal.reason, refusal.help));
        } else if let Some(explanation) = &self.explanation {
            stderr.push_str(&format!("{explanation}\n"));
        }
        if let Some(warning) = self.warning() {
            stderr.push_str(&format!("{warning}\n"));
        }
        let release = self.release.as_ref();
        if let Some(refusal) = release.and_then(|release| release.refusal.as_ref()) {
            stderr.push_str(&format!("not released: {}\n{}\n", refusal.reason, refusal.help));
        }
        if let Some(failure) = self.failed_release() {
            stderr.push_str(&format!("not released: {}\n{}\n", failure.reason, failure.help));
        }
        if let Some(url) = release.and_then(|release| release.url.as_ref()) {
            stderr.push_str(&format!("released at {url}\n"));
        }
        if self.dry_run {
            let released = release.into_iter().flat_map(|release| &release.steps);
            stderr.push_str(
                &self
                    .steps
                    .iter()
                    .chain(released)
                    .map(|step| format!("would {}\n", step.action))
                    .collect::<String>(),
            );
        }
        Text {
            stdout: self.tag.as_ref().map(|tag| format!("{tag}\n")).unwrap_or_default(),
            stderr,
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        let text = |value: Option<String>| value.unwrap_or_default();
        vec![
            ("status", self.status.word().to_owned()),
            ("version", text(self.version.as_ref().map(ToString::to_string))),
            ("major", text(self.major.map(|number| number.to_string()))),
            ("minor", text(self.minor.map(|number| number.to_string()))),
            ("patch", text(self.patch.map(|number| number.to_string()))),
            ("prerelease", text(self.prerelease.clone())),
            ("tag", text(self.tag.clone())),
            ("previous-tag", text(self.previous_tag.clone())),
            ("bump", text(self.bump.map(|bump| bump.to_string()))),
            ("commit", self.commit.to_string()),
            (
                "notes-file",
                text(self.notes_file.as_ref().map(|file| file.display().to_string())),
            ),
            (
                "release-url",
                text(self.release.as_ref().and_then(|release| release.url.clone())),
            ),
        ]
    }

    fn annotation(&self) -> Option<Annotation> {
        let unpublished = self.release.as_ref().and_then(|release| release.refusal.as_ref());
        let (refused, failed) = (self.refusal.as_ref().or(unpublished), self.failed_release());
        let warning = || {
            Some(Annotation {
                level: Level::Warning,
                title: format!("{} may start no workflow", self.tag.as_deref().unwrap_or_default()),
                message: self.warning()?,
            })
        };
        let error = refused.or(failed).map(|refusal| Annotation {
            level: Level::Error,
            title: match refused {
                Some(_) => format!("tag of {} refused", self.component),
                None => format!("release of {} failed", self.component),
            },
            message: format!("{}\n{}", refusal.reason, refusal.help),
        });
        error.or_else(warning)
    }

    fn summary(&self) -> Option<String> {
        let said = match (&self.refusal, &self.tag) {
            (Some(refusal), _) => format!("**Refused**: {}", markdown(&refusal.reason)),
            (None, Some(tag)) => format!("**{}** ({})", markdown(tag), self.status.word()),
            (None, None) => "No release".to_owned(),
        };
        let why = self.explanation.as_deref().map(markdown).unwrap_or_default();
        let notes = self.notes.as_deref().unwrap_or_default();
        Some(format!(
            "### tidegate tag: {}\n\n{said}\n\n{why}\n\n{notes}",
            markdown(self.component.as_str())
        ))
    }
}

/// The result of `tag --all`: every component in one pass over the history.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TagsDocument {
    /// Each component, in the order of their names.
    pub components: Vec<TagDocument>,
}

impl Document for TagsDocument {
    const SCHEMA: &'static str = "tidegate.tags/1";

    fn exit_code(&self) -> ExitCode {
        let codes = self.components.iter().map(Document::exit_code);
        codes.max_by_key(|code| u8::from(*code)).unwrap_or(ExitCode::Done)
    }

    fn text(&self) -> Text {
        let mut text = Text::default();
        for one in &self.components {
            let own = one.text();
            text.stdout.push_str(&own.stdout);
            let lines = own.stderr.lines();
            text.stderr
                .extend(lines.map(|line| format!("{}: {line}\n", one.component)));
        }
        text
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        let created = |one: &&TagDocument| one.status == TagStatus::Created;
        let tags: Vec<&str> = self
            .components
            .iter()
            .filter(created)
            .filter_map(|one| one.tag.as_deref())
            .collect();
        vec![
            ("status", if tags.is_empty() { "none" } else { "created" }.to_owned()),
            ("tags", tags.join("\n")),
        ]
    }

    fn annotation(&self) -> Option<Annotation> {
        self.components.iter().find_map(Document::annotation)
    }

    fn summary(&self) -> Option<String> {
        let each: Vec<String> = self.components.iter().filter_map(Document::summary).collect();
        Some(each.join("\n\n"))
    }
}
