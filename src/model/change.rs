//! What a commit says it changes, once its message has been read.

use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::commit::Person;
use super::name::CommitId;
use super::version::Bump;

/// One change, as its author put it. A squash merge brings several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The commit that brings it.
    pub commit: CommitId,
    /// The type, in lower case, such as `feat`.
    pub kind: String,
    /// The scope, such as `api` in `feat(api): …`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The description: one line, without the number of the pull request at its end. Raw text of a commit.
    pub description: String,
    /// What breaks, in the author's words: the text of the footer, or the description. Raw text of a commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaking: Option<String>,
    /// How far it asks the version to move; nothing when its type asks for no release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bump: Option<Bump>,
    /// The pull request that brought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<u64>,
    /// The author and the co-authors, each once. All changes of a commit share them.
    pub authors: Arc<[Person]>,
    /// When it was committed.
    #[schemars(with = "String")]
    pub time: Timestamp,
}
