//! A new ledger out of what is left of a lost one. It says what it was made of, and never more than that: what people said
//! is gone, and whatever is not noted as verified is not verified.

use std::collections::BTreeMap;

use crate::model::anchor::Anchor;
use crate::model::event::{Event, EventBody};
use crate::model::name::ComponentName;
use crate::model::recovery::{FoundDeployment, FoundState, FoundTag, Loss, Origin, Outcome};
use crate::model::release::Release;
use crate::model::version::Version;

/// What is left.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The events that a whole copy holds, oldest first.
    pub kept: Vec<Event>,
    /// Where events of the lost ledger are noted.
    pub noted: Vec<Origin>,
    /// The tags of versions.
    pub tags: Vec<FoundTag>,
    /// The deployments at the forge, oldest first.
    pub deployments: Vec<FoundDeployment>,
}

impl Found {
    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.noted.is_empty() && self.tags.is_empty() && self.deployments.is_empty()
    }
}

/// The place that names another event than the copy holds under that number: the copy is of another ledger then.
pub fn contradicts<'a>(kept: &[Anchor], noted: &'a [Origin]) -> Option<&'a Origin> {
    let events: BTreeMap<u64, &Anchor> = kept.iter().map(|anchor| (anchor.sequence, anchor)).collect();
    noted.iter().find(|origin| {
        let anchor = origin.anchor.as_ref();
        anchor.is_some_and(|anchor| events.get(&anchor.sequence).is_some_and(|held| *held != anchor))
    })
}

/// The events that follow those that are kept. The first says what is lost, and shuts the ladder.
pub fn recover(found: &Found) -> Vec<EventBody> {
    let after = found.kept.last().map_or(0, |event| event.sequence);
    let number = |origin: &&Origin| origin.anchor.as_ref().map_or(0, |anchor| anchor.sequence);
    // Of two places that name the same event the first is told.
    let known = found.noted.iter().rev().max_by_key(number).cloned();
    let mut events = vec![EventBody::Recovered {
        loss: Loss { after, known },
    }];
    events.extend(versions(found));
    let lost = found.deployments.iter().filter(|one| one.attempt > after);
    events.extend(lost.map(|one| EventBody::DeploymentRecovered {
        environment: one.environment.clone(),
        release: one.release.clone(),
        began_at: one.made_at,
        outcome: outcome(one),
        from: one.origin.clone(),
    }));
    events
}

/// What is known of each version beyond what is kept, and where it was found.
#[derive(Default)]
struct Known<'a> {
    tag: Option<&'a FoundTag>,
    release: Option<&'a Release>,
    /// Whether two deployments say different things of it.
    torn: bool,
    from: Vec<Origin>,
}

fn versions(found: &Found) -> Vec<EventBody> {
    let mut all: BTreeMap<(&ComponentName, &Version), Known<'_>> = BTreeMap::new();
    for tag in &found.tags {
        let known = all.entry((&tag.component, &tag.version)).or_default();
        known.tag = Some(tag);
        known.from.push(Origin {
            place: format!("tag {}", tag.tag),
            address: None,
            at: None,
            anchor: tag.anchor.clone(),
        });
    }
    for one in &found.deployments {
        let release = &one.release;
        let known = all.entry((&release.component, &release.version)).or_default();
        match known.release {
            None => {
                known.release = Some(release);
                known.from.push(one.origin.clone());
            }
            Some(other) => known.torn |= other != release,
        }
    }
    let kept = kept_versions(&found.kept);
    let events = all.into_iter().filter_map(|((component, version), known)| {
        let release = known.release.filter(|_| !known.torn);
        let (tag, commit) = match (known.tag, known.release) {
            (Some(tag), _) => (tag.tag.clone(), tag.commit.clone()),
            (None, Some(release)) => (release.tag.clone(), release.commit.clone()),
            (None, None) => return None,
        };
        let is_news = match kept.get(&(component, version)) {
            None => true,
            Some(has_release) => !has_release && release.is_some(),
        };
        is_news.then(|| EventBody::VersionRecovered {
            component: component.clone(),
            version: version.clone(),
            tag,
            commit,
            release: release.cloned(),
            from: known.from,
        })
    });
    events.collect()
}

/// The versions that kept events tell of, and whether they tell of an image.
fn kept_versions(events: &[Event]) -> BTreeMap<(&ComponentName, &Version), bool> {
    let mut kept = BTreeMap::new();
    for event in events {
        let (component, version, has_release) = match &event.body {
            EventBody::Tagged { component, version, .. } => (component, version, false),
            EventBody::Pushed { release } => (&release.component, &release.version, true),
            EventBody::VersionRecovered {
                component,
                version,
                release,
                ..
            } => (component, version, release.is_some()),
            _ => continue,
        };
        *kept.entry((component, version)).or_default() |= has_release;
    }
    kept
}

/// How a deployment ended. Times that do not follow each other prove nothing.
fn outcome(one: &FoundDeployment) -> Outcome {
    let statuses = &one.statuses;
    let in_order = statuses.is_sorted_by_key(|status| status.at);
    let begins = statuses.first().is_none_or(|first| first.at >= one.made_at);
    if !in_order || !begins {
        return Outcome::Unknown;
    }
    let last = statuses.iter().rev();
    match last.clone().find(|status| status.state != FoundState::Inactive) {
        Some(failed) if failed.state == FoundState::Failure => Outcome::Failed {
            at: failed.at,
            reason: failed.words.clone(),
        },
        Some(verified) if verified.state == FoundState::Success => Outcome::Verified {
            at: verified.at,
            until: last
                .take_while(|status| status.state == FoundState::Inactive)
                .last()
                .map(|status| status.at),
        },
        _ => Outcome::Unknown,
    }
}
