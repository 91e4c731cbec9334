//! What `push` hands over.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::request::Request;
use super::transfer::Sent;
use crate::exit_code::ExitCode;
use crate::model::digest::Digest;
use crate::model::image::Image;
use crate::model::name::ComponentName;
use crate::model::refusal::Refusal;
use crate::model::step::Step;
use crate::model::version::Version;
use crate::plan::push::tags::KeptBack;
use crate::plan::push::{BlobState, Plan, PlannedBlob, PlannedTag};
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
    /// The image by digest, in the first repository.
    pub image: String,
    /// The digest of each platform's manifest.
    pub platforms: BTreeMap<String, Digest>,
    /// The version; nothing for an image of none, which the ledger does not record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The tags of the image in the first repository.
    pub tags: Vec<String>,
    /// Whether anything had to be done and was done.
    pub pushed: bool,
    /// What went into all repositories together.
    #[serde(flatten)]
    pub sums: Sums,
    /// Whether the steps were only planned.
    pub dry_run: bool,
    /// The repositories, in the order in which they were given.
    pub repositories: Vec<Pushed>,
    /// Why the image is not everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

/// How much went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sums {
    /// How many bytes of blobs were uploaded.
    pub bytes_uploaded: u64,
    /// How many bytes of blobs were there before.
    pub bytes_skipped: u64,
    /// How many bytes of blobs were mounted from other repositories.
    pub bytes_mounted: u64,
    /// How many blobs were uploaded.
    pub blobs_uploaded: usize,
    /// How many blobs were there before.
    pub blobs_skipped: usize,
    /// How many blobs were mounted from other repositories.
    pub blobs_mounted: usize,
}

/// What became of one repository.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Pushed {
    /// The repository.
    pub repository: String,
    /// The image by digest.
    pub image: String,
    /// Whether anything had to be done and was done.
    pub pushed: bool,
    /// How much went.
    #[serde(flatten)]
    pub sums: Sums,
    /// Each blob, as it was planned.
    pub blobs: Vec<PlannedBlob>,
    /// Each tag, as it was planned.
    pub tags: Vec<PlannedTag>,
    /// The tags that were asked for and are not set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept_back: Vec<KeptBack>,
    /// In what the repository is another than the configuration wants.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<String>,
    /// What was left to do.
    pub steps: Vec<Step>,
    /// The tags that no run of this kind sets.
    #[serde(skip)]
    never: Vec<KeptBack>,
    /// What was sent in all rounds: how long, and whether it was mounted.
    #[serde(skip)]
    sent: BTreeMap<Digest, (u64, bool)>,
}

impl Pushed {
    /// Takes a plan over. What an earlier one has sent stays counted.
    pub(super) fn planned(&mut self, plan: Plan) {
        (self.blobs, self.tags, self.steps) = (plan.blobs, plan.tags, plan.steps);
        self.sum();
    }

    pub(super) fn keep_back(&mut self, tags: Vec<KeptBack>) {
        self.kept_back = [self.never.clone(), tags].concat();
    }

    pub(super) fn count(&mut self, sent: Vec<Sent>) {
        self.pushed |= !sent.is_empty();
        self.sent
            .extend(sent.into_iter().map(|blob| (blob.digest, (blob.bytes, blob.mounted))));
        self.sum();
    }

    fn sum(&mut self) {
        let mut sums = Sums::default();
        for (bytes, mounted) in self.sent.values() {
            match mounted {
                true => (sums.blobs_mounted, sums.bytes_mounted) = (sums.blobs_mounted + 1, sums.bytes_mounted + bytes),
                false => {
                    (sums.blobs_uploaded, sums.bytes_uploaded) = (sums.blobs_uploaded + 1, sums.bytes_uploaded + bytes)
                }
            }
        }
        let there = self.blobs.iter().filter(|blob| blob.state == BlobState::Present);
        for blob in there.filter(|blob| !self.sent.contains_key(&blob.digest)) {
            (sums.blobs_skipped, sums.bytes_skipped) = (sums.blobs_skipped + 1, sums.bytes_skipped + blob.bytes);
        }
        self.sums = sums;
    }

    fn text(&self, digest: &Digest, dry_run: bool) -> String {
        let Sums {
            bytes_uploaded,
            blobs_uploaded,
            blobs_skipped,
            blobs_mounted,
            ..
        } = self.sums;
        let tags = names(&self.tags).join(", ");
        let mut text = match (dry_run, self.steps.is_empty()) {
            (_, true) => format!("{} is in {} already, as {tags}\n", digest.short(), self.repository),
            (true, false) => self.plan(),
            (false, false) => format!(
                "pushed to {} as {tags}: {blobs_uploaded} blobs ({bytes_uploaded} bytes) uploaded, {blobs_mounted} mounted, \
                 {blobs_skipped} there before\n",
                self.repository
            ),
        };
        for kept in &self.kept_back {
            text += &format!("the tag {} is not set: {}\n", kept.tag, kept.reason);
        }
        for difference in &self.differences {
            text += &format!("{} stays as it is, and differs: {difference}\n", self.repository);
        }
        text
    }

