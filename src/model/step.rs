//! What a plan consists of: steps as data. `apply` is the only place that runs them.

mod branch;
mod pull;

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::commit::{TagKind, Through};
use super::digest::Digest;
use super::event::EventBody;
use super::forge::{Asset, Draft};
use super::image::{Content, ImageRepository};
use super::name::{CommitId, EnvironmentName};
use super::release::Release;
use super::repository_setup::Wanted;
pub use branch::BranchAction;
pub use pull::PullAction;

/// One thing to do, with the reason why.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Step {
    /// What to do.
    #[serde(flatten)]
    pub action: Action,
    /// Why.
    pub reason: String,
}

impl Step {
    /// A step with its reason.
    pub fn new(action: Action, reason: impl Into<String>) -> Self {
        Self {
            action,
            reason: reason.into(),
        }
    }
}

/// A text file and what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileContent {
    /// Its path from the root of the repository.
    pub path: String,
    /// What it holds.
    pub content: String,
}

/// What a step does. Each can be done twice without harm.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Action {
    /// Create a tag in the local repository, unless it is there on that commit.
    CreateTag {
        /// Its name.
        tag: String,
        /// The commit.
        commit: CommitId,
        /// Its message.
        message: String,
        /// How it is made.
        kind: TagKind,
    },
    /// Create a tag at the forge, unless it is there on that commit, and fetch it.
    ShareTag {
        /// Its name.
        tag: String,
        /// The commit.
        commit: CommitId,
        /// Its message; a lightweight one has none.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// Let a floating tag lead to a commit, here and at the remote, when it is still where it was seen.
    MoveTag {
        /// Its name.
        tag: String,
        /// The commit.
        commit: CommitId,
        /// The commit that it was seen on; absent when there was none of that name.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<CommitId>,
    },
    /// Commit files on top of a commit, tag that commit, and share branch and tag: in one push, or through the forge, the
    /// branch before the tag.
    CommitRelease {
        /// The version's tag.
        tag: String,
        /// How the tag is made.
        kind: TagKind,
        /// The message of the tag.
        message: String,
        /// How it gets to the remote.
        through: Through,
        /// The branch that gets the commit.
        branch: String,
        /// The commit below it.
        parent: CommitId,
        /// The files.
        files: Vec<FileContent>,
        /// The message of the commit.
        commit_message: String,
    },
    /// Make the draft of a release at the forge.
    DraftRelease {
        /// The release.
        draft: Draft,
    },
    /// Upload a file to the draft of a release.
    UploadAsset {
        /// The release's tag.
        tag: String,
        /// The draft's number.
        release: u64,
        /// The file.
        asset: Asset,
    },
    /// Take a file that is not whole out of the draft of a release.
    DeleteAsset {
        /// The release's tag.
        tag: String,
        /// The file's name.
        name: String,
        /// The file's number.
        asset: u64,
    },
    /// Take a draft away that a race left behind.
    DeleteDraft {
        /// The release's tag.
        tag: String,
        /// The draft's number.
        release: u64,
    },
    /// Publish the draft of a release.
    PublishRelease {
        /// The release's tag.
        tag: String,
        /// The draft's number.
        release: u64,
        /// Whether it becomes the latest.
        latest: bool,
    },
    /// Push one ref to the remote, never by force.
    PushRef {
        /// The full name of the ref.
        reference: String,
        /// The commit that it leads to.
        commit: CommitId,
    },
    /// Make a repository as its setup wants it, or finish one that a killed run has begun.
    CreateRepository {
        /// The repository.
        to: ImageRepository,
        /// How it is made.
        #[serde(skip)]
        wanted: Box<Wanted>,
    },
    /// Bring a blob into a repository.
    UploadBlob {
        /// The repository.
        to: ImageRepository,
        /// Where its bytes are.
        #[serde(serialize_with = "as_text")]
        #[schemars(with = "String")]
        from: Content,
        /// The blob.
        digest: Digest,
        /// Its length in bytes.
        bytes: u64,
        /// The repository of the same registry that it is mounted from, by its path.
        #[serde(skip_serializing_if = "Option::is_none")]
        mount: Option<String>,
    },
    /// Upload a manifest or an index by digest, to the byte as it is.
    PutManifest {
        /// The repository.
        to: ImageRepository,
        /// Its bytes.
        #[serde(skip)]
        from: Content,
        /// The manifest.
        digest: Digest,
        /// Its media type.
        media_type: String,
    },
    /// Attach a manifest to another, such as a bill of materials to an image.
    Attach {
        /// The repository.
        to: ImageRepository,
        /// Its bytes.
        #[serde(skip)]
        from: Content,
        /// The manifest.
        digest: Digest,
        /// Its media type.
        media_type: String,
        /// The manifest that it is attached to.
        subject: Digest,
    },
    /// Let a tag of the repository name a manifest.
    TagImage {
        /// The repository.
        to: ImageRepository,
        /// The manifest's bytes.
        #[serde(skip)]
        from: Content,
        /// The tag.
        tag: String,
        /// The manifest.
        digest: Digest,
        /// Its media type.
        media_type: String,
    },
    /// Write an event into the ledger.
    Record {
        /// The event.
        event: Box<EventBody>,
    },
    /// Bring a release into an environment.
    Deploy {
        /// The environment.
        environment: EnvironmentName,
        /// The release.
        release: Release,
    },
    /// Ask an environment until it answers as the release should, or the time is over.
    Verify {
        /// The environment.
        environment: EnvironmentName,
        /// The release.
        release: Release,
    },
    /// Write a file.
    WriteFile {
        /// Its path, relative to the root of the repository.
        path: PathBuf,
        /// What it holds.
        content: String,
    },
    /// Make or move a branch that others see.
    #[serde(untagged)]
    Branch(BranchAction),
    /// Do something at the forge beside git.
    #[serde(untagged)]
    Pull(PullAction),
}

