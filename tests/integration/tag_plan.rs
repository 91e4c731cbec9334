//! The rules of the next version, as tables.

use tidegate::model::commit::{Commit, Person, Tag};
use tidegate::model::name::{CommitId, ComponentName};
use tidegate::model::ownership::Ownership;
use tidegate::model::refusal::Refusal;
use tidegate::model::state::ComponentState;
use tidegate::model::step::Action;
use tidegate::model::version::{Bump, Version, ZeroMajor};
use tidegate::plan::conventional::{Meaning, Reading, read};
use tidegate::plan::tag::{Decision, Facts, Surroundings, VersionTags, decide, next, steps, version_tags};

fn id(number: u8) -> CommitId {
    format!("{number:040x}").parse().unwrap()
}

fn tag(name: &str, commit: u8) -> Tag {
    Tag {
        name: name.to_owned(),
        commit: id(commit),
    }
}

fn commit(number: u8, message: &str) -> Commit {
    Commit {
        id: id(number),
        message: message.to_owned(),
        author: Person {
            name: "One".to_owned(),
            email: "one@example.com".to_owned(),
        },
        time: jiff::Timestamp::UNIX_EPOCH,
        merge: false,
        scopes: vec![0],
    }
}

/// A decision on commit 9, whose base is the highest tag that is not on commit 8.
fn decided(
    prefix: &str,
    tags: &VersionTags,
    commits: &[Commit],
    release_as: Option<&str>,
) -> Result<Decision, Refusal> {
    let component: ComponentName = "app".parse().unwrap();
    let release_as: Option<Version> = release_as.map(|text| text.parse().unwrap());
    decide(&Facts {
        component: &component,
        prefix,
        zero_major: ZeroMajor::Cargo,
        release_as: release_as.as_ref(),
        target: &id(9),
        tags,
        base: tags.known.iter().find(|found| found.tag.commit != id(8)),
        commits,
    })
}

#[test]
fn the_next_version_by_base_bump_and_zero_major() {
    use Bump::{Major, Minor, Patch};
    use ZeroMajor::{Cargo, Literal, Shift};
    let table = [
        // Without a base the first version is 0.1.0, whatever asks for it.
        (None, Patch, Cargo, "0.1.0"),
        (None, Minor, Shift, "0.1.0"),
        (None, Major, Literal, "0.1.0"),
        // Below 1.0.0 the setting decides; only `literal` leaves 0.x.
        (Some("0.3.2"), Patch, Cargo, "0.3.3"),
        (Some("0.3.2"), Minor, Cargo, "0.3.3"),
        (Some("0.3.2"), Major, Cargo, "0.4.0"),
        (Some("0.3.2"), Patch, Shift, "0.3.3"),
        (Some("0.3.2"), Minor, Shift, "0.4.0"),
        (Some("0.3.2"), Major, Shift, "0.4.0"),
        (Some("0.3.2"), Patch, Literal, "0.3.3"),
        (Some("0.3.2"), Minor, Literal, "0.4.0"),
        (Some("0.3.2"), Major, Literal, "1.0.0"),
        // From 1.0.0 on it does not matter.
        (Some("1.3.2"), Patch, Cargo, "1.3.3"),
        (Some("1.3.2"), Minor, Cargo, "1.4.0"),
        (Some("1.3.2"), Major, Cargo, "2.0.0"),
        (Some("1.3.2"), Major, Shift, "2.0.0"),
        (Some("1.3.2"), Major, Literal, "2.0.0"),
        // A prerelease is finished by the version it leads to, unless the commits ask for more.
        (Some("1.4.0-rc.2"), Patch, Cargo, "1.4.0"),
        (Some("1.4.0-rc.2"), Minor, Cargo, "1.4.0"),
        (Some("1.4.0-rc.2"), Major, Cargo, "2.0.0"),
        (Some("1.4.1-rc.1"), Patch, Cargo, "1.4.1"),
        (Some("1.4.1-rc.1"), Minor, Cargo, "1.5.0"),
        (Some("2.0.0-rc.1"), Major, Cargo, "2.0.0"),
        (Some("0.4.0-rc.1"), Major, Cargo, "0.4.0"),
        // Build metadata is dropped.
        (Some("1.3.2+build.7"), Patch, Cargo, "1.3.3"),
    ];
    for (base, bump, zero_major, expected) in table {
        let base: Option<Version> = base.map(|text| text.parse().unwrap());
        let found = next(base.as_ref(), bump, zero_major).to_string();
        assert_eq!(found, expected, "{base:?} {bump} {zero_major:?}");
    }
}

