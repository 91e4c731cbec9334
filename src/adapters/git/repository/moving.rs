//! Refs that move: at the remote and here, always from where they were seen.

use super::GitRepository;
use crate::adapters::git::{move_refs, read, unshared, write};
use crate::error::{Error, Result};
use crate::model::name::CommitId;
use crate::ports::repository::{Moved, Pushed, Repository as _, Update};

impl GitRepository {
    /// Moves a branch of this clone forward. git itself lets the files follow where it is checked out.
    pub(super) fn advance_here(&self, name: &str, from: &CommitId, to: &CommitId) -> Result<Moved> {
        let full = format!("refs/heads/{name}");
        match self.reference(&full)? {
            Some(here) if here == *to => return Ok(Moved::Same),
            here if here.as_ref() != Some(from) => return Ok(Moved::Lost(here)),
            _ => {}
        }
        if self.branch().as_deref() == Some(name) {
            let output = self.program.run_here(&["merge", "--quiet", "--ff-only", to.as_str()])?;
            if output.status.success() {
                return Ok(Moved::Done);
            }
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(Error::usage(
                format!("{name} is checked out and cannot be moved forward: {}", said.trim()),
                "commit or stash what differs, or check out another branch",
            ));
        }
        let open = self.open()?;
        match open.reference_matching(&full, read::oid(to)?, true, read::oid(from)?, "tidegate: moved forward") {
            Ok(_) => Ok(Moved::Done),
            Err(error) if error.code() == git2::ErrorCode::Modified => Ok(Moved::Lost(read::reference(&open, &full)?)),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn move_tag_here_and_there(
        &self,
        name: &str,
        commit: &CommitId,
        expected: Option<&CommitId>,
    ) -> Result<Moved> {
        let moved = if self.has_remote() {
            move_refs::tag(&self.program, &self.remote, name, commit, expected).await?
        } else {
            match self.reference(&format!("refs/tags/{name}"))? {
                Some(here) if here == *commit => Moved::Same,
                here if here.as_ref() != expected => Moved::Lost(here),
                _ => Moved::Done,
            }
        };
        if moved == Moved::Done
            || (moved == Moved::Same && self.reference(&format!("refs/tags/{name}"))?.as_ref() != Some(commit))
        {
            write::set_tag(&*self.open()?, name, commit)?;
        }
        Ok(moved)
    }

    pub(super) async fn push_all(&self, updates: &[Update]) -> Result<Pushed> {
        let mut wanted = Vec::new();
        for update in updates {
            let commit = self.resolve(&update.from)?;
            if let Some(expected) = &update.expected {
                let known = self.open()?.find_commit(read::oid(expected)?).is_ok();
                if !known {
                    return Ok(Pushed::Lost(vec![update.reference.clone()]));
                }
                if self.first_reached(&commit, &[vec![expected.clone()]])? == [None] {
                    return Err(Error::usage(
                        format!(
                            "{} would not go forward: {commit} does not descend from {expected}",
                            update.reference
                        ),
                        "fetch, and make the commit anew on top of what the remote has",
                    ));
                }
            }
            wanted.push(commit);
        }
        let pushed = move_refs::together(&self.program, &self.remote, updates, &wanted).await?;
        if matches!(pushed, Pushed::Done | Pushed::Same) {
            let open = self.open()?;
            for update in updates {
                unshared::forget(&open, &update.reference)?;
            }
        }
        Ok(pushed)
    }
}
