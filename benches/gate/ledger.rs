//! A large ledger: 1,000 components that went up nine environments until 100,000 events were written, in a bare origin
//! that lets files be left out, as GitHub does. It is made once and kept in `target/bench-repositories`.

use std::path::{Path, PathBuf};
use std::process::Command;

use git2::Repository;
use jiff::{SignedDuration, Timestamp};
use tidegate::ledger::chain::Draft;
use tidegate::ledger::write::Writer;
use tidegate::model::actor::{Actor, Holder};
use tidegate::model::digest::Digest;
use tidegate::model::event::EventBody;
use tidegate::model::release::Release;

pub const EVENTS: u64 = 100_000;
pub const COMPONENTS: usize = 1_000;
pub const ENVIRONMENTS: [&str; 9] = [
    "local",
    "dev",
    "qa",
    "uat1",
    "uat2",
    "uat3",
    "staging",
    "production",
    "live",
];

/// The configuration: each environment after the one before, with the rules that the ledger alone can judge.
pub fn config() -> String {
    let mut text = "[project]\nname = \"large\"\n".to_owned();
    for number in 0..COMPONENTS {
        text.push_str(&format!("[component.c{number:04}]\nimage = \"oci:../images\"\n"));
    }
    text.push_str("[team.qa]\nmembers = [\"qa-lead\"]\n");
    for (index, name) in ENVIRONMENTS.iter().enumerate() {
        text.push_str(&format!(
            "[environment.{name}]\ntier = \"testing\"\npurpose = \"Testing\"\ndata = \"test\"\naccess = {{}}\n\
             trigger = {{ on = \"manual\" }}\ndeploy = {{ command = [\"true\"] }}\n"
        ));
        if let Some(before) = index.checked_sub(1).map(|before| ENVIRONMENTS[before]) {
            text.push_str(&format!("after = [\"{before}\"]\ngate.previous = {{}}\n"));
            text.push_str(&format!("gate.soak = {{ in = \"{before}\", for = \"1h\" }}\n"));
            text.push_str("gate.freeze = { zone = \"Europe/Berlin\", deny = [\"Fri 15:00..Mon 06:00\"] }\n");
        }
    }
    text
}

/// The folder that holds `origin.git`. Its name tells of the first events, so that another format has a ledger of its own.
pub fn prepared() -> PathBuf {
    let first = Digest::of(serde_json::to_string(&Train::new().next_release()).unwrap().as_bytes());
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-repositories");
    let folder = folders.join(format!("ledger-{}", first.short()));
    if folder.join("whole").exists() {
        return folder;
    }
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    // A million small files come and go: in memory, where that is possible.
    let memory = Some(Path::new("/dev/shm")).filter(|path| path.exists());
    let making = tempfile::tempdir_in(memory.unwrap_or(&folder)).unwrap();
    make(making.path());
    let made = making.path().join("origin.git").display().to_string();
    git(
        &folder,
        &["clone", "--quiet", "--mirror", "--no-local", &made, "origin.git"],
    );
    git(
        &folder.join("origin.git"),
        &["config", "uploadpack.allowFilter", "true"],
    );
    std::fs::write(folder.join("whole"), "").unwrap();
    folder
}

fn make(folder: &Path) {
    eprintln!("making a ledger of {EVENTS} events, once");
    git(
        folder,
        &["init", "--quiet", "--bare", "--initial-branch=main", "origin.git"],
    );
    let origin = folder.join("origin.git");
    git(folder, &["clone", "--quiet", "origin.git", "work"]);
    let work = folder.join("work");
    std::fs::write(work.join("tidegate.toml"), config()).unwrap();
    git(&work, &["add", "--all"]);
    git(&work, &["commit", "--quiet", "--message", "chore: set up"]);
    git(&work, &["push", "--quiet", "origin", "HEAD:main"]);
    let repository = Repository::open_bare(&origin).unwrap();
    let mut writer = Writer::new(Repository::open_bare(&origin).unwrap(), None);
    let mut train = Train::new();
    'whole: loop {
        for body in train.next_release() {
            if train.written == EVENTS {
                break 'whole;
            }
            writer.add(train.draft(body)).map(|event| train.wrote(&event)).unwrap();
            if train.written.is_multiple_of(10_000) {
                eprintln!("{} events", train.written);
            }
        }
    }
    repository
        .reference("refs/heads/tidegate/ledger", writer.commit().unwrap(), true, "bench")
        .unwrap();
}

/// Runs git, which must succeed.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=bench", "-c", "user.email=bench@example.com"])
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// The trains of all components, one release of each after the other.
struct Train {
    written: u64,
    release: usize,
    previous: Option<Digest>,
    at: Timestamp,
}

impl Train {
    fn new() -> Self {
        Self {
            written: 0,
            release: 0,
            previous: None,
            at: "2025-01-01T00:00:00Z".parse().unwrap(),
        }
    }

    fn draft(&mut self, body: EventBody) -> Draft {
        self.at += SignedDuration::from_secs(60);
        Draft {
            sequence: self.written + 1,
            previous: self.previous.clone(),
            at: self.at,
            actor: Actor("maintainer".to_owned()),
            body,
        }
    }

    fn wrote(&mut self, event: &tidegate::model::event::Event) {
        self.written += 1;
        self.previous = Some(Digest::of(&tidegate::ledger::chain::bytes(event).unwrap()));
    }

    /// What the next component's next release does: tagged, pushed, and up all nine environments.
    fn next_release(&mut self) -> Vec<EventBody> {
        let (component, version) = (self.release % COMPONENTS, self.release / COMPONENTS);
        self.release += 1;
        let name = format!("c{component:04}");
        let release = Release {
            component: name.parse().unwrap(),
            version: format!("1.{version}.0").parse().unwrap(),
            tag: format!("{name}-v1.{version}.0"),
            commit: "c0ffee".repeat(7)[..40].parse().unwrap(),
            digest: Digest::of(format!("{name} {version}").as_bytes()),
            image: "oci:../images".to_owned(),
        };
        let mut bodies = vec![
            EventBody::Tagged {
                component: release.component.clone(),
                version: release.version.clone(),
                tag: release.tag.clone(),
                commit: release.commit.clone(),
                bump: None,
            },
            EventBody::Pushed {
                release: release.clone(),
            },
        ];
        for name in ENVIRONMENTS {
            let environment: tidegate::model::name::EnvironmentName = name.parse().unwrap();
            bodies.push(EventBody::DeploymentStarted {
                environment: environment.clone(),
                release: release.clone(),
                policy: Digest::of(b"policy"),
                holder: Holder {
                    clone: "c".repeat(32),
                    run: Some("1".to_owned()),
                    attempt: Some(1),
                },
                until: self.at + SignedDuration::from_mins(30),
                rollback_from: None,
                evidence: None,
            });
            bodies.push(EventBody::DeploymentSucceeded {
                environment: environment.clone(),
                component: release.component.clone(),
                digest: release.digest.clone(),
            });
            bodies.push(EventBody::Verified {
                environment,
                component: release.component.clone(),
                digest: release.digest.clone(),
                saw: "https://example.com/health answered 200".to_owned(),
            });
        }
        bodies
    }
}
