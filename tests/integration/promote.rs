//! `promote` against real git, real processes and real HTTP: killed at every step, and raced by eight.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::common::project::Project;
use crate::common::trip::Trip;
use crate::common::{self, Run, Sandbox};

/// Deploys by writing the version into a file; a tripwire before and after.
const DEPLOY: &str = r#"sh "$TRIP/trip.sh" || exit 1
echo "$TIDEGATE_VERSION" > "$TRIP/deployed"
sh "$TRIP/trip.sh" || exit 1
"#;

/// A project with one environment whose every step can be the last: the ledger's pushes run hooks in the origin, the
/// deployment runs a script, and the verification asks a server, each with a tripwire.
struct Wired {
    sandbox: Sandbox,
    trip: Trip,
}

impl Wired {
    fn new() -> Self {
        let port = listen_later();
        let config = format!(
            r#"
[project]
name = "wired"

[component.app]
image = "oci:../registry"

[environment.dev]
tier = "development"
purpose = "Integration"
data = "synthetic"
trigger = {{ on = "commit" }}
access = {{}}
url = "http://127.0.0.1:{}"
deploy = {{ command = ["sh", "-c", '''{DEPLOY}'''] }}
verify = {{ timeout = "0s", interval = "1s" }}
"#,
            port.1
        );
        let mut sandbox = Sandbox::new(&config);
        let trip = Trip::new(&mut sandbox);
        serve(port.0, trip.folder().to_owned());
        let wired = Self { sandbox, trip };
        wired.release("feat: first", "1.4.0");
        wired.trip.wire_origin(&wired.sandbox);
        wired
    }

    /// The same project as it is now; the wires are shared, so one of them is used at a time.
    fn copy(&self, deployed: &str) -> Self {
        std::fs::write(self.trip.folder().join("deployed"), deployed).unwrap();
        Self {
            sandbox: self.sandbox.copy(),
            trip: self.trip.clone(),
        }
    }

    /// Commits, tags and pushes one of the fixture's images.
    fn release(&self, message: &str, image: &str) {
        self.sandbox.commit(message, &[("change.txt", message)]);
        self.sandbox.git(&["push", "--quiet", "origin", "main"]);
        let tag = self.sandbox.tidegate(&["tag"]).exits(0).stdout;
        let layout = common::fixture("quckchat").join("images").join(image);
        let version = tag.trim().trim_start_matches('v');
        let layout = layout.display().to_string();
        self.sandbox.tidegate(&["push", &layout, "--release", version]).exits(0);
    }

    /// Shares another policy.
    fn policy(&self, text: &str) {
        self.sandbox.commit("chore: another policy", &[("tidegate.toml", text)]);
        self.sandbox.git(&["push", "--quiet", "origin", "main"]);
    }

    /// Promotes the newest release; at the tripwire of that number the process is killed.
    fn promote(&self, at: usize) -> Run {
        let command = self.sandbox.tidegate_command(&self.sandbox.work(), &["promote", "dev"]);
        self.trip.kill(command, at)
    }

    /// What the ledger tells, oldest first: what happened, without times and digests of other events.
    fn story(&self) -> Vec<String> {
        self.sandbox.json(0, &["ledger", "verify"]);
        let log = self.sandbox.json(0, &["ledger", "log"]);
        let told = |event: &Value| {
            let digest = ["digest", "from"]
                .iter()
                .find_map(|key| event[*key].as_str())
                .unwrap_or_default();
            format!(
                "{} {} {digest}",
                event["type"].as_str().unwrap(),
                event["stream"].as_str().unwrap()
            )
        };
        let mut story: Vec<String> = log["events"].as_array().unwrap().iter().map(told).collect();
        story.reverse();
        story
    }
}

fn listen_later() -> (TcpListener, u16) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Answers for what is deployed: version 0.1.1 is not healthy. Each request passes a tripwire.
fn serve(listener: TcpListener, trip: PathBuf) {
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let tripped = Command::new("sh")
                .arg(trip.join("trip.sh"))
                .env("TRIP", &trip)
                .status()
                .unwrap();
            let deployed = std::fs::read_to_string(trip.join("deployed")).unwrap_or_default();
            let status = match deployed.trim() {
                _ if !tripped.success() => continue,
                "0.1.1" => "503 Service Unavailable",
                _ => "200 OK",
            };
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
        }
    });
}

