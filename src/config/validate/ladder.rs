//! The ladder: there is one, it has an order, and data never gets less real on the way up.

use super::{Checker, environment};
use crate::config::document::Path;
use crate::model::environment::{After, DataClass};
use crate::model::ladder::Ladder;
use crate::model::name::EnvironmentName;

/// The words that stand where `tidegate gate` takes an environment: its own commands.
const GATE_WORDS: [&str; 4] = ["eval", "facts", "help", "resume"];

impl Checker<'_> {
    pub(super) fn ladder(&mut self) {
        let environments = &self.file.environment;
        let mut whole = true;
        for (name, settings) in environments {
            let after = environment(name).key("after");
            for (index, before) in settings.after.names().enumerate() {
                let path = after.index(index);
                if before == name {
                    whole = false;
                    let help = "name the environments that come before it, or leave `after` out for the first rung";
                    self.find(&path, format!("`{name}` comes after itself"), help, "here");
                } else if self.known(before, &path) {
                    self.data_class(name, before);
                } else {
                    whole = false;
                }
            }
        }
        for name in environments.keys() {
            self.after(name);
            if GATE_WORDS.contains(&name.as_str()) {
                let message = format!("`tidegate gate {name}` is a command of its own");
                let help = format!("call the environment otherwise: not {}", GATE_WORDS.join(", "));
                self.find(&environment(name), message, help, "ambiguous");
            }
        }
        if let Some(before) = &self.file.cut.before {
            self.known(before, &Path::of(&["cut", "before"]));
        }
        if whole && let Err(names) = Ladder::new(environments) {
            self.cycle(&names);
        }
    }

    /// What `after` asks for can be met.
    fn after(&mut self, name: &EnvironmentName) {
        let (after, path) = (&self.file.environment[name].after, environment(name).key("after"));
        let names: Vec<&EnvironmentName> = after.names().collect();
        if let Some((_, twice)) = names
            .iter()
            .enumerate()
            .find(|(index, name)| names[..*index].contains(name))
        {
            let message = format!("`{name}` comes after `{twice}` twice");
            self.find(&path, message, "name each environment once", "again");
        }
        let After::Mixed(mixed) = after else { return };
        let Some(least) = mixed.at_least else { return };
        if least == 0 || least as usize > mixed.any.len() {
            let message = format!("`{name}` asks for {least} of {} environments", mixed.any.len());
            let help = "ask for at least 1 and at most as many as `any` names";
            self.find(&path.key("at-least"), message, help, "impossible");
        }
    }

    fn cycle(&mut self, names: &[EnvironmentName]) {
        // Going down from any of them without leaving them comes back to one that was passed.
        let mut way: Vec<&EnvironmentName> = Vec::new();
        let mut at = names.first();
        while let Some(name) = at.filter(|name| !way.contains(name)) {
            way.push(name);
            at = self.file.environment[name]
                .after
                .names()
                .find(|before| names.contains(before));
        }
        let from = way.iter().position(|name| Some(*name) == at).unwrap_or(0);
        let mut circle: Vec<&str> = way[from..].iter().map(|name| name.as_str()).collect();
        circle.extend(at.map(EnvironmentName::as_str));
        let Some(first) = way.get(from) else { return };
        let path = environment(first).key("after");
        let message = format!("the ladder goes in a circle: {}", circle.join(" after "));
        self.find(
            &path,
            message,
            "a ladder has a first rung: take one of these out of `after`",
            "here",
        );
    }

    fn data_class(&mut self, name: &EnvironmentName, before: &EnvironmentName) {
        let (own, below) = (self.file.environment[name].data, self.file.environment[before].data);
        if own < below {
            let message = format!(
                "`{name}` holds {} data above `{before}`, which holds {}",
                word(own),
                word(below)
            );
            let help = "data gets more real on the way up: mock, synthetic, test, sanitized, clone, real";
            self.find(&environment(name).key("data"), message, help, "falls");
        }
    }
}

fn word(class: DataClass) -> &'static str {
    match class {
        DataClass::Mock => "mock",
        DataClass::Synthetic => "synthetic",
        DataClass::Test => "test",
        DataClass::Sanitized => "sanitized",
        DataClass::Clone => "clone",
        DataClass::Real => "real",
    }
}
