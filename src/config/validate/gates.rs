//! Gates: each rule names something, and what it asks for is possible.

use std::collections::BTreeSet;

use super::{Checker, environment};
use crate::config::document::Path;
use crate::model::check::verdicts_of;
use crate::model::name::EnvironmentName;
use crate::model::policy::{AccessRules, Approvals, Approver, Gate};
use crate::plan::gate::hotfix::openers;

impl Checker<'_> {
    pub(super) fn gates(&mut self) {
        for (name, settings) in &self.file.environment {
            self.rules(name, &environment(name).key("gate"), &settings.gate);
            let at = environment(name).key("hotfix");
            for (rule, given, there) in settings.hotfix.beside(&settings.gate) {
                if given && !there {
                    let message =
                        format!("a hotfix meets `{rule}` in the place of the gate's own, and `{name}` has none");
                    let help = format!("take it out, or give the gate the rule: `gate.{rule}`");
                    self.find(&at.key(rule), message, help, "in the place of nothing");
                }
            }
            self.rules(name, &at, &settings.hotfix.alone());
            if settings.hotfix.is_empty() && !openers(&settings.gate).is_empty() {
                let message = format!("`{name}` has no rules for a hotfix, so it does not matter whose it is");
                let help = "say what is shorter for one, such as `hotfix.soak`, or take the names out";
                let path = environment(name).key("gate").key("access").key("hotfix");
                self.find(&path, message, help, "asked by no rule");
            }
        }
    }

    fn rules(&mut self, name: &EnvironmentName, at: &Path, gate: &Gate) {
        if gate.previous.is_some() && self.file.environment[name].after.is_empty() {
            let help = "name the environments before it in `after`, or take the rule out";
            let message = format!("`{name}` asks for environments before it, and there are none");
            self.find(&at.key("previous"), message, help, "names nothing");
        }
        if let Some(soak) = &gate.soak {
            let path = at.key("soak").key("in");
            if soak.environment == *name {
                let help = "name an environment before it";
                self.find(&path, format!("`{name}` asks for a stay in itself"), help, "here");
            } else {
                self.known(&soak.environment, &path);
            }
        }
        if gate.checks.as_ref().is_some_and(|checks| checks.require.is_empty()) {
            let help = "name the checks, or take the rule out";
            let path = at.key("checks").key("require");
            self.find(&path, "no check is asked for".to_owned(), help, "names nothing");
        }
        for (index, check) in gate.checks.iter().flat_map(|checks| &checks.require).enumerate() {
            if verdicts_of(name, check.name()) {
                let help = "take it out: the verdict is made of the other checks";
                let message = format!("`{}` is the verdict of this very gate", check.name());
                let path = at.key("checks").key("require").index(index);
                self.find(&path, message, help, "waits for itself");
            }
        }
        if let Some(freeze) = gate
            .freeze
            .as_ref()
            .filter(|freeze| freeze.deny.is_empty() && freeze.allow.is_empty() && freeze.calendar.is_none())
        {
            let help = "add windows to `deny` or `allow`, or a `calendar`, or take the rule out";
            let message = format!("a freeze in {} without a window", freeze.zone);
            self.find(&at.key("freeze"), message, help, "names nothing");
        }
        if gate.branch.as_ref().is_some_and(|branch| branch.from.is_empty()) {
            let help = "name the branches, such as [\"main\", \"release/*\"], or take the rule out";
            let path = at.key("branch").key("from");
            self.find(&path, "no branch may enter".to_owned(), help, "names nothing");
        }
        if let Some(approvals) = &gate.approvals {
            self.approvals(at, approvals);
        }
        if let Some(access) = &gate.access {
            self.access(name, access);
        }
    }

    fn access(&mut self, name: &EnvironmentName, rule: &AccessRules) {
        let at = environment(name).key("gate").key("access");
        let lists = [
            ("promote", &rule.promote),
            ("approve", &rule.approve),
            ("override", &rule.overriding),
            ("hotfix", &rule.hotfix),
            ("unlock", &rule.unlock),
        ];
        if lists.iter().all(|(_, list)| list.is_empty()) {
            let help = "say who may `promote`, `approve`, `override`, `hotfix` or `unlock` here, or take the rule out";
            self.find(&at, "nobody is named".to_owned(), help, "names nobody");
        }
        for (deed, list) in lists {
            for (index, approver) in list.iter().enumerate() {
                self.names_somebody(approver, &at.key(deed).index(index));
            }
        }
    }

    /// Whether an approver can be somebody; a finding when it cannot.
    fn names_somebody(&mut self, approver: &Approver, path: &Path) -> bool {
        let Approver::Team(team) = approver else { return true };
        if !self.known_team(team, path) {
            return false;
        }
        let found = &self.file.team[team];
        if found.members.is_empty() && found.github.is_none() {
            let help = format!("add its members: `[team.{team}]` members = [...]");
            self.find(path, format!("team `{team}` has no members"), help, "names nobody");
            return false;
        }
        true
    }

    fn approvals(&mut self, at: &Path, rule: &Approvals) {
        let at = at.key("approvals");
        if rule.from.is_empty() {
            let help = "name teams or people: [\"team:release-managers\"]";
            self.find(&at.key("from"), "nobody may approve".to_owned(), help, "names nobody");
            return;
        }
        let mut known = true;
        for (index, approver) in rule.from.iter().enumerate() {
            let path = at.key("from").index(index);
            known &= self.names_somebody(approver, &path);
        }
        if rule.count == 0 {
            let message = "no approval is asked for".to_owned();
            self.find(
                &at.key("count"),
                message,
                "ask for at least 1, or take the rule out",
                "names nothing",
            );
        }
        if rule.sources.is_empty() {
            let help = "name where words are heard: [\"ledger\", \"run-review\", \"pull-request\"]";
            self.find(
                &at.key("sources"),
                "words are heard nowhere".to_owned(),
                help,
                "names nothing",
            );
        }
        let teams = &self.file.team;
        let named: BTreeSet<&String> = rule.from.iter().flat_map(|approver| approver.named(teams)).collect();
        let people = named.len();
        known &= !rule.from.iter().any(|approver| approver.asks_forge(teams));
        if known && people < rule.count as usize {
            let message = format!("{} approvals are asked for, and {people} may approve", rule.count);
            self.find(
                &at.key("count"),
                message,
                "ask for fewer, or name more people",
                "impossible",
            );
        }
    }
}
