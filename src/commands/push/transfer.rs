//! Many blobs at once: large ones fill the line, small ones fill the waiting for answers.

use std::future::Future;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::apply::apply;
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

/// Uploads every blob of a plan, the largest first.
pub async fn upload(context: &Context, steps: &[Step], observed: &Observed) -> Result<()> {
    let mut blobs: Vec<(u64, &Step)> = steps.iter().filter_map(|step| Some((bytes(step)?, step))).collect();
    blobs.sort_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
    let (large, small): (Vec<_>, Vec<_>) = blobs.into_iter().partition(|(bytes, _)| *bytes > LARGE);
    let send = |(_, step): (u64, _)| async move { apply(context, step, observed).await.map(|_| ()) };
    let large = side_by_side(large.into_iter().map(send), LARGE_AT_ONCE);
    let small = side_by_side(small.into_iter().map(send), SMALL_AT_ONCE);
    futures_util::future::try_join(large, small).await?;
    Ok(())
}

/// How much a step uploads; nothing when it is another step.
pub fn bytes(step: &Step) -> Option<u64> {
    match &step.action {
        Action::UploadBlob { bytes, .. } => Some(*bytes),
        _ => None,
    }
}

/// Asks many small questions at once; the answers are in the order of the questions.
pub async fn ask<T, F: Future<Output = Result<T>>>(questions: impl Iterator<Item = F>) -> Result<Vec<T>> {
    stream::iter(questions).buffered(SMALL_AT_ONCE).try_collect().await
}

async fn side_by_side<F: Future<Output = Result<()>>>(work: impl Iterator<Item = F>, at_once: usize) -> Result<()> {
    stream::iter(work).buffer_unordered(at_once).try_collect().await
}
