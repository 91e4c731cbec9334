//! The verdict of a gate: policy, facts and the time in, an explained answer out. One file a rule.

pub mod access;
pub mod approvals;
pub mod branch;
pub mod checks;
pub mod entitled;
pub mod facts;
pub mod freeze;
pub mod held;
pub mod hotfix;
pub mod image;
pub mod lock;
pub mod overrides;
pub mod previous;
pub mod rejected;
pub mod rule;
pub mod soak;
pub mod verdict;
pub mod version;
pub mod voices;
