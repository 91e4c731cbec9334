//! The default branch as the remote has it now: one question, and a fetch where its commit is not here yet.

use super::GitRepository;
use crate::adapters::git::{clone, read, remote};
use crate::error::{Error, Result};
use crate::model::name::CommitId;
use crate::ports::repository::{DefaultTip, Repository as _};

/// How often the branch may move between the question and the fetch.
const ROUNDS: u32 = 3;

impl GitRepository {
    pub(super) async fn find_default_tip(&self) -> Result<Option<DefaultTip>> {
        if !self.has_remote() {
            return self.fetched_default_tip();
        }
        for _ in 0..ROUNDS {
            let Some(tip) = self.ask_default().await? else {
                return Ok(None);
            };
            if self.has(&tip.commit)? {
                return Ok(Some(tip));
            }
            let depth = clone::is_shallow(&*self.open()?).then_some("--depth=1");
            self.bring(&[(tip.name.clone(), tip.commit.clone())], depth).await?;
            if self.has(&tip.commit)? {
                return Ok(Some(tip));
            }
        }
        Err(Error::Outside {
            operation: "reading the policy",
            target: self.remote.clone(),
            cause: format!("its default branch moved {ROUNDS} times while it was read"),
            retryable: true,
            help: "run the same command again".to_owned(),
        })
    }

    pub(super) fn fetched_default_tip(&self) -> Result<Option<DefaultTip>> {
        // It looks at the repository itself.
        let has_remote = self.has_remote();
        let open = self.open()?;
        let (name, full) = match has_remote {
            true => match read::remote_head(&open, &self.remote)? {
                Some(name) => (name.clone(), format!("refs/remotes/{}/{name}", self.remote)),
                None => return Ok(None),
            },
            false => match read::default_branch(&open)? {
                Some(full) => (full.trim_start_matches("refs/heads/").to_owned(), full),
                None => return Ok(None),
            },
        };
        let tip = read::reference(&open, &full)?;
        Ok(tip.map(|commit| DefaultTip { name, commit }))
    }

    /// What the remote says its default branch is; nothing where nobody has pushed a branch to it yet.
    async fn ask_default(&self) -> Result<Option<DefaultTip>> {
        if let Some((name, commit)) = remote::head(&self.program, &self.remote).await? {
            return Ok(Some(DefaultTip { name, commit }));
        }
        // The remote names none that is there; this clone may have been told one (git-remote(1), `set-head`).
        let branches = remote::list(&self.program, &self.remote, &["refs/heads/*"]).await?;
        let branches = branches.into_iter().filter_map(|(commit, name)| {
            let name = name.strip_prefix("refs/heads/")?.to_owned();
            let counts = !self.without.contains(&name);
            counts.then_some(DefaultTip { name, commit })
        });
        let branches: Vec<DefaultTip> = branches.collect();
        if branches.is_empty() {
            return Ok(None);
        }
        let told = read::remote_head(&*self.open()?, &self.remote)?;
        let found = branches.into_iter().find(|tip| Some(&tip.name) == told.as_ref());
        found.map(Some).ok_or_else(|| {
            Error::usage(
                format!(
                    "the default branch of the remote `{0}` is not known, and the policy is read from it",
                    self.remote
                ),
                format!(
                    "choose one there; then, or where it has none, run `git remote set-head {0} --auto` or \
                     `git remote set-head {0} BRANCH`",
                    self.remote
                ),
            )
        })
    }

    fn has(&self, commit: &CommitId) -> Result<bool> {
        Ok(read::resolve(&*self.open()?, commit.as_str()).is_ok())
    }
}
