//! What a gate collects about people from GitHub's records. The records are a fake: what they hold is what the port says,
//! and the adapter behind it is tested on its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use clap::Parser as _;
use serde_json::{Value, json};
use tidegate::cli::{Cli, EnvironmentReleaseArgs, ReleaseArgs};
use tidegate::commands::approve::{self, ApproveArgs};
use tidegate::commands::gate::{self, GateArgs};
use tidegate::context::{Context, Judged};
use tidegate::env_vars::Environment;
use tidegate::model::actor::{Actor, Holder};
use tidegate::model::fact::FactState;
use tidegate::model::name::CommitId;
use tidegate::model::record::{PullRecord, PullReview, ReviewState, RunRecord, RunReview};
use tidegate::plan::word::Choice;
use tidegate::ports::identity::{Identity, Signing};
use tidegate::ports::records::Records;

use crate::common::project::Project;

/// What GitHub has on record.
#[derive(Clone, Default)]
struct Recorded {
    run: Option<RunRecord>,
    reviews: Vec<RunReview>,
    pulls: Vec<PullRecord>,
    permissions: BTreeMap<&'static str, &'static str>,
    members: Vec<&'static str>,
    /// Whether it answers at all.
    is_down: bool,
}

impl Recorded {
    fn answer<T>(&self, value: T) -> FactState<T> {
        match self.is_down {
            true => FactState::Unavailable {
                reason: "GitHub answered 503".to_owned(),
            },
            false => FactState::Known { value },
        }
    }
}

#[async_trait]
impl Records for Recorded {
    fn source(&self) -> String {
        "GitHub".to_owned()
    }

    async fn run(&self, run: &str, _attempt: u32) -> FactState<RunRecord> {
        match &self.run {
            Some(record) if record.id.to_string() == run => self.answer(record.clone()),
            _ => FactState::Absent,
        }
    }

    async fn run_reviews(&self, _run: &str) -> FactState<Vec<RunReview>> {
        self.answer(self.reviews.clone())
    }

    async fn pulls(&self, _commit: &CommitId) -> FactState<Vec<PullRecord>> {
        self.answer(self.pulls.clone())
    }

    async fn permission(&self, person: &str) -> FactState<String> {
        self.answer((*self.permissions.get(person).unwrap_or(&"none")).to_owned())
    }

    async fn is_member(&self, team: &str, person: &str) -> FactState<bool> {
        assert_eq!(team, "acme/leads");
        self.answer(self.members.contains(&person))
    }
}

/// Nobody has a key here, as on a runner.
struct Keyless(Arc<dyn Identity>);

#[async_trait]
impl Identity for Keyless {
    async fn sign(&self, _by: &Actor, _text: &str) -> tidegate::error::Result<Signing> {
        Ok(Signing::NoKey("there is no key".to_owned()))
    }

    async fn check(
        &self,
        by: &Actor,
        proof: &tidegate::model::proof::Proof,
        times: &[jiff::Timestamp],
    ) -> tidegate::model::proof::Standing {
        self.0.check(by, proof, times).await
    }

    fn names(&self, of: &str) -> Vec<String> {
        self.0.names(of)
    }
}

/// A released project whose staging has these rules.
fn project(rules: &str) -> Project {
    let project = Project::released();
    let text = std::fs::read_to_string(project.sandbox.work().join("tidegate.toml")).unwrap();
    let old = "gate.approvals = { count = 2, from = ['team:qa', 'user:release-manager-1'] }";
    assert!(text.contains(old));
    let text = text.replace(old, rules) + "\n[team.leads]\ngithub = 'acme/leads'\n";
    project
        .sandbox
        .commit("chore: other rules", &[("tidegate.toml", &text)]);
    project.sandbox.git(&["push", "--quiet", "origin", "main"]);
    project
}

/// The project as a run of that number sees it.
async fn context(project: &Project, actor: &str, run: &str, recorded: &Recorded) -> Context {
    // Another test of this process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let file = project.sandbox.work().join("tidegate.toml");
    let line = ["tidegate", "gate", "staging", "--quiet", "--actor", actor, "--config"];
    let cli = Cli::try_parse_from(line.into_iter().chain([file.to_str().unwrap()])).unwrap();
    let open = Context::open(&cli.global, &Environment::default(), Judged::Yes)
        .await
        .unwrap();
    Context {
        holder: Holder {
            run: Some(run.to_owned()),
            ..open.holder.clone()
        },
        records: Some(Arc::new(recorded.clone())),
        identity: Arc::new(Keyless(open.identity.clone())),
        ..open
    }
}

