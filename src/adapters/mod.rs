//! The outside systems behind the ports.

pub mod git;