#[test]
fn the_table_in_the_documentation_is_true() {
    let page = std::fs::read_to_string(crate::common::repository().join("docs/commands/tag.md")).unwrap();
    let mut rows = 0;
    for line in page.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [base, bump, cargo, shift, literal] = cells.as_slice() else {
            continue;
        };
        let (Ok(base), Ok(bump)) = (base.parse::<Version>(), serde_json::from_value(serde_json::json!(bump))) else {
            continue;
        };
        rows += 1;
        for (setting, expected) in [
            (ZeroMajor::Cargo, cargo),
            (ZeroMajor::Shift, shift),
            (ZeroMajor::Literal, literal),
        ] {
            assert_eq!(next(Some(&base), bump, setting).to_string(), *expected, "{line}");
        }
    }
    assert_eq!(rows, 9);
}

#[test]
fn what_a_message_asks_for() {
    let table = [
        ("feat: a", Some(Bump::Minor)),
        ("feat(api): a", Some(Bump::Minor)),
        ("FEAT: a", Some(Bump::Minor)),
        ("fix: a", Some(Bump::Patch)),
        ("perf: a", Some(Bump::Patch)),
        ("revert: a", Some(Bump::Patch)),
        ("chore!: a", Some(Bump::Major)),
        ("fix(api)!: a", Some(Bump::Major)),
        ("docs: a\n\nBREAKING CHANGE: b", Some(Bump::Major)),
        ("docs: a\n\nbody\n\nBREAKING-CHANGE: b\nRefs: #1", Some(Bump::Major)),
        ("docs: a\n\nthis is no breaking change", None),
        ("docs: a\nBREAKING CHANGE: b", Some(Bump::Major)),
        ("feat: a\nbody without a blank line", Some(Bump::Minor)),
        ("feat: a\r\n\r\nbody\r\n", Some(Bump::Minor)),
        ("chore: a", None),
        ("ci(build): a", None),
    ];
    for (message, expected) in table {
        let found = match read(message) {
            Reading::Releases(Meaning { bump, .. }) => Some(bump),
            Reading::Quiet => None,
            Reading::Foreign => panic!("{message:?} is conventional"),
        };
        assert_eq!(found, expected, "{message:?}");
    }
    for message in [
        "",
        "Merge branch 'main'",
        "update things",
        "feat a",
        "feat(: a",
        "Revert \"feat: a\"",
    ] {
        assert_eq!(read(message), Reading::Foreign, "{message:?}");
    }
}

#[test]
fn which_paths_belong_to_a_component() {
    let table = [
        ("services/api/**", "services/api/main.rs", true),
        ("services/api", "services/api/src/main.rs", true),
        ("services/api/", "services/api/src/main.rs", true),
        ("./services/api", "services/api/main.rs", true),
        ("services/api", "services/api2/main.rs", false),
        ("services/api/**", "services/web/main.rs", false),
        ("Dockerfile", "Dockerfile", true),
        ("Dockerfile", "Dockerfile.old", false),
        ("**", "anything", true),
        (".", "anything/at/all", true),
    ];
    for (path, file, expected) in table {
        assert_eq!(
            Ownership::of(&[path.to_owned()]).unwrap().covers(file),
            expected,
            "{path} {file}"
        );
    }
    assert!(Ownership::of(&[]).unwrap().is_everything());
}

#[test]
fn tags_are_sorted_by_precedence_and_others_ignored() {
    let names = [
        "v1.9.0",
        "v1.10.0-rc.1",
        "v1.10.0-rc.10",
        "v1.10.0-rc.9",
        "v1",
        "vnext",
        "v01.2.3",
        "api-v3.0.0",
        "v1.10.0-alpha+z",
    ];
    let sorted = version_tags("v", names.iter().map(|name| tag(name, 1)).collect());
    let known: Vec<&str> = sorted.known.iter().map(|found| found.tag.name.as_str()).collect();
    assert_eq!(
        known,
        [
            "v1.10.0-rc.10",
            "v1.10.0-rc.9",
            "v1.10.0-rc.1",
            "v1.10.0-alpha+z",
            "v1.9.0"
        ]
    );
    assert_eq!(sorted.ignored, ["v01.2.3", "v1", "vnext"]);
}

