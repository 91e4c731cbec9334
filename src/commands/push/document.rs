//! What `push` hands over.

use schemars::JsonSchema;
use serde::Serialize;

use crate::exit_code::ExitCode;
use crate::model::digest::Digest;
use crate::model::name::ComponentName;
use crate::model::refusal::Refusal;
use crate::model::step::Step;
use crate::model::version::Version;
use crate::report::document::{Annotation, Document, Level, Text};
use crate::report::github::markdown;
use crate::report::steps;

/// The result of `push`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PushDocument {
    /// The component.
    pub component: ComponentName,
    /// The digest of the image.
    pub digest: Digest,
    /// The image by digest.
    pub image: String,
    /// The repository.
    pub repository: String,
    /// The version.
    pub version: Version,
    /// The tags of the image.
    pub tags: Vec<String>,
    /// Whether anything had to be done and was done.
    pub pushed: bool,
    /// How many bytes of blobs were uploaded.
    pub bytes_uploaded: u64,
    /// How many blobs were uploaded.
    pub blobs_uploaded: usize,
    /// How many blobs were there before.
    pub blobs_skipped: usize,
    /// Whether the steps were only planned.
    pub dry_run: bool,
    /// What was left to do.
    pub steps: Vec<Step>,
    /// Why nothing was pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

impl Document for PushDocument {
    const SCHEMA: &'static str = "tidegate.push/1";

    fn exit_code(&self) -> ExitCode {
        match self.refusal {
            Some(_) => ExitCode::Refused,
            None => ExitCode::Done,
        }
    }

    fn text(&self) -> Text {
        if let Some(refusal) = &self.refusal {
            return Text {
                stdout: String::new(),
                stderr: format!("refused: {}\n{}\n", refusal.reason, refusal.help),
            };
        }
        let tags = self.tags.join(", ");
        let stderr = match (self.dry_run, self.steps.is_empty()) {
            (_, true) => format!("{} is in {} already, as {tags}\n", self.digest.short(), self.repository),
            (true, false) => format!("would push to {}:\n{}", self.repository, steps::text(&self.steps)),
            (false, false) => format!(
                "pushed to {} as {tags}: {} blobs ({} bytes) uploaded, {} there before\n",
                self.repository, self.blobs_uploaded, self.bytes_uploaded, self.blobs_skipped
            ),
        };
        Text {
            stdout: format!("{}\n", self.digest),
            stderr,
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        if self.refusal.is_some() {
            return vec![("pushed", "false".to_owned())];
        }
        vec![
            ("digest", self.digest.to_string()),
            ("image", self.image.clone()),
            ("version", self.version.to_string()),
            ("tags", self.tags.join(" ")),
            ("pushed", self.pushed.to_string()),
        ]
    }

    fn annotation(&self) -> Option<Annotation> {
        self.refusal.as_ref().map(|refusal| Annotation {
            level: Level::Error,
            title: format!("push of {} {} refused", self.component, self.version),
            message: format!("{}\n{}", refusal.reason, refusal.help),
        })
    }

    fn summary(&self) -> Option<String> {
        let said = match &self.refusal {
            Some(refusal) => format!("**Refused**: {}", markdown(&refusal.reason)),
            None => format!("**{}** is {}", self.version, markdown(&self.image)),
        };
        Some(format!(
            "### tidegate push: {}\n\n{said}\n",
            markdown(self.component.as_str())
        ))
    }
}
