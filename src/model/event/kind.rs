//! What the ledger calls each kind of event.

use super::EventBody;

impl EventBody {
    /// The kind of event, in the ledger's own word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Tagged { .. } => "tagged",
            Self::Pushed { .. } => "pushed",
            Self::BranchCut { .. } => "branch-cut",
            Self::Proposed { .. } => "proposed",
            Self::HotfixOpened { .. } => "hotfix-opened",
            Self::DeploymentStarted { .. } => "deployment-started",
            Self::Judged { .. } => "judged",
            Self::DeploymentSucceeded { .. } => "deployment-succeeded",
            Self::DeploymentFailed { .. } => "deployment-failed",
            Self::Verified { .. } => "verified",
            Self::RolledBack { .. } => "rolled-back",
            Self::RejectedEverywhere { .. } => "rejected-everywhere",
            Self::RejectionWithdrawn { .. } => "rejection-withdrawn",
            Self::HoldCleared { .. } => "hold-cleared",
            Self::Approved(_) => "approved",
            Self::Rejected(_) => "rejected",
            Self::Overridden { .. } => "overridden",
            Self::Locked { .. } => "locked",
            Self::Unlocked { .. } => "unlocked",
            Self::BranchFrozen { .. } => "branch-frozen",
            Self::BranchThawed { .. } => "branch-thawed",
            Self::Recovered { .. } => "recovered",
            Self::VersionRecovered { .. } => "version-recovered",
            Self::DeploymentRecovered { .. } => "deployment-recovered",
        }
    }
}
