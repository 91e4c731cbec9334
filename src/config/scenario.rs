//! `rehearsal.toml`: what happens in a rehearsal that no configuration says: commits, people, checks, a fault.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::check::Conclusion;
use crate::model::duration::Duration;
use crate::model::name::{ComponentName, EnvironmentName};
use crate::model::version::Version;
use crate::plan::tag::line::Line;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Scenario {
    /// Where the virtual clock starts.
    #[schemars(with = "String")]
    pub start: Timestamp,
    /// Who starts the releases, by the name that they act under.
    pub actor: String,
    /// The commits before the first release, oldest first, on top of the folder's files.
    #[serde(default)]
    pub history: Vec<ScriptedCommit>,
    /// The releases, one after the other.
    pub release: Vec<ScriptedRelease>,
    /// The checks that are reported on the commit of each release.
    #[serde(default)]
    pub check: Vec<ScriptedCheck>,
    /// The approvals that are given once a gate asks for them.
    #[serde(default)]
    pub approval: Vec<ScriptedApproval>,
    /// The people who promote where the one who starts the releases may not.
    #[serde(default)]
    pub promotion: Vec<ScriptedPromotion>,
}

/// A promotion by somebody else than the one who starts the releases, once the gate has refused that one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScriptedPromotion {
    /// The environment.
    pub environment: EnvironmentName,
    /// Who, by the name that they act under.
    pub by: String,
}

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScriptedCommit {
    /// Its message.
    pub message: String,
    /// The files that it writes, by path.
    #[serde(default)]
    pub files: BTreeMap<PathBuf, String>,
    /// A tag that it carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// A release. It is made on the default branch, unless it is of a line or a hotfix.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScriptedRelease {
    /// The component; each that has something to release when left out. A line and a hotfix need it where there are many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<ComponentName>,
    /// The release line that it is made on, such as `1.4`. Its commits go to the default branch; then the line is cut
    /// there or, where it was cut before, they are back-ported to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Line>,
    /// The hotfix that it is, such as `1.4.1`. Its commits are made on the hotfix's branch, and brought to the default
    /// branch in the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hotfix: Option<Version>,
    /// Who opens the hotfix, by the name that they act under; the one who starts the releases when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Whether the last candidate of the line, or of the hotfix, gets its final version: with its commit and its image.
    #[serde(default, rename = "final")]
    pub last_candidate: bool,
    /// The last environment that it is to enter; the top when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<EnvironmentName>,
    /// The commits that lead to it.
    #[serde(default)]
    pub commit: Vec<ScriptedCommit>,
    /// The OCI image layout of each component that was built for it, relative to this file. Without one the rehearsal
    /// makes an image that names the commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<PathBuf>,
    /// What goes wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
    /// What people do on its way, whether they may or not, in this order.
    #[serde(default)]
    pub deed: Vec<ScriptedDeed>,
}

/// Something that somebody does with the command of that name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScriptedDeed {
    /// When: as the release comes to the gate of this environment.
    pub at: EnvironmentName,
    /// Who, by the name that they act under.
    pub by: String,
    /// What.
    pub does: DeedKind,
    /// The environment that it is about, where that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
    /// Why; a lock and an override need it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The rules that an override sets aside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// When a lock or an override ends: a length from then on, or a time; an override needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// What people do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeedKind {
    /// Promotes.
    Promote,
    /// Says yes.
    Approve,
    /// Sets rules aside.
    Override,
    /// Closes the environment.
    Lock,
    /// Opens it again.
    Unlock,
}

/// What goes wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Fault {
    /// The environment.
    pub environment: EnvironmentName,
    /// What.
    pub kind: FaultKind,
}

/// The faults that can be injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The deployment fails.
    DeployFails,
    /// The release answers that it is not healthy.
    Unhealthy,
}

/// A check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScriptedCheck {
    /// Its name.
    pub name: String,
    /// The app that reports it, where a gate asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// How long after the commit it ends; until then it is pending.
    #[serde(default)]
    pub after: Duration,
    /// How it ends.
    pub conclusion: Conclusion,
}

/// An approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScriptedApproval {
    /// The environment.
    pub environment: EnvironmentName,
    /// Who, by the name that they act under.
    pub by: String,
    /// How long after the gate asked.
    #[serde(default)]
    pub after: Duration,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