fn as_text<S: serde::Serializer>(content: &Content, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(content)
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CreateTag { tag, commit, .. } => write!(f, "create tag {tag} at {}", commit.short()),
            Self::ShareTag { tag, commit, .. } => write!(f, "create tag {tag} at {} on GitHub", commit.short()),
            Self::MoveTag { tag, commit, .. } => write!(f, "move tag {tag} to {}", commit.short()),
            Self::CommitRelease { tag, branch, files, .. } => {
                let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
                write!(f, "commit {} on {branch} and tag it {tag}", paths.join(", "))
            }
            Self::DraftRelease { draft } => write!(f, "draft the release {}", draft.tag),
            Self::UploadAsset { tag, asset, .. } => {
                write!(f, "upload {} ({} bytes) to the release {tag}", asset.name, asset.size)
            }
            Self::DeleteAsset { tag, name, .. } => write!(f, "take {name} out of the draft of {tag}"),
            Self::DeleteDraft { tag, release } => write!(f, "take draft {release} of {tag} away"),
            Self::PublishRelease { tag, .. } => write!(f, "publish the release {tag}"),
            Self::PushRef { reference, .. } => write!(f, "push {reference}"),
            Self::CreateRepository { to, .. } => write!(f, "make the repository {to}"),
            Self::UploadBlob {
                digest,
                bytes,
                mount: Some(from),
                ..
            } => write!(f, "mount blob {} ({bytes} bytes) from {from}", digest.short()),
            Self::UploadBlob { to, digest, bytes, .. } => {
                write!(f, "upload blob {} ({bytes} bytes) to {to}", digest.short())
            }
            Self::PutManifest { to, digest, .. } => write!(f, "put manifest {} into {to}", digest.short()),
            Self::Attach {
                to, digest, subject, ..
            } => write!(f, "attach {} to {} in {to}", digest.short(), subject.short()),
            Self::TagImage { to, tag, digest, .. } => write!(f, "tag {to}:{tag} as {}", digest.short()),
            Self::Record { event } => write!(f, "record {} in {}", event.kind(), event.stream()),
            Self::Deploy { environment, release } => write!(f, "deploy {release} to {environment}"),
            Self::Verify { environment, release } => write!(f, "verify {release} in {environment}"),
            Self::Branch(action) => action.fmt(f),
            Self::Pull(action) => action.fmt(f),
            Self::WriteFile { path, .. } => write!(f, "write {}", path.display()),
        }
    }
}
