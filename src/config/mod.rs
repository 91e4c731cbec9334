//! The configuration: the file as written, checked against its rules, and resolved with the flags and the environment.

pub mod diagnostic;
pub mod document;
pub mod form;
pub mod load;
pub mod nearest;
pub mod repository;
pub mod scenario;
pub mod schema;
pub mod settings;

pub mod validate;

pub use load::{FILE_NAME, Origin, Overrides, at_release, find, load, load_with, read, read_scenario, without_file};
