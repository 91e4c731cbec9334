//! Why a version is the one that it is.

use schemars::JsonSchema;
use serde::Serialize;

use super::Facts;
use crate::model::change::Change;
use crate::model::name::{CommitId, ComponentName};
use crate::model::version::{Bump, Version, ZeroMajor};
use crate::plan::changes::Changes;

/// Why a version is the one that it is: the base, the commit that decided, the rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Why {
    /// The tag that the commits are counted from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The commit that decided, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// What it says, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The rule, in words.
    pub rule: String,
    /// How many commits of the component there are since the base.
    pub commits: usize,
    /// How many of them are not conventional.
    pub foreign: usize,
}

impl Why {
    /// A rule that no commit decided.
    pub fn rule(facts: &Facts<'_>, rule: impl Into<String>) -> Self {
        Self {
            base: facts.stable.map(|base| base.tag.name.clone()),
            commit: None,
            subject: None,
            rule: rule.into(),
            commits: facts.whole.changes.commits,
            foreign: facts.whole.changes.foreign,
        }
    }

    /// A rule and the commit that brought it up.
    pub fn commit(facts: &Facts<'_>, change: &Change, rule: impl Into<String>) -> Self {
        Self {
            commit: Some(change.commit.clone()),
            subject: Some(title(change)),
            ..Self::rule(facts, rule)
        }
    }

    /// All of it in one line. `next` is the version that follows from it.
    pub fn words(&self, component: &ComponentName, next: Option<&Version>) -> String {
        let mut words = match next {
            Some(next) => format!("{} → {next}: ", self.base.as_deref().unwrap_or("no version")),
            None => String::new(),
        };
        if let (Some(commit), Some(subject)) = (&self.commit, &self.subject) {
            words.push_str(&format!("{} \"{subject}\": ", commit.short()));
        }
        let commits = match self.commits {
            1 => "1 commit".to_owned(),
            many => format!("{many} commits"),
        };
        let since = match &self.base {
            Some(base) => format!("since {base}"),
            None => "in the history".to_owned(),
        };
        let foreign = self.foreign;
        words.push_str(&format!(
            "{} ({commits} of {component} {since}, {foreign} of them not conventional)",
            self.rule
        ));
        words
    }
}

/// A change as one line: its type, its scope and its description.
pub fn title(change: &Change) -> String {
    let scope = change
        .scope
        .as_ref()
        .map(|scope| format!("({scope})"))
        .unwrap_or_default();
    let mark = if change.breaking.is_some() { "!" } else { "" };
    let line = format!("{}{scope}{mark}: {}", change.kind, change.description);
    line.chars().filter(|letter| !letter.is_control()).collect()
}

/// The change that asks for the most; of equals the newest.
pub fn deciding(changes: &Changes) -> Option<(&Change, Bump)> {
    let mut found: Option<(&Change, Bump)> = None;
    for change in &changes.changes {
        if let Some(bump) = change
            .bump
            .filter(|bump| found.is_none_or(|(_, highest)| highest < *bump))
        {
            found = Some((change, bump));
        }
    }
    found
}

/// The rule by which a change asks for a bump, in words.
pub fn asks(change: &Change, bump: Bump) -> String {
    let bump = match bump {
        Bump::Patch => "patch".to_owned(),
        bump => format!("{bump} version"),
    };
    match change.breaking {
        Some(_) => format!("a breaking change asks for a {bump}"),
        None => format!("`{}` asks for a {bump}", change.kind),
    }
}

/// What the setting below 1.0.0 adds to a rule.
pub fn below_one(rule: String, next: &Version, zero_major: ZeroMajor) -> String {
    let setting = match zero_major {
        ZeroMajor::Cargo => "cargo",
        ZeroMajor::Shift => "shift",
        ZeroMajor::Literal => "literal",
    };
    format!("{rule}, and zero-major = \"{setting}\" makes that {next} below 1.0.0")
}
