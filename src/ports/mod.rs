//! One trait for each outside system, in our own words. Adapters implement them; plans never see them.

pub mod checks;
pub mod clock;
pub mod forge;
pub mod identity;
pub mod ledger;
pub mod mirror;
pub mod picks;
pub mod probe;
pub mod pulls;
pub mod records;
pub mod registry;
pub mod repository;
pub mod target;
