//! The configuration: the file as written, checked against its rules, and resolved with the flags and the environment.

pub mod diagnostic;
pub mod nearest;
pub mod scenario;
pub mod schema;
pub mod settings;

pub mod temp;
pub use temp::*;
