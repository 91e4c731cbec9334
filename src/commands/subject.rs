//! The release and the environment that a command is about, found in the ledger.

use crate::cli::ReleaseArgs;
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::actor::Actor;
use crate::model::anchor::Anchor;
use crate::model::hotfix::HotfixRelease;
use crate::model::release::Release;
use crate::plan::release::{Wanted, find};
use crate::ports::ledger::{Observed, View};

/// A release with who asked for it.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The component.
    pub component: ResolvedComponent,
    /// The release.
    pub release: Release,
    /// Who tagged its version; not known where the ledger lost that.
    pub requested_by: Option<Actor>,
    /// The hotfix that it is, where it is one.
    pub hotfix: Option<HotfixRelease>,
    /// What was read to find it.
    pub observed: Observed,
}

/// Finds the release that the arguments name. What its gates will ask of the ledger is fetched with it, at once.
pub async fn find_subject(context: &Context, view: &dyn View, args: &ReleaseArgs) -> Result<Subject> {
    let component = context.settings.component(args.component.as_ref())?;
    let wanted = match (&args.release, &args.digest) {
        (Some(version), _) => Wanted::Version(version.strip_prefix(&component.tag_prefix).unwrap_or(version).parse()?),
        (None, Some(digest)) => Wanted::Digest(digest.parse()?),
        (None, None) => Wanted::Newest,
    };
    view.prefetch(Some(&context.settings.streams(&component.name))).await?;
    let read = view.component(&component.name)?;
    let release = find(&component.name, &read.state, &wanted)
        .map_err(|(message, help)| Error::usage(message, help))?
        .clone();
    let message = context.repository.tag_message(&release.tag)?.unwrap_or_default();
    if let Some(anchor) = Anchor::in_message(&message)?
        && !view.holds(&anchor)?
        && view.lock(None)?.state.loss_of(anchor.sequence).is_none()
    {
        let finding = format!(
            "the branch was rewritten: event {anchor}, which tag {} names, is not in it",
            release.tag
        );
        return Err(Error::LedgerBroken { finding });
    }
    let requested_by = read
        .state
        .versions
        .get(&release.version)
        .and_then(|record| record.requested_by.clone());
    Ok(Subject {
        hotfix: HotfixRelease::of(&release, &read.state),
        component,
        release,
        requested_by,
        observed: Observed::from([(read.stream, read.sequence)]),
    })
}
