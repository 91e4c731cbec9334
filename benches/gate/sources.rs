//! A gate of 15 rules whose facts come from eight sources, each of which answers after 100 ms: how long the whole process
//! takes beside the slowest chain, the longest sequence of requests of which each needs the answer before.
//!
//! The rules are those of `docs/rules`, with each of the four checks that are asked for counted as one. The sources are the
//! ledger's branch, the refs of git, the registry, check runs, commit statuses, the pull request, the records of runs, and
//! what GitHub says about people.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use git2::Repository;
use serde_json::{Value, json};
use tidegate::config::settings::Settings;
use tidegate::config::{self, Overrides};
use tidegate::ledger::chain::{Draft, bytes};
use tidegate::ledger::write::Writer;
use tidegate::model::actor::{Actor, Holder};
use tidegate::model::digest::Digest;
use tidegate::model::event::{EventBody, Word};
use tidegate::model::proof::Proof;
use tidegate::model::release::Release;

use crate::RUNS;
use crate::ledger::git;
use crate::measure::{measured, median, row};
use crate::server::{Answers, Asked, Server};

const ANSWER: Duration = Duration::from_millis(100);
const MANIFEST: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"}"#;
const REFS: &str = "GET /octo/demo.git/info/refs";
const PACK: &str = "POST /octo/demo.git/git-upload-pack";

/// From the release's commit, which the ledger tells, over who reviewed its pull request to whether that person is of the
/// team: GitHub keeps quiet about who is not, and is then asked for the team itself.
const PEOPLE: [&str; 4] = [
    "/pulls",
    "/pulls/7/reviews",
    "/memberships/reviewer-1",
    "/teams/managers",
];

pub struct Sources {
    folder: tempfile::TempDir,
    server: Server,
}

impl Sources {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (root, origin) = (folder.path(), folder.path().join("octo/demo.git"));
        std::fs::create_dir(root.join("octo")).unwrap();
        git(
            root,
            &["init", "--quiet", "--bare", "--initial-branch=main", "octo/demo.git"],
        );
        git(&origin, &["config", "uploadpack.allowFilter", "true"]);
        git(&origin, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
        git(root, &["clone", "--quiet", "octo/demo.git", "work"]);
        let mut commit = String::new();
        let server = Server::start(ANSWER, root, |address| {
            let work = root.join("work");
            std::fs::write(work.join("tidegate.toml"), policy(address)).unwrap();
            git(&work, &["add", "--all"]);
            git(&work, &["commit", "--quiet", "--message", "feat: all of it"]);
            git(&work, &["tag", "--annotate", "--message=v1.4.0", "v1.4.0"]);
            git(&work, &["push", "--quiet", "origin", "HEAD:main", "v1.4.0"]);
            commit = git(&work, &["rev-parse", "HEAD"]).trim().to_owned();
            answers(commit.clone())
        });
        let sources = Self { folder, server };
        sources.write_ledger(&origin, &commit);
        sources
    }

    /// The settings that the gate judges by.
    pub fn settings(&self) -> Settings {
        let text = policy(&self.server.address);
        config::load(
            &text,
            "tidegate.toml",
            self.folder.path(),
            &Overrides::default(),
            &|_| None,
        )
        .unwrap()
    }

