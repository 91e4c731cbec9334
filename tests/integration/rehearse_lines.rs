//! Release lines in rehearsals: cut, candidates, back-ports, final versions, hotfixes; and scenarios that cannot be.

use serde_json::Value;

use crate::common::{self, Sandbox};
use crate::rehearse::{OWN, outcomes, rehearse, steps};

/// Those that have release lines: the line that fails, its hotfix, and the line after it.
pub const WALKS: [(&str, &str, &str, &str); 3] = [
    ("quckchat", "1.5", "1.5.1", "1.6"),
    ("pcw", "1.9", "1.9.1", "1.10"),
    ("churnistic", "2.0", "2.0.1", "2.1"),
];

#[test]
fn a_line_is_cut_tested_mended_made_final_and_followed_by_a_hotfix_and_the_next_line() {
    for (name, line, hotfix, next) in WALKS {
        let sandbox = Sandbox::empty();
        let document = rehearse(&sandbox, &common::fixture(name), &["--output", "json"])
            .exits(0)
            .json();
        let releases = document["releases"].as_array().unwrap();
        let told = |key: &str| {
            let each = releases.iter().skip(1).map(|release| release[key].as_str().unwrap());
            each.collect::<Vec<_>>()
        };
        let tags = [
            &format!("v{line}.0-rc.1"),
            &format!("v{line}.0-rc.2"),
            &format!("v{line}.0"),
            &format!("v{hotfix}"),
            &format!("v{next}.0-rc.1"),
        ];
        assert_eq!(told("tag"), tags);
        let branches = [
            &format!("release/{line}"),
            &format!("release/{line}"),
            &format!("release/{line}"),
            &format!("hotfix/{hotfix}"),
            &format!("release/{next}"),
        ];
        assert_eq!(told("branch"), branches);
        let (candidate, last) = (&releases[2], &releases[3]);
        for same in ["commit", "digest"] {
            assert_eq!(candidate[same], last[same], "{name}: what was tested is what goes out");
        }
        assert_ne!(releases[1]["digest"], candidate["digest"], "{name}");
        let before_the_ladder = |place: usize| {
            let words = steps(&releases[place]).into_iter();
            let words = words.take_while(|(_, environment)| environment.is_empty());
            words.map(|(what, _)| what).collect::<Vec<_>>()
        };
        assert_eq!(before_the_ladder(1), ["cut", "tag", "push"], "{name}");
        assert_eq!(before_the_ladder(2), ["backport", "merge", "tag", "push"], "{name}");
        assert_eq!(before_the_ladder(3), ["tag", "push"], "{name}");
        assert_eq!(before_the_ladder(4), ["hotfix", "tag", "push"], "{name}");
        assert_eq!(before_the_ladder(5), ["cut", "tag", "push"], "{name}");
        let there = last["timeline"].as_array().unwrap();
        let there = there.iter().filter(|entry| entry["detail"] == "verified already");
        let entered = |release: &Value| steps(release).iter().filter(|(what, _)| *what == "promote").count();
        assert_eq!(there.count(), entered(candidate), "{name}: nothing is deployed twice");
        let way_home = steps(&releases[4]);
        let way_home: Vec<&str> = way_home[way_home.len() - 4..].iter().map(|(what, _)| *what).collect();
        assert_eq!(way_home, ["hotfix", "backport", "merge", "hotfix"], "{name}");
        let end = releases[4]["timeline"].as_array().unwrap();
        let detail = |back: usize| end[end.len() - back]["detail"].as_str().unwrap();
        assert!(
            detail(4).starts_with(&format!(
                "main lacks {}",
                if name == "pcw" { "2 commits" } else { "1 commit" }
            )),
            "{name}: {}",
            detail(4)
        );
        assert_eq!(detail(1), format!("main has what hotfix {hotfix} fixes"), "{name}");
    }
}

/// A team that names its branches in its own way, keeps its version in a file, and cuts from green commits alone.
const LINES: &str = r#"
[component.own]
version-files = ["VERSION"]

[version]
initial = "1.4.0"

[version.channels]
"stable/*" = "rc"
"fix/*" = "rc"

[cut]
branch = "stable/{{{major}}}.{{{minor}}}"
checks = { require = ["test"] }

[hotfix]
branch = "fix/{{{version}}}"
"#;

const WALK: &str = r#"
start = "2026-03-02T08:00:00Z"
actor = "developer-1"

[[release]]
line = "1.4"
up-to = "dev"
commit = [{ message = "feat: a door", files = { door = "wood" } }]

[[release]]
line = "1.4"
final = true

[[release]]
hotfix = "1.4.1"
up-to = "dev"
commit = [{ message = "fix: the hinge", files = { hinge = "steel" } }]

[[release]]
hotfix = "1.4.1"
final = true

[[release]]
line = "1.5"
up-to = "dev"
commit = [{ message = "feat: a window", files = { window = "glass" } }]

[[check]]
name = "test"
after = "10m"
conclusion = "success"

[[approval]]
environment = "production"
by = "lead-1"

[[approval]]
environment = "production"
by = "lead-2"
"#;

