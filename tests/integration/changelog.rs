//! `CHANGELOG.md` in place: what is there stays, and a second run changes nothing.

use jiff::civil::Date;
use tidegate::model::version::Version;
use tidegate::plan::changelog::{Entry, Inserted, Outcome, insert};
use tidegate::plan::notes::Links;

const TEXT: &str = "### Fixed\n\n- a fix\n";

/// Version 1.2.0 after 1.1.0, or whatever is given.
struct Release {
    version: Version,
    tag: String,
    links: Option<Links>,
    text: String,
    mark: bool,
}

impl Release {
    fn of(version: &str) -> Self {
        Self {
            version: version.parse().unwrap(),
            tag: format!("v{version}"),
            links: None,
            text: TEXT.to_owned(),
            mark: false,
        }
    }

    fn linked(mut self) -> Self {
        self.links = Some(Links {
            server: "https://github.com".to_owned(),
            repository: "demo/api".to_owned(),
        });
        self
    }

    fn marked(mut self) -> Self {
        self.mark = true;
        self
    }

    fn text(mut self, text: &str) -> Self {
        self.text = text.to_owned();
        self
    }

    fn entry(&self) -> Entry<'_> {
        Entry {
            version: &self.version,
            tag: &self.tag,
            previous_tag: Some("v1.1.0"),
            date: Date::constant(2026, 1, 31),
            text: &self.text,
            links: self.links.as_ref(),
            mark: self.mark,
        }
    }

    /// Puts it in twice; the second time changes nothing.
    fn put(&self, existing: Option<&str>) -> String {
        let first = insert(existing, &self.entry()).unwrap();
        assert_eq!(first.outcome, Outcome::Added, "{existing:?}");
        let second = insert(Some(&first.text), &self.entry()).unwrap();
        assert_eq!(
            (second.text.as_str(), second.outcome),
            (first.text.as_str(), Outcome::Same)
        );
        first.text
    }
}

#[test]
fn a_missing_or_empty_file_gets_a_head() {
    let head = "# Changelog\n\nAll notable changes, in the form of [Keep a Changelog](https://keepachangelog.com/en/1.1.0/). \
                Versions follow\n[Semantic Versioning](https://semver.org/).\n";
    let plain = format!("{head}\n## Unreleased\n\n## 1.2.0 - 2026-01-31\n\n{TEXT}");
    for existing in [None, Some(""), Some("\n \n")] {
        assert_eq!(Release::of("1.2.0").put(existing), plain, "{existing:?}");
    }
    assert_eq!(Release::of("1.2.0").put(Some("\u{feff}")), format!("\u{feff}{plain}"));
    let linked = format!(
        "{head}\n## [Unreleased]\n\n## [1.2.0] - 2026-01-31\n\n{TEXT}\n\
         [Unreleased]: https://github.com/demo/api/compare/v1.2.0...HEAD\n\
         [1.2.0]: https://github.com/demo/api/compare/v1.1.0...v1.2.0\n"
    );
    assert_eq!(Release::of("1.2.0").linked().put(None), linked);
}