    /// The facts that the gate judges, as JSON.
    pub fn facts(&self) -> Vec<u8> {
        let output = self
            .command(&self.clone("facts"), &["gate", "facts", "production"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    pub fn measure(&self) {
        let ledger = [REFS, PACK];
        let clone = self.clone("warm");
        self.gate(&clone);
        let warm: Vec<_> = (0..RUNS).map(|_| self.gate(&clone)).collect();
        report("gate, 15 rules over 8 sources", &warm, &[&ledger[..], &PEOPLE].concat());
        let fresh: Vec<_> = (0..RUNS)
            .map(|run| self.gate(&self.clone(&format!("fresh-{run}"))))
            .collect();
        // A fetch of the last commit and one of the files that are asked for.
        let ledger = [REFS, PACK, PACK, REFS, PACK];
        report("the same on a fresh runner", &fresh, &[&ledger[..], &PEOPLE].concat());
    }

    /// Asks the gate: how many seconds it took, and what it asked.
    fn gate(&self, clone: &Path) -> (f64, Vec<Asked>) {
        self.server.take();
        let cost = measured(&self.command(clone, &["gate", "production"]));
        (cost.wall, self.server.take())
    }

    fn command(&self, clone: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
        command.args(arguments).current_dir(clone);
        for (name, value) in [
            (
                "GITHUB_API_URL",
                format!("http://{}/api/v3", self.server.address).as_str(),
            ),
            ("GITHUB_REPOSITORY", "octo/demo"),
            ("GITHUB_TOKEN", "token"),
            ("GITHUB_RUN_ID", "70"),
            ("GITHUB_RUN_ATTEMPT", "1"),
            ("TIDEGATE_ACTOR", "developer-2"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ] {
            command.env(name, value);
        }
        command
    }

    fn clone(&self, name: &str) -> PathBuf {
        let folder = self.folder.path();
        git(folder, &["clone", "--quiet", "octo/demo.git", name]);
        let address = format!("http://{}/octo/demo.git", self.server.address);
        git(&folder.join(name), &["remote", "set-url", "origin", &address]);
        folder.join(name)
    }

    /// Tagged, pushed, verified in staging, and approved for production in two runs.
    fn write_ledger(&self, origin: &Path, commit: &str) {
        let release = Release {
            component: "app".parse().unwrap(),
            version: "1.4.0".parse().unwrap(),
            tag: "v1.4.0".to_owned(),
            commit: commit.parse().unwrap(),
            digest: Digest::of(MANIFEST.as_bytes()),
            image: format!("{}/octo/demo", self.server.address),
        };
        let (component, digest) = (release.component.clone(), release.digest.clone());
        let staging: tidegate::model::name::EnvironmentName = "staging".parse().unwrap();
        let production: tidegate::model::name::EnvironmentName = "production".parse().unwrap();
        let policy = self.settings().policy(&production).unwrap().digest;
        let approved = |run: &str| {
            EventBody::Approved(Word {
                environment: production.clone(),
                component: component.clone(),
                digest: digest.clone(),
                policy: policy.clone(),
                reason: None,
                proof: Some(Proof::Run {
                    run: run.to_owned(),
                    attempt: 1,
                }),
            })
        };
        let events = [
            (
                "developer-1",
                EventBody::Tagged {
                    component: component.clone(),
                    version: release.version.clone(),
                    tag: release.tag.clone(),
                    commit: release.commit.clone(),
                    bump: None,
                },
            ),
            (
                "developer-1",
                EventBody::Pushed {
                    release: release.clone(),
                },
            ),
            (
                "developer-2",
                EventBody::DeploymentStarted {
                    environment: staging.clone(),
                    release: release.clone(),
                    policy: Digest::of(b"staging"),
                    holder: Holder {
                        clone: "c".repeat(32),
                        run: Some("40".to_owned()),
                        attempt: Some(1),
                    },
                    until: "2026-01-05T11:00:00Z".parse().unwrap(),
                    rollback_from: None,
                    evidence: None,
                },
            ),
            (
                "developer-2",
                EventBody::DeploymentSucceeded {
                    environment: staging.clone(),
                    component: component.clone(),
                    digest: digest.clone(),
                },
            ),
            (
                "developer-2",
                EventBody::Verified {
                    environment: staging,
                    component: component.clone(),
                    digest: digest.clone(),
                    saw: "https://example.com/health answered 200".to_owned(),
                },
            ),
            ("manager-1", approved("41")),
            ("manager-2", approved("42")),
        ];
        let repository = Repository::open_bare(origin).unwrap();
        let mut writer = Writer::new(Repository::open_bare(origin).unwrap(), None);
        let mut previous = None;
        for (sequence, (by, body)) in (1..).zip(events) {
            let draft = Draft {
                sequence,
                previous,
                at: "2026-01-05T10:00:00Z".parse().unwrap(),
                actor: Actor(by.to_owned()),
                body,
            };
            previous = Some(Digest::of(&bytes(&writer.add(draft).unwrap()).unwrap()));
        }
        let branch = "refs/heads/tidegate/ledger";
        repository
            .reference(branch, writer.commit().unwrap(), true, "bench")
            .unwrap();
    }
}

fn policy(address: &str) -> String {
    let environment = "tier = 'production'\npurpose = 'Traffic'\ndata = 'test'\naccess = {}\n\
                       trigger = { on = 'manual' }\ndeploy = { command = ['true'] }";
    format!(
        "[project]\nname = 'demo'\n[component.app]\nimage = '{address}/octo/demo'\n\
         [team.managers]\ngithub = 'octo/managers'\n\
         [environment.staging]\n{environment}\n\
         [environment.production]\n{environment}\nafter = ['staging']\n\
         gate.previous = {{}}\n\
         gate.soak = {{ in = 'staging', for = '24h' }}\n\
         gate.checks = {{ require = ['build', 'test', 'lint', 'scan'] }}\n\
         gate.freeze = {{ zone = 'Europe/Berlin', deny = ['Sun 03:00..Sun 03:01'] }}\n\
         gate.branch = {{ from = ['main'] }}\n\
         gate.version = {{}}\n\
         gate.access = {{ promote = ['permission:write'], approve = ['team:managers'] }}\n\
         [environment.production.gate.approvals]\ncount = 2\nfrom = ['team:managers', 'permission:maintain']\n\
         sources = ['ledger', 'run-review', 'pull-request']\n"
    )
}

/// What GitHub and the registry say.
fn answers(commit: String) -> Box<Answers> {
    let (at, head) = ("2026-01-05T10:00:00Z", "decade".repeat(7)[..40].to_owned());
    let user = |login: &str| json!({ "login": login, "type": "User" });
    let pull = json!({
        "number": 7, "merged_at": at, "user": user("developer-1"), "merged_by": user("manager-1"), "commits": 1,
        "head": { "sha": head, "ref": "topic", "repo": { "full_name": "octo/demo" } },
    });
    let check = |id: u64, name: &str| {
        json!({
            "id": id, "name": name, "head_sha": commit, "status": "completed", "conclusion": "success",
            "app": { "slug": "github-actions" }, "started_at": at, "completed_at": at,
        })
    };
    let checks = json!({ "check_runs": [check(1, "build"), check(2, "test"), check(3, "lint")] });
    let scan = json!({ "id": 4, "state": "success", "context": "scan", "created_at": at, "creator": user("scanner") });
    let run = |id: u64, by: &str, event: &str, title: String| {
        json!({
            "id": id, "actor": user(by), "event": event, "path": ".github/workflows/approve.yml", "head_branch": "main",
            "head_sha": commit, "display_title": title, "created_at": at, "run_started_at": at,
        })
    };
    let approve = format!("approve production {}", Digest::of(MANIFEST.as_bytes()));
    let review = json!({ "user": user("reviewer-1"), "state": "APPROVED", "commit_id": head, "submitted_at": at });
    let known = [
        (format!("commits/{commit}/check-runs"), checks),
        (format!("commits/{commit}/statuses"), json!([scan])),
        (format!("commits/{commit}/pulls"), json!([pull])),
        ("pulls/7".to_owned(), pull.clone()),
        ("pulls/7/commits".to_owned(), json!([{ "author": user("developer-1") }])),
        ("pulls/7/reviews".to_owned(), json!([review])),
        (
            "activity".to_owned(),
            json!([{ "after": head, "actor": user("developer-1") }]),
        ),
        (
            "actions/runs/41/attempts/1".to_owned(),
            run(41, "manager-1", "workflow_dispatch", approve.clone()),
        ),
        (
            "actions/runs/42/attempts/1".to_owned(),
            run(42, "manager-2", "workflow_dispatch", approve),
        ),
        (
            "actions/runs/70/attempts/1".to_owned(),
            run(70, "developer-2", "push", "promote".to_owned()),
        ),
        ("actions/runs/70/approvals".to_owned(), json!([])),
    ];
    Box::new(move |_, path| {
        let answer = |value: &Value| (200, value.to_string());
        if path.starts_with("/v2/") {
            return (200, MANIFEST.to_owned());
        }
        if path.starts_with("/api/v3/orgs/octo/teams/managers/memberships/manager-") {
            return answer(&json!({ "state": "active" }));
        }
        if path == "/api/v3/orgs/octo/teams/managers" {
            return answer(&json!({ "slug": "managers" }));
        }
        let path = path.trim_start_matches("/api/v3/repos/octo/demo/");
        if path.starts_with("collaborators/") {
            return answer(&json!({ "permission": "write", "role_name": "write" }));
        }
        let found = known.iter().find(|(known, _)| known == path);
        found.map_or((404, json!({ "message": "Not Found" }).to_string()), |(_, value)| {
            answer(value)
        })
    })
}

/// The run of the middle, beside the chain, which it must have asked in that order.
fn report(what: &str, runs: &[(f64, Vec<Asked>)], chain: &[&str]) {
    let wall = median(runs.iter().map(|(wall, _)| *wall));
    let ratio = wall / (chain.len() as f64 * ANSWER.as_secs_f64());
    row(what, (wall, "s"), Some(ratio), Some(1.3));
    let asked = &runs[0].1;
    let mut after = None;
    for link in chain {
        let next = |one: &&Asked| one.what.ends_with(link) && after.is_none_or(|after| one.began >= after);
        let found = asked.iter().filter(next).min_by_key(|one| one.ended);
        after = Some(
            found
                .unwrap_or_else(|| panic!("{link} was not asked in its turn"))
                .ended,
        );
    }
    row("  the slowest chain", (chain.len() as f64, "requests"), None, None);
    row(
        "  requests, one after the other",
        (in_turn(asked) as f64, "requests"),
        None,
        None,
    );
    row("  requests in all", (asked.len() as f64, "requests"), None, None);
}

/// The most requests of which each began after the one before was answered.
fn in_turn(asked: &[Asked]) -> usize {
    let mut by_end: Vec<&Asked> = asked.iter().collect();
    by_end.sort_by_key(|one| one.ended);
    let mut last: Option<&Asked> = None;
    let mut count = 0;
    for one in by_end {
        if last.is_none_or(|last| one.began >= last.ended) {
            (last, count) = (Some(one), count + 1);
        }
    }
    count
}