    fn plan(&self) -> String {
        let mut text = format!("would push to {}:\n{}", self.repository, steps::text(&self.steps));
        for blob in self.blobs.iter().filter(|blob| blob.state == BlobState::Present) {
            text += &format!(
                "  the repository has blob {} ({} bytes)\n",
                blob.digest.short(),
                blob.bytes
            );
        }
        for tag in &self.tags {
            text += &format!("  tag {}: {}\n", tag.name, tag.state.word());
        }
        text
    }
}

fn names(tags: &[PlannedTag]) -> Vec<&str> {
    tags.iter().map(|tag| tag.name.as_str()).collect()
}

impl PushDocument {
    /// Nothing is done yet.
    pub(super) fn new(request: &Request, image: &Image, dry_run: bool) -> Self {
        let digest = image.digest().clone();
        let repositories = request.to.iter().map(|to| Pushed {
            repository: to.to_string(),
            image: format!("{to}@{digest}"),
            pushed: false,
            sums: Sums::default(),
            blobs: Vec::new(),
            tags: Vec::new(),
            kept_back: Vec::new(),
            differences: Vec::new(),
            steps: Vec::new(),
            never: request.kept_back.clone(),
            sent: BTreeMap::new(),
        });
        Self {
            component: request.component.name.clone(),
            image: format!("{}@{digest}", request.to[0]),
            digest: digest.clone(),
            platforms: image.platforms.clone(),
            version: request.version.clone(),
            tags: Vec::new(),
            pushed: false,
            sums: Sums::default(),
            dry_run,
            repositories: repositories.collect(),
            refusal: None,
        }
    }

    /// Sums the repositories up.
    pub(super) fn finish(mut self) -> Self {
        self.pushed = self.repositories.iter().any(|result| result.pushed);
        self.tags = self.repositories.first().map_or_else(Vec::new, |first| {
            names(&first.tags).into_iter().map(str::to_owned).collect()
        });
        let mut sums = Sums::default();
        for result in &self.repositories {
            sums.bytes_uploaded += result.sums.bytes_uploaded;
            sums.bytes_skipped += result.sums.bytes_skipped;
            sums.bytes_mounted += result.sums.bytes_mounted;
            sums.blobs_uploaded += result.sums.blobs_uploaded;
            sums.blobs_skipped += result.sums.blobs_skipped;
            sums.blobs_mounted += result.sums.blobs_mounted;
        }
        self.sums = sums;
        self
    }

    fn named(&self) -> String {
        match &self.version {
            Some(version) => version.to_string(),
            None => self.digest.short().to_owned(),
        }
    }
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
        let each = self.repositories.iter();
        let mut stderr: String = each.map(|result| result.text(&self.digest, self.dry_run)).collect();
        if self.version.is_none() {
            stderr += "HEAD carries no version: the ledger does not record this image\n";
        }
        Text {
            stdout: format!("{}\n", self.digest),
            stderr,
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        if self.refusal.is_some() {
            return vec![("pushed", "false".to_owned())];
        }
        let platforms = serde_json::to_string(&self.platforms).unwrap_or_default();
        vec![
            ("digest", self.digest.to_string()),
            ("image", self.image.clone()),
            (
                "version",
                self.version.as_ref().map(ToString::to_string).unwrap_or_default(),
            ),
            ("tags", self.tags.join(" ")),
            ("platforms", platforms),
            ("pushed", self.pushed.to_string()),
            ("bytes-uploaded", self.sums.bytes_uploaded.to_string()),
            ("bytes-skipped", self.sums.bytes_skipped.to_string()),
            ("bytes-mounted", self.sums.bytes_mounted.to_string()),
        ]
    }

    fn annotation(&self) -> Option<Annotation> {
        self.refusal.as_ref().map(|refusal| Annotation {
            level: Level::Error,
            title: format!("push of {} {} refused", self.component, self.named()),
            message: format!("{}\n{}", refusal.reason, refusal.help),
        })
    }

    fn summary(&self) -> Option<String> {
        let said = match &self.refusal {
            Some(refusal) => format!("**Refused**: {}", markdown(&refusal.reason)),
            None => format!("**{}** is {}", markdown(&self.named()), markdown(&self.image)),
        };
        Some(format!(
            "### tidegate push: {}\n\n{said}\n",
            markdown(self.component.as_str())
        ))
    }
}
