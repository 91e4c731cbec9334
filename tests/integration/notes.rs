//! Notes of a release: what is told, in which order, and that the text of a commit stays text.

mod escape;
mod page;

use jiff::Timestamp;
use tidegate::model::change::Change;
use tidegate::model::commit::Person;
use tidegate::model::name::ComponentName;
use tidegate::model::version::{Bump, Version};
use tidegate::plan::notes::{Facts, LIMIT, Links, Section, Sections, message, notes, render, shorten};

/// A change from `type(scope)!: description`; the older, the lower its number.
pub fn change(number: u64, header: &str) -> Change {
    let (head, description) = header.split_once(": ").unwrap();
    let (head, breaking) = match head.strip_suffix('!') {
        Some(head) => (head, true),
        None => (head, false),
    };
    let (kind, scope) = match head.split_once('(') {
        Some((kind, scope)) => (kind, Some(scope.trim_end_matches(')').to_owned())),
        None => (head, None),
    };
    let bump = match kind {
        _ if breaking => Some(Bump::Major),
        "feat" => Some(Bump::Minor),
        "fix" | "perf" | "revert" => Some(Bump::Patch),
        _ => None,
    };
    Change {
        commit: format!("{number:040x}").parse().unwrap(),
        kind: kind.to_owned(),
        scope,
        description: description.to_owned(),
        breaking: breaking.then(|| description.to_owned()),
        bump,
        pull_request: None,
        authors: [person("Ada Lovelace", "ada@example.com")].into(),
        time: Timestamp::from_second(number.try_into().unwrap()).unwrap(),
    }
}

pub fn person(name: &str, email: &str) -> Person {
    Person {
        name: name.to_owned(),
        email: email.to_owned(),
    }
}

/// A release of these changes.
pub struct Case {
    component: ComponentName,
    version: Version,
    previous: Option<&'static str>,
    links: Option<Links>,
    sections: Sections,
    pub changes: Vec<Change>,
}

impl Case {
    pub fn new(changes: Vec<Change>) -> Self {
        Self {
            component: "api".parse().unwrap(),
            version: Version::new(1, 2, 0),
            previous: Some("v1.1.0"),
            links: None,
            sections: Sections::default(),
            changes,
        }
    }

    /// From headers, the newest first.
    pub fn of(headers: &[&str]) -> Self {
        let numbered = headers.iter().rev().zip(1_000_000u64..);
        let mut changes: Vec<Change> = numbered.map(|(header, number)| change(number, header)).collect();
        changes.reverse();
        Self::new(changes)
    }

    pub fn linked(mut self) -> Self {
        self.links = Some(github());
        self
    }

    pub fn facts(&self) -> Facts<'_> {
        Facts {
            component: &self.component,
            version: &self.version,
            tag: "v1.2.0",
            previous_tag: self.previous,
            date: jiff::civil::date(2026, 1, 31),
            changes: &self.changes,
            links: self.links.as_ref(),
            sections: &self.sections,
            many: false,
        }
    }

    pub fn text(&self) -> String {
        render(&notes(&self.facts()), None).unwrap().unwrap()
    }

    /// The lines of changes up to their parenthesis, and the headings.
    fn told(&self) -> Vec<String> {
        let text = self.text();
        let lines = text.lines().filter(|line| !line.is_empty());
        lines.map(|line| line.split(" (").next().unwrap().to_owned()).collect()
    }
}

pub fn github() -> Links {
    Links {
        server: "https://github.com".to_owned(),
        repository: "demo/api".to_owned(),
    }
}

#[test]
fn sections_scopes_and_age_order_the_changes() {
    let case = Case::of(&[
        "fix(web): newest of web",
        "feat: newest without scope",
        "docs: a page",
        "feat(web): newest feature of web",
        "fix(security): leak of a token",
        "feat(api): only one of api",
        "refactor(core)!: no more v1",
        "perf: faster",
        "deprecate: the old flag",
        "remove: the older flag",
        "feat(web): oldest feature of web",
        "revert: a colour",
        "feat: oldest without scope",
        "chore: tidy",
    ]);
    let expected = [
        "### Breaking changes",
        "- **core:** no more v1",
        "### Added",
        "- oldest without scope",
        "- newest without scope",
        "- **api:** only one of api",
        "- **web:** oldest feature of web",
        "- **web:** newest feature of web",
        "### Changed",
        "- a colour",
        "- faster",
        "### Deprecated",
        "- the old flag",
        "### Removed",
        "- the older flag",
        "### Fixed",
        "- **web:** newest of web",
        "### Security",
        "- **security:** leak of a token",
    ];
    assert_eq!(case.told(), expected);
}

