//! Hotfixes: a version that is made from a release's very commit in haste, and the rules of a gate that are shorter for it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::name::CommitId;
use super::policy::{Approvals, Checks, Freeze, Gate, Soak};
use super::release::Release;
use super::state::{ComponentState, Lifted};
use super::version::Version;

/// A hotfix that was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hotfix {
    /// The branch that it is made on.
    pub branch: String,
    /// The commit that the branch starts at: the release that is fixed.
    pub commit: CommitId,
    /// Who opened it, and who has said so again, oldest first.
    pub opened: Vec<Lifted>,
}

/// A release that is a hotfix or a candidate of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HotfixRelease {
    /// The version that the hotfix is to become.
    pub version: Version,
    /// The hotfix.
    pub hotfix: Hotfix,
    /// Whether `tag` gave the release's version to its commit, which it does on the hotfix's branch alone.
    pub made: bool,
}

impl HotfixRelease {
    /// What a release is as a hotfix; nothing where it is none.
    pub fn of(release: &Release, component: &ComponentState) -> Option<Self> {
        let (version, hotfix) = component.hotfix(&release.version)?;
        let record = component.versions.get(&release.version);
        Some(Self {
            version: version.clone(),
            hotfix: hotfix.clone(),
            made: record.is_some_and(|record| record.made && record.commit == release.commit),
        })
    }
}

/// The rules that a hotfix meets in the place of the gate's own of the same name. The gate's other rules hold as they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HotfixRules {
    /// The digest has run somewhere for long enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soak: Option<Soak>,
    /// The commit's checks have passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checks: Option<Checks>,
    /// People have approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvals: Option<Approvals>,
    /// The time is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freeze: Option<Freeze>,
}

impl HotfixRules {
    /// Whether none is given.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These rules as a gate of their own.
    pub fn alone(&self) -> Gate {
        Gate {
            soak: self.soak.clone(),
            checks: self.checks.clone(),
            approvals: self.approvals.clone(),
            freeze: self.freeze.clone(),
            ..Gate::default()
        }
    }

    /// Each rule: its name, whether it is given here, and whether a gate has it.
    pub fn beside(&self, gate: &Gate) -> [(&'static str, bool, bool); 4] {
        [
            ("soak", self.soak.is_some(), gate.soak.is_some()),
            ("checks", self.checks.is_some(), gate.checks.is_some()),
            ("approvals", self.approvals.is_some(), gate.approvals.is_some()),
            ("freeze", self.freeze.is_some(), gate.freeze.is_some()),
        ]
    }

    /// The gate with these rules in the place of its own. None is added, and none is taken out.
    #[must_use]
    pub fn over(&self, gate: &Gate) -> Gate {
        Gate {
            soak: gate.soak.clone().map(|own| self.soak.clone().unwrap_or(own)),
            checks: gate.checks.clone().map(|own| self.checks.clone().unwrap_or(own)),
            approvals: gate.approvals.clone().map(|own| self.approvals.clone().unwrap_or(own)),
            freeze: gate.freeze.clone().map(|own| self.freeze.clone().unwrap_or(own)),
            ..gate.clone()
        }
    }
}
