//! `ledger recover`: a new ledger out of what is left of one whose branch is gone.

use schemars::JsonSchema;
use serde::Serialize;

use super::{noted, tags};
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::ledger::chain;
use crate::model::anchor::Anchor;
use crate::model::digest::Digest;
use crate::model::event::{Event, EventBody};
use crate::model::recovery::{FoundTag, Origin};
use crate::model::refusal::Refusal;
use crate::model::version::Version;
use crate::plan::recover::{Found, contradicts, recover};
use crate::ports::ledger::Remains;
use crate::report::document::{Annotation, Document, Level, Text};
use crate::report::{event, table};

/// The result of `ledger recover`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LedgerRecoverDocument {
    /// The ledger.
    pub source: String,
    /// How it ended.
    pub status: RecoverStatus,
    /// How many events a whole copy in this clone had, which are in their place again.
    pub kept: usize,
    /// What is written after them: the loss, and what was found of it.
    pub events: Vec<EventBody>,
    /// What was not looked at, or not used, and why.
    pub left_out: Vec<String>,
    /// Whether this clone remembered the lost ledger, and does not any more.
    pub forgotten: bool,
    /// Why nothing is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// Whether the plan was shown instead of carried out.
    pub dry_run: bool,
}

/// How a recovery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RecoverStatus {
    /// There is a ledger again.
    Recovered,
    /// A dry run: there would be one.
    Planned,
    /// There is one: nothing is lost, or it was recovered before.
    There,
    /// Nothing is left to make one of.
    Refused,
}

/// Recovers.
///
/// # Errors
/// The remote or the forge cannot be read: half of what is left would pass for all of it.
pub async fn run(context: &Context) -> Result<LedgerRecoverDocument> {
    let mut document = LedgerRecoverDocument {
        source: context.ledger.source(),
        status: RecoverStatus::There,
        kept: 0,
        events: Vec::new(),
        left_out: Vec::new(),
        forgotten: false,
        refusal: None,
        dry_run: context.dry_run,
    };
    if let Remains::Gone { kept, seen } = context.ledger.remains().await? {
        let found = gather(context, kept, seen, &mut document.left_out).await?;
        if found.is_empty() {
            document.status = RecoverStatus::Refused;
            document.refusal = Some(Refusal::new(
                "nothing is left of a ledger: no copy, no tag of a version, no deployment",
                "a ledger begins by itself with the first event; if there was one, look for a clone that has seen it",
            ));
            return Ok(document);
        }
        (document.kept, document.events) = (found.kept.len(), recover(&found));
        document.status = RecoverStatus::Planned;
        if context.dry_run {
            return Ok(document);
        }
        let written = context.ledger.recover(&found.kept, &document.events, &context.actor);
        document.status = match written.await? {
            true => RecoverStatus::Recovered,
            false => RecoverStatus::There,
        };
    }
    if !context.dry_run {
        document.forgotten = context.ledger.forget_lost().await?;
    }
    Ok(document)
}

/// Looks for everything that is left.
async fn gather(context: &Context, kept: Vec<Event>, seen: Vec<Anchor>, left_out: &mut Vec<String>) -> Result<Found> {
    if context.repository.has_remote() {
        context.repository.fetch().await?;
    }
    let origin = |place: String, anchor: Anchor| Origin {
        place,
        address: None,
        at: None,
        anchor: Some(anchor),
    };
    let mut found = Found::default();
    for one in tags(context)? {
        match one {
            Ok(anchored) => found.noted.push(origin(anchored.place, anchored.anchor)),
            Err(finding) => left_out.push(finding.message),
        }
    }
    found.tags = version_tags(context)?;
    match &context.mirror {
        Some(mirror) => found.deployments = mirror.deployments().await?,
        None => left_out.push("the deployments on GitHub: there is no token that opens the repository".to_owned()),
    }
    found
        .noted
        .extend(found.deployments.iter().map(|one| one.origin.clone()));
    let anchors: Result<Vec<Anchor>> = kept.iter().map(anchor).collect();
    match contradicts(&anchors?, &found.noted) {
        Some(other) => left_out.push(format!(
            "the copy in this clone: it holds another event than {} names",
            other.place
        )),
        None => found.kept = kept,
    }
    let seen = seen.into_iter().map(|anchor| origin("this clone".to_owned(), anchor));
    found.noted.extend(seen);
    Ok(found)
}

