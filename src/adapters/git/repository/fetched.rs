//! Bringing what the remote has: each time anew, or once for somebody who changes nothing.

use tokio::sync::OnceCell;

use super::super::fetch;
use super::GitRepository;
use crate::error::Result;
use crate::ports::repository::Conflict;

impl GitRepository {
    /// The same, where one fetch of branches and tags is enough for all that ask.
    #[must_use]
    pub fn fetched_once(mut self, once: bool) -> Self {
        self.fetched = once.then(OnceCell::new);
        self
    }

    pub(super) async fn fetch_all(&self) -> Result<Vec<Conflict>> {
        let fetch = || fetch::fetch(&self.program, &self.remote, &self.without, || self.open());
        match &self.fetched {
            Some(once) => Ok(once.get_or_try_init(fetch).await?.clone()),
            None => fetch().await,
        }
    }
}