/// Files before and after 1.2.0, linked.
const CASES: [(&str, &str, &str); 14] = [
    (
        "below Unreleased, above the version before; definitions follow",
        "# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2025-01-01\n\n- old\n\n\
         [Unreleased]: https://github.com/demo/api/compare/v1.1.0...main\n[1.1.0]: https://example.com/1.1.0\n",
        "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-01-31\n\n### Fixed\n\n- a fix\n\n## [1.1.0] - 2025-01-01\n\n- old\n\n\
         [Unreleased]: https://github.com/demo/api/compare/v1.2.0...main\n\
         [1.2.0]: https://github.com/demo/api/compare/v1.1.0...v1.2.0\n[1.1.0]: https://example.com/1.1.0\n",
    ),
    (
        "what people wrote goes along, before the notes",
        "# Changelog\n\n## Unreleased\n\n### Added\n- by hand  \n\n\n## 1.1.0 - 2025-01-01\n- old",
        "# Changelog\n\n## Unreleased\n\n## 1.2.0 - 2026-01-31\n\n### Added\n- by hand\n\n### Fixed\n\n- a fix\n\n## 1.1.0 - 2025-01-01\n- old",
    ),
    (
        "headings without text stay under Unreleased",
        "## Unreleased\n\n### Added\n\n## 1.1.0\n",
        "## Unreleased\n\n### Added\n\n## 1.2.0\n\n### Fixed\n\n- a fix\n\n## 1.1.0\n",
    ),
    (
        "a line that is maintained has its own place, and Unreleased its text",
        "## Unreleased\n\n- next\n\n## v1.5.0 (2025-06-01)\n\n- new\n\n## v1.1.0 (2025-01-01)\n\n- old\n",
        "## Unreleased\n\n- next\n\n## v1.5.0 (2025-06-01)\n\n- new\n\n## v1.2.0 (2026-01-31)\n\n### Fixed\n\n- a fix\n\n## v1.1.0 (2025-01-01)\n\n- old\n",
    ),
    (
        "below all that are higher",
        "# 2.0.0\n\n- two\n\n# 1.9.0\n\n- nine\n",
        "# 2.0.0\n\n- two\n\n# 1.9.0\n\n- nine\n\n# 1.2.0\n\n### Fixed\n\n- a fix\n",
    ),
    (
        "above its own candidate",
        "## 1.2.0-rc.1 - 2026-01-01\n\n- old\n",
        "## 1.2.0 - 2026-01-31\n\n### Fixed\n\n- a fix\n\n## 1.2.0-rc.1 - 2026-01-01\n\n- old\n",
    ),
    (
        "a link in the heading",
        "# Changelog\n\n### [1.1.1](https://example.com/a...b) (2025-01-01)\n\n- old\n",
        "# Changelog\n\n## [1.2.0](https://github.com/demo/api/compare/v1.1.0...v1.2.0) (2026-01-31)\n\n### Fixed\n\n- a fix\n\n\
         ### [1.1.1](https://example.com/a...b) (2025-01-01)\n\n- old\n",
    ),
    (
        "other signs before the date",
        "## 1.1.0 — 2025-01-01\n",
        "## 1.2.0 — 2026-01-31\n\n### Fixed\n\n- a fix\n\n## 1.1.0 — 2025-01-01\n",
    ),
    (
        "no version yet: after the head, before other headings",
        "# Changelog\n\nOurs.\n\n## How to read this\n\nWell.\n",
        "# Changelog\n\nOurs.\n\n## [1.2.0] - 2026-01-31\n\n### Fixed\n\n- a fix\n\n## How to read this\n\nWell.\n\n\
         [1.2.0]: https://github.com/demo/api/compare/v1.1.0...v1.2.0\n",
    ),
    (
        "no heading at all",
        "Our changes",
        "Our changes\n\n## [1.2.0] - 2026-01-31\n\n### Fixed\n\n- a fix\n\n[1.2.0]: https://github.com/demo/api/compare/v1.1.0...v1.2.0\n",
    ),
    (
        "code, comments and front matter are no headings",
        "---\n# 1.3.0\n---\n# Log\n\n```md\n## 1.1.0\n```\n\n<!--\n## 1.1.0\n-->\n\n    ## 1.1.0\n\n## 1.0.0\n",
        "---\n# 1.3.0\n---\n# Log\n\n```md\n## 1.1.0\n```\n\n<!--\n## 1.1.0\n-->\n\n    ## 1.1.0\n\n## 1.2.0\n\n### Fixed\n\n- a fix\n\n## 1.0.0\n",
    ),
    (
        "a block that is never closed hides nothing",
        "# Log\n\n````\n## 1.1.0\n```\n\n    <!-- x\n",
        "# Log\n\n````\n\n## 1.2.0\n\n### Fixed\n\n- a fix\n\n## 1.1.0\n```\n\n    <!-- x\n",
    ),
    (
        "line breaks of Windows and a byte order mark",
        "\u{feff}# Log\r\n\r\n## [Unreleased]\r\n- hand\r\n\r\n## [1.1.0]\r\n\r\n- old\r\n\r\n[1.1.0]: x\r\n",
        "\u{feff}# Log\r\n\r\n## [Unreleased]\r\n\r\n## [1.2.0]\r\n\r\n- hand\r\n\r\n### Fixed\r\n\r\n- a fix\r\n\r\n## [1.1.0]\r\n\r\n- old\r\n\r\n\
         [Unreleased]: https://github.com/demo/api/compare/v1.2.0...HEAD\r\n\
         [1.2.0]: https://github.com/demo/api/compare/v1.1.0...v1.2.0\r\n[1.1.0]: x\r\n",
    ),
    (
        "headings that only begin like a version",
        "# Log\n\n## 1.1.0 and its friends\n\n## 1.0\n\n## 1.1.0 [YANKED]\n",
        "# Log\n\n## 1.1.0 and its friends\n\n## 1.0\n\n## 1.2.0\n\n### Fixed\n\n- a fix\n\n## 1.1.0 [YANKED]\n",
    ),
];

