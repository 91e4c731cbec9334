//! Asking a deployed release how it is.

use async_trait::async_trait;

/// An answer over HTTP.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, at most 64 KiB of it.
    pub body: String,
}

/// Asks over HTTP.
#[async_trait]
pub trait Probe: Send + Sync {
    /// One GET request. The error is what kept an answer from coming.
    async fn get(&self, url: &str) -> std::result::Result<Answer, String>;
}
