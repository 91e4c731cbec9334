//! Deployments and their statuses (<https://docs.github.com/en/rest/deployments>). A component has a task of its own, so that
//! the deployments of several components into one environment are told apart.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::answer::{Looked, segment, unseen};
use super::super::{GitHub, PAGE};
use super::cut;
use crate::model::anchor::Anchor;
use crate::model::mirror::{DEPLOYMENT_TYPE, ShownAttempt, ShownDeployment, ShownStatus};
use crate::model::release::Release;
use crate::ports::ledger::Anchored;

/// How many letters a status says at most.
const WORDS: usize = 140;

/// How many earlier deployments are looked at for those that are over.
const EARLIER: usize = 10;

/// The state of a deployment under way; the others end it.
const UNDER_WAY: &str = "in_progress";

const WRITE: &str = "`deployments: write`";

#[derive(Deserialize)]
struct Record {
    id: u64,
    payload: Value,
}

/// What a deployment of ours carries.
#[derive(Serialize, Deserialize)]
pub(super) struct Payload {
    #[serde(rename = "type")]
    kind: String,
    #[serde(flatten)]
    pub(super) release: Release,
    pub(super) attempt: u64,
    pub(super) ledger: Anchor,
}

#[derive(Deserialize)]
struct Status {
    state: String,
    description: Option<String>,
}

impl Record {
    fn payload(&self) -> Option<Payload> {
        Payload::of(&self.payload)
    }
}

impl Payload {
    /// What a deployment carries, when it is ours. GitHub gives a payload as it was sent, or as text.
    pub(super) fn of(carried: &Value) -> Option<Self> {
        let payload: Self = match carried {
            Value::String(text) => serde_json::from_str(text).ok()?,
            other => Self::deserialize(other).ok()?,
        };
        (payload.kind == DEPLOYMENT_TYPE).then_some(payload)
    }
}

/// Shows a deployment: finds it again or makes it, gives it its status, and ends those before it.
pub(super) async fn show(github: &GitHub, shown: &ShownDeployment) -> Looked<()> {
    let task = segment(&task(shown));
    let list = format!(
        "deployments?environment={}&task={task}&per_page={PAGE}",
        shown.environment
    );
    let listed: octocrab::Result<Vec<Record>> = github.client.get(github.route(&list), None::<&()>).await;
    let mut listed = listed.map_err(|error| unseen(&error, "deployments", WRITE))?;
    listed.sort_by_key(|record| std::cmp::Reverse(record.id));
    let is_meant = |record: &&Record| record.payload().is_some_and(|payload| is_of(shown, &payload));
    let id = match (listed.iter().find(is_meant), &shown.attempt) {
        (Some(record), _) => record.id,
        (None, ShownAttempt::Number(number, anchor)) => create(github, shown, *number, anchor).await?,
        (None, ShownAttempt::Newest) => return Ok(()),
    };
    let state = match shown.status {
        ShownStatus::InProgress => UNDER_WAY,
        ShownStatus::Success => "success",
        ShownStatus::Failure => "failure",
    };
    set(github, id, state, &shown.description, shown.url.as_deref()).await?;
    if shown.status == ShownStatus::Success {
        let earlier = listed
            .iter()
            .filter(|record| record.id < id && record.payload().is_some());
        end(github, earlier.map(|record| record.id)).await?;
    }
    Ok(())
}

/// The places in the ledger that the repository's deployments of ours name, newest first.
pub(super) async fn anchors(github: &GitHub) -> Looked<Vec<Anchored>> {
    let listed = github
        .pages(&github.route("deployments"), |page: Vec<Record>| page)
        .await;
    let mut listed = listed.map_err(|error| unseen(&error, "deployments", "`deployments: read`"))?;
    listed.sort_by_key(|record| std::cmp::Reverse(record.id));
    listed.dedup_by_key(|record| record.id);
    let anchored = |record: &Record| {
        Some(Anchored {
            place: format!("deployment {} on GitHub", record.id),
            anchor: record.payload()?.ledger,
        })
    };
    Ok(listed.iter().filter_map(anchored).collect())
}

fn task(shown: &ShownDeployment) -> String {
    format!("deploy:{}", shown.release.component)
}

fn is_of(shown: &ShownDeployment, payload: &Payload) -> bool {
    let same = match shown.attempt {
        ShownAttempt::Number(number, _) => payload.attempt == number,
        ShownAttempt::Newest => true,
    };
    same && payload.release.digest == shown.release.digest && payload.release.component == shown.release.component
}

async fn create(github: &GitHub, shown: &ShownDeployment, attempt: u64, anchor: &Anchor) -> Looked<u64> {
    let release = &shown.release;
    let body = json!({
        "ref": release.commit,
        "task": task(shown),
        "environment": shown.environment,
        "description": cut(&release.to_string(), WORDS),
        "auto_merge": false,
        "required_contexts": [],
        "production_environment": shown.production,
        "transient_environment": false,
        "payload": Payload {
            kind: DEPLOYMENT_TYPE.to_owned(),
            release: release.clone(),
            attempt,
            ledger: anchor.clone(),
        },
    });
    let made: octocrab::Result<Record> = github.client.post(github.route("deployments"), Some(&body)).await;
    Ok(made.map_err(|error| unseen(&error, "making a deployment", WRITE))?.id)
}

/// Gives a deployment a status, unless it has ended so or is that far.
async fn set(github: &GitHub, id: u64, state: &str, description: &str, url: Option<&str>) -> Looked<()> {
    let description = cut(description, WORDS);
    let last = last(github, id).await?;
    let same =
        |last: &Status| last.state == state && (state != UNDER_WAY || last.description.as_ref() == Some(&description));
    if last.as_ref().is_some_and(same) {
        return Ok(());
    }
    let mut body = json!({ "state": state, "description": description, "auto_inactive": false });
    for (key, value) in [
        ("log_url", github.run_page()),
        ("environment_url", url.map(str::to_owned)),
    ] {
        if let Some(value) = value {
            body[key] = value.into();
        }
    }
    let route = github.route(&format!("deployments/{id}/statuses"));
    let made: octocrab::Result<Value> = github.client.post(route, Some(&body)).await;
    made.map_err(|error| unseen(&error, "a deployment's status", WRITE))?;
    Ok(())
}

async fn last(github: &GitHub, id: u64) -> Looked<Option<Status>> {
    let route = github.route(&format!("deployments/{id}/statuses?per_page=1"));
    let found: octocrab::Result<Vec<Status>> = github.client.get(route, None::<&()>).await;
    let found = found.map_err(|error| unseen(&error, "a deployment's statuses", WRITE))?;
    Ok(found.into_iter().next())
}

/// Ends the deployments that were there before, newest first, down to the one that ran there.
async fn end(github: &GitHub, earlier: impl Iterator<Item = u64>) -> Looked<()> {
    for id in earlier.take(EARLIER) {
        let state = last(github, id).await?.map_or_else(String::new, |last| last.state);
        match state.as_str() {
            "inactive" => return Ok(()),
            "failure" | "error" => {}
            other => {
                set(github, id, "inactive", "another release took its place", None).await?;
                if other == "success" {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}
