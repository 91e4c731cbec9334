//! Check results in a JSON file: `{"checks": [{"name": "test", "commit": "…", "conclusion": "success"}]}`.

use std::path::PathBuf;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::model::check::Check;
use crate::model::fact::FactState;
use crate::model::name::CommitId;
use crate::ports::checks::Checks;

/// The file's content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChecksDocument {
    /// The results, in any order. Of several with one name and commit the last counts.
    pub checks: Vec<Check>,
}

/// Check results in a JSON file.
pub struct ChecksFile(pub PathBuf);

#[async_trait]
impl Checks for ChecksFile {
    fn source(&self) -> String {
        format!("checks file {}", self.0.display())
    }

    async fn of(&self, commit: &CommitId) -> FactState<Vec<Check>> {
        let bytes = match tokio::fs::read(&self.0).await {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                return FactState::Forbidden {
                    reason: error.to_string(),
                };
            }
            Err(error) => {
                return FactState::Unavailable {
                    reason: error.to_string(),
                };
            }
        };
        match serde_json::from_slice::<ChecksDocument>(&bytes) {
            Ok(document) => FactState::Known {
                value: document
                    .checks
                    .into_iter()
                    .filter(|check| check.commit == *commit)
                    .collect(),
            },
            Err(error) => FactState::Unavailable {
                reason: format!("it is no checks file: {error}"),
            },
        }
    }
}
