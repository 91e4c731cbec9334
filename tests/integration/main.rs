//! Every integration test, in one binary: linking is dear.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod architecture;
mod common;
mod fixtures;
