//! Every deployment of ours, with its statuses (<https://docs.github.com/en/rest/deployments/statuses>): what a lost ledger
//! can be recovered from. Times are those of GitHub.

use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::super::GitHub;
use super::super::answer::{Looked, unseen};
use super::deployment::Payload;
use crate::model::recovery::{FoundDeployment, FoundState, FoundStatus, Origin};

/// How many deployments are asked about at the same time.
const AT_ONCE: usize = 8;

const READ: &str = "`deployments: read`";

#[derive(Deserialize)]
struct Record {
    id: u64,
    url: String,
    environment: String,
    created_at: Timestamp,
    payload: Value,
}

#[derive(Deserialize)]
struct Status {
    id: u64,
    state: String,
    description: Option<String>,
    created_at: Timestamp,
}

/// Every deployment of ours, oldest first. One into an environment whose name is none of ours is left out.
pub(super) async fn deployments(github: &GitHub) -> Looked<Vec<FoundDeployment>> {
    let route = github.route("deployments");
    let listed = github.pages(&route, |page: Vec<Record>| page).await;
    let mut listed = listed.map_err(|error| unseen(&error, "deployments", READ))?;
    listed.sort_by_key(|record| record.id);
    listed.dedup_by_key(|record| record.id);
    let mut found = Vec::new();
    for some in listed.chunks(AT_ONCE) {
        let each = try_join_all(some.iter().map(|record| deployment(github, record))).await?;
        found.extend(each.into_iter().flatten());
    }
    Ok(found)
}

async fn deployment(github: &GitHub, record: &Record) -> Looked<Option<FoundDeployment>> {
    let (Some(payload), Ok(environment)) = (Payload::of(&record.payload), record.environment.parse()) else {
        return Ok(None);
    };
    let route = github.route(&format!("deployments/{}/statuses", record.id));
    let statuses = github.pages(&route, |page: Vec<Status>| page).await;
    let mut statuses = statuses.map_err(|error| unseen(&error, "a deployment's statuses", READ))?;
    statuses.sort_by_key(|status| status.id);
    statuses.dedup_by_key(|status| status.id);
    Ok(Some(FoundDeployment {
        origin: Origin {
            place: format!("deployment {} on GitHub", record.id),
            address: Some(record.url.clone()),
            at: Some(record.created_at),
            anchor: Some(payload.ledger),
        },
        environment,
        release: payload.release,
        attempt: payload.attempt,
        made_at: record.created_at,
        statuses: statuses.into_iter().map(found).collect(),
    }))
}

fn found(status: Status) -> FoundStatus {
    FoundStatus {
        state: match status.state.as_str() {
            "success" => FoundState::Success,
            "failure" | "error" => FoundState::Failure,
            "inactive" => FoundState::Inactive,
            _ => FoundState::Other,
        },
        at: status.created_at,
        words: status.description.unwrap_or_default(),
    }
}