#[test]
fn a_version_goes_to_its_place() {
    for (name, before, after) in CASES {
        assert_eq!(Release::of("1.2.0").linked().put(Some(before)), after, "{name}");
    }
}

#[test]
fn every_line_survives_wherever_a_version_goes() {
    for (name, before, _) in CASES {
        for version in ["0.1.0", "1.1.5", "1.2.0-rc.3", "1.2.0", "3.0.0"] {
            for release in [
                Release::of(version),
                Release::of(version).linked(),
                Release::of(version).marked(),
            ] {
                let after = release.put(Some(before));
                let mut left: Vec<&str> = after.lines().map(str::trim_end).collect();
                for line in before.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
                    let found = left
                        .iter()
                        .position(|found| *found == line || line.contains("/compare/v1.1.0...main"));
                    left.remove(found.unwrap_or_else(|| panic!("{name}: {version}: {line:?} is lost in {after:?}")));
                }
                assert!(left.contains(&"- a fix"), "{name}: {version}");
            }
        }
    }
}

#[test]
fn several_versions_find_their_order() {
    let mut text = String::new();
    for version in ["1.0.0", "1.1.0", "2.0.0-rc.1", "1.1.1", "2.0.0", "1.0.1", "0.9.0"] {
        text = Release::of(version)
            .linked()
            .text(&format!("- in {version}"))
            .put(Some(&text));
    }
    let starts = |sign: &str| -> Vec<&str> {
        let lines = text.lines().filter_map(|line| line.strip_prefix(sign));
        lines.map(|line| line.split(']').next().unwrap()).collect()
    };
    let order = [
        "Unreleased",
        "2.0.0",
        "2.0.0-rc.1",
        "1.1.1",
        "1.1.0",
        "1.0.1",
        "1.0.0",
        "0.9.0",
    ];
    assert_eq!(starts("## ["), order);
    let (_, definitions) = text.split_once("\n[Unreleased]").unwrap();
    let labels = definitions
        .lines()
        .filter_map(|line| line.strip_prefix('[')?.split(']').next());
    assert_eq!(labels.collect::<Vec<_>>(), order[1..], "{text}");
    assert!(
        text.contains("[Unreleased]: https://github.com/demo/api/compare/v2.0.0...HEAD\n"),
        "{text}"
    );
}

#[test]
fn candidates_leave_what_is_unreleased() {
    let text = Release::of("1.2.0-rc.1").put(Some("## Unreleased\n\n- hand\n\n## 1.1.0\n"));
    assert_eq!(
        text,
        format!("## Unreleased\n\n- hand\n\n## 1.2.0-rc.1\n\n{TEXT}\n## 1.1.0\n")
    );
}

