//! The columns of an environment, its target and the teams.

use std::collections::BTreeMap;

use super::{Checker, environment};
use crate::config::document::Path;
use crate::model::environment::TriggerEvent;
use crate::model::name::EnvironmentName;

impl Checker<'_> {
    pub(super) fn environments(&mut self) {
        for (name, settings) in &self.file.environment {
            let at = environment(name);
            let replicas = settings.replicas;
            if replicas.max == 0 || replicas.min > replicas.max {
                let message = format!("from {} to {} replicas is impossible", replicas.min, replicas.max);
                self.find(
                    &at.key("replicas"),
                    message,
                    "`max` must be at least 1 and at least `min`",
                    "here",
                );
            }
            for (index, team) in settings.access.teams.iter().enumerate() {
                self.known_team(team, &at.key("access").key("teams").index(index));
            }
            if settings.deploy.command.first().is_none_or(String::is_empty) {
                let path = at.key("deploy").key("command");
                let help = "name the program and its arguments: [\"sh\", \"deploy.sh\"]";
                self.find(&path, "there is no command to deploy with".to_owned(), help, "empty");
            }
            if !settings.verify.path.starts_with('/') {
                let path = at.key("verify").key("path");
                let message = format!("`{}` is no path under the environment's URL", settings.verify.path);
                self.find(&path, message, "start it with `/`", "here");
            }
            if let Some(pointer) = settings
                .verify
                .version
                .as_ref()
                .filter(|pointer| !pointer.starts_with('/'))
            {
                let path = at.key("verify").key("version");
                let message = format!("`{pointer}` is no JSON Pointer");
                self.find(&path, message, "write it as `/version` (RFC 6901)", "here");
            }
            if let Some(url) = settings.url.as_ref().filter(|url| !is_http(url)) {
                let message = format!("`{url}` is no address that can be asked");
                self.find(
                    &at.key("url"),
                    message,
                    "write it as https://HOST or http://HOST",
                    "here",
                );
            }
            self.trigger(name);
        }
    }

    fn trigger(&mut self, name: &EnvironmentName) {
        let trigger = &self.file.environment[name].trigger;
        let path = environment(name).key("trigger");
        match (&trigger.cron, trigger.on) {
            (None, TriggerEvent::Schedule) => {
                let help = "add five cron fields in UTC: { on = \"schedule\", cron = \"0 5 * * 1\" }";
                self.find(&path, "a schedule needs its times".to_owned(), help, "no `cron`");
            }
            (Some(cron), TriggerEvent::Schedule) => {
                let fields: Vec<&str> = cron.split_whitespace().collect();
                let letters = |field: &&str| field.bytes().all(|b| b.is_ascii_alphanumeric() || b"*,-/".contains(&b));
                if fields.len() != 5 || !fields.iter().all(letters) {
                    let help = "five fields: minute, hour, day, month, weekday, such as `0 5 * * 1`";
                    self.find(&path.key("cron"), format!("`{cron}` is no schedule"), help, "here");
                }
            }
            (Some(_), _) => {
                let help = "take `cron` out, or write on = \"schedule\"";
                let message = "only a schedule has times".to_owned();
                self.find(&path.key("cron"), message, help, "no schedule");
            }
            (None, _) => {}
        }
    }

    /// Two environments must not be one place.
    pub(super) fn targets(&mut self) {
        let mut places: BTreeMap<String, &EnvironmentName> = BTreeMap::new();
        for (name, settings) in &self.file.environment {
            let deploy = &settings.deploy;
            let mut claims = Vec::new();
            if let Some(namespace) = &deploy.namespace {
                let cluster = deploy.cluster.as_deref().unwrap_or("the only cluster");
                claims.push((format!("namespace {namespace} of {cluster}"), "deploy"));
            }
            claims.extend(
                settings
                    .url
                    .as_ref()
                    .map(|url| (url.trim_end_matches('/').to_owned(), "url")),
            );
            for (place, key) in claims {
                let Some(other) = places.insert(place.clone(), name) else {
                    continue;
                };
                let message = format!("`{name}` and `{other}` are both written to {place}");
                let help =
                    "give each environment a place of its own; what is deployed to one would overwrite the other";
                self.find(&environment(name).key(key), message, help, "taken");
            }
        }
    }

    pub(super) fn teams(&mut self) {
        for (name, team) in &self.file.team {
            for (index, member) in team.members.iter().enumerate() {
                if team.members[..index].contains(member) {
                    let path = Path::of(&["team", name, "members"]).index(index);
                    let message = format!("`{member}` is in team `{name}` twice");
                    self.find(&path, message, "name each person once", "again");
                }
            }
        }
    }
}

fn is_http(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.starts_with('/') && !host.contains(char::is_whitespace))
}
