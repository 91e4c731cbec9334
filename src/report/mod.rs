//! How a result reaches people and programs. Nothing else in tidegate writes to stdout, stderr or GitHub's files.

pub mod badge;
pub mod document;
pub mod event;
pub mod github;
pub mod progress;
pub mod rehearsal;
pub mod shown;
pub mod sinks;
pub mod steps;
pub mod style;
pub mod table;
pub mod verdict;
