//! The rule `image`: the registry still has what is to be deployed. It counts everywhere and needs no key.

use super::facts::Facts;
use super::rule::Rule;
use crate::model::verdict::RuleOutcome;

/// Judges whether the image is there.
pub fn judge(facts: &Facts) -> RuleOutcome {
    let digest = facts.release.digest.short();
    let rule = Rule::new(
        "image",
        format!("the image {digest} is in the registry"),
        &facts.image.source,
    );
    match rule.value(Some(&facts.image), "the image") {
        Ok(true) => rule.pass("it is there"),
        Ok(false) => rule.fail(
            "the registry has no such image",
            "whoever pushes this very image again, or a newer release",
        ),
        Err(unknown) => *unknown,
    }
}
