//! A ledger whose branch is gone: what this clone still has of it, and the branch made anew.

use git2::{Oid, Repository};

use super::chain::{self, Draft};
use super::place::Place;
use super::shared::{self, Extent};
use super::store::GitLedger;
use super::tree::{self, Files};
use super::view::GitView;
use super::write::Writer;
use super::{anchors, audit, restore};
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::anchor::Anchor;
use crate::model::digest::Digest;
use crate::model::event::{Event, EventBody};
use crate::ports::ledger::{Ledger as _, Remains, View as _};

/// What is left here.
pub(super) async fn remains(ledger: &GitLedger) -> Result<Remains> {
    let whole = ledger.place(Extent::Whole)?;
    if ledger.present(&whole).await?.is_some() {
        return Ok(Remains::There);
    }
    let (mut kept, mut seen) = (Vec::new(), Vec::new());
    for place in [whole, ledger.place(Extent::Asked)?] {
        let Some(commit) = ledger.seen(&place)? else { continue };
        let (events, anchor) = (
            held(&place, commit).unwrap_or_default(),
            anchors::seen(&place.repository()?, commit)?,
        );
        seen.extend(anchor);
        if events.len() > kept.len() {
            kept = events;
        }
    }
    Ok(Remains::Gone { kept, seen })
}

/// Every event of a copy, oldest first; nothing where it does not hold, or a part of it was never fetched.
fn held(place: &Place, commit: Oid) -> Option<Vec<Event>> {
    let checked = audit::whole(&place.repository().ok()?, Some(commit)).ok()?;
    if !checked.findings.is_empty() {
        return None;
    }
    let view = GitView::new(place.clone(), Some(commit)).ok()?;
    let mut events = view.log(None, usize::MAX).ok()?;
    events.reverse();
    Some(events)
}

/// Makes the branch anew. `false` when somebody else was faster.
pub(super) async fn recover(ledger: &GitLedger, kept: &[Event], new: &[EventBody], actor: &Actor) -> Result<bool> {
    let place = ledger.place(Extent::Whole)?;
    let Ok((base, _)) = restore::rebuild(place.repository()?, None, kept)? else {
        return Err(tree::broken("a copy that was checked does not hold"));
    };
    let last = match kept.last() {
        Some(event) => Some((event.sequence, digest(event)?)),
        None => None,
    };
    let Some(commit) = write(ledger, place.repository()?, base, last, new, actor)? else {
        return Ok(false);
    };
    let published = ledger.publish(&place, None, commit).await;
    match (published, ledger.present(&place).await?) {
        (_, Some(present)) => Ok(present == commit),
        (Err(cause), None) => Err(cause.error(&ledger.source())),
        (Ok(()), None) => Ok(false),
    }
}

fn digest(event: &Event) -> Result<Digest> {
    Ok(Digest::of(&chain::bytes(event)?))
}

fn write(
    ledger: &GitLedger,
    repository: Repository,
    base: Option<Oid>,
    mut last: Option<(u64, Digest)>,
    new: &[EventBody],
    actor: &Actor,
) -> Result<Option<Oid>> {
    let mut writer = Writer::new(repository, base);
    let at = ledger.clock.now();
    for body in new {
        let (number, previous) = last.unzip();
        let event = writer.add(Draft {
            sequence: tree::next_number(number.unwrap_or_default(), body),
            previous,
            at,
            actor: actor.clone(),
            body: body.clone(),
        })?;
        last = Some((event.sequence, digest(&event)?));
    }
    Ok(writer.commit())
}

/// Forgets what was seen, where the ledger says that it was lost: anything else that is missing is still missed.
pub(super) async fn forget_lost(ledger: &GitLedger) -> Result<bool> {
    let (asked, whole) = (ledger.place(Extent::Asked)?, ledger.place(Extent::Whole)?);
    let (Some(seen), Some(head)) = (ledger.seen(&asked)?, ledger.present(&whole).await?) else {
        return Ok(false);
    };
    let Some(anchor) = anchors::seen(&asked.repository()?, seen)? else {
        return Ok(false);
    };
    if !is_lost(&whole.repository()?, head, &anchor)? {
        return Ok(false);
    }
    match &asked {
        Place::Here(_) => shared::remember(&asked.repository()?, &ledger.own_seen(), head)?,
        Place::Shared(copy) => copy.forget().await?,
    }
    Ok(true)
}

fn is_lost(repository: &Repository, head: Oid, anchor: &Anchor) -> Result<bool> {
    let files = Files::at(repository, Some(head))?;
    Ok(!anchors::holds(&files, anchor)? && anchors::ladder(&files)?.loss_of(anchor.sequence).is_some())
}
