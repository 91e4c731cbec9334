//! Bringing the history that a clone was made without.

use super::GitRepository;
use crate::adapters::git::clone;
use crate::error::Result;
use crate::ports::repository::Repository as _;

impl GitRepository {
    pub(super) async fn complete_history(&self) -> Result<()> {
        if !clone::is_shallow(&*self.open()?) {
            return Ok(());
        }
        let place = self.root.display().to_string();
        if !self.has_remote() {
            return Err(clone::shallow(&place, &format!("there is no remote `{}`", self.remote)));
        }
        clone::deepen(&self.program, &self.remote).await?;
        let mut open = self.open()?;
        if clone::is_shallow(&open) {
            return Err(clone::shallow(
                &place,
                &format!("`{}` does not have it either", self.remote),
            ));
        }
        // libgit2 remembers where the history ended.
        *open = git2::Repository::open(open.path())?;
        Ok(())
    }
}
