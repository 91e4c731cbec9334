//! Image repositories: in a registry that speaks the OCI distribution protocol, and in a layout folder.

mod auth;
mod connection;
mod helper;
mod layout;
mod oci;
mod open;
mod retry;
mod source;
mod stream;

pub use layout::LayoutRegistry;
pub use open::{RegistryAccess, RemoteRegistries};
pub use source::Source;
