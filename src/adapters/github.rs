//! GitHub and GitHub Enterprise Server, by the REST API (<https://docs.github.com/en/rest>).

mod answer;
mod app;
mod checks;
mod client;
mod failure;
mod git_data;
mod mirror;
mod people;
mod pulls;
mod records;
mod rules;

use std::time::Duration;

use async_trait::async_trait;
use octocrab::Octocrab;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::error::{Error, Result};
use crate::model::forge::{Asset, CommittedFile, Draft, KeptRelease, Ruleset, Source};
use crate::model::name::CommitId;
use crate::model::secret::Secret;
use crate::ports::forge::{Forge, Made, Shared};
pub use app::token as app_token;
use failure::{failure, taken};
use records::{AssetRecord, ReleaseRecord};

/// How many entries a page has, the most that GitHub gives.
const PAGE: usize = 100;

/// How long one fact may take, with all its pages and repetitions.
const PATIENCE: Duration = Duration::from_secs(30);

/// A repository on GitHub.
pub struct GitHub {
    client: Octocrab,
    uploads: reqwest::Client,
    token: Secret,
    repository: String,
    rulesets: OnceCell<Vec<Ruleset>>,
    job: Option<Job>,
    server: Option<String>,
    patience: Duration,
    told: mirror::Told,
}

/// The job of a workflow run that this process is a part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The run's number (`GITHUB_RUN_ID`).
    pub run: String,
    /// The job's key in its workflow (`GITHUB_JOB`), where it is known.
    pub name: Option<String>,
}

impl GitHub {
    /// The repository `OWNER/NAME` behind an API such as `https://api.github.com`.
    ///
    /// # Errors
    /// A usage error when the address is none.
    pub fn new(api: &str, repository: &str, token: Secret) -> Result<Self> {
        Ok(Self {
            client: client::open(api, token.expose())?,
            uploads: client::uploads()?,
            token,
            repository: repository.to_owned(),
            rulesets: OnceCell::new(),
            job: None,
            server: None,
            patience: PATIENCE,
            told: mirror::Told::default(),
        })
    }

    /// The same, asked by a job.
    #[must_use]
    pub fn asked_by(self, job: Option<Job>) -> Self {
        Self { job, ..self }
    }

    /// The same, on the server that people see, such as `https://github.com`.
    #[must_use]
    pub fn seen_at(self, server: Option<String>) -> Self {
        Self { server, ..self }
    }

    /// The same, where a fact or the mirror is given up after another time.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Asks for something that need not be there or be seen.
    async fn look<T: DeserializeOwned>(&self, operation: &'static str, rest: &str) -> Result<Option<T>> {
        let found: octocrab::Result<T> = self.client.get(self.route(rest), None::<&()>).await;
        match found {
            Ok(found) => Ok(Some(found)),
            Err(octocrab::Error::GitHub { source, .. }) if matches!(source.status_code.as_u16(), 403 | 404) => Ok(None),
            Err(error) => Err(failure(operation, rest, &error)),
        }
    }

    fn route(&self, rest: &str) -> String {
        format!("/repos/{}/{rest}", self.repository)
    }

    /// Every entry of a list, page by page.
    async fn all<T: DeserializeOwned>(&self, operation: &'static str, rest: &str) -> Result<Vec<T>> {
        let pages = self.pages(&self.route(rest), |page: Vec<T>| page).await;
        pages.map_err(|error| failure(operation, &self.repository, &error))
    }

    /// The same for a list that need not be there or be seen.
    async fn all_seen<T: DeserializeOwned>(&self, operation: &'static str, rest: &str) -> Result<Vec<T>> {
        match self.pages(&self.route(rest), |page: Vec<T>| page).await {
            Err(octocrab::Error::GitHub { source, .. }) if matches!(source.status_code.as_u16(), 403 | 404) => {
                Ok(Vec::new())
            }
            found => found.map_err(|error| failure(operation, &self.repository, &error)),
        }
    }

    /// Every entry of a list whose pages hold them in `entries`.
    async fn pages<P: DeserializeOwned, T>(&self, route: &str, entries: fn(P) -> Vec<T>) -> octocrab::Result<Vec<T>> {
        let mut all = Vec::new();
        let sign = if route.contains('?') { '&' } else { '?' };
        for page in 1.. {
            let route = format!("{route}{sign}per_page={PAGE}&page={page}");
            let found = entries(self.client.get(route, None::<&()>).await?);
            let last = found.len() < PAGE;
            all.extend(found);
            if last {
                break;
            }
        }
        Ok(all)
    }

    async fn assets(&self, release: u64) -> Result<Vec<AssetRecord>> {
        let route = format!("releases/{release}/assets");
        let mut assets: Vec<AssetRecord> = self.all("listing the files of a release", &route).await?;
        assets.sort_by_key(|asset| asset.id);
        assets.dedup_by_key(|asset| asset.id);
        Ok(assets)
    }
}

