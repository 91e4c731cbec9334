//! A small project with a ladder: one environment below, and above it one for each kind of gate.

use serde_json::Value;

use super::health::Health;
use super::{Run, Sandbox, fixture, keys};

/// The environments, with what stands between their common columns.
const ENVIRONMENTS: [(&str, &str); 5] = [
    ("dev", ""),
    (
        "qa",
        "after = ['dev']\ngate.previous = {}\ngate.checks = { require = ['build', 'test'] }",
    ),
    (
        "uat",
        "after = ['dev']\ngate.previous = {}\ngate.soak = { in = 'dev', for = '24h' }",
    ),
    (
        "staging",
        "after = ['dev']\ngate.approvals = { count = 2, from = ['team:qa', 'user:release-manager-1'] }",
    ),
    (
        "production",
        "after = ['dev']\ngate.freeze = { zone = 'UTC', deny = ['2020-01-01..2099-01-01'], rollback = 'blocked' }",
    ),
];

/// The people who have a key that the policy lists.
pub const PEOPLE: [&str; 5] = ["maintainer", "qa-lead", "qa-1", "release-manager-1", "passer-by"];

/// A project whose deployments are a line each in the file `deployed`.
pub struct Project {
    pub sandbox: Sandbox,
    pub health: Health,
}

impl Project {
    /// The project before its first release.
    pub fn new() -> Self {
        let health = Health::start();
        let mut config = "[project]\nname = 'demo'\n[component.app]\nimage = 'oci:../registry'\n\
                          [team.qa]\nmembers = ['qa-lead', 'qa-1']\n\
                          [identity]\nallowed-signers = 'allowed_signers'\n"
            .to_owned();
        for (name, rules) in ENVIRONMENTS {
            let url = health.url(name);
            config.push_str(&format!(
                r#"
[environment.{name}]
tier = "development"
purpose = "A step on the ladder"
data = "mock"
trigger = {{ on = "manual" }}
access = {{}}
url = "{url}"
deploy = {{ command = ["sh", "-c", "echo $TIDEGATE_ENVIRONMENT $TIDEGATE_VERSION >> ../deployed"] }}
verify = {{ timeout = "0s" }}
{rules}
"#
            ));
        }
        let sandbox = Sandbox::empty();
        let signers = keys::allowed_signers(sandbox.path(), &PEOPLE);
        sandbox.commit(
            "chore: set up",
            &[("tidegate.toml", &config), ("allowed_signers", &signers)],
        );
        sandbox.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
        sandbox.git(&["remote", "set-head", "origin", "main"]);
        Self { sandbox, health }
    }

    /// The project with a first release, 0.1.0.
    pub fn released() -> Self {
        let project = Self::new();
        project.release("1.4.0");
        project
    }

    /// Commits, tags and pushes one of the fixture's images, and gives the version.
    pub fn release(&self, image: &str) -> String {
        let message = format!("feat: as in {image}");
        self.sandbox.commit(&message, &[("change.txt", image)]);
        self.sandbox.git(&["push", "--quiet", "origin", "main"]);
        let tag = self.run(0, &["tag"]).stdout;
        let version = tag.trim().trim_start_matches('v').to_owned();
        let layout = fixture("quckchat").join("images").join(image).display().to_string();
        self.run(0, &["push", &layout, "--release", &version]);
        version
    }

    /// Gives `dev`, whose gate asks for nothing, these rules, in the shared default branch, with these files beside them.
    pub fn rules_of_dev(&self, rules: &str, files: &[(&str, &str)]) {
        let config = std::fs::read_to_string(self.sandbox.work().join("tidegate.toml")).unwrap();
        let (before, dev) = config.split_once("[environment.dev]").unwrap();
        let (dev, after) = dev.split_once("\n[environment.").unwrap();
        let columns: Vec<&str> = dev.lines().filter(|line| !line.starts_with("gate.")).collect();
        let columns = columns.join("\n");
        let config = format!("{before}[environment.dev]{columns}\n{rules}\n[environment.{after}");
        let all = [&[("tidegate.toml", config.as_str())], files].concat();
        self.sandbox.commit("chore: other rules", &all);
        self.sandbox.git(&["push", "--quiet", "origin", "main"]);
    }

    /// Runs tidegate and asserts the exit code.
    pub fn run(&self, code: i32, arguments: &[&str]) -> Run {
        self.sandbox.tidegate(arguments).exits(code)
    }

    /// The same, for the document.
    pub fn json(&self, code: i32, arguments: &[&str]) -> Value {
        self.sandbox.json(code, arguments)
    }

    /// Asserts that a command ends like this and neither writes the ledger nor deploys.
    pub fn unchanged(&self, code: i32, arguments: &[&str]) -> Value {
        let before = (self.ledger(), self.deployed());
        let document = self.json(code, arguments);
        assert_eq!(
            (self.ledger(), self.deployed()),
            before,
            "{arguments:?} changed something"
        );
        document
    }

    /// The commit of the shared ledger.
    pub fn ledger(&self) -> String {
        let list = ["for-each-ref", "--format=%(objectname)", "refs/heads/tidegate/ledger"];
        self.sandbox.git_in(&self.sandbox.path().join("origin.git"), &list)
    }

    /// Every deployment so far, a line each.
    pub fn deployed(&self) -> String {
        std::fs::read_to_string(self.sandbox.path().join("deployed")).unwrap_or_default()
    }

    /// How many events of that kind the ledger holds.
    pub fn events(&self, kind: &str) -> usize {
        let log = self.json(0, &["ledger", "log"]);
        let events = log["events"].as_array().unwrap();
        events.iter().filter(|event| event["type"] == kind).count()
    }

    /// Writes the results of checks on the release's commit.
    pub fn checks(&self, results: &[(&str, &str)]) {
        let commit = self.sandbox.git(&["rev-parse", "HEAD"]);
        let check = |(name, conclusion): &(&str, &str)| serde_json::json!({ "name": name, "commit": commit, "conclusion": conclusion });
        let checks: Vec<Value> = results.iter().map(check).collect();
        let text = serde_json::json!({ "checks": checks }).to_string();
        self.sandbox.write(&[(".tidegate/checks.json", &text)]);
    }
}

/// The answer of one rule in a verdict.
pub fn rule<'a>(verdict: &'a Value, name: &str) -> &'a Value {
    let rules = verdict["rules"].as_array().unwrap();
    rules.iter().find(|rule| rule["rule"] == name).unwrap()
}