#[test]
fn a_version_that_is_there_is_left_alone_unless_it_is_ours() {
    let by_hand = "# Log\n\n## [1.2.0] - 2026-01-01\n\n- by hand\n";
    let Inserted { text, outcome } = insert(Some(by_hand), &Release::of("1.2.0").linked().entry()).unwrap();
    assert_eq!((text.as_str(), outcome), (by_hand, Outcome::Kept { line: 3 }));

    let marked = Release::of("1.2.0").marked().put(Some("# Log\r\n\r\n- z\r\n"));
    let edited = marked
        .replace("\r\n\r\n### Fixed", "\r\n\r\n### Fixed by hand")
        .replace("31\r\n", "31\r\n\r\nIntro.\r\n");
    let Inserted { text, outcome } = insert(Some(&edited), &Release::of("1.2.0").marked().entry()).unwrap();
    assert_eq!(outcome, Outcome::Replaced);
    assert_eq!(
        text,
        marked.replace("31\r\n", "31\r\n\r\nIntro.\r\n"),
        "what stands around the marks stays"
    );

    let broken = marked.replace("<!-- tidegate: end of notes -->", "");
    let refusal = insert(Some(&broken), &Release::of("1.2.0").text("- other").entry()).unwrap_err();
    assert_eq!(
        refusal.reason,
        "line 7: `<!-- tidegate: notes of 1.2.0 -->` has no `<!-- tidegate: end of notes -->` after it"
    );
}

#[test]
fn notes_may_bring_their_own_heading() {
    let release = Release::of("1.2.0").linked().text("## Version\n\n- a fix\n");
    assert!(
        release
            .put(None)
            .contains("## [1.2.0] - 2026-01-31\n\n## Version\n\n- a fix\n")
    );
    let release = Release::of("1.2.0").text("\n# v1.2.0 (winter)\n\n- a fix\n\n");
    let text = release.put(Some("# Log\n\n## 1.1.0\n"));
    assert_eq!(text, "# Log\n\n# v1.2.0 (winter)\n\n- a fix\n\n## 1.1.0\n");
    let release = Release::of("1.2.0").text("");
    assert_eq!(release.put(Some("## 1.1.0\n")), "## 1.2.0\n\n## 1.1.0\n");
}

#[test]
fn a_prefix_of_tags_may_stand_in_headings() {
    let mut release = Release::of("1.2.0").linked();
    release.tag = "api-v1.2.0".to_owned();
    let text = release.put(Some("## [web-v9.0.0]\n\n## [api-v1.1.0]\n\n[api-v1.1.0]: x\n"));
    assert_eq!(
        text,
        format!(
            "## [web-v9.0.0]\n\n## [api-v1.2.0]\n\n{TEXT}\n## [api-v1.1.0]\n\n\
             [api-v1.2.0]: https://github.com/demo/api/compare/v1.1.0...api-v1.2.0\n[api-v1.1.0]: x\n"
        )
    );
}

#[test]
fn a_comment_ends_where_it_is_closed_and_must_be() {
    let kept = "# Log\n\n``\n<!--\n## Log\n``\n<!--\n## 1.3.0\n-->\n\n## 1.0.0\n";
    let text = Release::of("1.2.0").put(Some(kept));
    assert!(text.contains("-->\n\n## 1.2.0"), "{text}");
    for broken in ["# Log\n\n<!-- x\n\n## 1.0.0\n", "# Log\n<!-- a -->\n  <!--\n"] {
        let refusal = insert(Some(broken), &Release::of("1.2.0").entry()).unwrap_err();
        assert!(
            refusal.reason.ends_with("never closed, at line 3"),
            "{}",
            refusal.reason
        );
    }
}
