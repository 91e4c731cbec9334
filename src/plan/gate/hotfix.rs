//! Whether a hotfix meets the rules that the policy has for one: its version was made on its branch, and whoever opened it
//! may. Where it does not, or that is not known, the gate's own rules hold.

use super::entitled::{Entitled, entitled, whoever};
use super::facts::Policy;
use crate::model::environment::Environment;
use crate::model::fact::{Fact, FactState};
use crate::model::heard::HeardHotfix;
use crate::model::policy::{Approver, Gate};
use crate::model::proof::Standing;
use crate::model::release::Release;
use crate::model::verdict::{RuleOutcome, RuleStatus};
use crate::model::version::Version;

/// Which rules a release meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It is no hotfix, or there are no rules for one here.
    None,
    /// Those of a hotfix.
    Shorter,
    /// The gate's own.
    Own {
        /// Why.
        why: String,
        /// Who or what can change that.
        opens: String,
    },
    /// The gate's own, for want of knowledge.
    Unknown {
        /// What is not known.
        why: String,
    },
}

/// Those whose hotfixes meet the shorter rules, by the policy: anybody's do when it names nobody.
pub fn openers(gate: &Gate) -> &[Approver] {
    gate.access
        .as_ref()
        .map(|access| access.hotfix.as_slice())
        .unwrap_or_default()
}

/// Which rules a release meets.
pub fn trust(policy: &Policy<'_>, hotfix: Option<&Fact<HeardHotfix>>, release: &Release) -> Trust {
    let Some(FactState::Known { value: heard }) = hotfix.map(|fact| &fact.state) else {
        return Trust::None;
    };
    if policy.environment.hotfix.is_empty() {
        return Trust::None;
    }
    let HeardHotfix { version, branch, .. } = heard;
    if !heard.made {
        return Trust::Own {
            why: format!("{} was not made on {branch} by `tidegate tag`", release.tag),
            opens: "a version that is made there".to_owned(),
        };
    }
    let list = openers(&policy.environment.gate);
    if list.is_empty() {
        return Trust::Shorter;
    }
    let (mut shut, mut unknown) = (Vec::new(), Vec::new());
    for word in &heard.opened {
        let by = &word.by;
        match (entitled(list, &by.0, policy, &heard.members), &word.standing) {
            (Entitled::Yes, Standing::Proven { .. }) => return Trust::Shorter,
            (Entitled::No, _) => shut.push(format!("{by} may not open a hotfix for {}", policy.name)),
            (_, Standing::Unproven { why }) => shut.push(format!("{by} is not proven to open it: {why}")),
            (Entitled::Unknown(why), _) => unknown.push(why),
            (_, Standing::Unknown { why }) => unknown.push(why.clone()),
        }
    }
    if !unknown.is_empty() {
        return Trust::Unknown {
            why: unknown.join("; "),
        };
    }
    let people = whoever(list, policy, |_| false);
    Trust::Own {
        why: shut.join("; "),
        opens: format!("`tidegate hotfix {version}` by {}", people.join(" or ")),
    }
}

/// The environment with the rules for a hotfix.
pub fn shorter(environment: &Environment) -> Environment {
    Environment {
        gate: environment.hotfix.over(&environment.gate),
        ..environment.clone()
    }
}

/// Says of each rule that has another for a hotfix what the gate's own needs, where that other one was asked, and why it was
/// not, where it is shut. `others` is what those rules say that were not asked.
pub fn tell(rules: &mut [RuleOutcome], others: &[RuleOutcome], trust: &Trust, policy: &Policy<'_>, version: &Version) {
    let names = policy.environment.hotfix.beside(&policy.environment.gate);
    let given = |rule: &str| names.iter().any(|(name, given, _)| *name == rule && *given);
    for rule in rules.iter_mut().filter(|rule| given(&rule.rule)) {
        let Some(other) = others.iter().find(|other| other.rule == rule.rule) else {
            continue;
        };
        match trust {
            Trust::Shorter => {
                rule.needs = format!("{} (hotfix {version}, instead of {})", rule.needs, other.needs);
                rule.saw = format!("{}, for hotfix {version}", rule.saw);
            }
            _ if rule.status.is_met() => {}
            Trust::None => {}
            Trust::Own { why, opens } => {
                rule.saw = format!("{}; no shorter for hotfix {version}: {why}", rule.saw);
                rule.opens = format!("{}, or {opens}", rule.opens);
            }
            Trust::Unknown { why } => {
                rule.saw = format!(
                    "{}; whether hotfix {version} makes it shorter is not known: {why}",
                    rule.saw
                );
                // What opens by itself does so for any release, and what is shut for a hotfix too is shut.
                if rule.status == RuleStatus::Fail && other.status != RuleStatus::Fail {
                    rule.status = RuleStatus::Unknown;
                    rule.opens = format!("{}, or the source that could not be read, once it answers", rule.opens);
                }
            }
        }
    }
}
