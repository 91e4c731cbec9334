//! Every integration test, in one binary: linking is dear.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod act;
mod action;
mod architecture;
mod common;
mod config;
mod cut;
mod docs;
mod fixtures;
mod git;
mod init;
mod ledger;
mod promote;
mod rehearse;
mod schemas;
mod seeds;
mod tag;
mod tag_plan;
mod tls;
