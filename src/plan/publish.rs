//! What has to be done next until a release is published, with all its files, once.
//!
//! Nobody sees a draft, so everything is brought into it first; publishing is the last step and nothing is changed after
//! it. Of several drafts for one tag, as two runs at once make them, the oldest is the one.

use jiff::{SignedDuration, Timestamp};

use crate::model::forge::{Asset, Draft, KeptAsset, KeptRelease};
use crate::model::refusal::Refusal;
use crate::model::step::{Action, Step};

/// How long a file of a draft that is not the wanted one is left alone: another run may be sending it.
pub const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// What there is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// This, and then another look.
    Step(Box<Step>),
    /// Look again a little later: another run may be sending this file.
    Wait(String),
    /// Nothing: it is published, at this page.
    Done(String),
}

/// The next step.
///
/// # Errors
/// A refusal when the published release differs from the wanted one.
pub fn next(draft: &Draft, assets: &[Asset], seen: &[KeptRelease], now: Timestamp) -> Result<Next, Refusal> {
    let tag = &draft.tag;
    let published = seen.iter().find(|release| !release.draft);
    let mut drafts = seen.iter().filter(|release| release.draft);
    let kept = match published {
        Some(release) => release,
        None => match drafts.next() {
            Some(oldest) => oldest,
            None => {
                return Ok(step(
                    Action::DraftRelease { draft: draft.clone() },
                    "nobody sees it before it is whole",
                ));
            }
        },
    };
    // A draft of ours beside the one that counts is what a race or a killed run left.
    if let Some(other) = drafts.find(|other| other.body.trim_end() == draft.body.trim_end()) {
        let action = Action::DeleteDraft {
            tag: tag.clone(),
            release: other.id,
        };
        return Ok(step(action, "another run made the release's draft first"));
    }
    for asset in assets {
        let named: Vec<&KeptAsset> = kept.assets.iter().filter(|there| there.name == asset.name).collect();
        let same = named.first().filter(|there| is_same(asset, there));
        if published.is_some() {
            if same.is_none() {
                return Err(changed(tag, &asset.name, named.is_empty()));
            }
            continue;
        }
        let wrong = named.get(usize::from(same.is_some()));
        if let Some(wrong) = wrong {
            if now.duration_since(wrong.began_at) < PATIENCE {
                return Ok(Next::Wait(asset.name.clone()));
            }
            let action = Action::DeleteAsset {
                tag: tag.clone(),
                name: wrong.name.clone(),
                asset: wrong.id,
            };
            return Ok(step(action, "it is not the whole file"));
        }
        if same.is_none() {
            let action = Action::UploadAsset {
                tag: tag.clone(),
                release: kept.id,
                asset: asset.clone(),
            };
            return Ok(step(action, "the release has it when it is published"));
        }
    }
    Ok(match published {
        Some(release) => Next::Done(release.url.clone()),
        None => step(
            Action::PublishRelease {
                tag: tag.clone(),
                release: kept.id,
                latest: draft.latest,
            },
            "all that belongs to it is there",
        ),
    })
}

fn step(action: Action, reason: &str) -> Next {
    Next::Step(Box::new(Step::new(action, reason)))
}

/// Whether a file is the wanted one. Where the forge tells no digest, the length has to do: a draft that two runs fill at
/// once must not lose a file that the one has sent and the other does not know.
fn is_same(asset: &Asset, there: &KeptAsset) -> bool {
    let content = there.digest.as_ref().is_none_or(|digest| *digest == asset.digest);
    there.whole && there.size == asset.size && content
}

fn changed(tag: &str, name: &str, missing: bool) -> Refusal {
    let how = if missing { "has no file" } else { "has another file" };
    Refusal::new(
        format!("the release {tag} is published and {how} {name}"),
        "a published release is never changed: release the next version with it",
    )
}
