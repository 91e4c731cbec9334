//! Runs as proofs: what GitHub's own record of a run must say, and what everything else is worth.

use tidegate::model::actor::Actor;
use tidegate::model::digest::Digest;
use tidegate::model::fact::FactState;
use tidegate::model::proof::{Deed, Standing, Statement, Subject};
use tidegate::model::record::RunRecord;
use tidegate::plan::proof::{differs, of_own_run, of_run};

fn statement() -> Statement {
    let subject = Subject {
        environment: Some("staging".parse().unwrap()),
        component: Some("app".parse().unwrap()),
        digest: Some(Digest::of(b"1.4.0")),
        policy: Some(Digest::of(b"the policy")),
        ..Subject::of("demo")
    };
    let at = "2026-03-11T10:00:00Z".parse().unwrap();
    Statement::new(Deed::Approve, subject, Actor("ann".to_owned()), at)
}

fn record() -> RunRecord {
    RunRecord {
        id: 12,
        actor: "ann".to_owned(),
        bot: false,
        event: "workflow_dispatch".to_owned(),
        workflow: ".github/workflows/approve.yml".to_owned(),
        branch: Some("main".to_owned()),
        started_at: "2026-03-11T09:00:00Z".parse().unwrap(),
        commit: "c0ffee".repeat(7)[..40].parse().unwrap(),
        title: statement().title(),
    }
}

fn judged(record: FactState<RunRecord>) -> String {
    words(of_run("12", &record, &statement(), Some("main")))
}

fn words(standing: Standing) -> String {
    match standing {
        Standing::Proven { how } => format!("proven: {how}"),
        Standing::Unproven { why } => format!("unproven: {why}"),
        Standing::Unknown { why } => format!("unknown: {why}"),
    }
}

#[test]
fn a_run_proves_what_its_title_says() {
    let known = |change: fn(&mut RunRecord)| {
        let mut record = record();
        change(&mut record);
        judged(FactState::Known { value: record })
    };
    let reason = || "no answer".to_owned();
    let mut all = vec![
        ("as the workflow makes it", known(|_| ())),
        ("a login in other letters", known(|run| run.actor = "Ann".to_owned())),
        ("somebody else", known(|run| run.actor = "bob".to_owned())),
        ("a bot", known(|run| run.bot = true)),
        ("not by hand", known(|run| run.event = "push".to_owned())),
        ("another branch", known(|run| run.branch = Some("feature".to_owned()))),
        ("no branch", known(|run| run.branch = None)),
        (
            "another word",
            known(|run| run.title = run.title.replace("approve", "reject")),
        ),
        (
            "another environment",
            known(|run| run.title = run.title.replace("staging", "production")),
        ),
        ("a digest cut short", known(|run| run.title.truncate(80))),
        ("more than that", known(|run| run.title.push_str(" later"))),
        ("no such run", judged(FactState::Absent)),
        ("nobody may look", judged(FactState::Forbidden { reason: reason() })),
        ("nobody answers", judged(FactState::Unavailable { reason: reason() })),
    ];
    let known = FactState::Known { value: record() };
    all.push(("no default branch", words(of_run("12", &known, &statement(), None))));
    let own = FactState::Known {
        value: RunRecord {
            event: "push".to_owned(),
            title: "feat: a change".to_owned(),
            ..record()
        },
    };
    all.push((
        "the run that promotes",
        words(of_own_run("12", &own, "ann", Some("main"))),
    ));
    all.push((
        "the run of somebody else",
        words(of_own_run("12", &own, "bob", Some("main"))),
    ));
    let lines: Vec<String> = all.iter().map(|(title, words)| format!("{title}: {words}")).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn the_title_of_an_override_says_all_of_it() {
    let mut statement = statement();
    statement.deed = Deed::Override;
    statement.rules = vec!["soak".to_owned(), "freeze".to_owned()];
    statement.until = Some("2026-03-11T14:00:00Z".parse().unwrap());
    let digest = Digest::of(b"1.4.0");
    assert_eq!(
        statement.title(),
        format!("override staging {digest} soak,freeze 2026-03-11T14:00:00Z")
    );
}

#[test]
fn a_statement_is_the_one_that_is_asked_for_or_says_what_it_is() {
    let now = "2026-03-11T10:00:00Z".parse().unwrap();
    let changed = |change: fn(&mut Statement)| {
        let mut signed = statement();
        change(&mut signed);
        differs(&signed, &statement(), now).unwrap_or_else(|| "the same".to_owned())
    };
    let all = [
        changed(|_| ()),
        changed(|signed| signed.at = "2026-03-10T10:00:00Z".parse().unwrap()),
        changed(|signed| signed.at = "2026-03-11T10:06:00Z".parse().unwrap()),
        changed(|signed| signed.schema = "git commit".to_owned()),
        changed(|signed| signed.deed = Deed::Reject),
        changed(|signed| signed.subject.project = "other".to_owned()),
        changed(|signed| signed.subject.environment = None),
        changed(|signed| signed.subject.component = Some("web".parse().unwrap())),
        changed(|signed| signed.subject.digest = Some(Digest::of(b"1.3.0"))),
        changed(|signed| signed.subject.policy = None),
        changed(|signed| signed.by = Actor("bob".to_owned())),
        changed(|signed| signed.rules = vec!["soak".to_owned()]),
        changed(|signed| signed.until = Some(signed.at)),
        changed(|signed| signed.reason = Some("because".to_owned())),
    ];
    insta::assert_snapshot!(all.join("\n"));
}
