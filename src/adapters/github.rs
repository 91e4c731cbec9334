//! GitHub and GitHub Enterprise Server, by the REST API (<https://docs.github.com/en/rest>).

mod failure;
mod records;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use octocrab::Octocrab;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::model::forge::{Draft, KeptRelease};
use crate::model::secret::Secret;
use crate::ports::forge::{Forge, Made};
use failure::{failure, taken};
use records::ReleaseRecord;

/// How many entries a page has, the most that GitHub gives.
const PAGE: usize = 100;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(20);

/// How long an answer may say nothing.
const SILENCE: Duration = Duration::from_secs(120);

/// A repository on GitHub.
pub struct GitHub {
    client: Octocrab,
    uploads: reqwest::Client,
    token: Secret,
    repository: String,
}

impl GitHub {
    /// The repository `OWNER/NAME` behind an API such as `https://api.github.com`.
    ///
    /// # Errors
    /// A usage error when the address is none.
    pub fn new(api: &str, repository: &str, token: Secret) -> Result<Self> {
        let wrong = |cause: String| {
            Error::usage(
                format!("`{api}` is no address of a GitHub API: {cause}"),
                "set GITHUB_API_URL to one such as https://api.github.com or https://HOST/api/v3",
            )
        };
        let client = Octocrab::builder()
            .base_uri(api)
            .map_err(|error| wrong(error.to_string()))?
            .personal_token(token.expose().to_owned())
            .set_connect_timeout(Some(CONNECT))
            .set_read_timeout(Some(SILENCE))
            .build()
            .map_err(|error| wrong(error.to_string()))?;
        let uploads = reqwest::Client::builder()
            .user_agent(concat!("tidegate/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .build()
            .map_err(|error| Error::Internal(error.to_string()))?;
        Ok(Self {
            client,
            uploads,
            token,
            repository: repository.to_owned(),
        })
    }

    fn route(&self, rest: &str) -> String {
        format!("/repos/{}/{rest}", self.repository)
    }

    /// A draft is not found by its tag, so all releases are listed.
    async fn all(&self) -> Result<Vec<ReleaseRecord>> {
        let mut all = Vec::new();
        for page in 1.. {
            let route = self.route(&format!("releases?per_page={PAGE}&page={page}"));
            let found: Vec<ReleaseRecord> = self
                .client
                .get(route, None::<&()>)
                .await
                .map_err(|error| failure("listing the releases", &self.repository, &error))?;
            let last = found.len() < PAGE;
            all.extend(found);
            if last {
                break;
            }
        }
        Ok(all)
    }
}

#[async_trait]
impl Forge for GitHub {
    async fn releases(&self, tag: &str) -> Result<Vec<KeptRelease>> {
        let mut found: Vec<ReleaseRecord> = self.all().await?;
        found.retain(|release| release.tag_name == tag);
        found.sort_by_key(|release| release.id);
        // A release that is made between two pages shifts others onto the second as well.
        found.dedup_by_key(|release| release.id);
        let mut kept = Vec::new();
        for release in found {
            let mut assets = Vec::new();
            for page in 1.. {
                let route = self.route(&format!("releases/{}/assets?per_page={PAGE}&page={page}", release.id));
                let listed: Vec<records::AssetRecord> = self
                    .client
                    .get(route, None::<&()>)
                    .await
                    .map_err(|error| failure("listing the files of a release", tag, &error))?;
                let last = listed.len() < PAGE;
                assets.extend(listed);
                if last {
                    break;
                }
            }
            assets.sort_by_key(|asset| asset.id);
            assets.dedup_by_key(|asset| asset.id);
            kept.push(release.kept(assets)?);
        }
        Ok(kept)
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

    async fn upload(&self, release: u64, name: &str, file: &Path, size: u64) -> Result<Made> {
        let record: ReleaseRecord = self
            .client
            .get(self.route(&format!("releases/{release}")), None::<&()>)
            .await
            .map_err(|error| failure("reading the release", name, &error))?;
        let open = tokio::fs::File::open(file).await;
        let open = open.map_err(|error| Error::file("reading a file of the release", file, &error))?;
        let sent = self
            .uploads
            .post(record.upload_address(name)?)
            .header(AUTHORIZATION, format!("Bearer {}", self.token.expose()))
            .header(CONTENT_TYPE, "application/octet-stream")
            .header(CONTENT_LENGTH, size)
            .body(reqwest::Body::wrap_stream(tokio_util::io::ReaderStream::new(open)))
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

    async fn publish(&self, release: u64, latest: bool) -> Result<Made> {
        let body = json!({ "draft": false, "make_latest": latest.to_string() });
        let route = self.route(&format!("releases/{release}"));
        let made: octocrab::Result<Value> = self.client.patch(route, Some(&body)).await;
        taken(made, "publishing the release", &release.to_string())
    }
}

impl GitHub {
    async fn has_tag(&self, tag: &str) -> Result<bool> {
        let route = self.route(&format!("git/ref/tags/{tag}"));
        let found: octocrab::Result<Value> = self.client.get(route, None::<&()>).await;
        match found {
            Ok(_) => Ok(true),
            Err(octocrab::Error::GitHub { source, .. }) if source.status_code.as_u16() == 404 => Ok(false),
            Err(error) => Err(failure("looking for the tag", tag, &error)),
        }
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
