//! What GitHub's REST API gives of releases, as far as it is used
//! (<https://docs.github.com/en/rest/releases/releases>).

use jiff::Timestamp;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::model::forge::{KeptAsset, KeptRelease};

/// A release.
#[derive(Deserialize)]
pub(super) struct ReleaseRecord {
    pub(super) id: u64,
    pub(super) tag_name: String,
    draft: bool,
    body: Option<String>,
    html_url: String,
    upload_url: String,
}

/// A file of a release.
#[derive(Deserialize)]
pub(super) struct AssetRecord {
    pub(super) id: u64,
    name: String,
    size: u64,
    state: String,
    digest: Option<String>,
    created_at: Timestamp,
}

impl ReleaseRecord {
    pub(super) fn kept(self, assets: Vec<AssetRecord>) -> Result<KeptRelease> {
        let kept = |asset: AssetRecord| {
            Ok(KeptAsset {
                id: asset.id,
                name: asset.name,
                size: asset.size,
                digest: asset.digest.map(|digest| digest.parse()).transpose()?,
                whole: asset.state == "uploaded",
                began_at: asset.created_at,
            })
        };
        Ok(KeptRelease {
            id: self.id,
            draft: self.draft,
            // GitHub gives line ends as it likes.
            body: self.body.unwrap_or_default().replace("\r\n", "\n"),
            url: self.html_url,
            assets: assets.into_iter().map(kept).collect::<Result<_>>()?,
        })
    }

    /// Where a file is uploaded to: the address is a template, `…/assets{?name,label}`.
    pub(super) fn upload_address(&self, name: &str) -> Result<reqwest::Url> {
        let bare = self.upload_url.split('{').next().unwrap_or_default();
        let mut address = reqwest::Url::parse(bare)
            .map_err(|error| Error::Internal(format!("the upload address `{bare}`: {error}")))?;
        address.query_pairs_mut().append_pair("name", name);
        Ok(address)
    }
}
