//! Which branches the remote has and which of them reach a commit, without moving any ref here: asking changes nothing that judges.

use super::GitRepository;
use crate::adapters::git::{clone, program, read, remote, walk};
use crate::error::Result;
use crate::model::fact::BranchTip;
use crate::model::name::CommitId;
use crate::ports::repository::{BranchFilter, Repository as _};

const BRANCHES: &str = "refs/heads/";

impl GitRepository {
    /// The branches that are kept, with their tips, which are fetched.
    pub(super) async fn find_branches(&self, keep: &BranchFilter<'_>) -> Result<Vec<(String, CommitId)>> {
        let listed = match self.has_remote() {
            true => remote::list(&self.program, &self.remote, &["refs/heads/*"]).await?,
            false => read::branches(&*self.open()?)?,
        };
        let named = listed.into_iter().filter_map(|(tip, name)| {
            let name = name.strip_prefix(BRANCHES)?;
            let wanted = keep(name) && !self.without.iter().any(|left_out| left_out == name);
            wanted.then(|| (name.to_owned(), tip))
        });
        let tips: Vec<(String, CommitId)> = named.collect();
        self.bring(&tips, None).await?;
        Ok(tips)
    }

    pub(super) async fn find_branches_with(
        &self,
        commit: &CommitId,
        keep: &BranchFilter<'_>,
    ) -> Result<Vec<BranchTip>> {
        let tips = self.find_branches(keep).await?;
        let open = self.open()?;
        let is_shallow = clone::is_shallow(&open);
        let mut found = Vec::new();
        for (name, tip) in tips {
            let holds = match walk::first_reached(&open, &tip, &[vec![commit.clone()]]) {
                Ok(reached) => reached.first().is_some_and(Option::is_some),
                // The walk ends where the history does.
                Err(_) if is_shallow => false,
                Err(error) => return Err(error),
            };
            found.push(BranchTip { name, tip, holds });
        }
        if is_shallow && !found.iter().any(|branch| branch.holds) {
            let place = self.root.display().to_string();
            return Err(clone::shallow(
                &place,
                "it does not tell which branches reach the commit",
            ));
        }
        Ok(found)
    }

    /// Brings the tips that this clone is without. `depth` is a flag that says how much of their history.
    pub(super) async fn bring(&self, tips: &[(String, CommitId)], depth: Option<&'static str>) -> Result<()> {
        let missing: Vec<String> = {
            let open = self.open()?;
            let missing = tips
                .iter()
                .filter(|(_, tip)| read::resolve(&open, tip.as_str()).is_err());
            missing.map(|(name, _)| format!("{BRANCHES}{name}")).collect()
        };
        if missing.is_empty() {
            return Ok(());
        }
        // An empty refmap keeps git from moving the remote-tracking branches (git-fetch(1)).
        let mut arguments = vec![
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
        ];
        arguments.extend(depth);
        arguments.extend(["--refmap=", self.remote.as_str()]);
        arguments.extend(missing.iter().map(String::as_str));
        let output = self.program.run(&arguments).await?;
        match output.status.success() {
            true => Ok(()),
            false => Err(program::failure("git fetch", &self.remote, &output)),
        }
    }
}