#[test]
fn the_changes_of_one_commit_stay_in_its_order() {
    let mut case = Case::of(&["feat: newer", "feat: one", "feat: two", "feat: older"]);
    case.changes[2].commit = case.changes[1].commit.clone();
    assert_eq!(case.told()[1..], ["- older", "- one", "- two", "- newer"]);
}

#[test]
fn the_table_decides_what_is_told() {
    let section = |title: &str, types: &[&str]| Section {
        title: title.to_owned(),
        types: types.iter().map(|kind| (*kind).to_owned()).collect(),
    };
    let cases: [(&[Section], &[&str]); 4] = [
        (&[section("New", &["feat"])], &["### New", "- a"]),
        (&[section("Pages", &["docs"])], &["### Pages", "- c"]),
        (&[section("All", &["*"])], &["### All", "- d", "- b", "- a"]),
        (
            &[section("Rest", &["*"]), section("Web", &["FIX(Web)"])],
            &["### Rest", "- b", "- a", "### Web", "- **web:** d"],
        ),
    ];
    for (table, expected) in cases {
        let mut case = Case::of(&["feat: a", "fix: b", "docs: c", "fix(web): d"]);
        if table.len() == 1 {
            case.changes[3].scope = None;
        }
        case.sections = Sections::new(table.to_vec());
        assert_eq!(case.told(), expected, "{table:?}");
    }
    let mut case = Case::of(&["build: for a new platform", "chore!: gone"]);
    case.changes[0].bump = Some(Bump::Patch);
    let expected = ["### Breaking changes", "- gone", "### Changed", "- for a new platform"];
    assert_eq!(case.told(), expected, "what asks for a release is told");
}

#[test]
fn a_line_links_what_it_comes_from() {
    let mut case = Case::of(&["feat(api)!: drop v1"]).linked();
    let change = &mut case.changes[0];
    change.commit = "0123456789012345678901234567890123456789".parse().unwrap();
    change.breaking = Some("use v2\ninstead".to_owned());
    change.pull_request = Some(12);
    change.authors = [
        person("Ada Lovelace", "ada@example.com"),
        person("Someone", "1234+octo-cat@users.noreply.github.com"),
        person("Old", "old@users.noreply.github.com"),
        person("bot", "49699333+dependabot[bot]@users.noreply.github.com"),
        person("Else", "1+else@users.noreply.git.example.com"),
        person("Ev(il", "1+a)(b@users.noreply.github.com"),
        person(" ", "blank@example.com"),
    ]
    .into();
    let expected = "### Breaking changes\n\n- **api:** drop v1: use v2 instead \
         ([#12](https://github.com/demo/api/pull/12), \
         [012345678](https://github.com/demo/api/commit/0123456789012345678901234567890123456789)) by \
         Ada Lovelace, [octo-cat](https://github.com/octo-cat), [old](https://github.com/old), \
         [dependabot\\[bot\\]](https://github.com/apps/dependabot), Else, Ev(il\n\n\
         [All changes since v1.1.0](https://github.com/demo/api/compare/v1.1.0...v1.2.0)\n";
    assert_eq!(case.text(), expected);
    case.links = None;
    case.changes[0].authors = case.changes[0].authors[..2].into();
    let expected =
        "### Breaking changes\n\n- **api:** drop v1: use v2 instead (#12, 012345678) by Ada Lovelace, Someone\n";
    assert_eq!(case.text(), expected, "without a server");
    case.links = Some(Links {
        server: "https://git.example.com/".to_owned(),
        repository: "demo/api".to_owned(),
    });
    case.changes[0].authors = [person("Else", "1+else@users.noreply.git.example.com")].into();
    let text = case.text();
    assert!(text.contains("by [else](https://git.example.com/else)\n"), "{text}");
}

#[test]
fn a_crowd_is_counted() {
    let mut case = Case::of(&["feat: a"]);
    case.changes[0].authors = (0..25).map(|one| person(&format!("P{one}"), "x@example.com")).collect();
    let text = case.text();
    assert!(
        text.contains(" by P0, P1, ") && text.contains(", P19, 5 more\n"),
        "{text}"
    );
}

