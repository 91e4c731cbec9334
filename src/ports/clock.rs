//! Time: the machine's, or a rehearsal's.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::duration::Duration;

/// A clock.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present moment, in whole seconds.
    fn now(&self) -> Timestamp;

    /// Waits.
    async fn sleep(&self, length: Duration);
}