fn subject() -> EnvironmentReleaseArgs {
    EnvironmentReleaseArgs {
        environment: "staging".parse().unwrap(),
        release: ReleaseArgs::default(),
    }
}

/// What a rule of staging's gate says to a run.
fn says(project: &Project, rule: &str, actor: &str, recorded: &Recorded) -> String {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let context = context(project, actor, "12", recorded).await;
        let document = gate::run(&context, &subject().environment, &GateArgs::default())
            .await
            .unwrap();
        let document: Value = serde_json::to_value(document).unwrap();
        let rules = document["rules"].as_array().unwrap();
        let found = rules.iter().find(|found| found["rule"] == rule).unwrap();
        format!(
            "{}: {}",
            found["status"].as_str().unwrap(),
            found["saw"].as_str().unwrap()
        )
    })
}

fn run(actor: &str, title: &str) -> RunRecord {
    RunRecord {
        id: 12,
        actor: actor.to_owned(),
        bot: false,
        event: "workflow_dispatch".to_owned(),
        workflow: ".github/workflows/approve.yml".to_owned(),
        branch: Some("main".to_owned()),
        started_at: "2026-03-11T09:00:00Z".parse().unwrap(),
        commit: "c0ffee".repeat(7)[..40].parse().unwrap(),
        title: title.to_owned(),
    }
}

fn review(by: &str, approved: bool, environment: &str) -> RunReview {
    RunReview {
        by: by.to_owned(),
        approved,
        environments: vec![environment.to_owned()],
        comment: String::new(),
    }
}

fn pull(author: &str) -> PullRecord {
    PullRecord {
        number: 7,
        author: author.to_owned(),
        bot: author.ends_with("[bot]"),
        merged_by: Some("merger-1".to_owned()),
        head: "a".repeat(40).parse().unwrap(),
        authors: vec![author.to_owned()],
        last_pusher: None,
        reviews: Vec::new(),
    }
}

#[test]
fn reviews_of_the_run_count_for_their_environment() {
    let project = project("gate.approvals = { from = ['team:qa'] }");
    let with = |reviews: Vec<RunReview>| Recorded {
        reviews,
        ..Recorded::default()
    };
    let says = |recorded: &Recorded| says(&project, "approvals", "maintainer", recorded);
    assert_eq!(
        says(&with(vec![review("qa-1", true, "staging")])),
        "pass: 1 of 1: qa-1 (review of run 12)"
    );
    assert_eq!(says(&with(vec![review("qa-1", true, "production")])), "fail: 0 of 1");
    assert_eq!(
        says(&with(vec![review("qa-1", false, "staging")])),
        "fail: 0 of 1; rejected by qa-1"
    );
    let down = Recorded {
        is_down: true,
        ..with(vec![review("qa-1", true, "staging")])
    };
    let unknown = "unknown: what people said could not be read: the reviews of run 12: GitHub answered 503";
    assert_eq!(says(&down), unknown);
}

#[test]
fn reviews_of_the_pull_request_count_at_its_last_commit() {
    let project = project("gate.approvals = { from = ['team:qa'], sources = ['pull-request'] }");
    let review = |by: &str, state, commit: char, minute: u32| PullReview {
        by: by.to_owned(),
        state,
        commit: Some(commit.to_string().repeat(40).parse().unwrap()),
        at: format!("2026-03-11T09:{minute:02}:00Z").parse().unwrap(),
    };
    let says = |reviews: Vec<PullReview>| {
        let recorded = Recorded {
            pulls: vec![PullRecord {
                reviews,
                ..pull("developer-1")
            }],
            ..Recorded::default()
        };
        says(&project, "approvals", "maintainer", &recorded)
    };
    use ReviewState::{Approved, ChangesRequested, Commented, Dismissed};
    assert_eq!(
        says(vec![review("qa-1", Approved, 'a', 0)]),
        "pass: 1 of 1: qa-1 (review of #7)"
    );
    assert_eq!(says(vec![review("qa-1", Approved, 'b', 0)]), "fail: 0 of 1");
    let commented = vec![review("qa-1", Approved, 'a', 0), review("qa-1", Commented, 'a', 1)];
    assert_eq!(says(commented), "pass: 1 of 1: qa-1 (review of #7)");
    let changes = vec![
        review("qa-1", Approved, 'a', 0),
        review("qa-lead", ChangesRequested, 'a', 1),
    ];
    assert_eq!(says(changes), "fail: 1 of 1: qa-1 (review of #7); rejected by qa-lead");
    let dismissed = vec![
        review("qa-1", Approved, 'a', 0),
        review("qa-1", ChangesRequested, 'a', 1),
        review("qa-1", Dismissed, 'a', 2),
    ];
    assert_eq!(says(dismissed), "fail: 0 of 1");
}

