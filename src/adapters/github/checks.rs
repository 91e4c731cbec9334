//! Check runs and commit statuses as GitHub has them (<https://docs.github.com/en/rest/checks/runs>,
//! <https://docs.github.com/en/rest/commits/statuses>). It tells of the runs of a commit's 1000 newest check suites.

use async_trait::async_trait;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde::Deserialize;

use super::answer::{Looked, unseen, within};
use super::{GitHub, Job};
use crate::model::check::{Check, CheckKind, Conclusion, SameTree};
use crate::model::fact::FactState;
use crate::model::name::CommitId;
use crate::ports::checks::Checks;

/// The app that runs workflows.
const ACTIONS: &str = "github-actions";

#[derive(Deserialize)]
struct Runs {
    check_runs: Vec<RunRecord>,
}

#[derive(Deserialize)]
struct RunRecord {
    id: u64,
    name: String,
    head_sha: CommitId,
    status: String,
    conclusion: Option<String>,
    app: Option<AppRecord>,
    started_at: Option<Timestamp>,
    completed_at: Option<Timestamp>,
    html_url: Option<String>,
    details_url: Option<String>,
}

#[derive(Deserialize)]
struct AppRecord {
    slug: Option<String>,
}

#[derive(Deserialize)]
struct StatusRecord {
    id: u64,
    state: String,
    context: String,
    target_url: Option<String>,
    created_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    creator: Option<Account>,
}

#[derive(Deserialize)]
struct Account {
    login: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Pull {
    number: u64,
    merged_at: Option<Timestamp>,
    head: Tip,
}

#[derive(Deserialize)]
struct Tip {
    sha: CommitId,
}

#[derive(Deserialize)]
struct CommitRecord {
    tree: TreeRecord,
}

#[derive(Deserialize)]
struct TreeRecord {
    sha: String,
}

#[async_trait]
impl Checks for GitHub {
    fn source(&self) -> String {
        format!("GitHub {}", self.repository)
    }

    async fn of(&self, commit: &CommitId) -> FactState<Vec<Check>> {
        within(self.patience, self.checks(commit)).await
    }

    async fn of_same_tree(&self, commit: &CommitId) -> FactState<Vec<SameTree>> {
        within(self.patience, self.checks_of_same_tree(commit)).await
    }
}

impl GitHub {
    async fn checks(&self, commit: &CommitId) -> Looked<Vec<Check>> {
        match tokio::join!(self.runs(commit), self.statuses(commit)) {
            (Ok(runs), Ok(statuses)) => Ok([runs, statuses].concat()),
            (Err(one), Err(other)) => Err(one.and(other)),
            (Err(one), _) | (_, Err(one)) => Err(one),
        }
    }

    async fn runs(&self, commit: &CommitId) -> Looked<Vec<Check>> {
        let route = self.route(&format!("commits/{commit}/check-runs?filter=all"));
        let runs = self.pages(&route, |page: Runs| page.check_runs).await;
        let runs = runs.map_err(|error| unseen(&error, "check runs", "`checks: read`"))?;
        Ok(runs.into_iter().map(|run| run.check(self.job.as_ref())).collect())
    }

    async fn statuses(&self, commit: &CommitId) -> Looked<Vec<Check>> {
        let route = self.route(&format!("commits/{commit}/statuses"));
        let statuses = self.pages(&route, |page: Vec<StatusRecord>| page).await;
        let statuses = statuses.map_err(|error| unseen(&error, "commit statuses", "`statuses: read`"))?;
        Ok(statuses.into_iter().map(|status| status.check(commit)).collect())
    }

