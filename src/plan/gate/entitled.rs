//! Who is meant by a list of teams, people and permissions.

use super::facts::Policy;
use crate::model::fact::FactState;
use crate::model::heard::Members;
use crate::model::policy::Approver;

/// Whether a person is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entitled {
    /// Yes.
    Yes,
    /// No.
    No,
    /// It could not be found out, for this reason.
    Unknown(String),
}

/// Whether `person` is among those whom `list` means.
pub fn entitled(list: &[Approver], person: &str, policy: &Policy<'_>, members: &Members) -> Entitled {
    let mut unknown = None;
    for approver in list {
        if approver.named(&policy.teams).iter().any(|named| named == person) {
            return Entitled::Yes;
        }
        if !approver.asks_forge(&policy.teams) {
            continue;
        }
        match members.get(approver).and_then(|people| people.get(person)) {
            Some(FactState::Known { value: true }) => return Entitled::Yes,
            Some(FactState::Known { value: false } | FactState::Absent) => {}
            Some(FactState::Forbidden { reason } | FactState::Unavailable { reason }) => unknown = Some(reason.clone()),
            None => unknown = Some("it was not looked for".to_owned()),
        }
    }
    unknown.map_or(Entitled::No, |reason| {
        Entitled::Unknown(format!("whether {person} is entitled is not known: {reason}"))
    })
}

/// Those whom a list means, in words, but for the people who are left out.
pub fn whoever(list: &[Approver], policy: &Policy<'_>, without: impl Fn(&str) -> bool) -> Vec<String> {
    let mut names: Vec<String> = list
        .iter()
        .flat_map(|approver| approver.named(&policy.teams))
        .filter(|person| !without(person))
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    for approver in list {
        match approver {
            Approver::Team(team) => {
                let github = policy.teams.get(team).and_then(|team| team.github.as_ref());
                names.extend(github.map(|slug| format!("a member of {slug}")));
            }
            Approver::Permission(level) => names.push(format!("somebody with the permission {}", level.word())),
            Approver::User(_) => {}
        }
    }
    names
}
