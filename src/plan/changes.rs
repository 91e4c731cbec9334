//! What a range of commits changes.

use super::conventional::{Reading, read as read_message};
use crate::model::change::Change;
use crate::model::commit::Commit;
use crate::model::name::CommitId;
use crate::model::version::Version;

/// What a range of commits changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The changes, newest first.
    pub changes: Vec<Change>,
    /// The versions that footers ask for, newest first.
    pub release_as: Vec<ReleaseAs>,
    /// How many commits were read.
    pub commits: usize,
    /// How many of them are not conventional.
    pub foreign: usize,
}

/// A footer that asks for a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseAs {
    /// The commit.
    pub commit: CommitId,
    /// What it says.
    pub text: String,
    /// The version that this is.
    pub version: Option<Version>,
}

/// Reads commits.
pub fn read(commits: &[&Commit]) -> Changes {
    let mut changes = Changes {
        commits: commits.len(),
        ..Changes::default()
    };
    for commit in commits {
        match read_message(&commit.message) {
            Reading::Foreign => changes.foreign += 1,
            reading => {
                let subject = commit.subject();
                let (kind, description) = subject.split_once(':').unwrap_or_default();
                changes.changes.push(Change {
                    commit: commit.id.clone(),
                    kind: kind.trim_end_matches('!').to_ascii_lowercase(),
                    scope: None,
                    description: description.trim().to_owned(),
                    breaking: None,
                    bump: match reading {
                        Reading::Releases(meaning) => Some(meaning.bump),
                        _ => None,
                    },
                    pull_request: None,
                    authors: vec![commit.author.clone()],
                    time: commit.time,
                });
            }
        }
    }
    changes
}