#[async_trait]
impl Forge for GitHub {
    async fn releases(&self, tag: &str) -> Result<Vec<KeptRelease>> {
        // A draft is not found by its tag, so all releases are listed.
        let mut found: Vec<ReleaseRecord> = self.all("listing the releases", "releases").await?;
        found.retain(|release| release.tag_name == tag);
        found.sort_by_key(|release| release.id);
        // A release that is made between two pages shifts others onto the second as well.
        found.dedup_by_key(|release| release.id);
        let mut kept = Vec::new();
        for release in found {
            let assets = self.assets(release.id).await?;
            kept.push(release.kept(assets)?);
        }
        Ok(kept)
    }

    async fn release(&self, release: u64) -> Result<Option<KeptRelease>> {
        let found: Option<ReleaseRecord> = self.look("reading the release", &format!("releases/{release}")).await?;
        match found {
            Some(record) => Ok(Some(record.kept(self.assets(release).await?)?)),
            None => Ok(None),
        }
    }

    async fn draft(&self, draft: &Draft) -> Result<Made> {
        let mut body = json!({
            "tag_name": draft.tag,
            "name": draft.title,
            "body": draft.body,
            "draft": true,
            "prerelease": draft.prerelease,
        });
        // Without a tag GitHub would make one on the default branch. With one the commit is left out: GitHub takes it for a
        // change of workflow files where these differ, which no workflow's token may make.
        if !self.has_tag(&draft.tag).await? {
            body["target_commitish"] = json!(draft.commit);
        }
        let made: octocrab::Result<Value> = self.client.post(self.route("releases"), Some(&body)).await;
        taken(made, "drafting the release", &draft.tag)
    }

    async fn upload(&self, release: u64, asset: &Asset) -> Result<Made> {
        let name = &asset.name;
        let record: ReleaseRecord = self
            .client
            .get(self.route(&format!("releases/{release}")), None::<&()>)
            .await
            .map_err(|error| failure("reading the release", name, &error))?;
        let body = match &asset.source {
            Source::Text(text) => reqwest::Body::from(text.clone()),
            Source::File(file) => {
                let open = tokio::fs::File::open(file).await;
                let open = open.map_err(|error| Error::file("reading a file of the release", file, &error))?;
                reqwest::Body::wrap_stream(tokio_util::io::ReaderStream::new(open))
            }
        };
        let sent = self
            .uploads
            .post(record.upload_address(name)?)
            .header(AUTHORIZATION, format!("Bearer {}", self.token.expose()))
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_LENGTH, asset.size)
            .body(body)
            .send()
            .await;
        let answer = sent.map_err(|error| failure::broken("uploading a file of the release", name, &error))?;
        let status = answer.status().as_u16();
        let said = answer.text().await.unwrap_or_default();
        failure::uploaded(status, &said, name)
    }

    async fn delete_asset(&self, asset: u64) -> Result<()> {
        self.delete(&format!("releases/assets/{asset}")).await
    }

    async fn delete_draft(&self, release: u64) -> Result<()> {
        self.delete(&format!("releases/{release}")).await
    }

    async fn publish(&self, tag: &str, release: u64, latest: bool) -> Result<Made> {
        // Without its tag GitHub may give the draft another one.
        let body = json!({ "tag_name": tag, "draft": false, "make_latest": latest.to_string() });
        let route = self.route(&format!("releases/{release}"));
        let made: octocrab::Result<Value> = self.client.patch(route, Some(&body)).await;
        taken(made, "publishing the release", tag)
    }

    async fn rulesets(&self) -> Result<Vec<Ruleset>> {
        let known = self.rulesets.get_or_try_init(|| rules::of_tags(self));
        Ok(known.await?.clone())
    }

    async fn create_tag(&self, name: &str, commit: &CommitId, message: Option<&str>) -> Result<Shared> {
        git_data::create_tag(self, name, commit, message).await
    }

    async fn commit(&self, parent: &CommitId, files: &[CommittedFile], message: &str) -> Result<CommitId> {
        git_data::commit(self, parent, files, message).await
    }

    async fn create_branch(&self, name: &str, commit: &CommitId) -> Result<Shared> {
        git_data::create_branch(self, name, commit).await
    }

    async fn advance(&self, branch: &str, from: &CommitId, to: &CommitId) -> Result<Shared> {
        git_data::advance(self, branch, from, to).await
    }
}

impl GitHub {
    async fn has_tag(&self, tag: &str) -> Result<bool> {
        Ok(git_data::find(self, &format!("tags/{tag}")).await?.is_some())
    }

    async fn delete(&self, rest: &str) -> Result<()> {
        let answer = self.client._delete(self.route(rest), None::<&()>).await;
        let answer = answer.map_err(|error| failure("deleting", rest, &error))?;
        match answer.status().as_u16() {
            200..=299 | 404 => Ok(()),
            status => Err(failure::status("deleting", rest, status, "")),
        }
    }
}
