//! The rule `rejected`: nobody has said no to this digest for every environment. It counts everywhere and needs no key.
//! A no closes whoever says it: a name that proves nothing can keep a release out and never let one in.

use super::facts::Facts;
use super::rule::Rule;
use crate::model::verdict::RuleOutcome;

/// Judges whether the digest is rejected.
pub fn judge(facts: &Facts) -> RuleOutcome {
    let digest = &facts.release.digest;
    let needs = format!("{} is not rejected everywhere", digest.short());
    let rule = Rule::new("rejected", needs, &facts.rejection.source);
    let rejection = match rule.value(Some(&facts.rejection), "the component's history") {
        Ok(rejection) => rejection,
        Err(unknown) => return *unknown,
    };
    let Some(rejection) = rejection else {
        return rule.pass("it is not");
    };
    let said = format!("{} rejected it at {}: {}", rejection.by, rejection.at, rejection.reason);
    match rejection.withdrawn.last() {
        Some(lifted) => rule.pass(format!("{said}; withdrawn by {} at {}", lifted.by, lifted.at)),
        None => rule.fail(
            said,
            format!("`tidegate reject --all --withdraw --digest {digest} --reason …`, or a newer release"),
        ),
    }
}