#[test]
fn an_own_repository_walks_its_lines_under_their_own_names() {
    let sandbox = Sandbox::new(&format!("{OWN}{LINES}"));
    sandbox.commit("chore: the version", &[("VERSION", "1.3.0\n")]);
    sandbox.write(&[("rehearsal.toml", WALK)]);
    let document = rehearse(&sandbox, &sandbox.work(), &["--output", "json"])
        .exits(0)
        .json();
    let releases = document["releases"].as_array().unwrap();
    let told = |key: &str| {
        releases
            .iter()
            .map(|release| release[key].as_str().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        told("tag"),
        ["v1.4.0-rc.1", "v1.4.0", "v1.4.1-rc.1", "v1.4.1", "v1.5.0-rc.1"]
    );
    assert_eq!(
        told("branch"),
        ["stable/1.4", "stable/1.4", "fix/1.4.1", "fix/1.4.1", "stable/1.5"]
    );
    assert_eq!(outcomes(&document), ["arrived", "live", "arrived", "live", "arrived"]);
    let first = &releases[0]["timeline"];
    assert_eq!(first[0]["what"], "wait", "{first}");
    assert_eq!(
        first[0]["detail"],
        "10 min for stable/1.4 starts at a green commit alone: 0 of 1 succeeded; test is pending"
    );
    let whats = steps(&releases[0]);
    assert_eq!(
        whats[..4].iter().map(|(what, _)| *what).collect::<Vec<_>>(),
        ["wait", "cut", "merge", "tag"]
    );
    assert_eq!(first[2]["detail"], "tidegate/main-1.5 into main");
    let end = releases[3]["timeline"].as_array().unwrap().last().unwrap();
    assert_eq!(end["detail"], "main has what hotfix 1.4.1 fixes");
}

/// A scenario whose releases are these.
fn scenario(releases: &str) -> String {
    format!(
        "start = \"2026-03-02T08:00:00Z\"\nactor = \"x\"\n{releases}\n[[check]]\nname = 'test'\nconclusion = 'success'\n"
    )
}

#[test]
fn releases_that_fit_no_branch_are_refused_at_their_place() {
    let sandbox = Sandbox::new(OWN);
    let cases = [
        (
            "[[release]]\nline = '1.x'",
            "write major and minor version, such as 1.4",
        ),
        (
            "[[release]]\nline = '1.4'\nhotfix = '1.4.1'",
            "on a line, or it is a hotfix",
        ),
        ("[[release]]\nhotfix = '1.4.0'", "1.4.0 is no version of a hotfix"),
        (
            "[[release]]\nby = 'lead-1'",
            "it says who opens a hotfix, and this is none",
        ),
        ("[[release]]\nfinal = true", "whose last candidate it is"),
        (
            "[[release]]\nline = '1.4'\n[[release]]\nline = '1.5'\nfinal = true",
            "no release before this one makes a candidate of 1.5",
        ),
        (
            "[[release]]\nline = '1.4'\n[[release]]\nline = '1.4'\nfinal = true\nimage = 'image'",
            "without a `image` of its own",
        ),
        ("[[release]]\nup-to = 'prod'", "there is no environment `prod`"),
        (
            "[[release]]\nup-to = 'dev'\nfault = { environment = 'production', kind = 'unhealthy' }",
            "the release does not come to `production`: it goes up to `dev`",
        ),
        (
            "[[release]]\nup-to = 'dev'\ndeed = [{ at = 'production', by = 'ann', does = 'promote' }]",
            "the release does not come to `production`",
        ),
        (
            "[[release]]\nhotfix = '1.4.1'",
            "a hotfix without a commit is no release",
        ),
        (
            "[[release]]\ncommit = [{ message = 'fix: a', files = { '/etc/a' = '1' } }]",
            "`/etc/a` is no file of the project",
        ),
        (
            "[[release]]\ncommit = [{ message = 'fix: a', files = { '../a' = '1' } }]",
            "`../a` is no file of the project",
        ),
        (
            "[[release]]\ncommit = [{ message = 'fix: a', files = { '.git/config' = '1' } }]",
            "`.git/config` is no file of the project",
        ),
        ("[[release]]\ncomponent = 'web'", "there is no component `web`"),
        ("[[release]]\nlines = '1.4'", "there is no key `lines` here"),
    ];
    for (releases, told) in cases {
        sandbox.write(&[("rehearsal.toml", &scenario(releases))]);
        let wrong = rehearse(&sandbox, &sandbox.work(), &[]).exits(2);
        assert!(wrong.stderr.contains(told), "{releases}: {}", wrong.stderr);
        assert!(wrong.stderr.contains("rehearsal.toml:"), "{releases}: {}", wrong.stderr);
    }
}

#[test]
fn what_a_command_refuses_is_told_at_the_release_that_asks_for_it() {
    let sandbox = Sandbox::new(OWN);
    let cases = [
        (
            "a hotfix of nothing",
            "[[release]]\nhotfix = '1.4.1'\ncommit = [{ message = 'fix: a door' }]",
        ),
        (
            "a line below one that is cut",
            "[[release]]\nline = '1.4'\nup-to = 'dev'\ncommit = [{ message = 'feat: a door' }]\n\n\
             [[release]]\nline = '1.3'\ncommit = [{ message = 'feat: a window' }]",
        ),
        (
            "nothing to release on a line",
            "[[release]]\nline = '1.4'\nup-to = 'dev'\ncommit = [{ message = 'feat: a door' }]\n\n\
             [[release]]\nline = '1.4'\ncommit = [{ message = 'docs: the door', files = { door = 'wood' } }]",
        ),
    ];
    let told: Vec<String> = cases
        .iter()
        .map(|(what, releases)| {
            sandbox.write(&[("rehearsal.toml", &scenario(releases))]);
            let wrong = rehearse(&sandbox, &sandbox.work(), &["--color", "never"]).exits(2);
            let (_, error) = wrong.stderr.split_once("rehearsal.toml has").unwrap();
            let masked = error.split(' ').map(|word| {
                match word.len() == 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    true => "COMMIT",
                    false => word,
                }
            });
            format!("{what}\nrehearsal.toml has{}", masked.collect::<Vec<_>>().join(" "))
        })
        .collect();
    insta::assert_snapshot!("rehearse_refusals", told.join("\n"));
}
