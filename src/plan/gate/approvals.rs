//! The rule `approvals`: enough of the right people said yes to this digest, here, under this policy, and proved who they
//! are. Each person's latest word counts, and one no of theirs closes the gate.

use super::entitled::{Entitled, entitled, whoever};
use super::facts::{Facts, Policy};
use super::rule::Rule;
use super::voices::{Voice, voices};
use crate::model::fact::FactState;
use crate::model::heard::Involved;
use crate::model::policy::{Approvals, Approver};
use crate::model::verdict::RuleOutcome;

/// Judges what people said.
pub fn judge(rules: &Approvals, policy: &Policy<'_>, facts: &Facts) -> RuleOutcome {
    let from: Vec<String> = rules.from.iter().map(ToString::to_string).collect();
    let needs = format!("{} from {}", people(rules.count), from.join(", "));
    let rule = Rule::new("approvals", needs, &facts.people.words.source);
    let words = match rule.value(Some(&facts.people.words), "what people said") {
        Ok(words) => words,
        Err(unknown) => return *unknown,
    };
    let hands = Hands::of(rules, facts);
    let mut count = Count::default();
    for (person, voice) in voices(words, &rules.sources) {
        let entitled = both(rules, person, policy, facts);
        count.add(person, &voice, &entitled, &hands);
    }
    let wanted = rules.count as usize;
    let saw = count.words(wanted);
    if !count.no.is_empty() {
        let no = count.no.join(", ");
        return rule.fail(format!("{saw}; rejected by {no}"), format!("a newer word of {no}"));
    }
    let can_open = count.yes.len() + count.perhaps.len() >= wanted;
    if !count.perhaps_no.is_empty() || (can_open && count.yes.len() < wanted) {
        return rule.unknown(saw, "the source that could not be read, once it answers");
    }
    if can_open {
        return rule.pass(saw);
    }
    let done = |person: &str| {
        let narrowed = approvers(policy).is_some_and(|list| {
            let own = entitled(list, person, policy, &facts.people.members);
            own == Entitled::No
        });
        narrowed || count.yes.iter().any(|(name, _)| *name == person) || hands.part(person).is_some()
    };
    let command = format!("tidegate approve {} --digest {}", policy.name, facts.release.digest);
    let left = whoever(&rules.from, policy, done);
    rule.fail(saw, format!("`{command}` by {}", left.join(" or ")))
}

fn people(count: u32) -> String {
    match count {
        1 => "1 approval".to_owned(),
        many => format!("{many} approvals"),
    }
}

/// The people whom `access.approve` narrows it to, where it names any.
fn approvers<'a>(policy: &Policy<'a>) -> Option<&'a [Approver]> {
    let access = policy.environment.gate.access.as_ref();
    access
        .map(|access| access.approve.as_slice())
        .filter(|list| !list.is_empty())
}

/// Whether a person may approve: by the rule, and by `access.approve`.
fn both(rules: &Approvals, person: &str, policy: &Policy<'_>, facts: &Facts) -> Entitled {
    let members = &facts.people.members;
    let own = entitled(&rules.from, person, policy, members);
    match approvers(policy) {
        Some(list) if own != Entitled::No => match entitled(list, person, policy, members) {
            Entitled::Yes => own,
            other => other,
        },
        _ => own,
    }
}

/// Those who had a hand in the release, where that matters.
enum Hands<'a> {
    Known(&'a [Involved]),
    Unknown(String),
}

impl<'a> Hands<'a> {
    fn of(rules: &Approvals, facts: &'a Facts) -> Self {
        match &facts.people.involved.state {
            _ if !rules.no_self_approval => Self::Known(&[]),
            FactState::Known { value } => Self::Known(value),
            FactState::Absent => Self::Unknown("nobody knows who made it".to_owned()),
            FactState::Forbidden { reason } | FactState::Unavailable { reason } => Self::Unknown(reason.clone()),
        }
    }

    /// What the person did, where it is known.
    fn part(&self, person: &str) -> Option<&'static str> {
        let Self::Known(list) = self else { return None };
        let found = list.iter().find(|hand| hand.name.eq_ignore_ascii_case(person));
        found.map(|hand| hand.part.words())
    }
}

/// The voices, sorted.
#[derive(Default)]
struct Count<'a> {
    yes: Vec<(&'a str, String)>,
    perhaps: Vec<&'a str>,
    no: Vec<&'a str>,
    perhaps_no: Vec<&'a str>,
    asides: Vec<String>,
    unknown: Vec<String>,
}

impl<'a> Count<'a> {
    fn add(&mut self, person: &'a str, voice: &Voice, entitled: &Entitled, hands: &Hands<'_>) {
        if *entitled == Entitled::No {
            self.asides.push(format!("{person} is not entitled"));
            return;
        }
        self.asides
            .extend(voice.asides.iter().map(|why| format!("{person}: {why}")));
        let sure = *entitled == Entitled::Yes;
        if let Entitled::Unknown(why) = entitled {
            self.unknown.push(why.clone());
        }
        if voice.is_no() && sure {
            self.no.push(person);
        } else if voice.can_be_no() {
            self.perhaps_no.push(person);
            self.unknown.push(format!("{person} may have said no"));
        } else if let Some(part) = hands.part(person).filter(|_| voice.can_be_yes()) {
            self.asides.push(format!("{person} {part}"));
        } else if voice.is_yes() && sure && matches!(hands, Hands::Known(_)) {
            self.yes.push((person, voice.how.clone().unwrap_or_default()));
        } else if voice.can_be_yes() {
            self.perhaps.push(person);
            if let Hands::Unknown(reason) = hands {
                self.unknown
                    .push(format!("whether {person} had a hand in it is not known: {reason}"));
            }
        }
    }

    fn words(&self, wanted: usize) -> String {
        let mut saw = format!("{} of {wanted}", self.yes.len());
        let yes: Vec<String> = self
            .yes
            .iter()
            .map(|(person, how)| format!("{person} ({how})"))
            .collect();
        if !yes.is_empty() {
            saw = format!("{saw}: {}", yes.join(", "));
        }
        if !self.perhaps.is_empty() {
            saw = format!("{saw}, perhaps {}", self.perhaps.join(", "));
        }
        if !self.asides.is_empty() {
            saw = format!("{saw} (not counted: {})", self.asides.join(", "));
        }
        if !self.unknown.is_empty() {
            saw = format!("{saw}; {}", self.unknown.join("; "));
        }
        saw
    }
}
