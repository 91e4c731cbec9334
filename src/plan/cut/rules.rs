//! What the forge's rules mean for a release branch: what is in the way of making it, and what holds it fast.

use crate::model::pull::{BranchRule, BranchRules};
use crate::model::refusal::Refusal;

/// Why the branch may not be made, or not take the commit of its first candidate. `commits` says what needs one.
pub fn forbidden(branch: &str, rules: &BranchRules, commits: Option<&str>) -> Option<Refusal> {
    rules.binding.iter().find_map(|(rule, page)| {
        let what = match (rule, commits) {
            (BranchRule::Creation, _) => format!("create {branch}"),
            (BranchRule::Update | BranchRule::PullRequest | BranchRule::Statuses(_), Some(tag)) => {
                format!("commit to {branch} without a pull request or a green status, and {tag} needs a commit for its files")
            }
            _ => return None,
        };
        let page = page.as_ref().map_or_else(String::new, |page| format!(" ({page})"));
        Some(Refusal::new(
            format!("GitHub's rules{page} let this token not {what}"),
            "whoever keeps the rules can let it bypass them; an App of the release's own is best, by TIDEGATE_APP_ID",
        ))
    })
}

/// What is missing so that nobody rewrites or deletes the branch, in words.
pub fn not_held(branch: &str, rules: &BranchRules) -> Option<String> {
    if rules.protected {
        return None;
    }
    let has = |wanted: &BranchRule| rules.rules.iter().any(|(rule, _)| rule == wanted);
    let missing: Vec<&str> = [
        (BranchRule::NonFastForward, "rewrite"),
        (BranchRule::Deletion, "delete"),
    ]
    .iter()
    .filter(|(rule, _)| !has(rule))
    .map(|(_, deed)| *deed)
    .collect();
    if missing.is_empty() {
        return None;
    }
    let pattern = branch.rsplit_once('/').map_or("*", |(folder, _)| folder);
    Some(format!(
        "nothing at GitHub holds {branch} fast: who may push can {} it. Add a ruleset for `{pattern}/**` that blocks force \
         pushes and restricts deletions",
        missing.join(" and ")
    ))
}
