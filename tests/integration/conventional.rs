//! The sixteen rules of Conventional Commits 1.0.0, each with its cases, and the leniencies beside them.

use tidegate::model::version::Bump;
use tidegate::plan::changes::Rules;
use tidegate::plan::conventional::{Leniency, Parsed, Unread, parse, parse_with};

fn strict(message: &str) -> Parsed {
    parse_with(message, &[]).unwrap_or_else(|error| panic!("{message:?}: {error:?}"))
}

fn refuses(messages: &[&str]) {
    for message in messages {
        assert_eq!(parse_with(message, &[]), Err(Unread::Foreign), "{message:?}");
    }
}

fn asks(message: &str) -> Option<Bump> {
    let parsed = strict(message);
    Rules::default().asks(&parsed.kind, parsed.breaking.is_some())
}

fn footers(message: &str) -> Vec<(String, String)> {
    let footers = strict(message).footers.into_iter();
    footers.map(|footer| (footer.token, footer.value)).collect()
}

#[test]
fn rule_01_a_type_comes_first_then_scope_and_mark_then_colon_and_space() {
    for (message, kind) in [
        ("feat: a", "feat"),
        ("fix(api): a", "fix"),
        ("fix!: a", "fix"),
        ("fix(a)!: a", "fix"),
    ] {
        assert_eq!(strict(message).kind, kind);
    }
    refuses(&[
        "", "words", "feat a", ": a", "(api): a", "feat(: a", "feat): a", "feat :a", "feat : a", "!: a", "feat:a",
        "fe at: a",
    ]);
}

#[test]
fn rule_02_feat_is_a_feature() {
    assert_eq!(asks("feat: a"), Some(Bump::Minor));
    assert_eq!(asks("feat(api): a"), Some(Bump::Minor));
    assert_eq!(asks("feature: a"), None);
}

#[test]
fn rule_03_fix_is_a_bug_fix() {
    assert_eq!(asks("fix: a"), Some(Bump::Patch));
    assert_eq!(asks("fix(api): a"), Some(Bump::Patch));
    assert_eq!(asks("fixes: a"), None);
}

#[test]
fn rule_04_a_scope_is_a_noun_in_parentheses() {
    assert_eq!(strict("fix(parser): a").scope.as_deref(), Some("parser"));
    assert_eq!(strict("fix(the-parser/v2): a").scope.as_deref(), Some("the-parser/v2"));
    assert_eq!(strict("fix: a").scope, None);
    refuses(&["fix(): a", "fix(a: b", "fix(a)b: c"]);
}

#[test]
fn rule_05_a_description_follows_the_colon_and_space() {
    assert_eq!(strict("fix: array parsing issue").description, "array parsing issue");
    assert_eq!(strict("fix: a: b").description, "a: b");
    refuses(&["fix:", "fix: ", "fix:\n\nbody"]);
}

#[test]
fn rule_06_a_body_begins_one_blank_line_after_the_description() {
    assert_eq!(strict("fix: a\n\nwhy it was").body, "why it was");
    assert_eq!(strict("fix: a\r\n\r\nwhy it was\r\n").body, "why it was");
    refuses(&["fix: a\nwhy it was"]);
}

#[test]
fn rule_07_a_body_is_free_and_may_have_many_paragraphs() {
    let body = "one\nand more\n\n- two\n  three\n\n    four: five";
    assert_eq!(strict(&format!("fix: a\n\n{body}")).body, body);
}

#[test]
fn rule_08_footers_come_one_blank_line_after_the_body_as_token_and_value() {
    assert_eq!(
        footers("fix: a\n\nbody\n\nReviewed-by: Z\nRefs #133"),
        [
            ("Reviewed-by".to_owned(), "Z".to_owned()),
            ("Refs".to_owned(), "#133".to_owned())
        ]
    );
    assert_eq!(footers("fix: a\n\nRefs: #1")[0].1, "#1", "a body is not needed");
    assert!(
        footers("fix: a\n\nbody\nRefs: #1").is_empty(),
        "not right below the body"
    );
}

#[test]
fn rule_09_a_token_has_hyphens_for_white_space() {
    assert_eq!(footers("fix: a\n\nAcked-by: Z")[0].0, "Acked-by");
    assert!(footers("fix: a\n\nAcked by: Z").is_empty());
    assert_eq!(footers("fix: a\n\nBREAKING CHANGE: Z")[0].0, "BREAKING CHANGE");
}

#[test]
fn rule_10_a_value_goes_on_until_the_next_token() {
    assert_eq!(
        footers("fix: a\n\nNote: one\ntwo\n\nthree\nRefs: #1"),
        [
            ("Note".to_owned(), "one\ntwo\n\nthree".to_owned()),
            ("Refs".to_owned(), "#1".to_owned())
        ]
    );
}

