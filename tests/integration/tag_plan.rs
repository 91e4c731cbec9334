//! The rules of the next version, as tables.

use std::collections::BTreeMap;

use tidegate::model::change::Change;
use tidegate::model::commit::{Person, Tag};
use tidegate::model::name::CommitId;
use tidegate::model::ownership::Ownership;
use tidegate::model::refusal::Refusal;
use tidegate::model::state::ComponentState;
use tidegate::model::step::Action;
use tidegate::model::version::{Bump, Channel, Maintenance, Version, ZeroMajor};
use tidegate::plan::changes::{Changes, ReleaseAs};
use tidegate::plan::tag::line::{Line, template};
use tidegate::plan::tag::next::next;
use tidegate::plan::tag::steps::{Surroundings, steps};
use tidegate::plan::tag::tags::{VersionTag, VersionTags, after_cut, bases, standing, version_tags};
use tidegate::plan::tag::{Chosen, Decision, Facts, Span, Wanted, channel_of, decide, rivals, settle};

fn id(number: u8) -> CommitId {
    format!("{number:040x}").parse().unwrap()
}

fn tag(name: &str, commit: u8) -> Tag {
    Tag {
        name: name.to_owned(),
        commit: id(commit),
    }
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

/// A change: `feat`, `fix` or another type; `!` after it breaks.
fn change(commit: u8, kind: &str) -> Change {
    let plain = kind.trim_end_matches('!');
    let usual = match plain {
        "feat" => Some(Bump::Minor),
        "fix" => Some(Bump::Patch),
        _ => None,
    };
    let breaking = kind.ends_with('!');
    Change {
        commit: id(commit),
        kind: plain.to_owned(),
        scope: None,
        description: format!("change {commit}"),
        breaking: breaking.then(|| "it breaks".to_owned()),
        bump: if breaking { Some(Bump::Major) } else { usual },
        pull_request: None,
        authors: [Person {
            name: "One".to_owned(),
            email: "one@example.com".to_owned(),
        }]
        .into(),
        time: jiff::Timestamp::UNIX_EPOCH,
    }
}

/// A straight history: commit N reaches commits 1 to N; tags on commits from 100 on are reached by nothing here.
struct Case {
    tags: VersionTags,
    /// Each commit with what it changes.
    commits: Vec<(u8, &'static str)>,
    release_as: Vec<(u8, &'static str)>,
    dependency: Vec<(u8, &'static str)>,
    target: u8,
    wanted: Wanted,
    line: Option<Line>,
    maintenance: Maintenance,
    /// The last line that was cut, and where.
    cut: Option<(Line, u8)>,
    zero_major: ZeroMajor,
}

impl Case {
    fn new(tags: &[(&str, u8)], commits: &[(u8, &'static str)]) -> Self {
        Self {
            tags: version_tags("v", tags.iter().map(|(name, commit)| tag(name, *commit)).collect()),
            commits: commits.to_vec(),
            release_as: Vec::new(),
            dependency: Vec::new(),
            target: 9,
            wanted: Wanted::Next(None),
            line: None,
            maintenance: Maintenance::Patch,
            cut: None,
            zero_major: ZeroMajor::Cargo,
        }
    }

    fn wanting(self, wanted: Wanted) -> Self {
        Self { wanted, ..self }
    }

    fn rc(self) -> Self {
        self.wanting(Wanted::Next(Some("rc".parse().unwrap())))
    }

    fn on_line(self, line: &str) -> Self {
        let line = Some(line.parse().unwrap());
        Self { line, ..self }
    }

    fn cut(self, line: &str, commit: u8) -> Self {
        let cut = Some((line.parse().unwrap(), commit));
        Self { cut, ..self }
    }

    fn on_commit(self, target: u8) -> Self {
        Self { target, ..self }
    }

    fn decided(&self) -> Result<Decision, Refusal> {
        self.with_facts(|facts| {
            let decision = decide(facts)?;
            let rivals = rivals(facts, &decision);
            let number = |tag: &&&VersionTag| tag.tag.commit > id(self.target) && tag.tag.commit < id(100);
            let above: Vec<&VersionTag> = rivals.iter().filter(number).copied().collect();
            settle(facts, decision, &rivals, &above)
        })
    }

    fn with_facts<T>(&self, then: impl FnOnce(&Facts<'_>) -> T) -> T {
        let (component, initial, target) = ("app".parse().unwrap(), version("0.1.0"), id(self.target));
        let carried = standing(&self.tags, &target, &self.wanted, self.line.as_ref());
        let bases = bases(&self.tags, carried, &self.wanted, self.line.as_ref());
        let reached = |tags: &[&VersionTag]| {
            tags.iter()
                .find(|tag| tag.tag.commit <= target)
                .map(|tag| (*tag).clone())
        };
        let (mut stable, latest) = (reached(&bases.stable), reached(&bases.any));
        let mut previous = reached(&bases.previous);
        if let Some((line, commit)) = self.cut {
            let base = after_cut(&self.tags, line, tag("release/x", commit));
            for place in [&mut stable, &mut previous] {
                if !place.as_ref().is_some_and(|tag| line.holds(&tag.version)) {
                    *place = Some(base.clone());
                }
            }
        }
        let (whole, fresh) = (self.span(stable.as_ref()), self.span(previous.as_ref()));
        then(&Facts {
            component: &component,
            prefix: "v",
            wanted: &self.wanted,
            zero_major: self.zero_major,
            initial: &initial,
            line: self.line,
            hotfix: None,
            maintenance: self.maintenance,
            cut: self.cut.map(|(line, _)| line),
            target: &target,
            tags: &self.tags,
            stable: stable.as_ref(),
            latest: latest.as_ref(),
            previous: previous.as_ref(),
            whole: &whole,
            fresh: &fresh,
        })
    }

    fn span(&self, since: Option<&VersionTag>) -> Span {
        let counts = |commit: u8| commit <= self.target && since.is_none_or(|since| id(commit) > since.tag.commit);
        let changes = |list: &[(u8, &str)]| Changes {
            changes: list
                .iter()
                .rev()
                .filter(|(commit, _)| counts(*commit))
                .map(|(commit, kind)| change(*commit, kind))
                .collect(),
            commits: list.iter().filter(|(commit, _)| counts(*commit)).count(),
            ..Changes::default()
        };
        let footers = self.release_as.iter().rev().filter(|(commit, _)| counts(*commit));
        Span {
            changes: Changes {
                release_as: footers
                    .map(|(commit, text)| ReleaseAs {
                        commit: id(*commit),
                        text: (*text).to_owned(),
                        version: text.parse().ok(),
                    })
                    .collect(),
                ..changes(&self.commits)
            },
            dependencies: vec![("lib".parse().unwrap(), changes(&self.dependency))],
        }
    }

    fn created(&self) -> Chosen {
        match self.decided() {
            Ok(Decision::Create(chosen)) => chosen,
            other => panic!("{other:?}"),
        }
    }

    fn tag(&self) -> String {
        self.created().tag
    }

    fn refused(&self) -> Refusal {
        match self.decided() {
            Err(refusal) => refusal,
            other => panic!("{other:?}"),
        }
    }

    fn is_nothing(&self) -> bool {
        matches!(self.decided(), Ok(Decision::None(_)))
    }
}

/// The rows of the first table on the page that has this heading, without the heading.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(crate::common::repository().join("docs/commands/tag.md")).unwrap();
    let table = page.lines().skip_while(|line| *line != heading).skip(2);
    let cells = |line: &str| {
        line.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    table.take_while(|line| line.starts_with('|')).map(cells).collect()
}

fn bump(word: &str) -> Bump {
    serde_json::from_value(serde_json::json!(word)).unwrap()
}

#[test]
fn the_table_of_zero_major_in_the_documentation_is_the_rule() {
    let rows = rows("| base | asks for | `cargo` (default) | `shift` | `literal` |");
    assert_eq!(rows.len(), 13);
    for row in &rows {
        for (place, zero_major) in [(2, ZeroMajor::Cargo), (3, ZeroMajor::Shift), (4, ZeroMajor::Literal)] {
            let found = next(&version(&row[0]), bump(&row[1]), zero_major).to_string();
            assert_eq!(found, row[place], "{row:?} {zero_major:?}");
        }
    }
}

#[test]
fn the_table_of_candidates_in_the_documentation_is_the_rule() {
    let rows = rows("| tags that the commit reaches | commits since | command | gives |");
    assert_eq!(rows.len(), 12);
    for row in &rows {
        let tags: Vec<(String, u8)> = row[0]
            .split(", ")
            .filter(|name| *name != "–")
            .enumerate()
            .map(|(place, name)| (name.to_owned(), 1 + u8::try_from(place).unwrap()))
            .collect();
        let tags: Vec<(&str, u8)> = tags.iter().map(|(name, commit)| (name.as_str(), *commit)).collect();
        // The commits before the last tag are what it was made for.
        let kinds: Vec<&'static str> = row[1]
            .split(", ")
            .filter(|kind| *kind != "–")
            .map(|kind| {
                ["feat", "feat!", "fix", "docs"]
                    .into_iter()
                    .find(|known| *known == kind)
                    .unwrap()
            })
            .collect();
        let mut commits = vec![(u8::try_from(tags.len()).unwrap(), "fix")];
        commits.extend(
            kinds
                .iter()
                .enumerate()
                .map(|(place, kind)| (4 + u8::try_from(place).unwrap(), *kind)),
        );
        let case = Case::new(&tags, &commits);
        let case = match row[2].trim_matches('`') {
            "tag" => case,
            "tag --channel rc" => case.rc(),
            "tag --channel beta" => case.wanting(Wanted::Next(Some("beta".parse().unwrap()))),
            "tag --final" => case.wanting(Wanted::Final).on_commit(if kinds.is_empty() {
                u8::try_from(tags.len()).unwrap()
            } else {
                9
            }),
            other => panic!("{other}"),
        };
        let found = match case.decided() {
            Ok(Decision::Create(chosen)) => chosen.tag,
            Ok(Decision::None(_)) => "no release".to_owned(),
            Err(_) => "refused".to_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!(found, row[3], "{row:?}");
    }
}

#[test]
fn a_branch_goes_on_with_the_line_after_the_one_that_was_cut_from_it() {
    type Row = (&'static [(&'static str, u8)], &'static str, &'static str, &'static str);
    // 1.4 was cut at commit 3, where rc.1 is; commits from 100 on are the release branch's.
    let table: [Row; 9] = [
        (&[("v1.3.0", 1), ("v1.4.0-rc.1", 3)], "feat", "v1.5.0", "v1.4.0-rc.1"),
        (&[("v1.3.0", 1), ("v1.4.0-rc.1", 3)], "fix", "v1.5.0", "v1.4.0-rc.1"),
        (&[("v1.3.0", 1), ("v1.4.0-rc.1", 3)], "feat!", "v2.0.0", "v1.4.0-rc.1"),
        (&[("v1.3.0", 1), ("v1.4.0-rc.1", 3)], "docs", "-", ""),
        (&[("v1.3.0", 1), ("v1.4.0", 100)], "fix", "v1.5.0", "v1.4.0"),
        (
            &[("v1.3.0", 1), ("v1.4.0", 3), ("v1.4.2", 100)],
            "feat",
            "v1.5.0",
            "v1.4.0",
        ),
        // The release branch was merged back.
        (&[("v1.3.0", 1), ("v1.4.2", 4)], "fix", "v1.5.0", "v1.4.2"),
        // Nothing was released before.
        (&[("v1.4.0-rc.1", 3)], "fix", "v1.5.0", "v1.4.0-rc.1"),
        (&[], "fix", "v1.5.0", "release/x"),
    ];
    for (tags, kind, expected, base) in table {
        let case = Case::new(tags, &[(2, "feat"), (3, "feat"), (5, kind)]).cut("1.4", 3);
        if expected == "-" {
            assert!(case.is_nothing(), "{tags:?} {kind}");
            continue;
        }
        let chosen = case.created();
        let why = chosen.why.unwrap();
        assert_eq!(
            (chosen.tag.as_str(), why.base.as_deref()),
            (expected, Some(base)),
            "{tags:?} {kind}"
        );
    }
    let case = || Case::new(&[("v1.3.0", 1), ("v1.4.0-rc.1", 3)], &[(2, "feat"), (5, "fix")]).cut("1.4", 3);
    assert_eq!(case().rc().tag(), "v1.5.0-rc.1");
    assert!(case().on_commit(3).is_nothing(), "what is there goes out with the line");
    let refusal = case().wanting(Wanted::Version(version("1.4.7"))).refused();
    assert!(
        refusal.reason.contains("not beyond the release line 1.4"),
        "{}",
        refusal.reason
    );
    assert_eq!(case().wanting(Wanted::Version(version("1.5.0"))).tag(), "v1.5.0");
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
fn without_a_base_the_first_version_is_made() {
    for kind in ["fix", "feat", "feat!"] {
        assert_eq!(Case::new(&[], &[(1, kind)]).tag(), "v0.1.0");
    }
    assert_eq!(Case::new(&[], &[(1, "feat")]).rc().tag(), "v0.1.0-rc.1");
}

#[test]
fn the_largest_bump_decides_and_is_explained() {
    let case = Case::new(&[("v1.2.3", 1)], &[(2, "feat"), (3, "docs"), (4, "feat"), (5, "fix")]);
    let chosen = case.created();
    assert_eq!((chosen.tag.as_str(), chosen.bump), ("v1.3.0", Some(Bump::Minor)));
    assert_eq!(
        chosen.explanation,
        "v1.2.3 → 1.3.0: 000000000 \"feat: change 4\": `feat` asks for a minor version (4 commits of app since v1.2.3, 0 of them not conventional)"
    );
    let why = chosen.why.unwrap();
    assert_eq!(
        (why.base.as_deref(), why.commit, why.commits),
        (Some("v1.2.3"), Some(id(4)), 4)
    );
}

#[test]
fn commits_that_release_nothing_give_no_version() {
    assert!(Case::new(&[("v1.2.3", 1)], &[]).is_nothing());
    assert!(Case::new(&[("v1.2.3", 1)], &[(2, "docs"), (3, "chore")]).is_nothing());
    assert!(Case::new(&[], &[(2, "docs")]).is_nothing());
    assert!(Case::new(&[("v1.2.3", 1)], &[(2, "docs")]).rc().is_nothing());
}

#[test]
fn a_dependency_asks_for_a_patch() {
    let mut case = Case::new(&[("v1.2.3", 1)], &[(2, "docs")]);
    case.dependency = vec![(3, "feat!")];
    let chosen = case.created();
    assert_eq!(chosen.tag, "v1.2.4");
    assert!(
        chosen
            .explanation
            .contains("a change of lib, which it depends on, asks for a patch"),
        "{}",
        chosen.explanation
    );
    let told = case.with_facts(|facts| facts.fresh.told());
    let lines: Vec<&str> = told.iter().map(|change| change.description.as_str()).collect();
    assert_eq!(lines, ["built on a newer lib", "change 2"]);
    case.commits.push((4, "feat"));
    assert_eq!(case.tag(), "v1.3.0", "its own commits ask for more");
    let mut old = Case::new(&[("v1.2.3", 5)], &[]);
    old.dependency = vec![(3, "fix")];
    assert!(old.is_nothing(), "the dependency's change is out already");
}

#[test]
fn a_version_given_by_hand_must_rise_and_be_free() {
    let by_hand = |tags: &[(&str, u8)], text: &str| Case::new(tags, &[]).wanting(Wanted::Version(version(text)));
    let tags = [("v1.2.3", 1), ("v2.0.0", 108)];
    let chosen = by_hand(&tags, "1.3.0-rc.1").created();
    assert_eq!((chosen.tag.as_str(), chosen.bump), ("v1.3.0-rc.1", None));
    for lower in ["1.2.3", "1.2.3+again", "1.2.2", "1.2.3-rc.9"] {
        let refusal = by_hand(&tags, lower).refused();
        assert!(refusal.reason.contains("not above v1.2.3"), "{refusal:?}");
    }
    let taken = by_hand(&tags, "2.0.0+other").refused();
    assert!(
        taken.reason.contains(id(108).as_str()) && taken.reason.contains(id(9).as_str()),
        "{taken:?}"
    );
    let outside = by_hand(&tags, "1.4.0").on_line("1.3").refused();
    assert!(outside.reason.contains("release line 1.3"), "{outside:?}");
}

#[test]
fn a_version_that_the_commit_carries_is_the_answer() {
    let tags = [("v1.2.3-rc.1", 9), ("v1.2.3", 9), ("v3.0.0", 108)];
    let carried = |wanted| match Case::new(&tags, &[(9, "feat")]).wanting(wanted).decided() {
        Ok(Decision::Exists(chosen)) => chosen.tag,
        other => panic!("{other:?}"),
    };
    assert_eq!(carried(Wanted::Next(None)), "v1.2.3");
    assert_eq!(carried(Wanted::Final), "v1.2.3");
    assert_eq!(carried(Wanted::Next(Some("rc".parse().unwrap()))), "v1.2.3-rc.1");
    assert_eq!(carried(Wanted::Version(version("1.2.3-rc.1"))), "v1.2.3-rc.1");
    let candidate = Case::new(&[("v1.2.2", 1), ("v1.2.3-rc.1", 9)], &[(9, "fix")]);
    assert_eq!(candidate.tag(), "v1.2.3", "a candidate is no stable version");
}

#[test]
fn a_footer_asks_for_a_version_once() {
    let asking = |tags: &[(&str, u8)], footers: &[(u8, &'static str)]| {
        let mut case = Case::new(tags, &[(2, "fix")]);
        case.release_as = footers.to_vec();
        case
    };
    let base = [("v1.2.3", 1)];
    let chosen = asking(&base, &[(3, "2.0.0")]).created();
    assert_eq!(chosen.tag, "v2.0.0");
    assert!(
        chosen.explanation.contains("its footer asks for 2.0.0"),
        "{}",
        chosen.explanation
    );
    assert_eq!(asking(&base, &[(3, "2.0.0")]).rc().tag(), "v2.0.0-rc.1");
    assert_eq!(
        asking(&base, &[(3, "9.0.0"), (4, "2.0.0")]).tag(),
        "v2.0.0",
        "the newest counts"
    );
    assert_eq!(
        asking(&[("v1.2.3", 1), ("v2.0.0", 108)], &[(3, "2.0.0")]).tag(),
        "v1.2.4",
        "a version that is tagged is used up"
    );
    let candidates = [("v1.2.3", 1), ("v2.0.0-rc.1", 4)];
    let mut second = asking(&candidates, &[(3, "2.0.0")]).rc();
    assert!(second.is_nothing(), "nothing came after the first candidate");
    second.commits.push((5, "fix"));
    assert_eq!(second.tag(), "v2.0.0-rc.2");
    assert!(
        asking(&base, &[(3, "1.2.2")])
            .refused()
            .reason
            .contains("not above v1.2.3")
    );
    assert!(
        asking(&base, &[(3, "next")])
            .refused()
            .reason
            .contains("no semantic version")
    );
    let outside = asking(&base, &[(3, "2.0.0")]).on_line("1.2").refused();
    assert!(outside.reason.contains("release line 1.2"), "{outside:?}");
}

#[test]
fn a_release_line_takes_patches_and_its_own_tags() {
    let tags = [("v1.3.0", 1), ("v1.4.0", 2), ("v1.5.0", 3), ("v1.5.1", 108)];
    let feature = Case::new(&tags, &[(4, "feat!")]).on_line("1.4");
    let chosen = feature.created();
    assert_eq!((chosen.tag.as_str(), chosen.bump), ("v1.4.1", Some(Bump::Patch)));
    assert!(
        chosen.explanation.contains("the release line 1.4 takes patches only"),
        "{}",
        chosen.explanation
    );
    let any = Case {
        maintenance: Maintenance::Any,
        ..Case::new(&[("v1.4.0", 2)], &[(4, "feat")]).on_line("1.4")
    };
    assert_eq!(any.tag(), "v1.5.0");
    let first = Case::new(&[("v1.3.0", 1)], &[(2, "fix")]).on_line("1.4");
    assert_eq!(first.tag(), "v1.4.0", "the line says what its first version is");
    assert_eq!(first.rc().tag(), "v1.4.0-rc.1");
    let taken = Case::new(&[("v1.4.0", 2), ("v1.4.1", 108)], &[(4, "fix")])
        .on_line("1.4")
        .refused();
    assert!(taken.reason.contains("v1.4.1 is on commit"), "{taken:?}");
    assert!(Case::new(&[("v1.4.0", 2)], &[(4, "docs")]).on_line("1.4").is_nothing());
    let early = Case::new(&[("v1.3.0", 9)], &[(2, "fix")]).on_line("1.4");
    assert_eq!(early.tag(), "v1.4.0", "what the commit carries is of another line");
}

#[test]
fn which_branch_is_a_release_line() {
    let (usual, of_many) = (template(None, false), template(None, true));
    let table = [
        (of_many, "release/app-1.4", Some("1.4")),
        (of_many, "release/web-1.4", None),
        (usual, "release/1.4", Some("1.4")),
        (usual, "release/1.4.2", None),
        (usual, "release/01.4", None),
        (usual, "feature/release/1.4", None),
        (usual, "main", None),
        ("release-{{{major}}}.{{{minor}}}", "release-10.0", Some("10.0")),
        (
            "stable/{{{component}}}/{{{major}}}.{{{minor}}}",
            "stable/app/2.11",
            Some("2.11"),
        ),
        (
            "stable/{{{component}}}/{{{major}}}.{{{minor}}}",
            "stable/web/2.11",
            None,
        ),
        ("v2/{{{major}}}.{{{minor}}}", "v2/3.1", Some("3.1")),
    ];
    for (template, branch, expected) in table {
        let line = Line::of_branch(template, branch, "app").map(|line| line.to_string());
        assert_eq!(line.as_deref(), expected, "{template} {branch}");
    }
}

#[test]
fn which_channel_a_branch_has() {
    let channel = |name: &str| name.parse::<Channel>().unwrap();
    let channels = BTreeMap::from([
        ("develop".to_owned(), channel("beta")),
        ("release/*".to_owned(), channel("rc")),
        ("release/0.*".to_owned(), channel("alpha")),
    ]);
    let table = [
        ("develop", Some("beta")),
        ("release/1.4", Some("rc")),
        ("release/0.9", Some("alpha")),
        ("main", None),
    ];
    for (branch, expected) in table {
        let found = channel_of(&channels, branch).map(|channel| channel.to_string());
        assert_eq!(found.as_deref(), expected, "{branch}");
    }
    for bad in ["", "RC", "rc1", "rc.1", "pre-release"] {
        assert!(bad.parse::<Channel>().is_err(), "{bad}");
    }
}

#[test]
fn candidates_written_in_two_ways_are_not_mixed() {
    let mixed = Case::new(&[("v1.2.3", 1), ("v1.3.0-rc2", 3)], &[(2, "feat"), (4, "fix")]).rc();
    let refusal = mixed.refused();
    assert!(
        refusal.reason.contains("v1.3.0-rc2 is written without a dot"),
        "{refusal:?}"
    );
    let earlier = Case::new(&[("v1.2.3", 3), ("v1.2.3-rc2", 2)], &[(4, "fix")]).rc();
    assert_eq!(earlier.tag(), "v1.2.4-rc.1", "an earlier version's way does not matter");
    let finished = Case::new(&[("v1.2.3", 1), ("v1.3.0-rc2", 3)], &[(2, "feat")]).wanting(Wanted::Final);
    assert_eq!(finished.on_commit(3).tag(), "v1.3.0");
}

#[test]
fn a_candidate_counts_on_from_every_tag_of_its_version() {
    let elsewhere = Case::new(&[("v1.2.3", 1), ("v1.2.4-rc.7", 108)], &[(2, "fix")]).rc();
    assert_eq!(elsewhere.tag(), "v1.2.4-rc.8");
    let released = Case::new(&[("v1.2.3", 1), ("v1.2.4", 108)], &[(2, "fix")])
        .rc()
        .refused();
    assert!(released.reason.contains("v1.2.4 is released already"), "{released:?}");
}

#[test]
fn only_the_last_candidate_becomes_final() {
    let tags = [("v1.2.3", 1), ("v1.3.0-rc.1", 3), ("v1.3.0-rc.2", 5)];
    let finish = |target| {
        Case::new(&tags, &[(2, "feat"), (4, "fix")])
            .wanting(Wanted::Final)
            .on_commit(target)
    };
    let chosen = finish(5).created();
    assert_eq!((chosen.tag.as_str(), chosen.bump), ("v1.3.0", Some(Bump::Minor)));
    let moved = finish(6).refused();
    assert!(
        moved.reason.contains(id(5).as_str()) && moved.reason.contains(id(6).as_str()),
        "{moved:?}"
    );
    let none = Case::new(&[("v1.2.3", 1)], &[(2, "fix")])
        .wanting(Wanted::Final)
        .refused();
    assert!(none.reason.contains("no candidate"), "{none:?}");
}

#[test]
fn what_went_out_with_a_commit_above_is_superseded() {
    let tags = [("v1.2.3", 1), ("v1.3.0", 8)];
    let superseded = |case: Case| match case.decided() {
        Ok(Decision::Superseded { version, by }) => (version.to_string(), by),
        other => panic!("{other:?}"),
    };
    let old = || Case::new(&tags, &[(2, "feat"), (5, "fix")]).on_commit(4);
    assert_eq!(superseded(old()), ("1.3.0".to_owned(), "v1.3.0".to_owned()));
    assert_eq!(superseded(old().rc()).1, "v1.3.0");
    let higher = Case::new(&[("v1.2.3", 1), ("v1.3.0", 8)], &[(2, "fix")]).on_commit(4);
    assert_eq!(superseded(higher), ("1.2.4".to_owned(), "v1.3.0".to_owned()));
    let by_hand = old().wanting(Wanted::Version(version("1.3.0"))).refused();
    assert!(by_hand.reason.contains("v1.3.0 is on commit"), "{by_hand:?}");
    let line = old().on_line("1.2");
    assert_eq!(line.tag(), "v1.2.4", "a later line takes nothing from this one");
}

#[test]
fn what_is_left_to_do() {
    let case = Case::new(&[("v1.2.3", 9)], &[]);
    let (same, other) = (id(9), id(7));
    let left = |remote, recorded: Option<&ComponentState>| {
        case.with_facts(|facts| {
            let decision = decide(facts)?;
            let steps = steps(
                facts,
                &decision,
                &Surroundings {
                    remote,
                    recorded,
                    ..Surroundings::default()
                },
            )?;
            Ok::<_, Refusal>(steps.into_iter().map(|step| step.action).collect::<Vec<_>>())
        })
    };
    let nothing = ComponentState::default();
    let recording = Some(&nothing);
    assert!(matches!(
        left(None, recording).unwrap().as_slice(),
        [Action::Record { .. }]
    ));
    assert!(
        left(None, None).unwrap().is_empty(),
        "where no ledger is kept nothing is recorded"
    );
    assert!(matches!(
        left(Some(Some(&same)), recording).unwrap().as_slice(),
        [Action::Record { .. }]
    ));
    assert!(matches!(
        left(Some(None), recording).unwrap().as_slice(),
        [Action::PushRef { .. }, Action::Record { .. }]
    ));
    let refused = left(Some(Some(&other)), recording).unwrap_err();
    assert!(refused.reason.contains(other.as_str()), "{refused:?}");
}
