//! The rule `branch`: a branch of the remote that may enter reaches the release's commit.

use super::facts::Facts;
use super::rule::Rule;
use crate::model::policy::BranchRule;
use crate::model::verdict::RuleOutcome;

/// Judges where the commit is.
pub fn judge(policy: &BranchRule, facts: &Facts) -> RuleOutcome {
    let names: Vec<String> = policy.from.iter().map(ToString::to_string).collect();
    let (names, commit) = (names.join(" or "), facts.release.commit.short());
    let source = facts.branches.as_ref().map_or("git", |fact| fact.source.as_str());
    let rule = Rule::new("branch", format!("{commit} is on {names}"), source);
    let branches = match rule.value(facts.branches.as_ref(), "the history of the branches") {
        Ok(branches) => branches,
        Err(unknown) => return *unknown,
    };
    let (mut on, mut looked) = (Vec::new(), Vec::new());
    for branch in branches.iter().filter(|branch| policy.admits(&branch.name)) {
        looked.push(format!("{} at {}", branch.name, branch.tip.short()));
        if branch.holds {
            on.push(branch.name.as_str());
        }
    }
    if !on.is_empty() {
        return rule.pass(format!("it is on {}", on.join(", ")));
    }
    let saw = match looked.is_empty() {
        true => "there is no such branch".to_owned(),
        false => format!("it is not on {}", looked.join(", ")),
    };
    rule.fail(
        saw,
        format!("a merge of that commit into {names}, or a release from there"),
    )
}
