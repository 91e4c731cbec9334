//! A merged pull request with everyone who had a hand in it.

use jiff::Timestamp;
use serde::Deserialize;

use super::super::answer::{Looked, segment, unseen};
use super::super::{GitHub, PAGE};
use super::{Account, cut_short};
use crate::model::name::CommitId;
use crate::model::record::{PullRecord, PullReview, ReviewState};

/// The permission that reads pull requests.
const PERMISSION: &str = "`pull-requests: read`";

/// A pull request in a list.
#[derive(Deserialize)]
pub(super) struct Listed {
    number: u64,
    merged_at: Option<Timestamp>,
    head: Head,
}

#[derive(Deserialize)]
struct Pull {
    number: u64,
    user: Option<Account>,
    merged_by: Option<Account>,
    head: Head,
    commits: usize,
}

#[derive(Deserialize)]
struct Head {
    sha: CommitId,
    #[serde(rename = "ref")]
    branch: String,
    repo: Option<Repository>,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
}

#[derive(Deserialize)]
struct Commit {
    author: Option<Author>,
}

/// The account of a commit's author; GitHub gives an empty object for some that have none.
#[derive(Deserialize)]
struct Author {
    login: Option<String>,
}

#[derive(Deserialize)]
struct Review {
    user: Option<Account>,
    state: String,
    commit_id: Option<CommitId>,
    submitted_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Activity {
    after: String,
    actor: Option<Account>,
}

/// The merged pull requests that a commit came in by.
pub(super) async fn merged(github: &GitHub, commit: &CommitId) -> Looked<Vec<Listed>> {
    let route = github.route(&format!("commits/{commit}/pulls"));
    let listed = github.pages(&route, |page: Vec<Listed>| page).await;
    let listed = listed.map_err(|error| unseen(&error, "pull requests", PERMISSION))?;
    let merged = listed.into_iter().filter(|pull| pull.merged_at.is_some());
    Ok(merged.collect())
}

/// A pull request with its reviews, the authors of its commits, and the last one who pushed.
pub(super) async fn record(github: &GitHub, listed: Listed) -> Looked<PullRecord> {
    let route = github.route(&format!("pulls/{}", listed.number));
    let (pull, last_pusher, commits, reviews) = tokio::join!(
        github.ask::<Pull>(&route, "a pull request", PERMISSION),
        last_pusher(github, &listed.head),
        commits(github, &route),
        reviews(github, &route)
    );
    let (pull, commits, reviews) = (pull?, commits?, reviews?);
    // GitHub lists 250 commits at most.
    if commits.len() < pull.commits {
        return Err(cut_short(format!(
            "the {} commits of pull request {}",
            pull.commits, pull.number
        )));
    }
    let mut authors: Vec<String> = commits.into_iter().filter_map(|commit| commit.author?.login).collect();
    authors.sort();
    authors.dedup();
    Ok(PullRecord {
        number: pull.number,
        bot: pull.user.as_ref().is_some_and(Account::is_bot),
        author: Account::login(pull.user),
        merged_by: pull.merged_by.map(|account| account.login),
        head: pull.head.sha,
        authors,
        last_pusher,
        reviews: reviews.into_iter().filter_map(Review::told).collect(),
    })
}

async fn commits(github: &GitHub, pull: &str) -> Looked<Vec<Commit>> {
    let commits = github.pages(&format!("{pull}/commits"), |page: Vec<Commit>| page).await;
    commits.map_err(|error| unseen(&error, "the commits of a pull request", PERMISSION))
}

async fn reviews(github: &GitHub, pull: &str) -> Looked<Vec<Review>> {
    let reviews = github.pages(&format!("{pull}/reviews"), |page: Vec<Review>| page).await;
    reviews.map_err(|error| unseen(&error, "the reviews of a pull request", PERMISSION))
}

/// Who pushed the head, by the repository's activity
/// (<https://docs.github.com/en/rest/repos/repos#list-repository-activities>). It tells nothing of forks, and where it may
/// not be read nobody is known.
async fn last_pusher(github: &GitHub, head: &Head) -> Option<String> {
    let own = head.repo.as_ref()?.full_name.eq_ignore_ascii_case(&github.repository);
    let reference = segment(&format!("refs/heads/{}", head.branch));
    let route = github.route(&format!("activity?ref={reference}&per_page={PAGE}"));
    let found: Vec<Activity> = match own {
        true => github.client.get(route, None::<&()>).await.ok()?,
        false => return None,
    };
    let pushed = found.into_iter().find(|activity| activity.after == head.sha.as_str())?;
    Some(pushed.actor?.login)
}

impl Review {
    /// The review, once it is submitted.
    fn told(self) -> Option<PullReview> {
        let state = match self.state.as_str() {
            "APPROVED" => ReviewState::Approved,
            "CHANGES_REQUESTED" => ReviewState::ChangesRequested,
            "COMMENTED" => ReviewState::Commented,
            "DISMISSED" => ReviewState::Dismissed,
            _ => return None,
        };
        Some(PullReview {
            by: Account::login(self.user),
            state,
            commit: self.commit_id,
            at: self.submitted_at?,
        })
    }
}
