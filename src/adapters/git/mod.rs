//! Git: libgit2 for objects and refs, the `git` program for the network and for what depends on a person's settings.

mod clone;
mod commit;
pub mod credentials;
mod fetch;
mod following;
mod graph;
mod move_refs;
mod patch;
mod pick;
pub(crate) mod program;
mod read;
mod remote;
mod repository;
mod tags;
mod touched;
mod unshared;
mod walk;
mod write;

pub use repository::GitRepository;