#[test]
fn the_record_says_who_had_a_hand_in_it() {
    let project = project("gate.approvals = { from = ['team:qa'] }");
    let says = |pull: PullRecord| {
        let recorded = Recorded {
            reviews: vec![review("qa-1", true, "staging")],
            pulls: vec![pull],
            ..Recorded::default()
        };
        says(&project, "approvals", "maintainer", &recorded)
    };
    assert!(says(pull("developer-1")).starts_with("pass"));
    assert_eq!(says(pull("qa-1")), "fail: 0 of 1 (not counted: qa-1 wrote the commit)");
    let pushed = PullRecord {
        last_pusher: Some("qa-1".to_owned()),
        ..pull("developer-1")
    };
    assert_eq!(says(pushed), "fail: 0 of 1 (not counted: qa-1 pushed last)");
    let merged = PullRecord {
        merged_by: Some("qa-1".to_owned()),
        ..pull("developer-1")
    };
    assert!(says(merged.clone()).starts_with("pass"), "the requester is a person");
    // A bot tagged the next one: whoever merged asked for it.
    project.sandbox.commit("fix: by a bot", &[("bot.txt", "1")]);
    project.sandbox.git(&["push", "--quiet", "origin", "main"]);
    let tag = project.run(0, &["tag", "--actor", "release-bot[bot]"]).stdout;
    let layout = crate::common::fixture("quckchat").join("images/1.5.0");
    let version = tag.trim().trim_start_matches('v').to_owned();
    project.run(0, &["push", layout.to_str().unwrap(), "--release", &version]);
    let asked = |pull| {
        let recorded = Recorded {
            reviews: vec![review("qa-1", true, "staging")],
            pulls: vec![pull],
            ..Recorded::default()
        };
        self::says(&project, "approvals", "maintainer", &recorded)
    };
    assert_eq!(asked(merged), "fail: 0 of 1 (not counted: qa-1 asked for the release)");
    let by_queue = PullRecord {
        merged_by: Some("github-merge-queue[bot]".to_owned()),
        authors: Vec::new(),
        ..pull("qa-1")
    };
    assert!(asked(by_queue).contains("not counted: qa-1 "), "the one who opened it");
}

#[test]
fn teams_and_permissions_are_asked_for() {
    let project = project("gate.approvals = { count = 2, from = ['team:leads', 'permission:maintain'] }");
    let recorded = Recorded {
        reviews: ["ann", "bob", "carl"].map(|by| review(by, true, "staging")).to_vec(),
        permissions: BTreeMap::from([("ann", "write"), ("bob", "admin"), ("carl", "triage")]),
        members: vec!["ann"],
        ..Recorded::default()
    };
    assert_eq!(
        says(&project, "approvals", "maintainer", &recorded),
        "pass: 2 of 2: ann (review of run 12), bob (review of run 12) (not counted: carl is not entitled)"
    );
}

