//! Gates: each rule names something, and what it asks for is possible.

use super::{Checker, environment};
use crate::model::check::verdicts_of;
use crate::model::name::EnvironmentName;
use crate::model::policy::{Approvals, Approver};

impl Checker<'_> {
    pub(super) fn gates(&mut self) {
        for (name, settings) in &self.file.environment {
            let at = environment(name).key("gate");
            let gate = &settings.gate;
            if gate.previous.is_some() && settings.after.is_empty() {
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
                self.approvals(name, approvals);
            }
        }
    }

    fn approvals(&mut self, name: &EnvironmentName, rule: &Approvals) {
        let at = environment(name).key("gate").key("approvals");
        if rule.from.is_empty() {
            let help = "name teams or people: [\"team:release-managers\"]";
            self.find(&at.key("from"), "nobody may approve".to_owned(), help, "names nobody");
            return;
        }
        let mut known = true;
        for (index, approver) in rule.from.iter().enumerate() {
            let path = at.key("from").index(index);
            let Approver::Team(team) = approver else { continue };
            if !self.known_team(team, &path) {
                known = false;
            } else if self.file.team[team].members.is_empty() {
                known = false;
                let help = format!("add its members: `[team.{team}]` members = [...]");
                self.find(&path, format!("team `{team}` has no members"), help, "names nobody");
            }
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
        let teams = self
            .file
            .team
            .iter()
            .map(|(name, team)| (name.clone(), team.members.clone()));
        let teams = teams.collect();
        let people = rule.entitled(&teams).len();
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
