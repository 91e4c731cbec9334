//! What the forge says about the people that a gate has heard of: whether they belong to a team or have a permission.

use std::collections::{BTreeMap, BTreeSet};

use super::collect::side_by_side;
use crate::context::Context;
use crate::model::environment::Environment;
use crate::model::fact::FactState;
use crate::model::heard::{Members, People};
use crate::model::policy::{Approver, Permission};

/// Asks about each person for each team and permission that the environment's rules name.
pub async fn members(context: &Context, settings: &Environment, people: &People) -> Members {
    let gate = &settings.gate;
    let mut lists: Vec<&[Approver]> = Vec::new();
    let approvals = [&gate.approvals, &settings.hotfix.approvals];
    lists.extend(approvals.into_iter().flatten().map(|rule| rule.from.as_slice()));
    if let Some(access) = &gate.access {
        lists.extend([&access.promote, &access.approve, &access.overriding, &access.unlock].map(Vec::as_slice));
    }
    ask_all(context, lists.into_iter().flatten(), &persons(people)).await
}

/// Asks about each of these people for each team and permission in a list.
pub async fn ask_all(context: &Context, list: impl Iterator<Item = &Approver>, persons: &BTreeSet<String>) -> Members {
    let asked: BTreeSet<&Approver> = list
        .filter(|approver| approver.asks_forge(&context.settings.file.team))
        .collect();
    let questions = asked
        .iter()
        .flat_map(|approver| persons.iter().map(move |person| (*approver, person)));
    let answers = questions.map(|(approver, person)| async move {
        let answer = ask(context, approver, person).await;
        (approver, person, answer)
    });
    let mut members: Members = asked
        .iter()
        .map(|approver| ((*approver).clone(), BTreeMap::new()))
        .collect();
    for (approver, person, answer) in side_by_side(answers).await {
        members
            .entry(approver.clone())
            .or_default()
            .insert(person.clone(), answer);
    }
    members
}

fn persons(people: &People) -> BTreeSet<String> {
    let words = match &people.words.state {
        FactState::Known { value } => value.as_slice(),
        _ => &[],
    };
    let spoke = words.iter().map(|word| &word.by);
    let set_aside = people.overrides.iter().map(|word| &word.by);
    let unlocked = people.unlocks.iter().flat_map(|opened| &opened.by).map(|word| &word.by);
    let asks = people.asker.iter().map(|asker| &asker.by);
    let all = spoke.chain(set_aside).chain(unlocked).chain(asks);
    all.map(|actor| actor.0.clone()).collect()
}

async fn ask(context: &Context, approver: &Approver, person: &str) -> FactState<bool> {
    let Some(records) = &context.records else {
        let reason = format!("{approver} is known to GitHub alone, and there is no token for it");
        return FactState::Unavailable { reason };
    };
    match approver {
        Approver::Permission(wanted) => match records.permission(person).await {
            FactState::Known { value } => FactState::Known {
                value: Permission::of(&value).is_some_and(|found| found >= *wanted),
            },
            FactState::Absent => FactState::Known { value: false },
            FactState::Forbidden { reason } => FactState::Forbidden { reason },
            FactState::Unavailable { reason } => FactState::Unavailable { reason },
        },
        Approver::Team(name) => match context
            .settings
            .file
            .team
            .get(name)
            .and_then(|team| team.github.as_ref())
        {
            Some(slug) => records.is_member(slug, person).await,
            None => FactState::Absent,
        },
        Approver::User(_) => FactState::Absent,
    }
}
