//! Text of commits in Markdown, read back by a renderer that speaks GitHub's dialect.

use comrak::nodes::NodeValue;
use tidegate::plan::notes::escape::{line, markdown};

/// What `text` becomes.
const CASES: [(&str, &str); 40] = [
    (
        "plain words, (brackets) and 100% {braces}!",
        "plain words, (brackets) and 100% {braces}!",
    ),
    ("thanks @octocat", "thanks @\u{200b}octocat"),
    ("@demo/team: look", "@\u{200b}demo/team: look"),
    ("a @ b", "a @ b"),
    ("closes #12", "closes #\u{200b}12"),
    ("#12", "\\#\u{200b}12"),
    ("see other/repo#1", "see other/repo#\u{200b}1"),
    ("see GH-12 and gh-3", "see GH-\u{200b}12 and gh-\u{200b}3"),
    ("C# and F#", "C# and F#"),
    ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
    ("a <!-- b", "a &lt;!-- b"),
    ("Vec<T> & Box<dyn Fn()>", "Vec&lt;T> & Box&lt;dyn Fn()>"),
    ("&lt; &#64; &#x40; &amp", "&amp;lt; &amp;#\u{200b}64; &amp;#x40; &amp"),
    ("# heading", "\\# heading"),
    ("> quote", "\\> quote"),
    ("- item", "\\- item"),
    ("+ item", "\\+ item"),
    ("=====", "\\====="),
    ("1. one", "1\\. one"),
    ("12) twelve", "12\\) twelve"),
    ("1.2.0 is out", "1\\.2.0 is out"),
    ("1234567890. no list", "1234567890. no list"),
    ("*bold* **very**", "\\*bold\\* \\*\\*very\\*\\*"),
    ("_so_ and snake_case_name", "\\_so\\_ and snake_case_name"),
    ("~~gone~~", "\\~\\~gone\\~\\~"),
    ("| a | b |", "\\| a \\| b \\|"),
    ("[x](javascript:alert(1))", "\\[x\\](javascript:alert(1))"),
    ("![x](http://e.com/x.png)", "!\\[x\\](http\\://e.com/x.png)"),
    ("https://example.com/a_b", "https\\://example.com/a_b"),
    ("www.example.com", "www\\.example.com"),
    ("mail me@example.com", "mail me@\u{200b}example.com"),
    ("costs $5 or $x$", "costs \\$5 or \\$x\\$"),
    ("a \\ b\\", "a \\\\ b\\\\"),
    ("handle `None` and ``a ` b``", "handle `None` and ``a ` b``"),
    ("`@all <b> #1` stays", "`@all <b> #1` stays"),
    ("one ` alone", "one \\` alone"),
    ("``a `b` @c", "\\`\\`a `b` @\u{200b}c"),
    ("two\nlines\r\n\tand\u{2028}more", "two lines and more"),
    ("\u{202e}txt\u{200b}\u{0}\u{7}\u{1b}[31m\u{feff}", "txt\\[31m"),
    ("  a   b  ", "a b"),
];

#[test]
fn text_stays_text() {
    for (text, expected) in CASES {
        assert_eq!(markdown(text), expected, "{text:?}");
    }
}

/// What a renderer with GitHub's extensions makes of a list item with this text: the text, or what it has beside text.
fn shown(text: &str) -> Result<String, String> {
    let mut options = comrak::Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.math_dollars = true;
    let arena = comrak::Arena::new();
    let root = comrak::parse_document(&arena, &format!("- {text}\n"), &options);
    let mut shown = String::new();
    for (depth, node) in root.descendants().enumerate() {
        match &node.data.borrow().value {
            NodeValue::Text(part) => shown.push_str(part),
            NodeValue::Code(code) => shown.push_str(&code.literal),
            NodeValue::Document | NodeValue::List(_) | NodeValue::Item(_) | NodeValue::Paragraph if depth < 4 => {}
            other => return Err(format!("{other:?}")),
        }
    }
    Ok(shown)
}

/// A line without what may differ: the marks of code, the blanks at their edges, and the signs that break mentions.
fn bare(text: &str) -> String {
    text.chars()
        .filter(|letter| !['`', '\u{200b}', ' '].contains(letter))
        .collect()
}

#[test]
fn a_renderer_shows_the_text_and_nothing_else() {
    for (text, _) in CASES {
        let seen = shown(&markdown(text)).unwrap_or_else(|found| panic!("{text:?}: {found}"));
        assert_eq!(bare(&seen), bare(&line(text)), "{text:?}");
    }
    assert!(
        shown("*so*").is_err() && shown("https://example.com").is_err(),
        "it would be seen"
    );
}

#[test]
fn every_sequence_of_signs_stays_text() {
    let parts = [
        "*",
        "_",
        "`",
        "``",
        "[",
        "](",
        ")",
        "<",
        ">",
        "&amp;",
        "#",
        "@a",
        "~",
        "|",
        "$",
        "\\",
        "-",
        "+",
        "=",
        "1.",
        "1)",
        "!",
        "a",
        " ",
        ":",
        "//",
        "www.",
        "http://a.b",
        "\n",
        "^",
        "<!--",
        "]: x",
        "***",
        "---",
        "```",
    ];
    let mut seen = 0;
    for one in parts {
        for two in parts {
            for three in parts {
                let text = format!("{one}{two}{three}");
                let clean = line(&text);
                if clean.is_empty() {
                    continue;
                }
                let shown = shown(&markdown(&text)).unwrap_or_else(|found| panic!("{text:?}: {found}"));
                assert_eq!(bare(&shown), bare(&clean), "{text:?}");
                seen += 1;
            }
        }
    }
    assert!(seen > 40_000);
}
