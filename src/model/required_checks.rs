//! The checks that a commit has to have behind it before a release branch starts at it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::{Accepted, RequiredCheck};
use super::policy::Checks;

/// The checks that must have succeeded on a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequiredChecks {
    /// Their names; of one that a certain app must report, `{ name = "build", app = "github-actions" }`.
    pub require: Vec<RequiredCheck>,
    /// The endings that count beside success.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accept: Vec<Accepted>,
}

impl RequiredChecks {
    /// The same as a rule of a gate, which nobody may set aside.
    pub fn rule(&self) -> Checks {
        Checks {
            require: self.require.clone(),
            accept: self.accept.clone(),
            overridable: false,
        }
    }
}
