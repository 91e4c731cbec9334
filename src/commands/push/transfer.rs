//! Many blobs at once: large ones fill the line, small ones fill the waiting for answers.

use std::future::Future;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::apply::{Receipt, apply};
use crate::context::Context;
use crate::error::Result;
use crate::model::digest::Digest;
use crate::model::step::{Action, Step};
use crate::ports::ledger::Observed;

/// From how many bytes on a blob is large.
const LARGE: u64 = 1 << 20;

/// How many large blobs are sent at once.
const LARGE_AT_ONCE: usize = 4;

/// How many requests without much to send are made at once.
const SMALL_AT_ONCE: usize = 32;

/// How often it is told how far the blobs are.
const TELL: Duration = Duration::from_millis(200);

/// A blob that got there.
pub(super) struct Sent {
    pub(super) digest: Digest,
    pub(super) bytes: u64,
    pub(super) mounted: bool,
}

/// Brings every blob of a plan, the largest first.
pub(super) async fn blobs(context: &Context, steps: &[Step], observed: &Observed) -> Result<Vec<Sent>> {
    let mut blobs: Vec<(u64, &Digest, &Step)> = steps.iter().filter_map(blob).collect();
    if blobs.is_empty() {
        return Ok(Vec::new());
    }
    blobs.sort_by_key(|(bytes, ..)| std::cmp::Reverse(*bytes));
    let total = blobs.iter().map(|(bytes, ..)| bytes).sum();
    let (large, small): (Vec<_>, Vec<_>) = blobs.into_iter().partition(|(bytes, ..)| *bytes > LARGE);
    let send = |(bytes, digest, step): (u64, &Digest, _)| {
        let digest = digest.clone();
        async move {
            let mounted = apply(context, step, observed).await? == Receipt::Already;
            if mounted {
                // It counts as gone out, for those who watch.
                context.sent.add(bytes);
            }
            Ok(Sent { digest, bytes, mounted })
        }
    };
    let before = context.sent.bytes();
    let large = side_by_side(large.into_iter().map(send), LARGE_AT_ONCE);
    let small = side_by_side(small.into_iter().map(send), SMALL_AT_ONCE);
    let mut both = std::pin::pin!(futures_util::future::try_join(large, small));
    let (large, small) = loop {
        match tokio::time::timeout(TELL, &mut both).await {
            Ok(ended) => break ended?,
            Err(_) => context
                .progress
                .sent(context.sent.bytes().saturating_sub(before), total),
        }
    };
    context.progress.sent(total, total);
    Ok(large.into_iter().chain(small).collect())
}

/// The steps after the blobs, in groups: what is in one group may be done side by side. Manifests that name no others make
/// one; all else goes one after the other.
pub(super) fn groups(steps: &[Step]) -> Vec<&[Step]> {
    let before = |step: &Step| blob(step).is_some() || matches!(step.action, Action::CreateRepository { .. });
    let first = steps.iter().position(|step| !before(step)).unwrap_or(steps.len());
    let leaf = |step: &Step| matches!(&step.action, Action::PutManifest { media_type, .. } if !is_index(media_type));
    steps[first..].chunk_by(|one, other| leaf(one) && leaf(other)).collect()
}

fn is_index(media_type: &str) -> bool {
    media_type.contains("index") || media_type.contains("manifest.list")
}

/// The blob that a step sends, and its length; nothing when it is another step.
fn blob(step: &Step) -> Option<(u64, &Digest, &Step)> {
    match &step.action {
        Action::UploadBlob { bytes, digest, .. } => Some((*bytes, digest, step)),
        _ => None,
    }
}

/// Asks many small questions at once; the answers are in the order of the questions.
pub(super) async fn ask<T, F: Future<Output = Result<T>>>(questions: impl Iterator<Item = F>) -> Result<Vec<T>> {
    stream::iter(questions).buffered(SMALL_AT_ONCE).try_collect().await
}

async fn side_by_side<T, F>(work: impl Iterator<Item = F>, at_once: usize) -> Result<Vec<T>>
where
    F: Future<Output = Result<T>>,
{
    stream::iter(work).buffer_unordered(at_once).try_collect().await
}
