//! The embedded parts of a rehearsal: a clock that jumps, a world that releases run in, and a stage in a temporary
//! folder. They stand behind the same ports as the real ones.

pub mod checks;
pub mod clock;
pub mod keys;
pub mod registries;
pub mod server;
pub mod stage;
pub mod synthetic;
pub mod world;
