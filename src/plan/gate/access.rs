//! The rule `access`: whoever does something here may do it, and has proven who they are. A deed for which the policy names
//! nobody is open to anybody. What `access.approve` names narrows the rule `approvals`, and what `access.override` names is
//! asked where rules are set aside.

use jiff::Timestamp;

use super::entitled::{Entitled, entitled, whoever};
use super::facts::{Facts, Policy};
use super::rule::Rule;
use crate::model::actor::Actor;
use crate::model::heard::Shut;
use crate::model::policy::{AccessRules, Approver};
use crate::model::proof::Standing;
use crate::model::verdict::RuleOutcome;

/// What was found: in words, with what opens it where it is shut.
#[derive(Default)]
struct Found {
    saw: Vec<String>,
    shut: Vec<(String, String)>,
    unknown: Vec<String>,
}

/// Judges who promotes, and who opened what would still be shut at `now`: a lock, a hold, a rejection.
pub fn judge(rules: &AccessRules, policy: &Policy<'_>, facts: &Facts, now: Timestamp) -> RuleOutcome {
    let rule = Rule::new("access", needs(rules), "the policy");
    let mut found = Found::default();
    match &facts.people.asker {
        _ if rules.promote.is_empty() => found.saw.push("anybody may promote".to_owned()),
        None => found.saw.push("nobody asks to promote".to_owned()),
        Some(asker) => {
            let command = format!("`tidegate promote {}`", policy.name);
            found.judge(
                "promote",
                &command,
                &rules.promote,
                (&asker.by, &asker.standing),
                policy,
                facts,
            );
        }
    }
    let opened = facts.people.unlocks.iter().filter(|opened| match &opened.shut {
        Shut::Lock { lock, .. } => lock.holds(now),
        Shut::Hold { .. } | Shut::Rejection { .. } => true,
    });
    for opened in opened.filter(|_| !rules.unlock.is_empty()) {
        let (deed, command) = words(&opened.shut, policy, facts);
        let judged = opened.by.iter().map(|unlocker| {
            let mut found = Found::default();
            let by = (&unlocker.by, &unlocker.standing);
            found.judge(&deed, &command, &rules.unlock, by, policy, facts);
            found
        });
        // One who may is enough, whoever else has tried.
        found.extend(judged.min_by_key(|found| (!found.shut.is_empty(), !found.unknown.is_empty())));
    }
    let shut = found.shut.iter().map(|(saw, _)| saw.clone());
    let all: Vec<String> = shut.chain(found.unknown.clone()).chain(found.saw).collect();
    let saw = all.join("; ");
    if !found.shut.is_empty() {
        let opens: Vec<&str> = found.shut.iter().map(|(_, opens)| opens.as_str()).collect();
        return rule.fail(saw, opens.join(" and "));
    }
    if !found.unknown.is_empty() {
        return rule.unknown(saw, "the source that could not be read, once it answers");
    }
    rule.pass(saw)
}

impl Found {
    fn extend(&mut self, other: Option<Self>) {
        let other = other.unwrap_or_default();
        self.saw.extend(other.saw);
        self.shut.extend(other.shut);
        self.unknown.extend(other.unknown);
    }

    fn judge(
        &mut self,
        deed: &str,
        command: &str,
        list: &[Approver],
        (by, standing): (&Actor, &Standing),
        policy: &Policy<'_>,
        facts: &Facts,
    ) {
        let opens = || {
            let people = whoever(list, policy, |person| {
                person == by.0 && matches!(standing, Standing::Proven { .. })
            });
            format!("{command} by {}", people.join(" or "))
        };
        match (entitled(list, &by.0, policy, &facts.people.members), standing) {
            (Entitled::No, _) => self.shut.push((format!("{by} may not {deed}"), opens())),
            (_, Standing::Unproven { why }) => {
                self.shut
                    .push((format!("{by} is not proven to {deed}: {why}"), opens()));
            }
            (Entitled::Unknown(why), _) => self.unknown.push(why),
            (_, Standing::Unknown { why }) => self.unknown.push(why.clone()),
            (Entitled::Yes, Standing::Proven { how }) => self.saw.push(format!("{by} may {deed} ({how})")),
        }
    }
}

/// What was done by opening this, and the command that does it, in words.
fn words(shut: &Shut, policy: &Policy<'_>, facts: &Facts) -> (String, String) {
    let digest = &facts.release.digest;
    match shut {
        Shut::Lock { scope, lock } => (
            format!("take the lock of {scope} away ({})", lock.reason),
            format!("`tidegate unlock {scope}`"),
        ),
        Shut::Hold { reason } => (
            format!("let {} in again ({reason})", digest.short()),
            format!("`tidegate unlock {} --digest {digest} --reason …`", policy.name),
        ),
        Shut::Rejection { reason } => (
            format!("withdraw the rejection of {} ({reason})", digest.short()),
            format!("`tidegate reject --all --withdraw --digest {digest} --reason …`"),
        ),
    }
}

fn needs(rules: &AccessRules) -> String {
    let list = |list: &[Approver]| {
        let names: Vec<String> = list.iter().map(ToString::to_string).collect();
        names.join(", ")
    };
    let mut needs = Vec::new();
    if !rules.promote.is_empty() {
        needs.push(format!("{} to promote", list(&rules.promote)));
    }
    if !rules.unlock.is_empty() {
        needs.push(format!(
            "{} to take away what locks, holds or rejects",
            list(&rules.unlock)
        ));
    }
    match needs.is_empty() {
        true => "nobody in particular".to_owned(),
        false => needs.join(", "),
    }
}