#[test]
fn killed_at_every_step_and_run_again_it_tells_the_same_story() {
    let prepared = Wired::new();
    let whole = prepared.copy("");
    whole.promote(0).exits(0);
    let (story, wires) = (whole.story(), whole.trip.wires());
    assert_eq!(
        story
            .iter()
            .map(|line| line.split(' ').next().unwrap())
            .collect::<Vec<_>>(),
        [
            "tagged",
            "pushed",
            "deployment-started",
            "deployment-succeeded",
            "verified"
        ]
    );
    assert_eq!(
        wires, 9,
        "three records with two wires each, two around the deployment, one at the verification"
    );
    for wire in 1..=wires {
        let wired = prepared.copy("");
        assert_eq!(wired.promote(wire).code, -1, "killed at wire {wire}");
        wired.promote(0).exits(0);
        assert_eq!(wired.story(), story, "killed at wire {wire}");
        wired.promote(0).exits(0);
        assert_eq!(wired.story(), story, "a third run changes nothing");
    }
}

/// What a run of a gate that waits keeps, killed at every step; and the same where the gate has opened meanwhile.
#[test]
fn killed_while_it_keeps_a_verdict_it_keeps_it_once() {
    let frozen = Wired::new();
    let open = std::fs::read_to_string(frozen.sandbox.work().join("tidegate.toml")).unwrap();
    let shut = format!("{open}gate.freeze = {{ zone = 'UTC', deny = ['2020-01-01..2099-01-01'] }}\n");
    frozen.policy(&shut);
    let whole = frozen.copy("");
    whole.promote(0).exits(4);
    let (story, wires) = (whole.story(), whole.trip.wires());
    assert!(story.len() == 3 && story[2].starts_with("judged "), "{story:?}");
    assert_eq!(wires, 2, "one record");
    for wire in 1..=wires {
        let wired = frozen.copy("");
        assert_eq!(wired.promote(wire).code, -1, "killed at wire {wire}");
        wired.promote(0).exits(4);
        assert_eq!(wired.story(), story, "killed at wire {wire}");
        wired.promote(0).exits(4);
        assert_eq!(wired.story(), story, "the same answer is kept once");
    }
    whole.policy(&open);
    let thawed = whole.copy("");
    thawed.promote(0).exits(0);
    let (story, wires) = (thawed.story(), thawed.trip.wires());
    assert_eq!((story.len(), wires), (6, 9), "{story:?}");
    for wire in 1..=wires {
        let wired = whole.copy("");
        assert_eq!(wired.promote(wire).code, -1, "killed at wire {wire}");
        wired.promote(0).exits(0);
        assert_eq!(wired.story(), story, "killed at wire {wire}");
    }
}

