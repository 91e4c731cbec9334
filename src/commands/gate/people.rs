//! The collector of what is known about people: their words and proofs, who had a hand in the release, and what the forge
//! says about memberships.

use std::collections::{BTreeMap, BTreeSet};

use super::hands::involved;
use super::memberships::{ask_all, members};
use super::opened::opened;
use super::policy_of;
use super::reviews::{pull_reviews, run_reviews};
use super::spoken::{Spoken, about, record, spoken, stand};
use crate::commands::prove::prove;
use crate::commands::subject::Subject;
use crate::context::Context;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::fact::{Fact, FactState};
use crate::model::heard::{Answer, Asker, Heard, HeardOverride, People};
use crate::model::name::EnvironmentName;
use crate::model::policy::{Approvals, Approver, WordSource};
use crate::model::proof::{Deed, Proof, Standing, Statement, Subject as About};
use crate::model::record::PullRecord;
use crate::model::state::{EnvironmentState, LockState, Rejection, Said};
use crate::plan::gate::entitled::{Entitled, entitled};
use crate::plan::proof::of_own_run;

/// Whether somebody wants to promote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// The one at work does, and proves who that is where the policy asks for it.
    Promotes,
    /// Nobody does: it is only looked at.
    Looks,
    /// Nobody does, and many releases are looked at: nothing outside of the clone and the ledger is asked.
    Glances,
}

/// Looks for everything about people that the environment's gate judges by.
pub async fn people(
    context: &Context,
    environment: &EnvironmentName,
    subject: &Subject,
    here: &EnvironmentState,
    rejection: Option<&Rejection>,
    locks: [(Option<&EnvironmentName>, &LockState); 2],
    asking: Asking,
) -> Result<People> {
    let settings = context.settings.environment(environment)?;
    let about = about(context, environment, &subject.release)?;
    let gate = settings.gate_for(subject.hotfix.is_some());
    let rule = gate.approvals.as_ref();
    let hears = |source| rule.is_some_and(|rule| rule.sources.contains(&source));
    let (pulls, spoken, run, asker, unlocks) = tokio::join!(
        pulls(context, rule, subject),
        spoken(context, &about, here),
        async {
            match hears(WordSource::RunReview) {
                true => run_reviews(context, environment).await,
                false => FactState::Absent,
            }
        },
        asker(context, environment, about.clone(), asking),
        opened(context, environment, &subject.release, here, rejection, locks),
    );
    let pull = match hears(WordSource::PullRequest) {
        true => pull_reviews(pulls.as_ref()),
        false => FactState::Absent,
    };
    let ledger = FactState::Known {
        value: ledger_words(&spoken),
    };
    let mut people = People {
        words: fact(context, "words", words([ledger, run, pull])),
        overrides: overrides(&spoken),
        involved: fact(context, "involved", involved(context, subject, pulls.as_ref())),
        members: BTreeMap::new(),
        asker: asker?,
        unlocks,
    };
    people.members = members(context, settings, &people).await;
    Ok(people)
}

fn fact<T>(context: &Context, id: &str, state: FactState<T>) -> Fact<T> {
    Fact::new(id, context.ledger.source(), context.clock.now(), state)
}

/// The words of all sources, or why one of them is not known.
fn words(sources: [FactState<Vec<Heard>>; 3]) -> FactState<Vec<Heard>> {
    let mut all = Vec::new();
    for source in sources {
        match source {
            FactState::Known { value } => all.extend(value),
            FactState::Absent => {}
            unseen => return unseen,
        }
    }
    FactState::Known { value: all }
}

/// The words of the ledger that say yes or no.
pub fn ledger_words(spoken: &[Spoken<'_>]) -> Vec<Heard> {
    let heard = |one: &Spoken<'_>| {
        let said = match one.word.said {
            Said::Approved => Answer::Yes,
            Said::Rejected => Answer::No,
            Said::Overridden { .. } => return None,
        };
        Some(Heard {
            by: one.word.by.clone(),
            at: one.at,
            source: WordSource::Ledger,
            said,
            standing: one.standing.clone(),
        })
    };
    spoken.iter().filter_map(heard).collect()
}

fn overrides(spoken: &[Spoken<'_>]) -> Vec<HeardOverride> {
    let heard = |one: &Spoken<'_>| {
        let Said::Overridden {
            rules,
            until,
            set_aside,
        } = &one.word.said
        else {
            return None;
        };
        Some(HeardOverride {
            by: one.word.by.clone(),
            at: one.at,
            rules: rules.clone(),
            until: *until,
            reason: one.word.reason.clone().unwrap_or_default(),
            set_aside: set_aside.clone(),
            standing: one.standing.clone(),
        })
    };
    spoken.iter().filter_map(heard).collect()
}

/// The pull requests that brought the commit, where a rule asks who made it.
async fn pulls(context: &Context, rule: Option<&Approvals>, subject: &Subject) -> Option<FactState<Vec<PullRecord>>> {
    rule?;
    let records = context.records.as_ref()?;
    Some(records.pulls(&subject.release.commit).await)
}

/// Whether the policy means this person by a list.
pub async fn is_entitled(
    context: &Context,
    environment: &EnvironmentName,
    list: &[Approver],
    person: &Actor,
) -> Result<Entitled> {
    let policy = policy_of(context, environment)?;
    let members = ask_all(context, list.iter(), &BTreeSet::from([person.0.clone()])).await;
    Ok(entitled(list, &person.0, &policy, &members))
}

/// Whether the policy means this person by those who may approve.
pub async fn may_approve(
    context: &Context,
    environment: &EnvironmentName,
    person: &Actor,
    hotfix: bool,
) -> Result<Entitled> {
    let gate = context.settings.environment(environment)?.gate_for(hotfix);
    let Some(rule) = &gate.approvals else {
        return Ok(Entitled::No);
    };
    let narrower = gate
        .access
        .as_ref()
        .map(|access| &access.approve)
        .filter(|list| !list.is_empty());
    let own = is_entitled(context, environment, &rule.from, person).await?;
    match narrower {
        Some(list) if own != Entitled::No => Ok(match is_entitled(context, environment, list, person).await? {
            Entitled::Yes => own,
            other => other,
        }),
        _ => Ok(own),
    }
}

/// Who wants to promote or roll back, proven where the policy names people for it.
pub async fn asker(
    context: &Context,
    environment: &EnvironmentName,
    about: About,
    asking: Asking,
) -> Result<Option<Asker>> {
    let access = context.settings.environment(environment)?.gate.access.as_ref();
    let named = access.is_some_and(|access| !access.promote.is_empty());
    if !named || asking != Asking::Promotes {
        return Ok(None);
    }
    let by = context.actor.clone();
    let statement = Statement::new(Deed::Promote, about, by.clone(), context.clock.now());
    let standing = match prove(context, &statement).await? {
        Ok(Proof::Run { run, attempt }) => match record(context, &run, attempt).await {
            Ok(record) => of_own_run(&run, &record, &by.0, context.settings.default_branch.as_deref()),
            Err(standing) => standing,
        },
        Ok(proof) => stand(context, Some(&proof), &statement).await,
        Err(why) => Standing::Unproven { why },
    };
    Ok(Some(Asker { by, standing }))
}