#[test]
fn rule_11_what_breaks_is_marked_in_the_head_or_in_a_footer() {
    for message in ["chore!: a", "chore(api)!: a", "chore: a\n\nBREAKING CHANGE: b"] {
        assert_eq!(asks(message), Some(Bump::Major), "{message:?}");
    }
    assert_eq!(asks("chore: a\n\nit is no breaking change"), None);
}

#[test]
fn rule_12_the_footer_of_a_break_is_upper_case_colon_space_and_text() {
    let told = strict("feat: a\n\nbody\n\nBREAKING CHANGE: variables come before files");
    assert_eq!(told.breaking.as_deref(), Some("variables come before files"));
    for message in [
        "feat: a\n\nBREAKING CHANGE:",
        "feat: a\n\nBREAKING CHANGES: b",
        "feat: a\n\nBREAKING  CHANGE: b",
    ] {
        assert_eq!(strict(message).breaking, None, "{message:?}");
    }
}

#[test]
fn rule_13_with_a_mark_the_description_tells_what_breaks() {
    assert_eq!(strict("feat!: drop Node 6").breaking.as_deref(), Some("drop Node 6"));
    assert_eq!(
        strict("feat!: a\n\nBREAKING CHANGE: b").breaking.as_deref(),
        Some("b"),
        "a footer tells it better"
    );
}

#[test]
fn rule_14_other_types_are_allowed() {
    for kind in ["docs", "build", "x", "améliorer", "release-notes"] {
        assert_eq!(strict(&format!("{kind}: a")).kind, kind);
        assert_eq!(asks(&format!("{kind}: a")), None);
    }
}

#[test]
fn rule_15_letters_of_either_case_are_the_same_but_for_a_break() {
    assert_eq!(asks("FEAT: a"), Some(Bump::Minor));
    assert_eq!(asks("Fix: a"), Some(Bump::Patch));
    assert!(strict("fix: a\n\nrefs: #1").footers[0].is("Refs"));
    assert_eq!(strict("fix: a\n\nbreaking change: b").breaking, None);
    assert_eq!(strict("fix: a\n\nBreaking-Change: b").breaking, None);
}

#[test]
fn rule_16_a_hyphen_in_the_footer_of_a_break_is_the_same() {
    assert_eq!(strict("fix: a\n\nBREAKING-CHANGE: b").breaking.as_deref(), Some("b"));
    assert_eq!(
        asks("docs: a\n\nbody\n\nBREAKING-CHANGE: b\nRefs: #1"),
        Some(Bump::Major)
    );
}

#[test]
fn each_leniency_allows_what_strict_reading_refuses() {
    let alone = |message: &str, leniency| parse_with(message, &[leniency]);
    let spaced = alone("feat:a", Leniency::MissingSpace).unwrap();
    assert_eq!(spaced.description, "a");
    let next_line = alone("feat: a\nbody", Leniency::BodyWithoutBlankLine).unwrap();
    assert_eq!(next_line.body, "body");
    let below = alone("feat: a\n\nbody\nBREAKING CHANGE: b", Leniency::FooterWithoutBlankLine).unwrap();
    assert_eq!((below.body.as_str(), below.breaking.as_deref()), ("body", Some("b")));
    let leading = alone("\n  feat: a", Leniency::LeadingSpace).unwrap();
    assert_eq!(leading.kind, "feat");
    for message in ["feat:a", "feat: a\nbody", "\n  feat: a"] {
        assert!(parse_with(message, &[]).is_err(), "{message:?}");
        assert!(parse(message).is_ok(), "{message:?}");
    }
    for message in ["fixup! feat: a", "squash! feat: a", "amend! feat: a"] {
        assert_eq!(parse(message), Err(Unread::Fixup), "{message:?}");
        assert_eq!(alone(message, Leniency::Fixup), Err(Unread::Fixup), "{message:?}");
        refuses(&[message]);
    }
}

#[test]
fn nothing_breaks_the_reader() {
    let long = format!("feat: {}\n\n{}", "é".repeat(1 << 19), "Note: x\n".repeat(1 << 15));
    assert_eq!(parse(&long).unwrap().footers.len(), 1 << 15);
    assert_eq!(
        parse("feat(\u{b}): a"),
        Err(Unread::Foreign),
        "a scope of nothing that shows"
    );
    for message in [
        "feat: a\n\nNote:",
        "feat: a\n\n:",
        "feat: a\n\n #",
        "\u{feff}feat: a",
        "feat: \u{202e}a",
        "feat: a\u{0}b",
        "🎉: a",
    ] {
        let parsed = parse(message);
        assert!(
            parsed.is_ok_and(|parsed| !parsed.description.chars().any(char::is_control)),
            "{message:?}"
        );
    }
}
