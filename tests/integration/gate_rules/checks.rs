//! `checks`: which reports count, and what is said of those that do not.

use tidegate::model::check::{Check, CheckKind, Conclusion, SameTree};
use tidegate::model::verdict::RuleStatus::{Fail, Pass, Unknown, Wait};

use super::case::{Case, absent, forbidden, known, release, table, unavailable};

fn result(name: &str, conclusion: Conclusion) -> Check {
    Check::new(name, &release("1.4.0").commit, conclusion)
}

/// A report of an app, by number.
fn of(app: &str, number: u64, check: Check) -> Check {
    Check {
        app: Some(app.to_owned()),
        url: Some(format!("https://example.com/{number}")),
        number,
        ..check
    }
}

#[test]
fn checks() {
    let case = Case::new("gate.checks = { require = ['build', 'test'] }");
    let build = || result("build", Conclusion::Success);
    let saw = |results: Vec<Check>| case.with(|facts| facts.checks = Some(known(results)));
    let test = |conclusion| saw(vec![build(), result("test", conclusion)]);
    let repaired = vec![
        build(),
        result("test", Conclusion::Failure),
        result("test", Conclusion::Success),
    ];
    let numbered = |first: u64, second: u64| {
        saw(vec![
            build(),
            of("ci", first, result("test", Conclusion::Success)),
            of("ci", second, result("test", Conclusion::Pending)),
        ])
    };
    let apps = |conclusion| {
        saw(vec![
            build(),
            of("one", 1, result("test", Conclusion::Success)),
            of("two", 2, result("test", conclusion)),
        ])
    };
    let status = Check {
        kind: CheckKind::Status,
        ..of("one", 9, result("test", Conclusion::Failure))
    };
    let own = Check {
        own: true,
        ..result("test", Conclusion::Pending)
    };
    let own_ended = Check {
        own: true,
        ..result("test", Conclusion::Failure)
    };
    let alone = Case::new("gate.checks = { require = ['test'] }");
    let words = table(
        "checks",
        &[
            ("all succeeded", test(Conclusion::Success), Pass),
            ("one is pending", test(Conclusion::Pending), Wait),
            ("one failed", test(Conclusion::Failure), Fail),
            ("one was cancelled", test(Conclusion::Cancelled), Fail),
            ("one timed out", test(Conclusion::TimedOut), Fail),
            ("one waits for a person", test(Conclusion::ActionRequired), Fail),
            ("one was skipped", test(Conclusion::Skipped), Fail),
            ("one is absent", saw(vec![build()]), Fail),
            (
                "one failed, one is pending",
                saw(vec![
                    result("build", Conclusion::Failure),
                    result("test", Conclusion::Pending),
                ]),
                Fail,
            ),
            ("the last result counts", saw(repaired), Pass),
            ("the newest result counts", numbered(2, 1), Pass),
            ("the newest result counts while it is pending", numbered(1, 2), Wait),
            ("two apps, both succeeded", apps(Conclusion::Success), Pass),
            ("two apps, one failed", apps(Conclusion::Failure), Fail),
            (
                "a check run and a status of one app",
                saw(vec![
                    build(),
                    of("one", 10, result("test", Conclusion::Success)),
                    status,
                ]),
                Fail,
            ),
            ("the job that asks", saw(vec![build(), own.clone()]), Pass),
            ("the job that asks has failed", saw(vec![build(), own_ended]), Fail),
            (
                "nothing but the job that asks",
                alone.with(|facts| facts.checks = Some(known(vec![own]))),
                Fail,
            ),
            (
                "nobody may look",
                case.with(|facts| facts.checks = Some(forbidden())),
                Unknown,
            ),
            (
                "nobody answers",
                case.with(|facts| facts.checks = Some(unavailable())),
                Unknown,
            ),
            (
                "nothing is there",
                case.with(|facts| facts.checks = Some(absent())),
                Unknown,
            ),
            ("nobody looked", case.clone(), Unknown),
        ],
    );
    insta::assert_snapshot!(words);
}

#[test]
fn checks_by_policy() {
    let case = Case::new(
        "gate.checks = { require = ['build', { name = 'test', app = 'ci' }], accept = ['skipped', 'neutral'] }",
    );
    let saw = |results: Vec<Check>| case.with(|facts| facts.checks = Some(known(results)));
    let build = |conclusion| result("build", conclusion);
    let test = |app: &str, conclusion| of(app, 1, result("test", conclusion));
    let words = table(
        "checks",
        &[
            (
                "by the app that is asked for",
                saw(vec![
                    build(Conclusion::Success),
                    test("ci", Conclusion::Success),
                    test("other", Conclusion::Failure),
                ]),
                Pass,
            ),
            (
                "by another app",
                saw(vec![build(Conclusion::Success), test("other", Conclusion::Success)]),
                Fail,
            ),
            (
                "by nobody knows whom",
                saw(vec![build(Conclusion::Success), result("test", Conclusion::Success)]),
                Fail,
            ),
            (
                "skipped and neutral",
                saw(vec![build(Conclusion::Skipped), test("ci", Conclusion::Neutral)]),
                Pass,
            ),
        ],
    );
    insta::assert_snapshot!(words);
}

#[test]
fn checks_of_the_same_tree() {
    let case = Case::new("gate.checks = { require = ['build', 'test'] }");
    let commit = release("1.4.0").commit;
    let built = case.with(|facts| facts.checks = Some(known(vec![result("build", Conclusion::Success)])));
    let head = |conclusion| SameTree {
        pull: 12,
        commit: "deadbeef".repeat(5).parse().unwrap(),
        tree: commit.to_string(),
        checks: vec![result("test", conclusion), result("build", Conclusion::Failure)],
    };
    let tested = |conclusion| built.with(|facts| facts.same_tree = Some(known(vec![head(conclusion)])));
    let unseen = |fact| built.with(|facts| facts.same_tree = fact);
    let whole = case.with(|facts| {
        let results = ["build", "test"].map(|name| result(name, Conclusion::Success));
        facts.checks = Some(known(results.to_vec()));
        facts.same_tree = Some(forbidden());
    });
    let words = table(
        "checks",
        &[
            ("the absent one is there", tested(Conclusion::Success), Pass),
            ("it is pending there", tested(Conclusion::Pending), Wait),
            ("it failed there", tested(Conclusion::Failure), Fail),
            ("nobody may look", unseen(Some(forbidden())), Unknown),
            ("nobody answers", unseen(Some(unavailable())), Unknown),
            ("nobody looked", unseen(None), Unknown),
            ("it is not needed", whole, Pass),
        ],
    );
    insta::assert_snapshot!(words);
}
