//! The rules that GitHub has for a branch: those of rulesets (<https://docs.github.com/en/rest/repos/rules>), and its
//! protection (<https://docs.github.com/en/rest/branches/branches#get-a-branch>), of which everybody sees the outlines.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::super::GitHub;
use super::super::answer::segment;
use crate::error::Result;
use crate::model::pull::{BranchRule, BranchRules};

#[derive(Deserialize)]
struct Rule {
    #[serde(rename = "type")]
    kind: String,
    ruleset_id: Option<u64>,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Ruleset {
    current_user_can_bypass: Option<String>,
}

#[derive(Default, Deserialize)]
struct Parameters {
    #[serde(default)]
    required_status_checks: Vec<Required>,
}

#[derive(Deserialize)]
struct Required {
    context: String,
}

#[derive(Deserialize)]
struct Branch {
    #[serde(default)]
    protected: bool,
    protection: Option<Protection>,
}

#[derive(Deserialize)]
struct Protection {
    required_status_checks: Option<Checks>,
}

#[derive(Deserialize)]
struct Checks {
    #[serde(default)]
    contexts: Vec<String>,
}

pub(super) async fn of_branch(github: &GitHub, branch: &str) -> Result<BranchRules> {
    let operation = "reading the rules for a branch";
    let name = segment(branch);
    // Servers and plans without rulesets have none.
    let (rules, there) = (format!("rules/branches/{name}"), format!("branches/{name}"));
    let (rules, there) = tokio::join!(github.all_seen(operation, &rules), github.look(operation, &there));
    let there: Option<Branch> = there?;
    let protection = there.as_ref().and_then(|branch| branch.protection.as_ref());
    let checks = protection.and_then(|protection| protection.required_status_checks.as_ref());
    let page = |id: u64| {
        let server = github.server.as_ref()?;
        Some(format!("{server}/{}/rules/{id}", github.repository))
    };
    let rules: Vec<Rule> = rules?;
    let sets: BTreeSet<u64> = rules.iter().filter_map(|rule| rule.ruleset_id).collect();
    let free = free(github, sets).await?;
    let binds = |rule: &&Rule| rule.ruleset_id.is_none_or(|set| !free.contains(&set));
    let rule = |rule: &Rule| (rule.rule(), rule.ruleset_id.and_then(page));
    Ok(BranchRules {
        binding: rules.iter().filter(binds).map(rule).collect(),
        rules: rules.iter().map(rule).collect(),
        protected: there.as_ref().is_some_and(|branch| branch.protected),
        contexts: checks.map(|checks| checks.contexts.clone()).unwrap_or_default(),
    })
}

/// The rulesets that the token may bypass at any time
/// (<https://docs.github.com/en/rest/repos/rules#get-a-repository-ruleset>). One that cannot be seen binds.
async fn free(github: &GitHub, sets: BTreeSet<u64>) -> Result<BTreeSet<u64>> {
    let mut free = BTreeSet::new();
    for set in sets {
        let found: Option<Ruleset> = github.look("reading a ruleset", &format!("rulesets/{set}")).await?;
        let word = found.and_then(|found| found.current_user_can_bypass);
        if matches!(word.as_deref(), Some("always" | "exempt")) {
            free.insert(set);
        }
    }
    Ok(free)
}

impl Rule {
    fn rule(&self) -> BranchRule {
        match self.kind.as_str() {
            "creation" => BranchRule::Creation,
            "update" => BranchRule::Update,
            "deletion" => BranchRule::Deletion,
            "non_fast_forward" => BranchRule::NonFastForward,
            "pull_request" => BranchRule::PullRequest,
            "required_signatures" => BranchRule::Signatures,
            "required_status_checks" => {
                let checks = self.parameters.iter().flat_map(|rule| &rule.required_status_checks);
                BranchRule::Statuses(checks.map(|check| check.context.clone()).collect())
            }
            _ => BranchRule::Other(self.kind.clone()),
        }
    }
}
