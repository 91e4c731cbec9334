//! The words of tidegate as types: parsed once, at the edge, and never bare strings afterwards.
//! Nothing here imports an adapter, a runtime, a clock or the environment.

pub mod actor;
pub mod anchor;
pub mod calendar;
pub mod change;
pub mod check;
pub mod commit;
pub mod digest;
pub mod duration;
pub mod environment;
pub mod event;
pub mod fact;
pub mod forge;
pub mod heard;
pub mod hosted;
pub mod image;
pub mod ladder;
pub mod mirror;
pub mod name;
pub mod ownership;
pub mod policy;
pub mod proof;
pub mod record;
pub mod refusal;
pub mod release;
pub mod repository_setup;
pub mod secret;
pub mod state;
pub mod step;
pub mod stream;
pub mod text;
pub mod verdict;
pub mod version;
pub mod version_file;
pub mod window;