#[test]
fn the_largest_bump_decides_and_is_explained() {
    let tags = version_tags("v", vec![tag("v1.2.3", 1)]);
    let commits = [
        commit(5, "fix: c"),
        commit(4, "feat: b"),
        commit(3, "words"),
        commit(2, "feat: a"),
    ];
    let Ok(Decision::Create(chosen)) = decided("v", &tags, &commits, None) else {
        panic!()
    };
    assert_eq!((chosen.tag.as_str(), chosen.bump), ("v1.3.0", Some(Bump::Minor)));
    assert_eq!(
        chosen.explanation,
        "v1.2.3 → 1.3.0: 000000000 \"feat: b\": `feat` asks for a minor version (4 commits of app since v1.2.3, 1 of them not conventional)"
    );
    assert_eq!(chosen.message, "app 1.3.0\n\n- fix: c\n- feat: b\n- feat: a\n");
}

#[test]
fn commits_that_release_nothing_give_no_version() {
    let tags = version_tags("v", vec![tag("v1.2.3", 1)]);
    for commits in [vec![], vec![commit(2, "chore: a"), commit(3, "words")]] {
        assert!(matches!(decided("v", &tags, &commits, None), Ok(Decision::None { .. })));
    }
    assert!(matches!(
        decided("v", &VersionTags::default(), &[commit(2, "docs: a")], None),
        Ok(Decision::None { .. })
    ));
}

#[test]
fn a_version_given_by_hand_must_rise_and_be_free() {
    let tags = version_tags("v", vec![tag("v1.2.3", 1), tag("v2.0.0", 8)]);
    let by_hand = |version| decided("v", &tags, &[], Some(version));
    let base = version_tags("v", vec![tag("v1.2.3", 1)]);
    assert!(
        matches!(decided("v", &base, &[], Some("1.3.0-rc.1")), Ok(Decision::Create(chosen)) if chosen.bump.is_none())
    );
    assert!(by_hand("1.2.3").unwrap_err().reason.contains("not above v1.2.3"));
    assert!(by_hand("1.2.3+again").unwrap_err().reason.contains("not above v1.2.3"));
    assert!(by_hand("1.2.2").is_err());
    let taken = by_hand("2.0.0+other").unwrap_err();
    assert!(
        taken.reason.contains(id(8).as_str()) && taken.reason.contains(id(9).as_str()),
        "{taken:?}"
    );
}

#[test]
fn a_version_that_the_commit_carries_is_the_answer() {
    let tags = version_tags("v", vec![tag("v1.2.3-rc.1", 9), tag("v1.2.3", 9), tag("v3.0.0", 8)]);
    let Ok(Decision::Exists(chosen)) = decided("v", &tags, &[commit(9, "feat: a")], None) else {
        panic!()
    };
    assert_eq!(chosen.tag, "v1.2.3");
    let Ok(Decision::Exists(chosen)) = decided("v", &tags, &[], Some("1.2.3-rc.1")) else {
        panic!()
    };
    assert_eq!(chosen.tag, "v1.2.3-rc.1");
}

#[test]
fn what_is_left_to_do() {
    let component: ComponentName = "app".parse().unwrap();
    let (nothing, target) = (ComponentState::default(), id(9));
    let tags = version_tags("v", vec![tag("v1.2.3", 9)]);
    let facts = Facts {
        component: &component,
        prefix: "v",
        zero_major: ZeroMajor::Cargo,
        release_as: None,
        target: &target,
        tags: &tags,
        base: None,
        commits: &[],
    };
    let decision = decide(&facts).unwrap();
    let (same, other) = (id(9), id(7));
    let left = |remote| {
        let steps = steps(
            &facts,
            &decision,
            &Surroundings {
                remote,
                recorded: &nothing,
            },
        )?;
        Ok::<_, Refusal>(steps.into_iter().map(|step| step.action).collect::<Vec<_>>())
    };
    assert!(matches!(left(None).unwrap().as_slice(), [Action::Record { .. }]));
    assert!(matches!(
        left(Some(Some(&same))).unwrap().as_slice(),
        [Action::Record { .. }]
    ));
    assert!(matches!(
        left(Some(None)).unwrap().as_slice(),
        [Action::PushRef { .. }, Action::Record { .. }]
    ));
    assert!(left(Some(Some(&other))).unwrap_err().reason.contains(other.as_str()));
}
