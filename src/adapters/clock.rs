//! The machine's clock.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::duration::Duration;
use crate::ports::clock::Clock;

/// The machine's clock, in whole seconds.
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    async fn sleep(&self, length: Duration) {
        tokio::time::sleep(length.std()).await;
    }
}
