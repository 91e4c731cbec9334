//! People's keys: those that the policy lists, and the one that git is set up to sign with.

pub mod allowed_signers;
pub mod git_key;
pub mod gpg;
pub mod policy_keys;
pub mod ssh;
