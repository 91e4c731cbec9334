//! The rules that GitHub has for a branch: those of rulesets (<https://docs.github.com/en/rest/repos/rules>), and its
//! protection (<https://docs.github.com/en/rest/branches/branches#get-a-branch>), of which everybody sees the outlines.

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
    let rule = |rule: Rule| {
        let page = rule.ruleset_id.and_then(page);
        (rule.rule(), page)
    };
    Ok(BranchRules {
        rules: rules?.into_iter().map(rule).collect(),
        protected: there.as_ref().is_some_and(|branch| branch.protected),
        contexts: checks.map(|checks| checks.contexts.clone()).unwrap_or_default(),
    })
}

impl Rule {
    fn rule(self) -> BranchRule {
        match self.kind.as_str() {
            "creation" => BranchRule::Creation,
            "update" => BranchRule::Update,
            "deletion" => BranchRule::Deletion,
            "non_fast_forward" => BranchRule::NonFastForward,
            "pull_request" => BranchRule::PullRequest,
            "required_signatures" => BranchRule::Signatures,
            "required_status_checks" => {
                let checks = self.parameters.unwrap_or_default().required_status_checks;
                BranchRule::Statuses(checks.into_iter().map(|check| check.context).collect())
            }
            _ => BranchRule::Other(self.kind),
        }
    }
}