    async fn checks_of_same_tree(&self, commit: &CommitId) -> Looked<Vec<SameTree>> {
        let route = self.route(&format!("commits/{commit}/pulls"));
        let pulls = self.pages(&route, |page: Vec<Pull>| page).await;
        let pulls = pulls.map_err(|error| unseen(&error, "pull requests", "`pull-requests: read`"))?;
        let merged = |pull: &Pull| pull.merged_at.is_some() && pull.head.sha != *commit;
        let heads: Vec<Pull> = pulls.into_iter().filter(merged).collect();
        if heads.is_empty() {
            return Ok(Vec::new());
        }
        let trees = try_join_all(heads.iter().map(|pull| self.tree(&pull.head.sha)));
        let (own, trees) = tokio::try_join!(self.tree(commit), trees)?;
        let alike = heads.into_iter().zip(trees).filter(|(_, tree)| *tree == own);
        let alike = alike.map(|(pull, tree)| async move {
            Ok(SameTree {
                pull: pull.number,
                checks: self.checks(&pull.head.sha).await?,
                commit: pull.head.sha,
                tree,
            })
        });
        try_join_all(alike).await
    }

    async fn tree(&self, commit: &CommitId) -> Looked<String> {
        let route = self.route(&format!("git/commits/{commit}"));
        let found: octocrab::Result<CommitRecord> = self.client.get(route, None::<&()>).await;
        let found = found.map_err(|error| unseen(&error, "a commit's tree", "`contents: read`"))?;
        Ok(found.tree.sha)
    }
}

impl RunRecord {
    fn check(self, job: Option<&Job>) -> Check {
        let own = job.is_some_and(|job| self.is_job(job));
        let conclusion = match (self.status.as_str(), self.conclusion.as_deref()) {
            ("completed", Some(conclusion)) => conclusion_of(conclusion),
            ("completed", None) => Conclusion::Failure,
            _ => Conclusion::Pending,
        };
        Check {
            name: self.name,
            commit: self.head_sha,
            conclusion,
            kind: CheckKind::Run,
            app: self.app.and_then(|app| app.slug),
            number: self.id,
            started_at: self.started_at,
            completed_at: self.completed_at,
            url: self.html_url.or(self.details_url),
            own,
        }
    }

    /// Whether it is this job: one of the run by its address, and by its name, which is the job's key where the workflow
    /// gives it no other. A job of a reusable workflow has its caller's name before its own.
    fn is_job(&self, job: &Job) -> bool {
        let of_actions = self.app.as_ref().and_then(|app| app.slug.as_deref()) == Some(ACTIONS);
        let part = format!("/actions/runs/{}/job/", job.run);
        let of_run = self.details_url.as_ref().is_some_and(|url| url.contains(&part));
        let last = self.name.rsplit(" / ").next();
        of_actions && of_run && job.name.as_deref() == last
    }
}

/// How a completed run ended. A word that is not known counts as a failure.
fn conclusion_of(word: &str) -> Conclusion {
    match word {
        "success" => Conclusion::Success,
        "neutral" => Conclusion::Neutral,
        "skipped" => Conclusion::Skipped,
        "cancelled" => Conclusion::Cancelled,
        "timed_out" => Conclusion::TimedOut,
        "action_required" => Conclusion::ActionRequired,
        _ => Conclusion::Failure,
    }
}

impl StatusRecord {
    fn check(self, commit: &CommitId) -> Check {
        let conclusion = match self.state.as_str() {
            "success" => Conclusion::Success,
            "pending" => Conclusion::Pending,
            _ => Conclusion::Failure,
        };
        Check {
            name: self.context,
            commit: commit.clone(),
            conclusion,
            kind: CheckKind::Status,
            app: self.creator.map(Account::app),
            number: self.id,
            started_at: self.created_at,
            completed_at: self.updated_at.filter(|_| conclusion != Conclusion::Pending),
            url: self.target_url.filter(|url| !url.is_empty()),
            own: false,
        }
    }
}

impl Account {
    /// The app behind a bot's account, or the account. Only GitHub makes an account a bot.
    fn app(self) -> String {
        match self.login.strip_suffix("[bot]") {
            Some(slug) if self.kind == "Bot" => slug.to_owned(),
            _ => format!("@{}", self.login),
        }
    }
}
