//! Git: libgit2 for objects and refs, the `git` program for the network and for what depends on a person's settings.

pub(crate) mod program;
mod read;
mod remote;
mod repository;
mod write;

pub use repository::GitRepository;
