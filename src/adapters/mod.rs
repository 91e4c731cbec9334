//! The outside systems behind the ports.

pub mod checks_file;
pub mod clock;
pub mod command;
pub mod git;
pub mod github;
pub mod http;
pub mod identity;
pub mod lease;
pub mod registry;
pub mod rehearsal;
