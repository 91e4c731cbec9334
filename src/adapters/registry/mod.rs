//! Image repositories: in a registry that speaks the OCI distribution protocol, and in a layout folder.

mod answer;
mod auth;
mod connection;
mod descriptor;
mod ecr;
mod helper;
mod layout;
mod login;
mod oci;
mod open;
mod page;
mod referrers;
mod retry;
mod source;
mod stream;
mod transport;
mod upload;

pub use auth::Credentials;
pub use ecr::{Created, Ecr, EcrHost, Request, advice, permission};
pub use layout::LayoutRegistry;
pub use open::{RegistryAccess, RemoteRegistries};
pub use source::{ArchivePlace, From, Source, archive_names, check_manifest, repository_of};
pub use transport::Transport;
