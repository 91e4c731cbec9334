//! Publishing a version's release at the forge: look, do the next step, look again. It is part of `tag`.

use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::apply::{Receipt, apply};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::forge::{Asset, Draft};
use crate::model::refusal::Refusal;
use crate::model::step::{Action, Step};
use crate::plan::publish::{Next, next};
use crate::ports::ledger::Observed;

/// How often the forge may say that something is in the way before that is taken for its last word.
const ROUNDS: u32 = 5;

/// How long it waits before it looks again.
const PAUSE: Duration = Duration::from_millis(500);

/// How long it tries: longer than what another run has begun is left alone, and time for files of some size.
const LONGEST: SignedDuration = SignedDuration::from_mins(60);

/// The release of a version at the forge.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Published {
    /// Its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What was left to do.
    pub steps: Vec<Step>,
    /// Why it is not published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

/// Publishes. What is there already is left as it is.
pub async fn publish(context: &Context, draft: &Draft, files: &[PathBuf]) -> Result<Published> {
    let Some(forge) = &context.forge else {
        return Err(Error::usage(
            "there is no GitHub to publish the release at",
            "give a token in GITHUB_TOKEN and the repository, as OWNER/NAME, in GITHUB_REPOSITORY; a workflow has both",
        ));
    };
    let assets = assets(files)?;
    let mut published = Published::default();
    let (mut in_the_way, mut drafted) = (0, false);
    let begin = context.clock.now();
    while context.clock.now().duration_since(begin) < LONGEST {
        let seen = forge.releases(&draft.tag).await?;
        let step = match next(draft, &assets, &seen, context.clock.now()) {
            Ok(Next::Done(url)) => {
                published.url = Some(url);
                return Ok(published);
            }
            Ok(Next::Step(step)) => *step,
            Ok(Next::Wait(file)) => {
                context
                    .progress
                    .begin(&format!("waiting for {file}, which another run may be sending"));
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            Err(refusal) => {
                published.refusal = Some(refusal);
                return Ok(published);
            }
        };
        if context.dry_run {
            published.steps.push(step);
            return Ok(published);
        }
        // What was made a moment ago may not be listed yet; it is not made twice.
        let drafts = matches!(step.action, Action::DraftRelease { .. });
        if drafts && drafted {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        match apply(context, &step, &Observed::default()).await? {
            Receipt::Refused(refusal) if in_the_way == ROUNDS => {
                published.refusal = Some(refusal);
                return Ok(published);
            }
            Receipt::Refused(_) => {
                in_the_way += 1;
                tokio::time::sleep(PAUSE).await;
            }
            _ => {
                drafted |= drafts;
                published.steps.push(step);
            }
        }
    }
    Err(Error::Outside {
        operation: "publishing the release",
        target: draft.tag.clone(),
        cause: format!("it was not done within {} minutes", LONGEST.as_mins()),
        retryable: true,
        help: "run the same command again; it goes on where it stopped".to_owned(),
    })
}

/// The files with their lengths and digests. Two of one name cannot be told apart there.
fn assets(files: &[PathBuf]) -> Result<Vec<Asset>> {
    let mut assets: Vec<Asset> = Vec::new();
    for path in files {
        let asset = asset(path)?;
        if let Some(other) = assets.iter().find(|other| other.name == asset.name) {
            return Err(Error::usage(
                format!("{} and {} have one name", other.path.display(), path.display()),
                "the files of a release are told apart by their names: rename one",
            ));
        }
        assets.push(asset);
    }
    Ok(assets)
}

fn asset(path: &Path) -> Result<Asset> {
    let failed = |error: std::io::Error| {
        Error::usage(
            format!("{} cannot be read: {error}", path.display()),
            "name a file that is there and that you may read",
        )
    };
    let mut file = std::io::BufReader::with_capacity(1 << 16, std::fs::File::open(path).map_err(failed)?);
    let (mut hash, mut size) = (Sha256::new(), 0);
    loop {
        let read = file.fill_buf().map_err(failed)?;
        if read.is_empty() {
            break;
        }
        hash.update(read);
        let length = read.len();
        size += length as u64;
        file.consume(length);
    }
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    // GitHub gives files with other names another one, and would not be asked for them by it.
    let kept = |letter: u8| letter.is_ascii_alphanumeric() || b"._-".contains(&letter);
    if name.starts_with('.') || name.ends_with('.') || !name.bytes().all(kept) {
        return Err(Error::usage(
            format!("GitHub does not keep the name `{name}`"),
            "name the file by letters, digits, `-`, `_` and, inside, `.`",
        ));
    }
    Ok(Asset {
        name,
        path: path.to_owned(),
        size,
        digest: Digest::from_hasher(hash),
    })
}