#[test]
fn the_first_release_and_an_empty_one_say_so() {
    let mut case = Case::of(&["docs: a page"]).linked();
    case.previous = None;
    let expected = "No notable changes.\n\n[All commits](https://github.com/demo/api/commits/v1.2.0)\n";
    assert_eq!(case.text(), expected);
    case.links = None;
    assert_eq!(case.text(), "No notable changes.\n");
}

#[test]
fn addresses_hold_whatever_a_tag_holds() {
    let links = github();
    let address = links.compare(Some("api/v1.0.0+a)"), "ä#<v>%");
    assert_eq!(
        address,
        "https://github.com/demo/api/compare/api/v1.0.0%2Ba%29...%C3%A4%23%3Cv%3E%25"
    );
    assert_eq!(links.release("v1"), "https://github.com/demo/api/releases/tag/v1");
}

#[test]
fn a_given_template_is_used_and_its_mistakes_are_told() {
    let case = Case::of(&["feat(<b>): {{{ version }}} {{% raw %}} @all"]);
    let given = |template: &str| render(&notes(&case.facts()), Some(template)).unwrap();
    let line = "{{{ component }}} {{{ version }}} {{{ tag }}} {{{ date }}} {{{ many }}} {{{ previous_tag }}}\n\n\n";
    assert_eq!(given(line).unwrap(), "api 1.2.0 v1.2.0 2026-01-31 False v1.1.0\n");
    let text = given("{{% for change in sections[0].changes %}}\n{{{ change.description }}}\n{{% endfor %}}\n");
    assert_eq!(
        text.unwrap(),
        "{{{ version }}} {{% raw %}} @\u{200b}all\n",
        "data is no template"
    );
    let raw = given("{{{ sections[0].changes[0].raw.scope }}} {{{ sections[0].changes[0].raw.scope | markdown }}}");
    assert_eq!(raw.unwrap(), "<b> &lt;b>\n");
    for (template, mistake) in [
        ("one\n{{{ nothing }}}", "line 2: undefined value"),
        ("{{% if version %}}\nopen", "line 2: syntax error"),
        ("\n\n{{{ version | shout }}}", "line 3: unknown filter"),
    ] {
        let said = given(template).unwrap_err();
        assert!(said.starts_with(mistake), "{template}: {said}");
    }
}

#[test]
fn the_message_of_a_tag_is_plain_text() {
    let mut case = Case::of(&["fix(web): `a` < b, says @all", "feat!: c"]).linked();
    case.changes[0].pull_request = Some(7);
    case.changes[1].breaking = Some("d\n# e".to_owned());
    assert_eq!(
        message(&notes(&case.facts())),
        "api 1.2.0\n\nBreaking changes\n- c: d # e\n\nFixed\n- web: `a` < b, says @\u{200b}all (#7)\n"
    );
    let headers = vec!["fix: a"; 60];
    let mut case = Case::of(&headers);
    case.changes.push(change(1, "feat: b"));
    let text = message(&notes(&case.facts()));
    assert_eq!(text.lines().filter(|line| line.starts_with("- ")).count(), 51);
    assert!(
        text.contains("\nAdded\n- b\n\nFixed\n- a\n") && text.ends_with("- a\n- and 11 more\n"),
        "{text}"
    );
}

#[test]
fn notes_that_are_too_long_are_cut_at_a_line() {
    let text = Case::of(&vec!["feat: ü"; 5_000]).linked().text();
    assert!(text.len() > LIMIT);
    let rest = "[everything](https://example.com)";
    let cut = shorten(&text, LIMIT, rest);
    assert!(cut.len() <= LIMIT && cut.len() > LIMIT - 200, "{}", cut.len());
    let (kept, end) = cut
        .split_once("\n\n")
        .and_then(|(_, body)| body.split_once("\n\n"))
        .unwrap();
    let lines = kept.lines().count();
    assert!(text.contains(&format!("{kept}\n")));
    assert_eq!(
        end,
        format!("{} more lines do not fit here: {rest}\n", 5_002 - 1 - lines)
    );
    for (limit, expected) in [
        (9, "### A\n- b"),
        (8, "\n2 more lines do not fit here: x\n"),
        (0, "\n2 more lines do not fit here: x\n"),
    ] {
        assert_eq!(shorten("### A\n- b", limit, "x"), expected, "{limit}");
    }
    let long = format!("- a\n\n### B\n\n- {}\n", "b".repeat(100));
    assert_eq!(
        shorten(&long, 60, "x"),
        "- a\n\n2 more lines do not fit here: x\n",
        "no heading without its lines"
    );
}
