//! tidegate takes a release, held fast by its image digest, from a commit to live traffic.
//!
//! Data goes one way: a command gathers facts through [`ports`], [`plan`] decides without touching anything,
//! [`mod@apply`] runs the steps, [`report`] tells every sink how it ended. `docs/architecture.md` has the map.

pub mod adapters;
pub mod apply;
pub mod cli;
pub mod commands;
pub mod config;
pub mod context;
pub mod env_vars;
pub mod error;
pub mod exit_code;
pub mod ledger;
pub mod model;
pub mod plan;
pub mod policy;
pub mod ports;
pub mod random;
pub mod report;
pub mod templates;