fn anchor(event: &Event) -> Result<Anchor> {
    Ok(Anchor {
        sequence: event.sequence,
        event: Digest::of(&chain::bytes(event)?),
    })
}

/// The tags of versions, each of the component with the longest prefix that fits.
fn version_tags(context: &Context) -> Result<Vec<FoundTag>> {
    let mut components = context.settings.components();
    components.sort_by_key(|component| std::cmp::Reverse(component.tag_prefix.len()));
    let of = |name: &str| -> Option<(ResolvedComponent, Version)> {
        let mut fits = components.iter();
        fits.find_map(|component| Some((component.clone(), Version::from_tag(&component.tag_prefix, name)?)))
    };
    let mut found = Vec::new();
    for tag in context.repository.tags_named(&|name| of(name).is_some())? {
        let Some((component, version)) = of(&tag.name) else {
            continue;
        };
        found.push(FoundTag {
            component: component.name,
            version,
            anchor: noted(context, &tag.name)?.ok().flatten(),
            tag: tag.name,
            commit: tag.commit,
        });
    }
    Ok(found)
}

impl LedgerRecoverDocument {
    fn word(&self) -> &'static str {
        match self.status {
            RecoverStatus::Recovered => "recovered",
            RecoverStatus::Planned => "planned",
            RecoverStatus::There => "there",
            RecoverStatus::Refused => "refused",
        }
    }

    fn headline(&self) -> String {
        let source = &self.source;
        match (self.status, &self.refusal) {
            (RecoverStatus::Recovered, _) => {
                format!("{source} is recovered, and shut until somebody takes its lock away")
            }
            (RecoverStatus::Planned, _) => format!("{source} would be recovered"),
            (RecoverStatus::There, _) if self.forgotten => {
                format!("{source} was recovered before; this clone does not remember the lost one any more")
            }
            (RecoverStatus::There, _) => format!("{source} is there; nothing to do"),
            (RecoverStatus::Refused, Some(refusal)) => format!("{}\n  {}", refusal.reason, refusal.help),
            (RecoverStatus::Refused, None) => String::new(),
        }
    }
}

impl Document for LedgerRecoverDocument {
    const SCHEMA: &'static str = "tidegate.ledger-recover/1";

    fn exit_code(&self) -> ExitCode {
        match self.status {
            RecoverStatus::Refused => ExitCode::Refused,
            _ => ExitCode::Done,
        }
    }

    fn text(&self) -> Text {
        let mut said = format!("{}\n", self.headline());
        if matches!(self.status, RecoverStatus::Recovered | RecoverStatus::Planned) {
            let row = |body: &EventBody| vec![body.kind().to_owned(), body.stream().to_string(), event::words(body)];
            let rows: Vec<Vec<String>> = self.events.iter().map(row).collect();
            said.push_str(&format!("{} events of a whole copy, and after them:\n", self.kept));
            said.push_str(&table::plain(&["event", "about", "what"], &rows));
            said.push_str(
                "not known any more: approvals, rejections, holds, overrides and locks that were only in the lost events\n",
            );
        }
        for what in &self.left_out {
            said.push_str(&format!("left out: {what}\n"));
        }
        if self.status == RecoverStatus::Recovered {
            said.push_str("look what really runs, say again what was said, then `tidegate unlock --all`\n");
        }
        Text {
            stdout: format!("{}\n", self.word()),
            stderr: said,
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        vec![("status", self.word().to_owned())]
    }

    fn annotation(&self) -> Option<Annotation> {
        let level = match self.status {
            RecoverStatus::Recovered => Level::Warning,
            RecoverStatus::Refused => Level::Error,
            RecoverStatus::Planned | RecoverStatus::There => return None,
        };
        Some(Annotation {
            level,
            title: "ledger recover".to_owned(),
            message: self.headline(),
        })
    }
}