#[test]
fn a_run_speaks_for_the_one_who_started_it() {
    let project = project("gate.approvals = { from = ['team:qa'] }");
    let digest = project.json(0, &["gate", "dev"])["release"]["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    let head = project.sandbox.git(&["rev-parse", "origin/main"]);
    let recorded = |actor: &str, title: String| Recorded {
        run: Some(RunRecord {
            commit: head.parse().unwrap(),
            ..run(actor, &title)
        }),
        ..Recorded::default()
    };
    let speak = |actor: &str, recorded: &Recorded| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let args = ApproveArgs {
            subject: subject(),
            reason: None,
        };
        let document = runtime.block_on(async {
            let context = context(&project, actor, "12", recorded).await;
            approve::run(&context, &args, Choice::Approved).await.unwrap()
        });
        let document: Value = serde_json::to_value(document).unwrap();
        (document["already"].clone(), document["why_not"].clone())
    };
    let title = format!("approve staging {digest}");
    let other = speak("qa-lead", &recorded("qa-1", title.clone()));
    assert_eq!(other, (json!(false), json!("run 12 was set off by qa-1")));
    let own = recorded("qa-1", title.clone());
    assert_eq!(
        speak("qa-1", &own),
        (json!(false), Value::Null),
        "the copy took nothing away"
    );
    assert_eq!(speak("qa-1", &own), (json!(true), Value::Null));
    assert!(says(&project, "approvals", "maintainer", &own).starts_with("pass: 1 of 1: qa-1 (run 12)"));
    let down = Recorded { is_down: true, ..own };
    assert!(says(&project, "approvals", "maintainer", &down).starts_with("unknown"));
    let renamed = recorded("qa-1", title.replace("staging", "production"));
    assert!(says(&project, "approvals", "maintainer", &renamed).starts_with("fail: 0 of 1"));
    // The run is bound to the policy that it was started under.
    let elsewhere = |commit: &str| {
        let mut other = recorded("qa-1", title.clone());
        other.run.as_mut().unwrap().commit = commit.parse().unwrap();
        says(&project, "approvals", "maintainer", &other)
    };
    let before = project.sandbox.git(&["rev-parse", "origin/main^"]);
    assert!(elsewhere(&before).contains("run 12 was started under another policy"));
    assert!(elsewhere(&"c0ffee".repeat(7)[..40]).starts_with("unknown"));
    project.sandbox.commit("docs: a page", &[("page.md", "1")]);
    project.sandbox.git(&["push", "--quiet", "origin", "main"]);
    assert!(
        elsewhere(&head).starts_with("pass"),
        "the policy is the same at another commit"
    );
}

#[test]
fn an_older_run_does_not_follow_a_newer_word() {
    let project = project("gate.approvals = { from = ['team:qa'] }");
    let verdict = project.json(0, &["gate", "dev"]);
    let digest = verdict["release"]["digest"].as_str().unwrap().to_owned();
    let head = project.sandbox.git(&["rev-parse", "origin/main"]);
    project.run(0, &["reject", "staging", "--actor", "qa-1"]);
    let approves = |id: u64, started: jiff::Timestamp| {
        let recorded = Recorded {
            run: Some(RunRecord {
                commit: head.parse().unwrap(),
                started_at: started,
                id,
                ..run("qa-1", &format!("approve staging {digest}"))
            }),
            ..Recorded::default()
        };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let args = ApproveArgs {
            subject: subject(),
            reason: None,
        };
        runtime.block_on(async {
            let context = context(&project, "qa-1", &id.to_string(), &recorded).await;
            approve::run(&context, &args, Choice::Approved).await.unwrap()
        });
        says(&project, "approvals", "maintainer", &recorded)
    };
    let now = jiff::Timestamp::now();
    let old = approves(12, now - jiff::SignedDuration::from_mins(10));
    assert!(
        old.starts_with("fail: 0 of 1") && old.contains("is no newer than"),
        "{old}"
    );
    let new = approves(13, now + jiff::SignedDuration::from_mins(1));
    assert!(new.starts_with("pass: 1 of 1: qa-1 (run 13)"), "{new}");
}

#[test]
fn whoever_asks_is_proven_by_the_run() {
    let project = project("gate.access = { promote = ['team:qa'] }");
    let asks = |actor: &str, record: RunRecord| {
        let recorded = Recorded {
            run: Some(record),
            ..Recorded::default()
        };
        says(&project, "access", actor, &recorded)
    };
    let pushed = RunRecord {
        event: "push".to_owned(),
        ..run("qa-1", "feat: a change")
    };
    assert_eq!(asks("qa-1", pushed.clone()), "pass: qa-1 may promote (run 12)");
    assert_eq!(
        asks("qa-lead", pushed),
        "fail: qa-lead is not proven to promote: run 12 was set off by qa-1"
    );
    let bot = RunRecord {
        bot: true,
        ..run("qa-1", "")
    };
    assert_eq!(
        asks("qa-1", bot),
        "fail: qa-1 is not proven to promote: run 12 was set off by the bot qa-1"
    );
}