#[test]
fn eight_runs_that_find_the_gate_shut_keep_one_verdict() {
    let (sandbox, folder) = eight_tagged();
    let file = sandbox.work().join("tidegate.toml");
    let shut = std::fs::read_to_string(&file).unwrap();
    let shut = format!("{shut}gate.freeze = {{ zone = 'UTC', deny = ['2020-01-01..2099-01-01'] }}\n");
    sandbox.commit("chore: frozen", &[("tidegate.toml", &shut)]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let clone = |index: usize| {
        let clone = sandbox.path().join(format!("clone{index}"));
        let arguments = ["clone", "--quiet", "origin.git", clone.to_str().unwrap()];
        sandbox.git_in(sandbox.path(), &arguments);
        (clone, vec!["promote", "dev", "--component", "c1"])
    };
    for run in at_once(&sandbox, (0..8).map(clone).collect()) {
        run.exits(4);
    }
    assert_eq!(kinds(&sandbox, "judged"), 1);
    sandbox.json(0, &["ledger", "verify"]);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn killed_at_every_step_of_a_failure_it_still_rolls_back_once() {
    let prepared = Wired::new();
    prepared.promote(0).exits(0);
    prepared.release("feat: second", "1.5.0");
    let whole = prepared.copy("0.1.0");
    let run = whole.promote(0).exits(3);
    assert_eq!(run.stdout, "rolled-back\n");
    let (story, wires) = (whole.story(), whole.trip.wires());
    // Who asks again hears that the release is held, which is kept once.
    whole.promote(0).exits(3);
    let held = whole.story();
    assert!(held.last().unwrap().starts_with("judged "), "{held:?}");
    assert!(story.last().unwrap().starts_with("rolled-back "), "{story:?}");
    assert_eq!(
        std::fs::read_to_string(whole.trip.folder().join("deployed"))
            .unwrap()
            .trim(),
        "0.1.0"
    );
    assert!(
        wires >= 14,
        "four records, two deployments and two verifications: {wires}"
    );
    for wire in 1..=wires {
        let wired = prepared.copy("0.1.0");
        assert_eq!(wired.promote(wire).code, -1, "killed at wire {wire}");
        wired.promote(0).exits(3);
        let rolled_back = wired.story();
        assert!(
            rolled_back == story || (wire == wires && rolled_back == held),
            "killed at wire {wire}: {rolled_back:?}"
        );
        wired.promote(0).exits(3);
        assert_eq!(wired.story(), held, "killed at wire {wire}");
        assert_eq!(
            std::fs::read_to_string(wired.trip.folder().join("deployed"))
                .unwrap()
                .trim(),
            "0.1.0"
        );
    }
}

/// Eight components, each of which goes to `dev`.
fn eight(registry: &str, port: u16) -> String {
    let components: String = (1..=8)
        .map(|number| format!("[component.c{number}]\nimage = \"oci:{registry}/c{number}\"\n"))
        .collect();
    format!(
        r#"
[project]
name = "eight"
{components}
[environment.dev]
tier = "development"
purpose = "Integration"
data = "synthetic"
trigger = {{ on = "commit" }}
access = {{}}
url = "http://127.0.0.1:{port}"
deploy = {{ command = ["sh", "-c", "sleep 0.2; echo $TIDEGATE_COMPONENT >> $TRIP/deployments"] }}
"#
    )
}

fn eight_tagged() -> (Sandbox, PathBuf) {
    let (listener, port) = listen_later();
    let folder = tempfile::tempdir().unwrap().keep();
    Trip::write(&folder);
    let mut sandbox = Sandbox::new(&eight(&folder.join("registry").display().to_string(), port));
    serve(listener, folder.clone());
    sandbox
        .variables
        .insert("TRIP".to_owned(), folder.display().to_string());
    sandbox.commit("feat: all of them", &[("all.txt", "all")]);
    let layout = common::fixture("quckchat").join("images/1.4.0").display().to_string();
    for number in 1..=8 {
        let name = format!("c{number}");
        sandbox.tidegate(&["tag", "--component", &name]).exits(0);
        sandbox
            .tidegate(&["push", &layout, "--component", &name, "--release", "0.1.0"])
            .exits(0);
    }
    (sandbox, folder)
}

fn at_once(sandbox: &Sandbox, runs: Vec<(PathBuf, Vec<&str>)>) -> Vec<Run> {
    let start = |(folder, arguments): (PathBuf, Vec<&str>)| {
        let mut command = sandbox.tidegate_command(&folder, &arguments);
        command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = runs.into_iter().map(start).collect();
    children
        .into_iter()
        .map(|child| Run::of(child.wait_with_output().unwrap()))
        .collect()
}

fn kinds(sandbox: &Sandbox, kind: &str) -> usize {
    let log = sandbox.json(0, &["ledger", "log", "-n", "1000"]);
    log["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["type"] == kind)
        .count()
}

fn lines(file: &Path) -> usize {
    std::fs::read_to_string(file).unwrap().lines().count()
}

#[test]
fn eight_components_at_once_lose_no_event() {
    let (sandbox, folder) = eight_tagged();
    let names: Vec<String> = (1..=8).map(|number| format!("c{number}")).collect();
    let mut runs = Vec::new();
    for (index, name) in names.iter().enumerate() {
        // Half of them work in clones of their own, as runners do.
        let clone = sandbox.path().join(format!("clone{index}"));
        if index % 2 == 0 {
            sandbox.git_in(
                sandbox.path(),
                &["clone", "--quiet", "origin.git", clone.to_str().unwrap()],
            );
            runs.push((clone, vec!["promote", "dev", "--component", name.as_str()]));
        } else {
            runs.push((sandbox.work(), vec!["promote", "dev", "--component", name.as_str()]));
        }
    }
    for run in at_once(&sandbox, runs) {
        run.exits(0);
    }
    let audit = sandbox.json(0, &["ledger", "verify"]);
    assert_eq!(
        audit["events"],
        8 * 5,
        "tagged, pushed, started, succeeded, verified for each"
    );
    for kind in ["deployment-started", "deployment-succeeded", "verified"] {
        assert_eq!(kinds(&sandbox, kind), 8, "{kind}");
    }
    assert_eq!(lines(&folder.join("deployments")), 8);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn eight_runs_of_one_promotion_deploy_once() {
    let (sandbox, folder) = eight_tagged();
    let mut runs = Vec::new();
    for index in 0..8 {
        let clone = sandbox.path().join(format!("clone{index}"));
        if index % 2 == 0 {
            sandbox.git_in(
                sandbox.path(),
                &["clone", "--quiet", "origin.git", clone.to_str().unwrap()],
            );
            runs.push((clone, vec!["promote", "dev", "--component", "c1"]));
        } else {
            runs.push((sandbox.work(), vec!["promote", "dev", "--component", "c1"]));
        }
    }
    let ended = at_once(&sandbox, runs);
    let promoted = ended.iter().filter(|run| run.stdout == "promoted\n").count();
    assert_eq!(promoted, 1, "{ended:?}");
    for run in &ended {
        assert!(matches!(run.code, 0 | 4), "{run:?}");
    }
    assert_eq!(kinds(&sandbox, "deployment-started"), 1);
    assert_eq!(lines(&folder.join("deployments")), 1);
    sandbox.json(0, &["ledger", "verify"]);
    sandbox.tidegate(&["promote", "dev", "--component", "c1"]).exits(0);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn an_environment_that_could_not_be_verified_gets_no_release() {
    let wired = Wired::new();
    let config = std::fs::read_to_string(wired.sandbox.work().join("tidegate.toml")).unwrap();
    let without: String = config
        .lines()
        .filter(|line| !line.starts_with("url"))
        .map(|line| format!("{line}\n"))
        .collect();
    wired
        .sandbox
        .commit("chore: no address", &[("tidegate.toml", &without)]);
    wired.sandbox.git(&["push", "--quiet", "origin", "main"]);
    let story = wired.story();
    let run = wired.promote(0).exits(2);
    assert!(run.stderr.contains("`dev` has no `url`"), "{}", run.stderr);
    assert_eq!(wired.story(), story, "nothing was deployed or recorded");
}

#[test]
fn next_climbs_as_far_as_the_gates_allow_and_goes_on_from_there() {
    let project = Project::released();
    project.checks(&[("build", "success"), ("test", "success")]);
    let climbed = project.json(3, &["promote", "--next"]);
    let ends = |document: &Value| -> Vec<String> {
        let each = document["promotions"].as_array().unwrap().iter();
        each.map(|one| {
            format!(
                "{} {}",
                one["environment"].as_str().unwrap(),
                one["status"].as_str().unwrap()
            )
        })
        .collect()
    };
    let side_by_side = [
        "dev promoted",
        "production waiting",
        "qa promoted",
        "staging closed",
        "uat waiting",
    ];
    assert_eq!(ends(&climbed), side_by_side);
    assert_eq!(climbed["at_the_top"], false);
    let deployed = project.deployed();
    assert_eq!(deployed, "dev 0.1.0\nqa 0.1.0\n");
    let again = project.json(3, &["promote", "--next"]);
    assert_eq!(ends(&again), ["production waiting", "staging closed", "uat waiting"]);
    assert_eq!(project.deployed(), deployed, "nothing is deployed twice");
    let text = project.run(3, &["promote", "--next"]).stdout;
    assert_eq!(text, "production waiting\nstaging closed\nuat waiting\n");
    project.run(2, &["promote"]);
    project.run(2, &["promote", "dev", "--next"]);
    project.json(0, &["ledger", "verify"]);
}

#[test]
fn next_shows_the_first_rung_of_a_dry_run_and_is_done_at_the_top() {
    let wired = Wired::new();
    let planned = wired.sandbox.json(0, &["promote", "--next", "--dry-run"]);
    assert_eq!(planned["promotions"][0]["status"], "planned");
    let climbed = wired.sandbox.json(0, &["promote", "--next"]);
    assert_eq!(
        (&climbed["at_the_top"], &climbed["promotions"][0]["status"]),
        (&true.into(), &"promoted".into())
    );
    let story = wired.story();
    let run = wired.sandbox.tidegate(&["promote", "--next"]).exits(0);
    assert!(
        run.stderr.contains("is at the top already; nothing to do"),
        "{}",
        run.stderr
    );
    assert_eq!(wired.story(), story);
}
