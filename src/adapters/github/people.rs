//! GitHub's records about people: runs and their reviews, pull requests, permissions and teams
//! (<https://docs.github.com/en/rest/actions/workflow-runs>, <https://docs.github.com/en/rest/pulls>).

mod pull;

use async_trait::async_trait;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::GitHub;
use super::answer::{Looked, Unseen, segment, unseen, within};
use crate::model::fact::FactState;
use crate::model::name::CommitId;
use crate::model::record::{PullRecord, RunRecord, RunReview};
use crate::ports::records::Records;

/// What a person may do, as the port names it. A role of an organisation's own counts as the permission under it.
const ROLES: [&str; 6] = ["admin", "maintain", "write", "triage", "read", "none"];

/// An account. One that is gone has no name any more.
#[derive(Deserialize)]
struct Account {
    login: String,
    #[serde(rename = "type", default)]
    kind: String,
}

/// The name under which GitHub shows an account that is gone.
const GONE: &str = "ghost";

impl Account {
    fn is_bot(&self) -> bool {
        self.kind == "Bot"
    }

    fn login(account: Option<Self>) -> String {
        account.map_or_else(|| GONE.to_owned(), |account| account.login)
    }
}

#[derive(Deserialize)]
struct Run {
    id: u64,
    actor: Option<Account>,
    triggering_actor: Option<Account>,
    event: String,
    path: String,
    head_branch: Option<String>,
    head_sha: CommitId,
    display_title: String,
    created_at: Timestamp,
    run_started_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Approval {
    environments: Vec<Named>,
    state: String,
    user: Option<Account>,
    comment: String,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Permission {
    permission: String,
    role_name: String,
}

#[derive(Deserialize)]
struct Membership {
    state: String,
}

#[async_trait]
impl Records for GitHub {
    fn source(&self) -> String {
        format!("GitHub {}", self.repository)
    }

    async fn run(&self, run: &str, attempt: u32) -> FactState<RunRecord> {
        let route = self.route(&format!("actions/runs/{}/attempts/{attempt}", segment(run)));
        let found = async {
            let found: Run = self.ask(&route, "the workflow run", "`actions: read`").await?;
            Ok(found.record())
        };
        within(self.patience, found).await
    }

    async fn run_reviews(&self, run: &str) -> FactState<Vec<RunReview>> {
        let route = self.route(&format!("actions/runs/{}/approvals", segment(run)));
        let found = async {
            let found: Vec<Approval> = self.ask(&route, "the run's reviews", "`actions: read`").await?;
            Ok(found.into_iter().filter_map(Approval::review).collect())
        };
        within(self.patience, found).await
    }

    async fn pulls(&self, commit: &CommitId) -> FactState<Vec<PullRecord>> {
        let found = async {
            let merged = pull::merged(self, commit).await?;
            try_join_all(merged.into_iter().map(|listed| pull::record(self, listed))).await
        };
        within(self.patience, found).await
    }

    async fn permission(&self, person: &str) -> FactState<String> {
        let route = self.route(&format!("collaborators/{}/permission", segment(person)));
        let found = async {
            let found: Option<Permission> = self.look_for(&route, "a permission", "`metadata: read`").await?;
            Ok(found.map_or_else(|| "none".to_owned(), Permission::role))
        };
        within(self.patience, found).await
    }

    async fn is_member(&self, team: &str, person: &str) -> FactState<bool> {
        let Some((organisation, slug)) = team.split_once('/') else {
            let reason = format!("`{team}` is no team: write ORGANISATION/SLUG");
            return FactState::Unavailable { reason };
        };
        let team = format!("/orgs/{}/teams/{}", segment(organisation), segment(slug));
        within(self.patience, self.membership(&team, person)).await
    }
}

impl GitHub {
    /// Something that must be there.
    async fn ask<T: DeserializeOwned>(&self, route: &str, what: &str, permission: &str) -> Looked<T> {
        let found: octocrab::Result<T> = self.client.get(route, None::<&()>).await;
        found.map_err(|error| unseen(&error, what, permission))
    }

    /// Something that need not be there.
    async fn look_for<T: DeserializeOwned>(&self, route: &str, what: &str, permission: &str) -> Looked<Option<T>> {
        let found: octocrab::Result<T> = self.client.get(route, None::<&()>).await;
        match found {
            Ok(found) => Ok(Some(found)),
            Err(octocrab::Error::GitHub { source, .. }) if source.status_code.as_u16() == 404 => Ok(None),
            Err(error) => Err(unseen(&error, what, permission)),
        }
    }

    async fn membership(&self, team: &str, person: &str) -> Looked<bool> {
        // A workflow's own token never has it; an App's can.
        let (what, permission) = ("a team", "`members: read`");
        let route = format!("{team}/memberships/{}", segment(person));
        let found: Option<Membership> = self.look_for(&route, what, permission).await?;
        match found {
            Some(found) => Ok(found.state == "active"),
            // GitHub keeps quiet as well about a team that the token does not see.
            None => {
                let _: serde_json::Value = self.ask(team, what, permission).await?;
                Ok(false)
            }
        }
    }
}

impl Run {
    fn record(self) -> RunRecord {
        let actor = self.triggering_actor.or(self.actor);
        RunRecord {
            id: self.id,
            bot: actor.as_ref().is_some_and(Account::is_bot),
            actor: Account::login(actor),
            event: self.event,
            // A reusable workflow's path has its ref behind it.
            workflow: self.path.split('@').next().unwrap_or_default().to_owned(),
            branch: self.head_branch,
            commit: self.head_sha,
            started_at: self.run_started_at.unwrap_or(self.created_at),
            title: self.display_title,
        }
    }
}

impl Approval {
    /// The review, once it is one.
    fn review(self) -> Option<RunReview> {
        let approved = match self.state.as_str() {
            "approved" => true,
            "rejected" => false,
            _ => return None,
        };
        Some(RunReview {
            by: Account::login(self.user),
            approved,
            environments: self
                .environments
                .into_iter()
                .map(|environment| environment.name)
                .collect(),
            comment: self.comment,
        })
    }
}

impl Permission {
    fn role(self) -> String {
        let known = ROLES.contains(&self.role_name.as_str());
        if known { self.role_name } else { self.permission }
    }
}

/// What is missing where a list is not told as a whole.
fn cut_short(what: String) -> Unseen {
    Unseen::Unavailable(format!("GitHub does not tell all of {what}"))
}
