//! Many blobs at once: large ones fill the line, small ones fill the waiting for answers.

use std::future::Future;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::apply::{Receipt, apply};
use crate::context::Context;
use crate::error::Result;
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

/// The lengths of the blobs that got there.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) uploaded: Vec<u64>,
    pub(super) mounted: Vec<u64>,
}

/// Brings every blob of a plan, the largest first.
pub(super) async fn blobs(context: &Context, steps: &[Step], observed: &Observed) -> Result<Sent> {
    let mut blobs: Vec<(u64, &Step)> = steps.iter().filter_map(|step| Some((bytes(step)?, step))).collect();
    if blobs.is_empty() {
        return Ok(Sent::default());
    }
    blobs.sort_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
    let total = blobs.iter().map(|(bytes, _)| bytes).sum();
    let (large, small): (Vec<_>, Vec<_>) = blobs.into_iter().partition(|(bytes, _)| *bytes > LARGE);
    let send = |(bytes, step): (u64, _)| async move {
        let receipt = apply(context, step, observed).await?;
        if receipt == Receipt::Already {
            // A mounted blob counts as gone out, for those who watch.
            context.sent.add(bytes);
        }
        Ok((bytes, receipt))
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
    let mut sent = Sent::default();
    for (bytes, receipt) in large.into_iter().chain(small) {
        match receipt {
            Receipt::Already => sent.mounted.push(bytes),
            _ => sent.uploaded.push(bytes),
        }
    }
    Ok(sent)
}

/// The steps after the blobs, in groups: what is in one group may be done side by side. Manifests that name no others make
/// one; all else goes one after the other.
pub(super) fn groups(steps: &[Step]) -> Vec<&[Step]> {
    let before = |step: &Step| bytes(step).is_some() || matches!(step.action, Action::CreateRepository { .. });
    let first = steps.iter().position(|step| !before(step)).unwrap_or(steps.len());
    let leaf = |step: &Step| matches!(&step.action, Action::PutManifest { media_type, .. } if !is_index(media_type));
    steps[first..].chunk_by(|one, other| leaf(one) && leaf(other)).collect()
}

fn is_index(media_type: &str) -> bool {
    media_type.contains("index") || media_type.contains("manifest.list")
}

/// How much a step sends; nothing when it is another step.
fn bytes(step: &Step) -> Option<u64> {
    match &step.action {
        Action::UploadBlob { bytes, .. } => Some(*bytes),
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
