//! The collector of what is known about a hotfix: who opened it, and whether that is proven.

use std::collections::BTreeSet;

use super::collect::side_by_side;
use super::memberships::ask_all;
use super::opened::Opening;
use super::people::is_entitled;
use super::policy_of;
use crate::commands::subject::Subject;
use crate::context::Context;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::environment::Environment;
use crate::model::fact::Fact;
use crate::model::heard::{HeardHotfix, Unlocker};
use crate::model::hotfix::Hotfix;
use crate::model::name::EnvironmentName;
use crate::model::proof::Standing;
use crate::plan::gate::entitled::{Entitled, whoever};
use crate::plan::gate::hotfix::{Trust, openers, trust};

/// A release, which is a hotfix where it meets the environment's rules for one; with what is known of that where there are
/// such rules.
///
/// # Errors
/// The policy cannot be read.
pub async fn trusted(
    context: &Context,
    environment: &EnvironmentName,
    subject: &Subject,
) -> Result<(Subject, Option<Fact<HeardHotfix>>)> {
    let heard = heard(context, environment, subject).await?;
    let trust = trust(&policy_of(context, environment)?, heard.as_ref(), &subject.release);
    let mut subject = subject.clone();
    subject.hotfix = subject.hotfix.filter(|_| trust == Trust::Shorter);
    Ok((subject, heard))
}

/// The hotfix that the release is, where the environment has rules for one.
async fn heard(
    context: &Context,
    environment: &EnvironmentName,
    subject: &Subject,
) -> Result<Option<Fact<HeardHotfix>>> {
    let settings = context.settings.environment(environment)?;
    let Some(found) = subject.hotfix.as_ref().filter(|_| !settings.hotfix.is_empty()) else {
        return Ok(None);
    };
    let component = &subject.component.name;
    let list = openers(&settings.gate);
    // Where the policy names nobody, nobody is asked.
    let words = found.hotfix.opened.iter().filter(|_| !list.is_empty());
    let people: BTreeSet<String> = words.clone().map(|word| word.by.0.clone()).collect();
    let opening = Opening::hotfix(context, component, &found.version, &found.hotfix);
    let opened = words.map(|word| async {
        let (by, standing) = (word.by.clone(), opening.stand(context, word).await);
        Unlocker { by, standing }
    });
    let (opened, members) = tokio::join!(side_by_side(opened), ask_all(context, list.iter(), &people));
    let heard = HeardHotfix {
        version: found.version.clone(),
        branch: found.hotfix.branch.clone(),
        made: found.made,
        opened,
        members,
    };
    let id = format!("components/{component}/hotfixes/{}", found.version);
    let (source, now) = (context.ledger.source(), context.clock.now());
    Ok(Some(Fact::known(id, source, now, heard)))
}

/// The environments whose policy names people whose hotfixes meet shorter rules.
fn naming(context: &Context) -> impl Iterator<Item = (&EnvironmentName, &Environment)> {
    let all = context.settings.file.environment.iter();
    all.filter(|(_, settings)| !settings.hotfix.is_empty() && !openers(&settings.gate).is_empty())
}

/// The environments in which none of the words of a hotfix counts, each with why this person may not open one there; nothing
/// where they may.
///
/// # Errors
/// The policy cannot be read.
pub async fn deaf<'a>(
    context: &'a Context,
    opening: &Opening,
    hotfix: &Hotfix,
    by: &Actor,
) -> Result<Vec<(&'a EnvironmentName, Option<String>)>> {
    let mut proven = Vec::new();
    for word in &hotfix.opened {
        if matches!(opening.stand(context, word).await, Standing::Proven { .. }) {
            proven.push(&word.by);
        }
    }
    let mut deaf = Vec::new();
    'environments: for (name, settings) in naming(context) {
        for by in &proven {
            if doubt(context, name, settings, by).await?.is_none() {
                continue 'environments;
            }
        }
        deaf.push((name, doubt(context, name, settings, by).await?));
    }
    Ok(deaf)
}

/// Why a person may not open a hotfix that meets the shorter rules of an environment; nothing when they may.
async fn doubt(
    context: &Context,
    name: &EnvironmentName,
    settings: &Environment,
    by: &Actor,
) -> Result<Option<String>> {
    let list = openers(&settings.gate);
    Ok(match is_entitled(context, name, list, by).await? {
        Entitled::Yes => None,
        Entitled::Unknown(why) => Some(why),
        Entitled::No => {
            let people = whoever(list, &policy_of(context, name)?, |person| person == by.0);
            Some(format!("{by} may not open one; {} may", people.join(" or ")))
        }
    })
}
