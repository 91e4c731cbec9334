//! A gate's verdict as a check run of the release's commit, or as a commit status where the token may make no check runs:
//! GitHub lets Apps alone make them, a workflow's own token included
//! (<https://docs.github.com/en/rest/checks/runs#create-a-check-run>).

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::answer::{Looked, Unseen, segment, unseen};
use super::super::{GitHub, PAGE};
use super::cut;
use crate::model::mirror::{ShownVerdict, VERDICT_TYPE};
use crate::model::verdict::VerdictStatus;

/// How many letters a check run's summary has at most: GitHub takes 65535 bytes.
const SUMMARY: usize = 16_000;

/// How many letters a title and a status have at most.
const TITLE: usize = 140;

#[derive(Deserialize)]
struct Runs {
    check_runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    status: String,
    conclusion: Option<String>,
    external_id: Option<String>,
    output: Output,
}

#[derive(Deserialize)]
struct Output {
    title: Option<String>,
    summary: Option<String>,
}

#[derive(Deserialize)]
struct Status {
    context: String,
    state: String,
    description: Option<String>,
}

/// Shows a verdict, unless it is the one that is shown.
pub(super) async fn show(github: &GitHub, shown: &ShownVerdict) -> Looked<()> {
    match run(github, shown).await {
        Err(Unseen::Forbidden(_)) => status(github, shown).await,
        other => other,
    }
}

async fn run(github: &GitHub, shown: &ShownVerdict) -> Looked<()> {
    let permission = "`checks: write`";
    let (status, conclusion) = match shown.status {
        VerdictStatus::Open => ("completed", Some("success")),
        VerdictStatus::Closed => ("completed", Some("failure")),
        VerdictStatus::Undecidable => ("completed", Some("action_required")),
        VerdictStatus::Waiting => ("in_progress", None),
    };
    let (title, summary) = (cut(&shown.title, TITLE), cut(&shown.summary, SUMMARY));
    let (name, commit) = (segment(&shown.name), &shown.commit);
    let route = github.route(&format!("commits/{commit}/check-runs?check_name={name}&filter=latest"));
    let found: octocrab::Result<Runs> = github.client.get(route, None::<&()>).await;
    let found = found.map_err(|error| unseen(&error, "check runs", permission))?;
    let is_shown = |run: &Run| {
        run.external_id.as_deref() == Some(VERDICT_TYPE)
            && (run.status.as_str(), run.conclusion.as_deref()) == (status, conclusion)
            && run.output.title.as_ref() == Some(&title)
            && run.output.summary.as_ref() == Some(&summary)
    };
    if found.check_runs.iter().any(is_shown) {
        return Ok(());
    }
    let mut body = json!({
        "name": shown.name,
        "head_sha": commit,
        "external_id": VERDICT_TYPE,
        "status": status,
        "output": { "title": title, "summary": summary },
    });
    if let Some(conclusion) = conclusion {
        body["conclusion"] = conclusion.into();
    }
    if let Some(page) = github.run_page() {
        body["details_url"] = page.into();
    }
    let made: octocrab::Result<Value> = github.client.post(github.route("check-runs"), Some(&body)).await;
    made.map_err(|error| unseen(&error, "making a check run", permission))?;
    Ok(())
}

/// A commit has at most 1000 statuses of one context, so that none is made twice.
async fn status(github: &GitHub, shown: &ShownVerdict) -> Looked<()> {
    let permission = "`checks: write` or `statuses: write`";
    let state = match shown.status {
        VerdictStatus::Open => "success",
        VerdictStatus::Closed => "failure",
        VerdictStatus::Undecidable => "error",
        VerdictStatus::Waiting => "pending",
    };
    let description = cut(&shown.title, TITLE);
    let route = github.route(&format!("commits/{}/statuses?per_page={PAGE}", shown.commit));
    let found: octocrab::Result<Vec<Status>> = github.client.get(route, None::<&()>).await;
    let found = found.map_err(|error| unseen(&error, "commit statuses", permission))?;
    let last = found.into_iter().find(|status| status.context == shown.name);
    if last.is_some_and(|last| last.state == state && last.description.as_ref() == Some(&description)) {
        return Ok(());
    }
    let mut body = json!({ "state": state, "context": shown.name, "description": description });
    if let Some(page) = github.run_page() {
        body["target_url"] = page.into();
    }
    let route = github.route(&format!("statuses/{}", shown.commit));
    let made: octocrab::Result<Value> = github.client.post(route, Some(&body)).await;
    made.map_err(|error| unseen(&error, "making a commit status", permission))?;
    Ok(())
}
