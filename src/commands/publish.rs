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
use crate::model::forge::{Asset, Draft, KeptRelease, Source};
use crate::model::refusal::Refusal;
use crate::model::step::{Action, Step};
use crate::plan::publish::{Next, next};
use crate::ports::forge::Forge;
use crate::ports::ledger::Observed;

/// How often the forge may say that something is in the way before that is taken for its last word.
const ROUNDS: u32 = 5;

/// How long it waits before it looks again.
const PAUSE: Duration = Duration::from_millis(500);

/// The longest pause while another run may be sending a file: each look costs of the token's limit.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How long it tries: longer than what another run has begun is left alone, and time for files of some size.
const LONGEST: SignedDuration = SignedDuration::from_mins(60);

/// The file that has the checksums of the others.
const CHECKSUMS: &str = "SHA256SUMS";

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
    /// What failed at the forge; running the command again goes on where it stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Refusal>,
}

/// Publishes. What is there already is left as it is.
pub async fn publish(context: &Context, draft: &Draft, files: &[PathBuf]) -> Result<Published> {
    let Some(forge) = &context.forge else {
        return Err(no_forge("publish the release at"));
    };
    let assets = with_checksums(assets(files)?);
    let mut published = Published::default();
    let mut tries = Tries::default();
    let mut known = Vec::new();
    let begin = context.clock.now();
    while context.clock.now().duration_since(begin) < LONGEST {
        let seen = look(forge.as_ref(), &draft.tag, &known).await?;
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
                known = seen.iter().map(|release| release.id).collect();
                tries.waited = (tries.waited * 2).clamp(PAUSE, LONGEST_PAUSE);
                tokio::time::sleep(tries.waited).await;
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
        if drafts && tries.drafted {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        match apply(context, &step, &Observed::default()).await {
            Ok(Receipt::Refused(refusal)) if tries.in_the_way == ROUNDS => {
                published.refusal = Some(refusal);
                return Ok(published);
            }
            Ok(Receipt::Refused(_)) => {
                tries.in_the_way += 1;
                known.clear();
                tokio::time::sleep(PAUSE).await;
            }
            Err(Error::Outside { retryable: true, .. }) if tries.failed < ROUNDS => {
                tries.failed += 1;
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
            Ok(_) => {
                tries.drafted |= drafts;
                // Others may have drafted at the same time, which only the list tells.
                known = if drafts {
                    Vec::new()
                } else {
                    seen.iter().map(|release| release.id).collect()
                };
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

/// What was tried so far.
#[derive(Default)]
struct Tries {
    waited: Duration,
    drafted: bool,
    in_the_way: u32,
    failed: u32,
}

/// The releases of a tag: by their numbers where these are known, since a list of all of them is long.
async fn look(forge: &dyn Forge, tag: &str, known: &[u64]) -> Result<Vec<KeptRelease>> {
    if known.is_empty() {
        return forge.releases(tag).await;
    }
    let mut seen = Vec::new();
    for release in known {
        seen.extend(forge.release(*release).await?);
    }
    Ok(seen)
}

/// The files, and one more with their checksums, as `sha256sum --check` reads them.
fn with_checksums(mut assets: Vec<Asset>) -> Vec<Asset> {
    if assets.is_empty() || assets.iter().any(|asset| asset.name == CHECKSUMS) {
        return assets;
    }
    let line = |asset: &Asset| format!("{}  {}\n", asset.digest.hex(), asset.name);
    let text: String = assets.iter().map(line).collect();
    assets.push(Asset {
        name: CHECKSUMS.to_owned(),
        size: text.len() as u64,
        digest: Digest::of(text.as_bytes()),
        source: Source::Text(text),
    });
    assets
}

/// The error where nothing says which GitHub, or opens it.
pub fn no_forge(purpose: &str) -> Error {
    Error::usage(
        format!("there is no GitHub to {purpose}"),
        "give a token in GITHUB_TOKEN, or an App in TIDEGATE_APP_ID and TIDEGATE_APP_PRIVATE_KEY, and where the remote is not \
         at GitHub the repository, as OWNER/NAME, in GITHUB_REPOSITORY",
    )
}

/// The files with their lengths and digests. Two of one name cannot be told apart there.
fn assets(files: &[PathBuf]) -> Result<Vec<Asset>> {
    let mut assets: Vec<Asset> = Vec::new();
    for path in files {
        let asset = asset(path)?;
        if let Some(other) = assets.iter().find(|other| other.name == asset.name) {
            return Err(Error::usage(
                format!("two files are named {}, one of them {}", other.name, path.display()),
                "the files of a release are told apart by their names: rename one",
            ));
        }
        assets.push(asset);
    }
    Ok(assets)
}

/// Whether a file can be one of a release.
///
/// # Errors
/// A usage error when GitHub would not keep its name.
pub fn asset_name(path: &Path) -> Result<String> {
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
    Ok(name)
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
    Ok(Asset {
        name: asset_name(path)?,
        source: Source::File(path.to_owned()),
        size,
        digest: Digest::from_hasher(hash),
    })
}
