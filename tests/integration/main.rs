//! Every integration test, in one binary: linking is dear.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod act;
mod action;
mod approve;
mod architecture;
mod clones;
mod common;
mod config;
mod cut;
mod docs;
mod fixtures;
mod gate;
mod gate_rules;
mod git;
mod init;
mod ledger;
mod lock;
mod pages;
mod promote;
mod push;
mod push_trust;
mod rehearse;
mod rollback;
mod schemas;
mod seeds;
mod status;
mod tag;
mod tag_plan;
mod tls;
mod walks;
