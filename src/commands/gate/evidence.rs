//! Keeping verdicts: each answer once, so that asking every quarter of an hour does not fill the ledger.

use crate::apply::{Receipt, apply};
use crate::context::Context;
use crate::error::Result;
use crate::model::event::EventBody;
use crate::model::evidence::Evidence;
use crate::model::last_verdict::Answer;
use crate::model::step::{Action, Step};
use crate::ports::ledger::{Observed, View};

/// Writes a verdict into the ledger, unless the last one on the digest there says the same. Gives the number of the event
/// that holds the answer; nothing where the environment has moved since the view was taken: look and judge again.
///
/// # Errors
/// The ledger cannot be read or written.
pub async fn keep(context: &Context, view: &dyn View, evidence: &Evidence) -> Result<Option<u64>> {
    let verdict = evidence.verdict();
    let read = view.environment(&verdict.environment, &verdict.release.component)?;
    let last = read.state.verdicts.get(&verdict.release.digest);
    if let Some(last) = last.filter(|last| last.answer == Answer::of(verdict)) {
        return Ok(Some(last.event));
    }
    let event = EventBody::Judged {
        evidence: Box::new(evidence.clone()),
    };
    let step = Step::new(Action::Record { event: Box::new(event) }, "the answer is another one");
    let observed = Observed::from([(read.stream, read.sequence)]);
    match apply(context, &step, &observed).await? {
        Receipt::Recorded(event) => Ok(Some(event.sequence)),
        _ => Ok(None),
    }
}
